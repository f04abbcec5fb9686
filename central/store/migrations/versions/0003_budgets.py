"""Budgets in shares, and what draws prizes."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table and the column."""
    op.add_column("program", sa.Column("pool_key", sa.Text, nullable=False, server_default=""))
    op.create_table(
        "budget",
        sa.Column("rule", sa.Text, primary_key=True),
        sa.Column("chain_id", sa.Integer, sa.ForeignKey("chain.id"), primary_key=True),
        sa.Column("target", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("ceiling", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("used", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("told", sa.BigInteger, nullable=False, server_default="0"),
    )
