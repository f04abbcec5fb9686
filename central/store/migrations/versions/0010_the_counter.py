"""Joining, claiming, merging, closing a day."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables, and draw the people's key."""
    key = op.create_table("people_key", sa.Column("key", sa.Text, primary_key=True))
    op.bulk_insert(key, [{"key": secrets.token_hex(32)}])
    op.create_index("transactions_day", "transactions", ["business_date", "terminal_id"])
    op.create_table(
        "day_close",
        sa.Column("business_date", sa.Text, primary_key=True),
        sa.Column("terminal_id", sa.Integer, sa.ForeignKey("terminal.id"), primary_key=True),
        sa.Column("till", sa.Text, primary_key=True),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("closed_ms", sa.BigInteger, nullable=False),
        sa.Column("receipts", sa.JSON, nullable=False),
    )
    op.create_table(
        "attachment",
        sa.Column("record", sa.Text, primary_key=True),
        sa.Column("handle", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False, server_default=""),
        sa.Column("phone_hash", sa.Text, nullable=False, server_default=""),
        sa.Column("stored_ms", sa.BigInteger),
        sa.Column("erased_ms", sa.BigInteger),
    )
    op.create_index("attachment_of", "attachment", ["handle"])
    where = sa.text("phone_hash <> ''")
    op.create_index("attachment_phone", "attachment", ["phone_hash"], sqlite_where=where, postgresql_where=where)
    op.create_table(
        "blank",
        sa.Column("handle", sa.Text, primary_key=True),
        sa.Column("chain_id", sa.Integer, sa.ForeignKey("chain.id"), nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("used", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    where = sa.text("NOT used")
    op.create_index("blank_left", "blank", ["chain_id"], sqlite_where=where, postgresql_where=where)
    op.create_table(
        "claim",
        sa.Column("sale", sa.Text, primary_key=True),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("member_id", BIG, sa.ForeignKey("member.id"), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("made_ms", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "merged",
        sa.Column("member_id", BIG, sa.ForeignKey("member.id"), primary_key=True),
        sa.Column("into_id", BIG, sa.ForeignKey("member.id"), nullable=False),
        sa.Column("done", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("made_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("merged_into", "merged", ["into_id"])
    where = sa.text("NOT done")
    op.create_index("merged_todo", "merged", ["member_id"], sqlite_where=where, postgresql_where=where)
