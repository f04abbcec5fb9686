"""Head office's tables of what is set aside: reservations and leases. The others are in tables.py."""

import sqlalchemy as sa

from central.store.tables import META, only

HOLD = sa.Table(
    "hold",
    META,
    sa.Column("member_id", sa.ForeignKey("member.id"), primary_key=True),
    sa.Column("id", sa.Text, primary_key=True, unique=True),
    sa.Column("terminal_id", sa.ForeignKey("terminal.id"), nullable=False),
    sa.Column("unit", sa.Text, nullable=False),
    sa.Column("pieces", sa.BigInteger, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("refusal", sa.LargeBinary),
    sa.Column("made_ms", sa.BigInteger, nullable=False),
    sa.Column("chain_id", sa.ForeignKey("chain.id")),
    sa.Column("lease", sa.Text, nullable=False, server_default=""),
    sa.Column("leased", sa.BigInteger, nullable=False, server_default="0"),
    sa.Index("hold_open", "chain_id", **only("state = 'open'")),
)
"""`state` is open, ended (by a sale or a void; before it came, too: then no entry was ever made), refused, exposed (its terminal
was fenced) or released. `leased` of its pieces came out of the terminal's own `lease`.
"""

LEASE = sa.Table(
    "lease",
    META,
    sa.Column("member_id", sa.ForeignKey("member.id"), primary_key=True),
    sa.Column("id", sa.Text, primary_key=True, unique=True),
    sa.Column("chain_id", sa.ForeignKey("chain.id"), nullable=False),
    sa.Column("terminal_id", sa.ForeignKey("terminal.id"), nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("recalled", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("granted", sa.JSON, nullable=False),
    sa.Column("returned", sa.JSON, nullable=False, server_default="{}"),
    sa.Column("peak", sa.JSON, nullable=False, server_default="{}"),
    sa.Column("exposed", sa.JSON, nullable=False, server_default="{}"),
    sa.Column("made_ms", sa.BigInteger, nullable=False),
    sa.Column("used_ms", sa.BigInteger, nullable=False),
    sa.Index("lease_out", "chain_id", **only("state IN ('open', 'returned')")),
)
"""What one journal's terminal may spend of a member, as in loyalty/leases.py: pieces ever granted and given back, the
most that was ever in it, and what was in it when its terminal was fenced, all by unit. `state`
is open, returned (by the terminal's own record), ended (nothing of it is left), exposed (its terminal was fenced, with so much in
it) or released (by a person).
"""
