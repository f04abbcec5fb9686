"""Whether the books are right: balances against entries, journals against their hashes, budgets against what was given."""

from typing import NamedTuple

from central import budgets
from central.store import ledger, records
from central.store.engine import Connection
from loyalty.journal import chain_hash


class Findings(NamedTuple):
    """What is wrong, as sentences, and how much was looked at."""

    balances: list[str]
    journals: list[str]
    records: int
    entries: int
    budgets: list[str]


def check(db: Connection) -> Findings:
    """Read everything."""
    wrong = [
        f"member {found.member}, {found.account}: the balance says {found.balance} {found.unit} of lot {found.lot or '-'},"
        f" its entries {found.entries}"
        for found in ledger.check_balances(db)
    ]
    journals: list[str] = []
    count = 0
    for chain in records.chains(db):
        before, seq = chain.base_hash, chain.base_seq
        for record in records.of_chain(db, chain.id):
            count, seq = count + 1, seq + 1
            if record.seq != seq or chain_hash(before, record.bytes) != record.hash:
                journals.append(
                    f"terminal {chain.terminal}, epoch {chain.epoch}: record {record.seq} does not follow {seq - 1}"
                )
                break
            before = record.hash
        else:
            if (seq, before) != (chain.seq, chain.hash):
                journals.append(
                    f"terminal {chain.terminal}, epoch {chain.epoch}: it should end at {chain.seq}, and ends at {seq}"
                )
    return Findings(wrong, journals, count, ledger.entries(db), budgets.check(db))
