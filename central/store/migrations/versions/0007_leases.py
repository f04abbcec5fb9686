"""Leases, and holds that take from them."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the table; holds belong to a journal from now on."""
    with op.batch_alter_table("hold") as hold:
        hold.add_column(sa.Column("chain_id", sa.Integer, sa.ForeignKey("chain.id", name="hold_chain_id_fkey")))
        hold.add_column(sa.Column("lease", sa.Text, nullable=False, server_default=""))
        hold.add_column(sa.Column("leased", sa.BigInteger, nullable=False, server_default="0"))
    where = sa.text("state = 'open'")
    op.create_index("hold_open", "hold", ["chain_id"], sqlite_where=where, postgresql_where=where)
    big = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "lease",
        sa.Column("member_id", big, sa.ForeignKey("member.id"), primary_key=True),
        sa.Column("id", sa.Text, primary_key=True, unique=True),
        sa.Column("chain_id", sa.Integer, sa.ForeignKey("chain.id"), nullable=False),
        sa.Column("terminal_id", sa.Integer, sa.ForeignKey("terminal.id"), nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("recalled", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("granted", sa.JSON, nullable=False),
        sa.Column("returned", sa.JSON, nullable=False, server_default="{}"),
        sa.Column("peak", sa.JSON, nullable=False, server_default="{}"),
        sa.Column("exposed", sa.JSON, nullable=False, server_default="{}"),
        sa.Column("made_ms", sa.BigInteger, nullable=False),
        sa.Column("used_ms", sa.BigInteger, nullable=False),
    )
    where = sa.text("state IN ('open', 'returned')")
    op.create_index("lease_out", "lease", ["chain_id"], sqlite_where=where, postgresql_where=where)
