"""Head office's tables, for both databases. Keys are integers; whatever leaves the house has a random id or a name beside it.

The member stands in the key of every table that grows with members, so that these can be spread over several databases later.
Times are milliseconds UTC, hashes and ids lower-case hex.
"""

from typing import Any

import sqlalchemy as sa

from loyalty.journal import FIRST_PREV_HASH

META = sa.MetaData()
BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # SQLite counts up only what is called INTEGER


def only(condition: str) -> dict[str, Any]:
    """An index of the rows for which that holds."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


OFFICE = sa.Table(
    "office",
    META,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("incarnation", sa.Text, nullable=False),
    sa.Column("feed_position", sa.BigInteger, nullable=False),
    sa.Column("epoch_floor", sa.Integer, nullable=False, server_default="0"),
    sa.Column("restored_ms", sa.BigInteger),
    sa.Column("recovering", sa.Boolean, nullable=False, server_default=sa.false()),
)
"""One row: the name of this database's life, how far the feed has come, and what a restore from a backup has left (recovery.py):
no epoch up to `epoch_floor` is ever given again, and nothing is granted while it is `recovering`.
"""

STORE = sa.Table(
    "store",
    META,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("time_zone", sa.Text, nullable=False),
)

TERMINAL = sa.Table(
    "terminal",
    META,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("store_id", sa.ForeignKey("store.id"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("code", sa.Text, nullable=False, unique=True),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("posd_version", sa.Text, nullable=False, server_default=""),
    sa.Column("contact_ms", sa.BigInteger),
    sa.Column("queued_records", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("queued_since_ms", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("disk", sa.Text, nullable=False, server_default=""),
    sa.UniqueConstraint("store_id", "name"),
)
"""`code` is what records and signatures call it; `epoch` is 0 until it is enrolled; `disk` says what is wrong with its."""

CHAIN = sa.Table(
    "chain",
    META,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("terminal_id", sa.ForeignKey("terminal.id"), nullable=False),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("public_key", sa.Text, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("enrolled_ms", sa.BigInteger, nullable=False),
    sa.Column("forked_ms", sa.BigInteger),
    sa.Column("branch", sa.Integer, nullable=False, server_default="0"),
    sa.Column("base_seq", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("base_hash", sa.Text, nullable=False, server_default=FIRST_PREV_HASH),
    sa.Column("fenced_ms", sa.BigInteger),
    sa.Column("durable_seq", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("whole_in", sa.Text, nullable=False, server_default=""),
    sa.Column("next_key", sa.Text, nullable=False, server_default=""),
    sa.Column("last_key", sa.Text, nullable=False, server_default=""),
    sa.Column("copied", sa.JSON, nullable=False, server_default="{}"),
    sa.UniqueConstraint("terminal_id", "epoch", "branch"),
)
"""One journal of one terminal, with the key that signs for it and the head that head office has stored.

A journal that forked has rows of the same epoch with a `branch` above 0: those go on from (base_seq, base_hash), which they share
with another; `copied` is what both may have spent, by unit. What comes once `fenced_ms` is set is quarantined. `durable_seq` is
how far it is in a verified backup, `whole_in` the incarnation in which the terminal has shown that head office has all of it.
`next_key` signs too, and takes the place of the other once it has; `last_key` is the one before, and may only push.
"""

STRANGER = sa.Table(
    "stranger",
    META,
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
"""The journal of a terminal that this database does not know since it was restored: kept apart until a person has looked."""

STRANGER_RECORD = sa.Table(
    "stranger_record",
    META,
    sa.Column("stranger_id", sa.ForeignKey("stranger.id"), primary_key=True),
    sa.Column("seq", sa.BigInteger, primary_key=True),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("bytes", sa.LargeBinary, nullable=False),
)

ENROL_CODE = sa.Table(
    "enrol_code",
    META,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("terminal_id", sa.ForeignKey("terminal.id"), nullable=False),
    sa.Column("code_hash", sa.Text, nullable=False, unique=True),
    sa.Column("expires_ms", sa.BigInteger, nullable=False),
    sa.Column("chain_id", sa.ForeignKey("chain.id")),
)
"""`chain_id` is what came of it; a code is used once."""

RECORD = sa.Table(
    "record",
    META,
    sa.Column("key", BIG, primary_key=True),
    sa.Column("chain_id", sa.ForeignKey("chain.id"), nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("bytes", sa.LargeBinary, nullable=False),
    sa.Column("received_ms", sa.BigInteger, nullable=False),
    sa.Column("state", sa.Text, nullable=False, server_default="pending"),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("waits_for", sa.Text),
    sa.UniqueConstraint("chain_id", "seq"),
    sa.Index("record_todo", "key", **only("state = 'pending'")),
    sa.Index("record_dead", "key", **only("state = 'dead'")),
    sa.Index("record_kept", "key", **only("state = 'kept'")),
    sa.Index("record_quarantined", "chain_id", **only("state = 'quarantined'")),
    sa.Index("record_waiting", "waits_for", **only("waits_for IS NOT NULL")),
)
"""Every record as it came, verbatim. `state` is pending, applied, repeated, waiting, dead or kept; quarantined and rejected are
those of a fenced journal.
"""

APPLIED = sa.Table(
    "applied",
    META,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("record_key", sa.ForeignKey("record.key"), nullable=False),
)
"""Which ids have had their effect, and of what content: kept for ever."""

TRANSACTIONS = sa.Table(
    "transactions",
    META,
    sa.Column("record_key", sa.ForeignKey("record.key"), primary_key=True, autoincrement=False),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("original", sa.Text, nullable=False, server_default=""),
    sa.Column("terminal_id", sa.ForeignKey("terminal.id"), nullable=False),
    sa.Column("member_id", sa.ForeignKey("member.id")),
    sa.Column("wall_ms", sa.BigInteger, nullable=False),
    sa.Column("utc_offset", sa.Integer, nullable=False),
    sa.Column("business_date", sa.Text, nullable=False),
    sa.Column("till", sa.Text, nullable=False),
    sa.Column("receipt_number", sa.Text, nullable=False),
    sa.Column("amount_minor", sa.BigInteger, nullable=False),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("flags", sa.Text, nullable=False, server_default=""),
    sa.Column("differs", sa.Text, nullable=False, server_default=""),
    sa.Column("stale", sa.Text, nullable=False, server_default=""),
    sa.Index("transactions_original", "original", **only("original <> ''")),
    sa.Index("transactions_day", "business_date", "terminal_id"),
)
"""Sales and returns as a person looks for them; the whole of each is in its record. A return's amount is negative.

`differs` names what head office works out otherwise from what is stamped on a sale, `stale` which stamped facts of the member were
not its own any more (central/evaluate.py).
"""

RETURNED = sa.Table(
    "returned",
    META,
    sa.Column("sale", sa.Text, primary_key=True),
    sa.Column("line", sa.Text, primary_key=True),
    sa.Column("quantity_milli", sa.BigInteger, nullable=False),
)
"""How much of each original line has come back, from any store."""

MEMBER = sa.Table(
    "member",
    META,
    sa.Column("id", BIG, primary_key=True),
    sa.Column("handle", sa.Text, nullable=False, unique=True),
    sa.Column("first_name", sa.Text, nullable=False, server_default=""),
    sa.Column("tier", sa.Text, nullable=False, server_default=""),
    sa.Column("generation", sa.Integer, nullable=False, server_default="0"),
    sa.Column("blocked", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("provisional", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("made_ms", sa.BigInteger, nullable=False),
    sa.Column("visits", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("spent_minor", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("joined", sa.Text, nullable=False, server_default=""),
    sa.Column("last_visit", sa.Text, nullable=False, server_default=""),
    sa.Column("segments", sa.JSON, nullable=False, server_default="[]"),
    sa.Column("occasions", sa.JSON, nullable=False, server_default="{}"),
    sa.Column("reviewed", sa.Text, nullable=False, server_default=""),
    sa.Column("referred_by", sa.Text, nullable=False, server_default=""),
    sa.Column("due", sa.Text, nullable=False, server_default="9999-12-31"),
    sa.Index("member_due", "due"),
)
"""What is known of each besides their units, as in loyalty.standing.Standing; `due` is the next day that brings something."""

MEMBER_CODE = sa.Table(
    "member_code",
    META,
    sa.Column("member_id", sa.ForeignKey("member.id"), primary_key=True),
    sa.Column("code", sa.Text, primary_key=True, unique=True),
)

ENTRY = sa.Table(
    "entry",
    META,
    sa.Column("member_id", sa.ForeignKey("member.id"), primary_key=True),
    sa.Column("cause", sa.Text, primary_key=True),
    sa.Column("place", sa.Integer, primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("unit", sa.Text, nullable=False),
    sa.Column("lot", sa.Text, nullable=False),
    sa.Column("pieces", sa.BigInteger, nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("made_ms", sa.BigInteger, nullable=False),
    sa.Index("entry_by_position", "member_id", "position"),
)
"""The ledger: `cause` is the record, the hold or the day that made the entry, so nothing is posted twice."""

BALANCE = sa.Table(
    "balance",
    META,
    sa.Column("member_id", sa.ForeignKey("member.id"), primary_key=True),
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("unit", sa.Text, primary_key=True),
    sa.Column("lot", sa.Text, primary_key=True),
    sa.Column("pieces", sa.BigInteger, nullable=False),
)
"""Always the sum of the entries. The program's own accounts are kept by member too: no row that everybody waits for; and as one
lot, so that they do not grow by a row a day.
"""

INCLUDED = sa.Table(
    "included",
    META,
    sa.Column("member_id", sa.ForeignKey("member.id"), primary_key=True),
    sa.Column("terminal_id", sa.ForeignKey("terminal.id"), primary_key=True),
    sa.Column("position", sa.BigInteger, primary_key=True),
    sa.Column("id", sa.Text, primary_key=True),
)
"""Which of a terminal's records and holds have entered a member's balances, and when."""

FEED = sa.Table(
    "feed",
    META,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("key", BIG, primary_key=True, autoincrement=False),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Index("feed_by_position", "position"),
)
"""Every entity once, at the position where it last changed."""

PROGRAM = sa.Table(
    "program",
    META,
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("json", sa.LargeBinary, nullable=False),
    sa.Column("effective_ms", sa.BigInteger, nullable=False),
    sa.Column("pool_key", sa.Text, nullable=False, server_default=""),
)
"""`pool_key` draws the prizes of its pools; nobody is shown it but the terminals' daemons."""

LAYOUT = sa.Table(
    "layout",
    META,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("json", sa.LargeBinary, nullable=False),
    sa.Column("made_ms", sa.BigInteger, nullable=False),
)
"""Receipt layouts in the order in which they were published; the last one is in use."""

BUDGET = sa.Table(
    "budget",
    META,
    sa.Column("rule", sa.Text, primary_key=True),
    sa.Column("chain_id", sa.ForeignKey("chain.id"), primary_key=True),
    sa.Column("target", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("ceiling", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("used", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("told", sa.BigInteger, nullable=False, server_default="0"),
)
"""One terminal's share of a rule's budget, as in loyalty/budgets.py: a journal's, because a new one counts from nothing.

`used` is what the sales that head office has applied have given, `told` what the terminal says it has given or promised.
"""

PARTNER_COST = sa.Table(
    "partner_cost",
    META,
    sa.Column("business_date", sa.Text, primary_key=True),
    sa.Column("terminal_id", sa.ForeignKey("terminal.id"), primary_key=True),
    sa.Column("partner", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("rule", sa.Text, primary_key=True),
    sa.Column("what", sa.Text, primary_key=True),
    sa.Column("given", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("returned", sa.BigInteger, nullable=False, server_default="0"),
)
"""What a day's sales have cost partners and its returns have given back, as in loyalty.partners.Cost. These sums grow where a
record has its effect, so that no sale need be worked out again to say who owes what.
"""

CODE_KEY = sa.Table(
    "code_key",
    META,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("key_id", sa.Text, nullable=False, unique=True),
    sa.Column("public_key", sa.Text, nullable=False),
    sa.Column("revoked", sa.Boolean, nullable=False, server_default=sa.false()),
)

AUDIT = sa.Table(
    "audit",
    META,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("made_ms", sa.BigInteger, nullable=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
)
"""What people did that somebody may ask about later; it only grows."""

UPKEEP = sa.Table(
    "upkeep",
    META,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("made_ms", sa.BigInteger, nullable=False),
    sa.Column("well", sa.Boolean, nullable=False),
    sa.Column("said", sa.Text, nullable=False),
)
"""When head office's books were checked and when they were backed up (`kind`: check or backup), and how that ended."""

USERS = sa.Table(
    "users",
    META,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("password_hash", sa.Text, nullable=False),
)
"""The people of head office."""

SESSION = sa.Table(
    "session",
    META,
    sa.Column("token_hash", sa.Text, primary_key=True),
    sa.Column("user_id", sa.ForeignKey("users.id"), nullable=False),
    sa.Column("form_token", sa.Text, nullable=False),
    sa.Column("expires_ms", sa.BigInteger, nullable=False),
)
