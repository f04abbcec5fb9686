"""Members' changing codes, and a terminal's next and last keys."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the table and the columns."""
    with op.batch_alter_table("chain") as chain:
        chain.add_column(sa.Column("next_key", sa.Text, nullable=False, server_default=""))
        chain.add_column(sa.Column("last_key", sa.Text, nullable=False, server_default=""))
    big = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "changing_code",
        sa.Column("member_id", big, sa.ForeignKey("member.id"), primary_key=True, autoincrement=False),
        sa.Column("secret", sa.Text, nullable=False, server_default=""),
        sa.Column("step", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("terminal_id", sa.Integer, sa.ForeignKey("terminal.id")),
    )
