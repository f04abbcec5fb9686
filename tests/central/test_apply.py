"""What records do to the ledger: once each, whatever came before them."""

import re
from dataclasses import replace

import sqlalchemy as sa

from central import audit, enrol
from central.clock import now_ms
from central.store import ledger, members, sales
from central.store.tables import MEMBER, RECORD, TRANSACTIONS
from loyalty.agreement import Hold
from loyalty.journal import Chain, Draft, Stamp, chain_hash, plain, seal
from loyalty.quote import Choice
from loyalty.sale import ReturnedLine
from sync import wire
from tests.samples import HANDLE, basket, cafe, member, sold
from tests.terminals import FieldTerminal


async def states(office):
    """State and reason of every record, in the order of arrival."""
    rows = await office.store.read(
        lambda db: db.execute(sa.select(RECORD.c.state, RECORD.c.reason).order_by(RECORD.c.key)).all()
    )
    return [tuple(row) for row in rows]


async def books_are_right(office):
    """Every balance is the sum of its entries and every journal is whole."""
    found = await office.store.read(audit.check)
    assert (found.balances, found.journals) == ([], [])
    return found


def spending(points=100, hold="a" * 32):
    """A sale of 50.00 that takes 10.00 off for 100 points held under `hold`."""
    sale = sold(cafe(), member(points), basket(3000, 2000), Choice("ten_off"))
    return replace(sale, holds=(Hold(hold, "point", 100),))


async def test_a_sale_is_booked_once(office):
    """A member's sale issues what it earned; applying again does nothing."""
    terminal = await office.terminal()
    record = terminal.sells(sold(cafe(), member(), basket(1250, 800)))
    await office.deliver()
    await office.deliver()
    assert await office.balances(HANDLE) == {"point": 20, "standing": 20}
    assert await states(office) == [("applied", ""), ("applied", "")]
    row = (await office.store.read(lambda db: db.execute(sa.select(TRANSACTIONS)).all()))[0]
    assert (row.id, row.kind, row.amount_minor) == (record.id, "sale", 2050)
    await books_are_right(office)


async def test_an_unknown_handle_makes_a_provisional_member(office):
    """A validly signed code that head office does not know yet is never a dead letter."""
    (await office.terminal()).sells(sold(cafe(), member(), basket(1000)))
    await office.deliver()
    found = await office.store.read(members.by_handle, HANDLE)
    assert (found.provisional, found.tier) == (True, "bronze")


async def test_a_sale_without_a_member_is_kept(office):
    """Head office needs every sale, a member's or not."""
    (await office.terminal()).sells(sold(cafe(), None, basket(1000)))
    await office.deliver()
    rows = await office.store.read(
        lambda db: db.execute(sa.select(TRANSACTIONS.c.member_id, TRANSACTIONS.c.amount_minor)).all()
    )
    assert [tuple(row) for row in rows] == [(None, 1000)]
    assert (await books_are_right(office)).entries == 0


async def test_the_tier_is_decided_here(office):
    """The balance of the qualifying unit lifts a member, by the published program."""
    terminal = await office.terminal()
    sale = sold(cafe(), member(), basket(60000))
    terminal.sells(
        replace(sale, accruals=tuple(replace(m, unit={"standing": "status"}.get(m.unit, m.unit)) for m in sale.accruals))
    )
    await office.deliver()
    assert (await office.store.read(members.by_handle, HANDLE)).tier == "silver"


async def test_the_same_id_and_content_elsewhere_is_applied_once(office):
    """A till's request that reached two terminals' journals, or one twice, counts once."""
    terminal = await office.terminal()
    sale = sold(cafe(), member(), basket(1000))
    terminal.sells(sale, "receipt-7")
    terminal.sells(sale, "receipt-7")
    await office.deliver()
    assert [state for state, _ in await states(office)] == ["applied", "applied", "repeated"]
    assert await office.balances(HANDLE) == {"point": 10, "standing": 10}


async def test_the_same_id_with_other_content_is_a_dead_letter(office):
    """The first stands; the second says why it does not, and what follows is applied."""
    terminal = await office.terminal()
    first = terminal.sells(sold(cafe(), member(), basket(1000)))
    terminal.record("sale", first.id, replace(sold(cafe(), member(), basket(9000)), fingerprint="e" * 64))
    terminal.sells(sold(cafe(), member(), basket(200)))
    await office.deliver()
    found = await states(office)
    assert [state for state, _ in found] == ["applied", "applied", "dead", "applied"]
    assert found[2][1].startswith("same_id_other_content: ")
    assert await office.balances(HANDLE) == {"point": 12, "standing": 12}


async def test_a_record_that_cannot_be_applied_does_not_block(office):
    """Bodies that no till could mean become dead letters with their reason, and leave no trace in the books."""
    terminal = await office.terminal()
    sale = sold(cafe(), member(), basket(1000))
    accrual = {"rule": "points", "unit": "point", "pieces": 10, "by_line": [10]}
    hold = {"id": "a" * 32, "unit": "point", "pieces": 5}
    for broken in (
        {"accruals": [{**accrual, "by_line": [10, 5]}]},
        {"accruals": [{**accrual, "by_line": [7]}]},
        {"accruals": [{**accrual, "pieces": 10**30, "by_line": [10**30]}]},
        {"accruals": [{**accrual, "pieces": -5, "by_line": [-5]}]},
        {"member": None, "holds": [hold]},
        {"holds": [hold, hold]},
        {"basket": {}},
        {"flags": ["a\0b"]},
        {"flags": ["x"] * 99},
        {"member": {**plain(sale.member), "handle": "ff" * 9 + "zz"}},
        {"accruals": []} | {"redemptions": [accrual], "member": None},
    ):
        terminal.record("sale", terminal.any_id(), plain(sale) | broken)
    terminal.takes_back("\0", ReturnedLine("1", 1), sale=sale)
    terminal.record("sale", terminal.any_id(), plain(sale) | {"fingerprint": "\0", "member": None, "accruals": []})
    terminal.record("enrol", terminal.any_id(), {"posd_version": "0\0", "store": "\0"})
    terminal.sells(sale)
    await office.deliver()
    found = await states(office)
    assert [state for state, _ in found] == ["applied", *["dead"] * 12, "applied", "applied", "applied"]
    assert all(re.match("malformed_body: .+", reason) for state, reason in found if state == "dead")
    assert await office.balances(HANDLE) == {"point": 10, "standing": 10}
    await books_are_right(office)


async def test_a_body_that_is_spelled_otherwise_is_a_dead_letter(office):
    """It is stored as it came, its outside being in order; doubled keys and other spellings of it have no effect."""
    terminal = await office.terminal()
    sale = sold(cafe(), member(), basket(1000))
    for other in (b'"tills":0,"basket":', b'"basket" :', b'"basket":{},"basket":', b'"basket":"\xff","basket":'):
        last = terminal.record("sale", terminal.any_id(), plain(sale))
        data = last.bytes.replace(b'"basket":', other, 1)
        head = terminal.records[-2]
        terminal.records[-1] = replace(last, bytes=data, hash=chain_hash(head.hash, data))
    terminal.sells(sale)
    await office.deliver()
    found = await states(office)
    assert [state for state, _ in found] == ["applied", *["dead"] * 4, "applied"]
    assert all(
        re.match("malformed_body: .*(not the canonical spelling|utf-8)", reason) for state, reason in found if state == "dead"
    )
    assert await office.balances(HANDLE) == {"point": 10, "standing": 10}


async def test_unknown_kinds_and_versions_are_kept(office):
    """A newer terminal's records are stored and told apart; nothing is refused, nothing waits behind them."""
    terminal = await office.terminal()
    terminal.record("horoscope", terminal.any_id(), {"lease": "x"})
    chain, stamp = Chain(terminal.code, terminal.epoch, terminal.chain), Stamp(1, 0)
    body = sold(cafe(), None, basket(100))
    terminal.records.append(seal(chain, terminal.head, stamp, Draft("sale", terminal.any_id(), body, version=9)))
    terminal.sells(sold(cafe(), member(), basket(1000)))
    await office.deliver()
    assert [state for state, _ in await states(office)] == ["applied", "kept", "kept", "applied"]


async def test_a_return_makes_head_office_s_own_entries(office):
    """Whatever the till estimated, a return undoes its share of the original, and the parts sum to the whole."""
    terminal, other = await office.terminal(), await office.terminal()
    sale = sold(cafe(), member(), replace_quantity(basket(3000)))
    record = terminal.sells(sale)
    terminal.takes_back(record.id, ReturnedLine("1", 1000), sale=sale)
    other.takes_back(record.id, ReturnedLine("1", 1000), sale=sale)
    await office.deliver()
    assert await office.balances(HANDLE) == {"point": 10, "standing": 10}
    other.takes_back(record.id, ReturnedLine("1", 1000), sale=sale)
    await office.deliver(other)
    assert await office.balances(HANDLE) == {"point": 0, "standing": 0}
    assert await office.store.read(sales.returned_before, record.id) == {"1": 3000}
    await books_are_right(office)


def replace_quantity(bought):
    """The basket with three pieces in each line."""
    return replace(bought, lines=tuple(replace(line, quantity_milli=3000) for line in bought.lines))


async def test_more_than_was_sold_cannot_be_returned(office):
    """The cumulative quantity counts, from any store; the return too many is a dead letter."""
    terminal, other = await office.terminal(), await office.terminal()
    sale = sold(cafe(), member(), basket(3000))
    record = terminal.sells(sale)
    terminal.takes_back(record.id, ReturnedLine("1", 600), sale=sale)
    other.takes_back(record.id, ReturnedLine("1", 600), sale=sale)
    other.takes_back(record.id, ReturnedLine("no such line", 1), sale=sale)
    other.takes_back(terminal.records[0].id, ReturnedLine("1", 1), sale=sale)
    await office.deliver()
    reasons = [reason.split(":")[0] for state, reason in await states(office) if state == "dead"]
    assert reasons == ["returned_more_than_sold", "line_not_in_sale", "not_a_sale"]
    assert await office.store.read(sales.returned_before, record.id) == {"1": 600}


async def test_a_return_waits_for_its_sale(office):
    """A return that overtook its sale has its effect right after it."""
    terminal, other = await office.terminal(), await office.terminal()
    sale = sold(cafe(), member(), basket(3000))
    record = terminal.sells(sale)
    other.takes_back(record.id, ReturnedLine("1", 1000), sale=sale)
    await office.deliver(other)
    assert (await states(office))[-1] == ("waiting", f"for sale {record.id}")
    assert await office.balances(HANDLE) == {}
    await office.deliver(terminal)
    assert [state for state, _ in await states(office)] == ["applied"] * 4
    assert await office.balances(HANDLE) == {"point": 0, "standing": 0}


async def hold(office, terminal, pieces=100, hold_id="a" * 32):
    """Ask for a hold of points."""
    return await office.hold(terminal, wire.HoldRequest(hold_id, HANDLE, "point", pieces))


async def rich(office, points=300):
    """A terminal, and a member who has so many points."""
    terminal = await office.terminal()
    terminal.sells(sold(cafe(), member(), basket(points * 100)))
    await office.deliver()
    return terminal


async def test_a_sale_spends_its_hold(office):
    """What was held is redeemed, and the hold is over."""
    terminal = await rich(office)
    assert (await hold(office, terminal)).granted
    assert (await office.balances(HANDLE))["point"] == 200
    terminal.sells(spending())
    await office.deliver()
    assert (await office.balances(HANDLE))["point"] == 200 + 40
    assert (await hold(office, terminal)).refusal.code == "hold_refused"
    await books_are_right(office)


async def test_a_sale_whose_hold_was_larger_gives_the_rest_back(office):
    """Nothing stays in a hold that is over."""
    terminal = await rich(office)
    await hold(office, terminal, 150)
    terminal.sells(spending())
    await office.deliver()
    assert (await office.balances(HANDLE))["point"] == 200 + 40
    await books_are_right(office)


async def test_what_left_the_shop_is_booked_without_a_hold(office):
    """A sale that lists a hold head office never granted, or has given back, becomes an overdraft and no dead letter."""
    terminal = await rich(office, 30)
    terminal.sells(spending())
    terminal.sells(spending(hold="b" * 32))
    await office.deliver()
    assert (await office.balances(HANDLE))["point"] == 30 + 2 * (40 - 100)
    assert {state for state, _ in await states(office)} == {"applied"}
    assert (await hold(office, terminal)).refusal.code == "hold_refused"
    await books_are_right(office)


async def test_a_hold_may_have_the_name_of_its_sale(office):
    """Nobody's ids do that by chance; a record that says so is booked as any other, and stops nothing."""
    terminal = await office.terminal()
    sale = sold(cafe(), member(250), basket(3590), Choice("ten_off", 1))
    terminal.record("sale", sale.holds[0].id, sale)
    await office.deliver(terminal)
    assert (await states(office))[-1] == ("applied", "")
    await books_are_right(office)


async def test_a_record_that_takes_the_name_of_a_granted_hold_is_a_dead_letter(office):
    """The ledger has entries of that name already; whoever comes behind it is booked."""
    terminal = await rich(office)
    assert (await hold(office, terminal)).granted
    terminal.record("sale", "a" * 32, spending())
    terminal.sells(spending())
    await office.deliver()
    assert [state for state, _ in await states(office)][-2:] == ["dead", "applied"]
    await books_are_right(office)


async def test_a_void_gives_its_hold_back(office):
    """A cancelled agreement frees what it reserved, once."""
    terminal = await rich(office)
    await hold(office, terminal)
    terminal.voids(HANDLE, Hold("a" * 32, "point", 100))
    terminal.voids(HANDLE, Hold("a" * 32, "point", 100))
    await office.deliver()
    assert (await office.balances(HANDLE))["point"] == 300
    assert {state for state, _ in await states(office)} == {"applied"}
    await books_are_right(office)


async def test_a_void_before_its_hold_leaves_a_tombstone(office):
    """The hold that comes late is refused and moves nothing."""
    terminal = await rich(office)
    terminal.voids(HANDLE, Hold("a" * 32, "point", 100))
    await office.deliver()
    assert (await hold(office, terminal)).refusal.code == "hold_refused"
    assert (await office.balances(HANDLE))["point"] == 300


async def test_a_terminal_cannot_end_another_s_hold(office):
    """A void, or a sale, that names another terminal's hold is a dead letter; the hold stands."""
    terminal, other = await rich(office), await office.terminal()
    await hold(office, terminal)
    other.voids(HANDLE, Hold("a" * 32, "point", 100))
    other.sells(spending())
    await office.deliver()
    reasons = [reason.split(":")[0] for state, reason in await states(office) if state == "dead"]
    assert reasons == ["hold_of_another", "hold_of_another"]
    assert (await office.balances(HANDLE))["point"] == 200


async def test_a_damaged_balance_is_found(office):
    """The check says which balance is not the sum of its entries."""
    await rich(office)

    def damage(db):
        member_id = db.execute(sa.select(MEMBER.c.id)).scalar_one()
        db.execute(sa.text("UPDATE balance SET pieces = pieces + 1 WHERE unit = 'point' AND account LIKE 'member/%'"))
        return member_id

    member_id = await office.store.run(damage)
    found = await office.store.read(lambda db: list(ledger.check_balances(db)))
    assert found == [ledger.Difference(member_id, f"member/{HANDLE}/available", "point", "", 301, 300)]


async def test_a_bug_in_one_record_does_not_stop_the_others(office, monkeypatch):
    """An exception that nobody foresaw is raised for the log; the record is set aside and the next are applied."""
    terminal = await office.terminal()
    bad = terminal.sells(sold(cafe(), member(), basket(1000)))
    terminal.sells(sold(cafe(), member(), basket(200)))
    await office.push(terminal)
    settle, failed = office.applier._store.run, []

    async def run(function, key, *rest):
        if key == 2 and not failed:
            failed.append(key)
            raise ZeroDivisionError
        return await settle(function, key, *rest)

    monkeypatch.setattr(office.applier._store, "run", run)
    for _ in range(2):
        try:
            await office.apply()
        except ZeroDivisionError:
            continue
    assert [state for state, _ in await states(office)] == ["applied", "pending", "applied"]
    assert bad.seq == 2


async def test_a_re_enrolled_terminal_goes_on(office):
    """A new epoch has a new chain, and its records count beside the old ones."""
    place = ("Allenby 12", "Till 1")
    for _ in range(2):
        terminal = FieldTerminal()
        code = (await office.store.run(enrol.new_code, place, "Asia/Jerusalem", now_ms())).code
        terminal.is_now(await office.enrol(terminal, code))
        terminal.sells(sold(cafe(), member(), basket(1000)))
        await office.deliver(terminal)
    assert await office.balances(HANDLE) == {"point": 20, "standing": 20}
