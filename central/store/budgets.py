"""Shares of budgets, one row for each rule and journal."""

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from central.store.engine import Connection
from central.store.rows import upsert
from central.store.tables import BUDGET, CHAIN, FEED, TERMINAL
from loyalty.budgets import Share

_USED = sa.case((BUDGET.c.told > BUDGET.c.used, BUDGET.c.told), else_=BUDGET.c.used)
_SHARE = (BUDGET.c.target, BUDGET.c.ceiling, _USED)

# Made once: making a statement takes as long as running it.
_CHAIN = BUDGET.c.chain_id == sa.bindparam("chain")
_OF_CHAIN = sa.select(BUDGET.c.rule, BUDGET.c.told, *_SHARE).where(_CHAIN).order_by(BUDGET.c.rule)


def shares(db: Connection, rule: str) -> dict[int, Share]:
    """All shares of a budget, by journal. What is used is what the sales say or the terminal does, whichever is more."""
    found = db.execute(sa.select(BUDGET.c.chain_id, *_SHARE).where(BUDGET.c.rule == rule))
    return {chain: Share(target, ceiling, used) for chain, target, ceiling, used in found}


def of_chain(db: Connection, chain: int) -> dict[str, Share]:
    """All shares of a journal, by rule."""
    return of_chain_and_told(db, chain)[0]


def of_chain_and_told(db: Connection, chain: int) -> tuple[dict[str, Share], dict[str, int]]:
    """The same, and what the terminal last said that it has given of each."""
    found = db.execute(_OF_CHAIN, {"chain": chain}).all()
    shares = {rule: Share(target, ceiling, used) for rule, _, target, ceiling, used in found}
    return shares, {rule: told for rule, told, *_ in found if told}


def set_shares(db: Connection, rule: str, found: Mapping[int, Share]) -> None:
    """Keep what each journal is meant to have and may be acting on."""
    for column in ("target", "ceiling"):
        rows = [{"rule": rule, "chain_id": chain, column: getattr(share, column)} for chain, share in sorted(found.items())]
        upsert(db, BUDGET, rows, column)


def add_used(db: Connection, chain: int, spent: Mapping[str, int], sign: int = 1) -> None:
    """An applied record has given so much of each budget, or with a `sign` of -1 put it back."""
    rows = [{"rule": rule, "chain_id": chain, "used": sign * pieces} for rule, pieces in sorted(spent.items())]
    upsert(db, BUDGET, rows, "used", add=True)


def set_told(db: Connection, chain: int, given: Mapping[str, int]) -> None:
    """What the terminal says now."""
    rows = [{"rule": rule, "chain_id": chain, "told": pieces} for rule, pieces in sorted(given.items())]
    upsert(db, BUDGET, rows, "told")


def enrolled(db: Connection) -> dict[int, int]:
    """The journal of each terminal that is enrolled, by the terminal, the lowest first."""
    now = (
        sa.select(CHAIN.c.terminal_id, CHAIN.c.id).join(TERMINAL).where(CHAIN.c.epoch == TERMINAL.c.epoch, CHAIN.c.branch == 0)
    )
    return dict(db.execute(now.order_by(CHAIN.c.terminal_id)).all())


def told_at(db: Connection, terminal: int) -> int:
    """The position of the feed at which a terminal was last told its shares."""
    wanted = sa.select(FEED.c.position).where(FEED.c.kind == "share", FEED.c.key == terminal)
    return int(db.execute(wanted).scalar() or 0)


def used(db: Connection) -> dict[str, int]:
    """What all applied sales have given of each budget."""
    total = sa.cast(sa.func.sum(BUDGET.c.used), sa.BigInteger)
    return {rule: int(pieces) for rule, pieces in db.execute(sa.select(BUDGET.c.rule, total).group_by(BUDGET.c.rule))}


def terminals_of(db: Connection, chains: Iterable[int]) -> list[int]:
    """The terminals whose journals these are, if they still are."""
    wanted = set(chains)
    return [terminal for terminal, chain in enrolled(db).items() if chain in wanted]
