"""What partners owe, as head office keeps it: the story of config/programs/partners.toml, told by a terminal."""

import asyncio
import json
import tomllib
from dataclasses import replace

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from central import audit, cli, partners, programs
from central.clock import now_ms
from central.partners import Discount, Gift, Settlement, Units
from central.store import records
from central.store.partners import Asked
from central.store.tables import BALANCE, MEMBER, PARTNER_COST, RECORD
from loyalty.basket import Basket, Line
from loyalty.sale import ReturnedLine
from posd.trial import Setting, prepared
from posd.trial.play import Table
from runtime.errors import Rejected
from sync import program_file, wire
from tests.central.conftest import PROGRAM_PATH
from tests.samples import HANDLE, sold

PARTNERS = PROGRAM_PATH.with_name("partners.toml")
STORY = PROGRAM_PATH.parents[2] / "tests" / "stories" / "partners.toml"
FETA = Basket((Line("1", "FETA", 1000, 3000, category="dairy/cheese"),))


@pytest.fixture
def published():
    """The program with partners."""
    return PARTNERS


def steps():
    """What the story sells and takes back, by its steps: as `posd quote` plays it."""
    raw = tomllib.loads(STORY.read_text(encoding="utf-8"))["steps"]
    program, _ = program_file.load(PARTNERS)
    values = {"steps": [{key: value for key, value in step.items() if key != "tells"} for step in raw]}
    trial, *mistakes = prepared(program, values, None, Setting())
    assert trial, mistakes
    table = Table(program, trial.setting.clock, trial.member, trial.start.date().isoformat())
    return [table.play(number, step) for number, step in enumerate(trial.steps, 1)]


def tell(terminal):
    """The terminal's journal has the story; the records of its sales, by step."""
    sales, made = {}, {}
    for played in steps():
        if played.sale:
            made[played.number] = replace(played.sale, member=replace(played.sale.member, handle=HANDLE))
            sales[played.number] = terminal.sells(made[played.number], f"step-{played.number}")
        if played.undone:
            undone, day = played.undone, played.step.when.date().isoformat()
            takes_back(terminal, sales[undone.of], made[undone.of], day, *undone.lines)
    return sales, made


def takes_back(terminal, record, sale, day, *lines):
    """These lines of a sale come back on that day."""
    return terminal.takes_back(record.id, *lines, sale=replace(sale, till=replace(sale.till, business_date=day)))


async def report(office, **asked):
    """All of it, or what is asked."""
    return await office.store.read(partners.report, Asked(**asked))


async def right(office):
    """The books are, and what the report says of pieces is what partners' accounts hold."""
    found = await office.store.read(audit.check)
    assert (found.balances, found.journals, found.budgets) == ([], [], [])
    row = BALANCE.c
    wanted = sa.select(row.account, row.unit, sa.func.sum(row.pieces)).where(row.account.like("partner/%"))
    there = {(one[0], one[1]): -int(one[2]) for one in await office.store.read(
        lambda db: db.execute(wanted.group_by(row.account, row.unit)).all()
    )}  # fmt: skip
    said = {(f"partner/{one.partner}", unit.unit): unit.left for one in await report(office) for unit in one.units}
    assert said == there


def names(section, code):
    """As the program has them."""
    found = tomllib.loads(PARTNERS.read_text(encoding="utf-8"))[section][code]
    return found.get("name", found)


BANK = Settlement(
    "bank", names("partners", "bank"), [Units("points", names("units", "points"), 52, 12, 40, 400, "ILS")], [], [], {}
)
CHEESE = names("promotions", "cheese")
DAIRY = Settlement(
    "dairy", names("partners", "dairy"), [], [Discount("cheese", CHEESE, "ILS", 3118, 0, 3118)], [], {"ILS": 3118}
)


async def test_the_story_is_settled(office):
    """The bank for 52 points, of which twelve came back with the rice; the dairy for 7.18, twice 10.00 and 4.00 off the cheese, and
    for nothing of what it did not give any more.
    """
    tell(await office.terminal())
    await office.deliver()
    assert await report(office) == [BANK, DAIRY]
    assert (await office.balances(HANDLE))["points"] == 100
    await right(office)


async def test_goods_bring_a_partner_its_money_back(office):
    """On the day and by the terminal of the return: half of the 50.00, then the rest, are the ten shekels to the agora."""
    first, second = await office.terminal(), await office.terminal()
    sales, made = tell(first)
    for terminal, day, milli in ((second, "2026-12-02", 333), (first, "2026-12-03", 667)):
        takes_back(terminal, sales[3], made[3], day, ReturnedLine("1", milli))
    await office.deliver(first)
    await office.deliver(second)
    assert (await report(office, partner="dairy"))[0].discounts == [Discount("cheese", CHEESE, "ILS", 3118, 1000, 2118)]
    [early] = await report(office, partner="dairy", first="2026-12-01", last="2026-12-02")
    assert (early.discounts[0].returned_minor, early.owed_minor) == (333, {"ILS": -333})
    [bank] = await report(office, partner="bank", last="2026-11-23")
    assert (bank.units[0].issued, bank.units[0].taken_back) == (52, 0)
    await right(office)


async def test_a_record_is_counted_once(office):
    """Pushed again, pending again, in another terminal's journal too, or a dead letter that is tried again: by its id, once."""
    first, second = await office.terminal(), await office.terminal()
    sales, made = tell(first)
    takes_back(first, sales[3], made[3], "2026-12-02", ReturnedLine("1", 1000))
    too_much = takes_back(first, sales[3], made[3], "2026-12-02", ReturnedLine("1", 1))
    second.record("sale", sales[2].id, wire.read_body(wire.read_envelope(sales[2].bytes)))
    await office.deliver(first)
    once = await report(office)
    assert once[1].discounts == [Discount("cheese", CHEESE, "ILS", 3118, 1000, 2118)]
    for _ in range(2):
        await office.deliver()
        await office.store.run(lambda db: db.execute(sa.update(RECORD).values(state="pending")))
        await office.apply()
    found = dict(await office.store.read(lambda db: db.execute(sa.select(RECORD.c.id, RECORD.c.state)).all()))
    assert (found.pop(too_much.id), set(found.values())) == ("dead", {"repeated"})
    assert await office.store.run(records.replay, await key_of(office, too_much))
    await office.apply()
    assert await report(office) == once
    await right(office)


async def test_what_could_not_be_booked_costs_nobody(office):
    """A sale that outgrows what a database holds of the member is a dead letter in the last moment; tried again, it counts once."""
    terminal = await office.terminal()
    _, made = tell(terminal)
    await office.deliver()
    once = await report(office)
    await have_spent(office, wire.SEQ_MAX)
    record = terminal.sells(made[2])
    await office.deliver()
    assert await report(office) == once
    await have_spent(office, 0)
    assert await office.store.run(records.replay, await key_of(office, record))
    await office.apply()
    [_, dairy] = await report(office)
    assert dairy.owed_minor == {"ILS": 3118 + 718}
    await right(office)


async def have_spent(office, amount_minor):
    """Head office believes that of everybody."""
    await office.store.run(lambda db: db.execute(sa.update(MEMBER).values(spent_minor=amount_minor)))


async def key_of(office, record):
    """Where head office has a record."""
    return await office.store.read(lambda db: db.execute(sa.select(RECORD.c.key).where(RECORD.c.id == record.id)).scalar_one())


async def test_a_return_that_came_first_is_counted_once(office):
    """It waits for its sale, and has no effect before."""
    first, second = await office.terminal(), await office.terminal()
    sales, made = tell(first)
    takes_back(second, sales[4], made[4], "2026-11-25", ReturnedLine("1", 1000))
    await office.deliver(second)
    assert await report(office) == []
    await office.deliver(first)
    [_, dairy] = await report(office)
    assert dairy.discounts == [Discount("cheese", CHEESE, "ILS", 3118, 1000, 2118)]


async def publish(office, **changes):
    """The program with those changes, as its next version."""
    values = tomllib.loads(PARTNERS.read_text(encoding="utf-8")) | {"version": 2} | changes
    program, mistakes = program_file.parse(values)
    assert program, mistakes
    await office.store.run(programs.publish, program, values, now_ms(), 0)
    return program


FOR_ALL = {
    "promotions": {
        "feta": {
            "type": "percent_off", "name": {"he": "פטה", "en": "Feta"}, "percent": 50, "partner": "dairy", "members_only": False,
        },
        "knife": {
            "type": "gift", "name": {"en": "A knife"}, "product": "KNIFE", "pieces": 2, "partner": "dairy", "members_only": False,
        },
    }
}  # fmt: skip


async def test_who_is_no_member_costs_a_partner_as_much(office):
    """Head office hears of every sale; what comes back of one is the partner's again, but for what was handed over."""
    program = await publish(office, **FOR_ALL)
    terminal = await office.terminal()
    sale = sold(program, None, FETA)
    record = terminal.sells(sale)
    takes_back(terminal, record, sale, sale.till.business_date, ReturnedLine("1", 1000))
    await office.deliver()
    [dairy] = await report(office)
    assert dairy.discounts == [Discount("feta", {"he": "פטה", "en": "Feta"}, "ILS", 500, 166, 334)]
    assert dairy.gifts == [Gift("knife", {"en": "A knife"}, "KNIFE", 2)]
    assert dairy.owed_minor == {"ILS": 334}
    await right(office)


async def test_what_is_gone_from_the_program_keeps_its_name(office):
    """A partner and a rule that no version in force has any more are named by the last one that had them."""
    tell(await office.terminal())
    await office.deliver()
    await publish(office, partners={"bank": {"en": "A new name"}}, promotions={})
    assert await report(office) == [BANK._replace(name={"en": "A new name"}), DAIRY]


async def test_a_store_s_own_part(office):
    """Of what all have given; a name that nobody has is told, and so is a partner's."""
    tell(await office.terminal())
    await office.deliver()
    assert await report(office, store="Allenby 12") == [BANK, DAIRY]
    for asked, code in (({"store": "Allenby 13"}, "store_unknown"), ({"partner": "diary"}, "partner_unknown")):
        with pytest.raises(Rejected) as raised:
            await report(office, **asked)
        assert raised.value.code == code
    assert await report(office, partner="dairy", first="2026-12-01") == []


async def test_costs_are_few_rows(office):
    """One for a day, a terminal and a rule, however many sales there are."""
    program = await publish(office, **FOR_ALL)
    terminal = await office.terminal()
    for _ in range(5):
        terminal.sells(sold(program, None, FETA))
    await office.deliver()
    rows = await office.store.read(lambda db: db.execute(sa.select(PARTNER_COST.c.rule, PARTNER_COST.c.given)).all())
    assert sorted(tuple(row) for row in rows) == [("feta", 2500), ("knife", 10)]


@pytest.fixture
def command(url, tmp_path):
    """Runs `posd-central partner report` on the same database; what it printed, or its error."""
    config = tmp_path / "central.toml"
    config.write_text(f'state_dir = "{tmp_path / "state"}"\ndatabase = "{url}"\n')

    async def run(*words):
        ask = ["partner", "report", *words, "--config", str(config)]
        ran = await asyncio.to_thread(CliRunner().invoke, cli.group, ask, standalone_mode=False)
        if ran.exception:
            raise ran.exception
        return ran.stdout

    return run


async def test_the_report_as_a_person_reads_it(office, command):
    """Each partner with its units and rules by name, in English or Hebrew, and what all owe together."""
    terminal = await office.terminal()
    assert await command() == "Nothing was a partner's cost in that time\n"
    tell(terminal)
    program = await publish(office, **FOR_ALL)
    terminal.sells(sold(program, None, FETA))
    await office.deliver()
    assert (await command()).splitlines() == [
        "bank  Partner bank",
        "  points  points: 52 issued, 12 taken back, 40 left, worth ₪4.00",
        "dairy  The dairy",
        "  cheese  Cheese 20% off: ₪31.18 given, ₪0.00 returned, ₪31.18 owed",
        "  feta  Feta: ₪5.00 given, ₪0.00 returned, ₪5.00 owed",
        "  knife  A knife: 2 of KNIFE handed over",
        "  owes ₪36.18",
        "together: ₪36.18",
    ]
    hebrew = await command("--language", "he", "--partner", "dairy", "--from", "2026-11-22", "--to", "2026-11-22")
    assert hebrew.splitlines() == [
        "dairy  המחלבה",
        "  cheese  20% על גבינות: ₪7.18 given, ₪0.00 returned, ₪7.18 owed",
        "  owes ₪7.18",
    ]
    with pytest.raises(Exception, match="--from is after --to"):
        await command("--from", "2026-12-02", "--to", "2026-12-01")


async def test_the_report_as_a_program_reads_it(office, command):
    """Every name and number of it, in minor units."""
    tell(await office.terminal())
    await office.deliver()
    assert json.loads(await command("--json", "--to", "2026-12-31")) == {
        "from": "",
        "to": "2026-12-31",
        "store": "",
        "partners": [
            BANK._asdict() | {"units": [BANK.units[0]._asdict()]},
            DAIRY._asdict() | {"discounts": [DAIRY.discounts[0]._asdict()]},
        ],
        "owed_minor": {"ILS": 3118},
    }
