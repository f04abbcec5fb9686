"""Stores, terminals, their one-time codes and their chains."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import sqlalchemy as sa

from central.store.engine import Connection
from central.store.rows import insert_new
from central.store.tables import CHAIN, ENROL_CODE, OFFICE, STORE, TERMINAL
from loyalty.bounds import TEXT_CHARS_MAX
from loyalty.journal import FIRST_PREV_HASH, Head

Said = Mapping[str, int | str]


class Terminal(NamedTuple):
    """A terminal as people and the wire call it; `epoch` is 0 before its first enrolment."""

    id: int
    code: str
    name: str
    store: str
    time_zone: str
    epoch: int


class ChainRow(NamedTuple):
    """A journal and the head that is stored of it; `current` says that its epoch is the terminal's and not fenced. With it when
    its terminal was last heard from, and the name of this database's life: what a push needs is read at once.
    """

    id: int
    terminal: str
    epoch: int
    name: str
    public_key: str
    seq: int
    hash: str
    durable_seq: int
    forked: bool
    current: bool
    terminal_id: int
    contact_ms: int
    incarnation: str

    @property
    def head(self) -> Head:
        """Up to where it is stored."""
        return Head(self.seq, self.hash)


class Key(NamedTuple):
    """A key that signs, whether its epoch is still the terminal's and not fenced, and its journal at this moment.

    `next_key` is one that signs too; what it signs makes it the key. `last_key`, the one before, may only push. `recovering` says
    that head office is.
    """

    terminal: int
    chain: int
    public_key: str
    current: bool
    journal: ChainRow
    next_key: str = ""
    last_key: str = ""
    recovering: bool = False


class NewChain(NamedTuple):
    """A journal by its random name, its epoch, and the key that signs for it."""

    epoch: int
    name: str
    public_key: str


class Code(NamedTuple):
    """A one-time code; `chain` is what came of it."""

    id: int
    terminal: int
    expires_ms: int
    chain: int | None


def ensure(db: Connection, store: str, name: str, time_zone: str, code: str) -> Terminal:
    """The terminal `name` of `store`; both are made if they are new (`time_zone` and `code` are for a new one)."""
    insert_new(db, STORE, {"name": store, "time_zone": time_zone})
    store_id = db.execute(sa.select(STORE.c.id).where(STORE.c.name == store)).scalar_one()
    insert_new(db, TERMINAL, {"store_id": store_id, "name": name, "code": code, "epoch": 0})
    return Terminal(*db.execute(_TERMINALS.where(STORE.c.name == store, TERMINAL.c.name == name)).one())


def add_code(db: Connection, terminal: int, code_hash: str, expires_ms: int) -> None:
    """Keep a one-time code by its hash."""
    db.execute(ENROL_CODE.insert().values(terminal_id=terminal, code_hash=code_hash, expires_ms=expires_ms))


def code_of(db: Connection, code_hash: str) -> Code | None:
    """The one-time code of that hash, locked."""
    wanted = sa.select(ENROL_CODE.c.id, ENROL_CODE.c.terminal_id, ENROL_CODE.c.expires_ms, ENROL_CODE.c.chain_id)
    row = db.execute(wanted.where(ENROL_CODE.c.code_hash == code_hash).with_for_update()).one_or_none()
    return Code(*row) if row else None


def enrol(db: Connection, code: Code, chain: str, public_key: str, now_ms: int) -> None:
    """Use `code`: the terminal gets the next epoch, and a chain that starts empty."""
    floor = sa.select(OFFICE.c.epoch_floor).scalar_subquery()
    highest = sa.case((TERMINAL.c.epoch > floor, TERMINAL.c.epoch), else_=floor)
    next_epoch = sa.update(TERMINAL).where(TERMINAL.c.id == code.terminal).values(epoch=highest + 1)
    epoch = db.execute(next_epoch.returning(TERMINAL.c.epoch)).scalar_one()
    chain_id = add_chain(db, code.terminal, NewChain(epoch, chain, public_key), now_ms)
    db.execute(sa.update(ENROL_CODE).where(ENROL_CODE.c.id == code.id).values(chain_id=chain_id))


def add_chain(db: Connection, terminal: int, new: NewChain, now_ms: int) -> int:
    """A journal of which nothing is stored yet; its key."""
    row = CHAIN.insert().values(terminal_id=terminal, **new._asdict(), seq=0, hash=FIRST_PREV_HASH, enrolled_ms=now_ms)
    added: int = db.execute(row.returning(CHAIN.c.id)).scalar_one()
    return added


def raise_epoch(db: Connection, terminal: int, epoch: int) -> None:
    """That epoch is the terminal's from now on."""
    db.execute(sa.update(TERMINAL).where(TERMINAL.c.id == terminal).values(epoch=epoch))


def by_id(db: Connection, terminal: int) -> Terminal:
    """The terminal with that key."""
    return Terminal(*db.execute(_BY_ID, {"terminal": terminal}).one())


def by_code(db: Connection, code: str) -> Terminal | None:
    """The terminal that records call `code`."""
    row = db.execute(_TERMINALS.where(TERMINAL.c.code == code)).one_or_none()
    return Terminal(*row) if row else None


def store_exists(db: Connection, name: str) -> bool:
    """Whether there is a store of that name."""
    return db.execute(sa.select(STORE.c.id).where(STORE.c.name == name)).first() is not None


def time_zones(db: Connection) -> list[str]:
    """Those of the stores, each once."""
    return list(db.execute(_TIME_ZONES).scalars())


def key(db: Connection, code: str, epoch: int) -> Key | None:
    """The key of a terminal's epoch."""
    row = db.execute(_KEY, {"code": code, "epoch": epoch}).one_or_none()
    if row is None:
        return None
    next_key, last_key, recovering, *journal = row
    found = ChainRow(*journal)
    return Key(found.terminal_id, found.id, found.public_key, bool(found.current), found, next_key, last_key, recovering)


def set_next_key(db: Connection, chain_id: int, public_key: str) -> bool:
    """That key signs for a journal too; False if it did so before."""
    other = (CHAIN.c.id == chain_id, CHAIN.c.next_key != public_key, CHAIN.c.public_key != public_key)
    return db.execute(sa.update(CHAIN).where(*other).values(next_key=public_key).returning(CHAIN.c.id)).first() is not None


def take_next_key(db: Connection, key: Key) -> None:
    """A terminal's next key has signed, as `key` says: it takes the place of the one before, in that terminal's older journals too,
    for there is one key in its folder.
    """
    before = sa.select(CHAIN.c.public_key).where(CHAIN.c.id == key.chain, CHAIN.c.next_key == key.next_key)
    found = db.execute(before.with_for_update()).scalar_one_or_none()
    if found is not None:
        same = (CHAIN.c.terminal_id == key.terminal, CHAIN.c.public_key == found)
        db.execute(sa.update(CHAIN).where(*same).values(public_key=key.next_key, last_key=found, next_key=""))


def lock_chain(db: Connection, chain_id: int) -> ChainRow:
    """A chain as it is now; whoever else wants to add to it or to a branch of it waits."""
    return ChainRow(*db.execute(_LOCK_CHAIN, {"chain": chain_id}).one())


def move_head(db: Connection, chain_id: int, was: Head, to: Head) -> bool:
    """Everything up to `to` is stored; False, and nothing is changed, if the head is not at `was` any more or the epoch is
    over.
    """
    values = {"chain": chain_id, "was_seq": was.seq, "was_hash": was.hash, "to_seq": to.seq, "to_hash": to.hash}
    return db.execute(_MOVE_HEAD, values).first() is not None


def extend(db: Connection, chain_id: int, to: Head) -> None:
    """The same for a locked chain, fenced or not."""
    db.execute(sa.update(CHAIN).where(CHAIN.c.id == chain_id).values(seq=to.seq, hash=to.hash))


def heard_from(db: Connection, terminal: int, now_ms: int, said: Said = MappingProxyType({})) -> None:
    """The terminal was here, and what it `said` of itself: queued_records, queued_since_ms, posd_version."""
    clean = {name: _clean(value) if isinstance(value, str) else value for name, value in said.items()}
    db.execute(_SAID, {"terminal": terminal, "contact_ms": now_ms, **clean})


def _clean(text: str) -> str:
    """What a terminal says of itself, as both databases and a page can bear it."""
    return "".join(letter for letter in text[:TEXT_CHARS_MAX] if letter.isprintable())


CURRENT = sa.and_(TERMINAL.c.epoch == CHAIN.c.epoch, CHAIN.c.fenced_ms.is_(None))
"""A journal that counts: its epoch is the terminal's own and not fenced."""

# Made once: a push has four statements, and making one takes as long as running it.
_JOURNAL = (
    *(CHAIN.c.id, TERMINAL.c.code, CHAIN.c.epoch, CHAIN.c.name, CHAIN.c.public_key, CHAIN.c.seq, CHAIN.c.hash),
    *(CHAIN.c.durable_seq, CHAIN.c.forked_ms.is_not(None), CURRENT, TERMINAL.c.id),
    *(sa.func.coalesce(TERMINAL.c.contact_ms, 0), OFFICE.c.incarnation),
)
_KEY = (
    sa.select(CHAIN.c.next_key, CHAIN.c.last_key, OFFICE.c.recovering, *_JOURNAL)
    .select_from(CHAIN.join(TERMINAL).join(OFFICE, sa.true()))
    .where(TERMINAL.c.code == sa.bindparam("code"), CHAIN.c.epoch == sa.bindparam("epoch"), CHAIN.c.branch == 0)
)
_LOCK_CHAIN = (
    sa.select(*_JOURNAL)
    .select_from(CHAIN.join(TERMINAL).join(OFFICE, sa.true()))
    .where(CHAIN.c.id == sa.bindparam("chain"))
    .with_for_update(of=CHAIN)
)
_MOVE_HEAD = (
    sa.update(CHAIN)
    .where(CHAIN.c.id == sa.bindparam("chain"), CHAIN.c.fenced_ms.is_(None))
    .where(CHAIN.c.epoch == sa.select(TERMINAL.c.epoch).where(TERMINAL.c.id == CHAIN.c.terminal_id).scalar_subquery())
    .where(CHAIN.c.seq == sa.bindparam("was_seq"), CHAIN.c.hash == sa.bindparam("was_hash"))
    .values(seq=sa.bindparam("to_seq"), hash=sa.bindparam("to_hash"))
    .returning(CHAIN.c.id)
)

_TERMINALS = sa.select(TERMINAL.c.id, TERMINAL.c.code, TERMINAL.c.name, STORE.c.name, STORE.c.time_zone, TERMINAL.c.epoch).join(
    STORE
)
_BY_ID = _TERMINALS.where(TERMINAL.c.id == sa.bindparam("terminal"))
_TIME_ZONES = sa.select(STORE.c.time_zone).distinct()
_SAID = sa.update(TERMINAL).where(TERMINAL.c.id == sa.bindparam("terminal"))
