"""A club that has everything a day can bring, and people who shop there: the same history for head office and for the domain."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from central import daily, ingest, members, programs, standings
from central.apply import Applier
from central.store import members as rows
from central.store import terminals
from central.store.engine import Store
from loyalty import standing
from loyalty.agreement import Hold, agree
from loyalty.basket import Basket, Line, Tender
from loyalty.code import Strength
from loyalty.journal import Sealed
from loyalty.lots import day_after
from loyalty.moment import Moment
from loyalty.posting import spent_lots
from loyalty.program import Program
from loyalty.quote import Choice, quote
from loyalty.refusal import Refusal
from loyalty.reverse import Back, reverse
from loyalty.sale import Payment, ReturnedLine, Sale, TillReference, commit
from loyalty.standing import Standing
from sync import program_file
from tests.terminals import FieldTerminal

NAME = {"he": "מועדון", "en": "Club"}
DAY = "2026-11-22"
NOON_MS = 1_795_341_600_000  # noon of that day in Jerusalem
DAY_MS = 86_400_000

NOT_LEASED = {"lease_percent": 0}  # the domain alone, which head office is compared with, has no terminals

CLUB: dict[str, Any] = {
    "code": "cafe",
    "version": 7,
    "name": NAME,
    "units": {
        "points": {"name": NAME, "worth": "0.10", "pending_days": 14, "expire_months": 6, **NOT_LEASED},
        "status": {"name": NAME, "expire_months": 11},
        "quick": {"name": NAME, "expire_days": 10, **NOT_LEASED},
    },
    "accruals": {
        "points": {"type": "per_money", "unit": "points", "every": "1.00"},
        "status": {"type": "per_money", "unit": "status", "every": "1.00", "by_tier": False},
        "quick": {"type": "per_money", "unit": "quick", "every": "2.00", "by_tier": False},
    },
    "rewards": {
        "ten_off": {"type": "amount_off", "name": NAME, "unit": "points", "cost": 100, "amount": "10.00"},
        "quick_off": {"type": "amount_off", "name": NAME, "unit": "quick", "cost": 20, "amount": "2.00"},
    },
    "challenges": {
        "three": {"type": "per_sale", "name": NAME, "goal": 3, "period": "month", "prize_unit": "quick", "prize": 50},
    },
    "plans": {"year": {"name": NAME, "product": "CLUB-YEAR", "months": 12, "refund": "pro_rata"}},
    "awards": {
        "hello": {"on": "join", "unit": "quick", "give": 5},
        "cake": {"on": "birthday", "unit": "points", "give": 30},
        "again": {"on": "anniversary", "unit": "points", "give": 40},
        "risen": {"on": "tier_up", "unit": "quick", "give": 25},
        "brought": {"on": "referral", "unit": "points", "give": 150},
        "came": {"on": "referred", "unit": "points", "give": 100},
    },
    "tiers": {
        "unit": "status",
        "review": "yearly",
        "downgrade": "one_step",
        "step": [
            {"code": "bronze", "name": NAME},
            {"code": "silver", "name": NAME, "from_pieces": 200, "accrual_percent": 150},
        ],
    },
}


def club(**changes: Any) -> tuple[Program, dict[str, Any]]:
    """The club's program and what its file would say."""
    values = {**CLUB, **changes}
    program, mistakes = program_file.parse(values)
    assert program, mistakes
    return program, values


def later(day: str, days: int) -> str:
    """So many days after."""
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


@dataclass
class Town:
    """Head office, one terminal, and beside them the same people by the domain alone. Time passes when it is told to."""

    store: Store
    program: Program
    terminal: FieldTerminal
    day: str = DAY
    here: dict[str, Standing] = field(default_factory=dict)
    posted: dict[str, list[Any]] = field(default_factory=dict)
    back: dict[str, dict[str, int]] = field(default_factory=dict)
    numbers: int = 0

    @property
    def now_ms(self) -> int:
        """Noon."""
        return NOON_MS + (date.fromisoformat(self.day) - date.fromisoformat(DAY)).days * DAY_MS

    async def join(self, referred_by: str = "") -> str:
        """A new member's handle."""
        made = await self.store.run(members.add, "חבר", "", self.now_ms, referred_by)
        new = Standing(made.handle, referred_by=referred_by)
        self.here[made.handle] = standing.joined(self.program, new, self.day)
        return made.handle

    async def buys(self, handle: str, *amounts: int, choose: str = "", **how: Any) -> tuple[Sealed, Sale]:
        """A sale, agreed on what the domain knows, heard of by head office at once. `holds` are as they were granted."""
        self.numbers += 1
        product = how.get("product", "bread")
        lines = tuple(Line(str(n), product, amount) for n, amount in enumerate(amounts, 1))
        who = standing.member_on(self.here[handle], self.day)
        moment = Moment(self.now_ms, 120, self.day)
        answer = quote(self.program, who, Basket(lines), moment, (Choice(choose),) if choose else ())
        if choose and not answer.redemptions:
            answer = quote(self.program, who, Basket(lines), moment)
        never_asked = tuple(Hold(f"{self.numbers:032x}", unit, pieces) for unit, pieces in answer.reserves.items())
        agreement = agree(answer, "", Strength.SIGNED, how.get("holds", never_asked))
        till = TillReference("till-1", "", str(self.numbers), self.day)
        paid = Payment(till, (Tender("cash", agreement.to_pay_minor),), agreement.basket, "f" * 64)
        sale = commit(self.program, agreement, paid)
        record = self.terminal.sells(sale)
        self._noted(handle, record.id, standing.after_sale(self.program, self._fresh(handle), sale, self.day))
        await self.hears()
        return record, sale

    async def returns(self, handle: str, sold: tuple[Sealed, Sale], *lines: str) -> None:
        """Lines of a sale come back whole."""
        record, sale = sold
        before = self.back.setdefault(record.id, {})
        came = tuple(ReturnedLine(line, 1000) for line in lines)
        reversal = reverse(self.program, sale, Back(before, came, self.day))
        assert not isinstance(reversal, Refusal)
        before |= dict.fromkeys(lines, 1000)
        self.terminal.takes_back(record.id, *came, sale=replace(sale, till=replace(sale.till, business_date=self.day)))
        spent = spent_lots(self.posted[record.id])
        now = standing.after_return(self.program, self._fresh(handle), reversal, self.day, spent)
        self._noted(handle, record.id, now)
        await self.hears()

    async def sleep(self, days: int = 1) -> None:
        """So many nights, each morning looked at."""
        for _ in range(days):
            self.day = day_after(self.day)
            await daily.bring_all(self.store, self.now_ms)
            self.here = {handle: standing.on_day(self.program, one, self.day) for handle, one in self.here.items()}

    async def hears(self) -> None:
        """Head office hears and applies everything."""
        key = await self.store.read(terminals.key, self.terminal.code, 1)
        await self.store.run(ingest.ingest, key, ingest.read_batch(self.terminal.batch()), self.now_ms)
        await Applier(self.store, lambda: self.now_ms, lambda: None).apply_pending()

    async def there(self, handle: str) -> Standing:
        """The member as head office has it."""

        def look(db: Any) -> Standing:
            found = rows.by_handle(db, handle)
            assert found
            return standings.load(db, found)

        return await self.store.read(look)

    async def agrees(self) -> None:
        """Both have come to the same for everybody."""
        for handle, one in self.here.items():
            assert tidy(await self.there(handle)) == tidy(one)

    def _fresh(self, handle: str) -> Standing:
        return replace(self.here[handle], posted=(), owed=())

    def _noted(self, handle: str, sale: str, after: Standing) -> None:
        self.here[handle] = after
        self.posted.setdefault(sale, []).extend(after.posted)
        if after.owed:
            giver = self._fresh(after.referred_by)
            self.here[after.referred_by] = standing.given(self.program, giver, after.owed, self.day)


def tidy(one: Standing) -> Standing:
    """Without balances of nothing."""
    kept = {key: {lot: pieces for lot, pieces in held.items() if pieces} for key, held in one.accounts.items()}
    return replace(one, accounts={key: held for key, held in kept.items() if held})


async def town(store: Store, **changes: Any) -> Town:
    """A town with nobody in it yet."""
    program, values = club(**changes)
    await store.run(programs.publish, program, values, NOON_MS, 0)
    one = FieldTerminal(chain="0" * 31 + "1")

    def enrol(db: Any) -> str:
        made = terminals.ensure(db, "Allenby 12", "Till 1", "Asia/Jerusalem", "0" * 15 + "1")
        terminals.add_code(db, made.id, "hash", 1)
        terminals.enrol(db, terminals.code_of(db, "hash"), one.chain, one.public_key, 0)
        return made.code

    one.code, one.epoch = await store.run(enrol), 1
    return Town(store, program, one)
