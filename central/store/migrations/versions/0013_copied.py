"""What two copies of a terminal's disk may have spent twice."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make the column."""
    with op.batch_alter_table("chain") as chain:
        chain.add_column(sa.Column("copied", sa.JSON, nullable=False, server_default="{}"))
