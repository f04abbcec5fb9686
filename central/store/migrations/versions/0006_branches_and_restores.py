"""Journals that fork, terminals that are fenced, and a database that was restored from a backup."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

NAMES = {"uq": "%(table_name)s_%(column_0_N_name)s_key"}
"""As PostgreSQL names a constraint that was given no name; SQLite keeps none, and Alembic needs one to take it away."""


def upgrade() -> None:
    """Make the columns and the tables."""
    with op.batch_alter_table("office") as office:
        office.add_column(sa.Column("epoch_floor", sa.Integer, nullable=False, server_default="0"))
        office.add_column(sa.Column("restored_ms", sa.BigInteger))
        office.add_column(sa.Column("recovering", sa.Boolean, nullable=False, server_default=sa.false()))
    with op.batch_alter_table("chain", naming_convention=NAMES) as chain:
        chain.add_column(sa.Column("branch", sa.Integer, nullable=False, server_default="0"))
        chain.add_column(sa.Column("base_seq", sa.BigInteger, nullable=False, server_default="0"))
        chain.add_column(sa.Column("base_hash", sa.Text, nullable=False, server_default="0" * 64))
        chain.add_column(sa.Column("fenced_ms", sa.BigInteger))
        chain.add_column(sa.Column("durable_seq", sa.BigInteger, nullable=False, server_default="0"))
        chain.add_column(sa.Column("whole_in", sa.Text, nullable=False, server_default=""))
        chain.drop_constraint("chain_terminal_id_epoch_key", type_="unique")
        chain.create_unique_constraint("chain_terminal_id_epoch_branch_key", ["terminal_id", "epoch", "branch"])
    quarantined = sa.text("state = 'quarantined'")
    op.create_index("record_quarantined", "record", ["chain_id"], sqlite_where=quarantined, postgresql_where=quarantined)
    op.create_table(
        "stranger",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("public_key", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("made_ms", sa.BigInteger, nullable=False),
        sa.Column("heard_ms", sa.BigInteger, nullable=False),
        sa.Column("rejected_ms", sa.BigInteger),
        sa.UniqueConstraint("code", "epoch", "public_key"),
    )
    op.create_table(
        "stranger_record",
        sa.Column("stranger_id", sa.Integer, sa.ForeignKey("stranger.id"), primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("bytes", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "upkeep",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("made_ms", sa.BigInteger, nullable=False),
        sa.Column("well", sa.Boolean, nullable=False),
        sa.Column("said", sa.Text, nullable=False),
    )
