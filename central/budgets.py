"""Dividing a program's budgets among terminals, so that they give no more together while nobody can hear another.

How shares rise and fall is loyalty/budgets.py's; here they are kept, told in the feed, and what falls is awaited.
"""

from collections.abc import Callable, Mapping

import msgspec

from central.store import budgets as rows
from central.store import feed, programs, records, terminals
from central.store.engine import Connection
from central.store.programs import Published
from loyalty import budgets
from loyalty.budgets import Share, adopted, divided, raised
from loyalty.program import Program
from loyalty.sale import Reversal, Sale
from sync import program_file, wire


def divide(db: Connection, program: Program) -> list[tuple[str, int]]:
    """Divide the budgets of a program that is being published among the terminals that are enrolled now.

    What changes in the feed is for the caller to publish, with the program; who has taken records.in_turn.
    """
    enrolled = rows.enrolled(db)
    places = {chain: place for place, chain in enumerate(enrolled.values())}  # the remainder goes by terminal, not by journal
    whole = budgets.whole(program)
    known = rows.used(db)
    for rule in {**dict.fromkeys(known, 0), **whole}:
        before = rows.shares(db, rule)
        order = sorted({*before, *places}, key=lambda chain: (places.get(chain, len(places)), chain))
        numbered = {chain: number for number, chain in enumerate(order)}
        mine = [numbered[chain] for chain in places] if rule in whole else []
        after = divided(whole.get(rule, 0), {numbered[chain]: share for chain, share in before.items()}, mine)
        rows.set_shares(db, rule, {order[number]: share for number, share in after.items()})
    return [("share", terminal) for terminal in enrolled] if whole or known else []


def heard(db: Connection, key: terminals.Key, given: Mapping[str, int], read_to: Callable[[], int]) -> bool:
    """A terminal says what it has `given`, and `read_to` how far it has read the feed; whether that sets something free for
    others.
    """
    shares, before = rows.of_chain_and_told(db, key.chain)
    said = {rule: given.get(rule, 0) for rule in {*before, *given} if before.get(rule, 0) != given.get(rule, 0)}
    falling = [rule for rule, share in shares.items() if share.told < share.ceiling]
    if not said and not falling:
        return False
    records.in_turn(db)
    rows.set_told(db, key.chain, said)
    return read_to() >= rows.told_at(db, key.terminal) and _settled(db, key.chain, given)


def _settled(db: Connection, chain: int, given: Mapping[str, int]) -> bool:
    """What a terminal holds no more is for others; whether there are any."""
    risen: set[int] = set()
    for rule, share in rows.of_chain(db, chain).items():
        if share.told >= share.ceiling:
            continue
        before = rows.shares(db, rule)
        settled = {**before, chain: adopted(share, given.get(rule, 0))}
        after = raised(_whole(db, rule), settled)
        rows.set_shares(db, rule, {one: now for one, now in after.items() if now != before[one]})
        risen |= {one for one, now in after.items() if now.ceiling > settled[one].ceiling}
    changed = [("share", terminal) for terminal in rows.terminals_of(db, risen)]
    if changed:
        feed.publish(db, changed)
    return bool(changed)


def told(db: Connection, terminal: int) -> wire.ShareRow:
    """What that terminal is to go by."""
    chain = rows.enrolled(db).get(terminal)
    found: Mapping[str, Share] = rows.of_chain(db, chain) if chain is not None else {}
    return wire.ShareRow({rule: share.told for rule, share in found.items() if share.told > 0})


def sold(db: Connection, chain: int, program: Program, sale: Sale) -> None:
    """An applied sale has given something."""
    rows.add_used(db, chain, budgets.spent(program, sale.extras.uses))


def brought_back(db: Connection, chain: int, program: Program, sale: Sale, reversal: Reversal) -> None:
    """A return of `sale`, which that journal made, has put something back."""
    rows.add_used(db, chain, budgets.put_back(program, sale, reversal), -1)


def check(db: Connection) -> list[str]:
    """Budgets of which more was given than any published version allows, as sentences."""
    most: dict[str, int] = {}
    for published in programs.every(db):
        for rule, budget in budgets.whole(_read(published)).items():
            most[rule] = max(most.get(rule, 0), budget)
    return [
        f"budget of {rule}: {given} given, and no version allows more than {most.get(rule, 0)}"
        for rule, given in sorted(rows.used(db).items())
        if given > most.get(rule, 0)
    ]


def _whole(db: Connection, rule: str) -> int:
    """The budget of a rule by the newest published version; nothing where that has none."""
    newest = programs.latest(db)
    return budgets.whole(_read(newest)).get(rule, 0) if newest else 0


def _read(published: Published) -> Program:
    return program_file.from_json(msgspec.json.decode(published.json))
