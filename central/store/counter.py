"""Head office's tables of what happens at the counter beside sales: joining, claiming, merging, closing a day. The others are in
tables.py.
"""

import sqlalchemy as sa

from central.store.tables import META, only

DAY_CLOSE = sa.Table(
    "day_close",
    META,
    sa.Column("business_date", sa.Text, primary_key=True),
    sa.Column("terminal_id", sa.ForeignKey("terminal.id"), primary_key=True),
    sa.Column("till", sa.Text, primary_key=True),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("closed_ms", sa.BigInteger, nullable=False),
    sa.Column("receipts", sa.JSON, nullable=False),
)
"""The last word of each till on each day: what its receipts took, by number, as the record (epoch, seq) of its terminal says."""

ATTACHMENT = sa.Table(
    "attachment",
    META,
    sa.Column("record", sa.Text, primary_key=True),
    sa.Column("handle", sa.Text, nullable=False),
    sa.Column("content", sa.Text, nullable=False, server_default=""),
    sa.Column("phone_hash", sa.Text, nullable=False, server_default=""),
    sa.Column("stored_ms", sa.BigInteger),
    sa.Column("erased_ms", sa.BigInteger),
    sa.Index("attachment_of", "handle"),
    sa.Index("attachment_phone", "phone_hash", **only("phone_hash <> ''")),
)
"""What a joining member gave, beside the `join` record of that id: the only place of it. `stored_ms` once it has come; of one that
is erased nothing is left but this row, and nothing that comes of that handle later is kept.
"""

PEOPLE_KEY = sa.Table("people_key", META, sa.Column("key", sa.Text, primary_key=True))
"""One row, in hex: by it telephone numbers are hashed to look them up."""

BLANK = sa.Table(
    "blank",
    META,
    sa.Column("handle", sa.Text, primary_key=True),
    sa.Column("chain_id", sa.ForeignKey("chain.id"), nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("used", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index("blank_left", "chain_id", **only("NOT used")),
)
"""Which signed codes of nobody's went to which journal: another one of the same terminal cannot know which were given out."""

CLAIM = sa.Table(
    "claim",
    META,
    sa.Column("sale", sa.Text, primary_key=True),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("member_id", sa.ForeignKey("member.id"), nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("made_ms", sa.BigInteger, nullable=False),
)
"""Sales without a member that somebody claimed; `body` is the sale as it is that member's, which returns undo."""

MERGED = sa.Table(
    "merged",
    META,
    sa.Column("member_id", sa.ForeignKey("member.id"), primary_key=True),
    sa.Column("into_id", sa.ForeignKey("member.id"), nullable=False),
    sa.Column("done", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("made_ms", sa.BigInteger, nullable=False),
    sa.Index("merged_into", "into_id"),
    sa.Index("merged_todo", "member_id", **only("NOT done")),
)
"""Whose cards count for whom. Until it is `done`, what is leased or held of the one is waited for."""
