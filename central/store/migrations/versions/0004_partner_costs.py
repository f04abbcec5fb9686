"""What partners owe; sales that were booked before are not in it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make its table."""
    op.create_table(
        "partner_cost",
        sa.Column("business_date", sa.Text, primary_key=True),
        sa.Column("terminal_id", sa.Integer, sa.ForeignKey("terminal.id"), primary_key=True),
        sa.Column("partner", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("rule", sa.Text, primary_key=True),
        sa.Column("what", sa.Text, primary_key=True),
        sa.Column("given", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("returned", sa.BigInteger, nullable=False, server_default="0"),
    )
