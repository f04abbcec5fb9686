"""What terminals say of their disks."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the column."""
    with op.batch_alter_table("terminal") as terminal:
        terminal.add_column(sa.Column("disk", sa.Text, nullable=False, server_default=""))
