"""Our block on the receipt, as a document that knows no printer and no words: codes and numbers, in the order to be read."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from loyalty import counters
from loyalty.document import Bar, Block, Note, Qr, Receipt, Row, Title
from loyalty.lots import life
from loyalty.moment import NOWHERE, Place
from loyalty.money import floor_share
from loyalty.program import Names, Program, RewardRule, tier_by_code, tier_of
from loyalty.purse import money_units
from loyalty.quote import pieces_by_unit
from loyalty.refusal import Params
from loyalty.sale import Reversal, Sale, looked

WHY_LINES_MAX = 2  # the page at the till tells the rest
PLAIN_PERCENT = 100  # what is earned where no tier makes it more
JOIN_QR_PERCENT = 60  # of the paper: a member's code is of QR version 7, and a phone's camera reads it at once
STAMPS_MAX = 20  # a card with more fields than that is points: a bar says little of it


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whom a receipt speaks to: the first name it may print, the balances before, and what of each unit expires next.

    `expiring` has by unit so many pieces and the last day on which they may be spent; what a sale has reserved is not among them.
    `tier` is a code. `known` is whether the terminal knows the balances: of a provisional member, or one its cache has lost, no.
    """

    first_name: str
    balances: dict[str, int]
    expiring: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    tier: str = ""
    known: bool = True


@dataclass(frozen=True, slots=True)
class Ending:
    """The last lines: which receipt this is, and whether head office was within reach when it was made; `place` is where."""

    receipt_number: str
    business_date: str
    online: bool
    place: Place = NOWHERE


def sale_receipt(sale: Sale, bearer: Bearer, program: Program, language: str, *, online: bool) -> Receipt | None:
    """The block of a member's sale; None where there is no member to speak to.

    `online` is whether head office was within reach: if not, the receipt says so. Of a provisional member the terminal knows no
    balance, so the receipt names what was earned and claims none.
    """
    if sale.member is None:
        return None
    bearer = replace(bearer, tier=sale.member.tier, known=bearer.known and not sale.member.provisional)
    page = _Page(program, language, bearer)
    earned, spent = pieces_by_unit(sale.accruals), pieces_by_unit(sale.redemptions)
    blocks = [*page.opening(), *page.given(sale)]
    for code in page.shown(bearer.balances, earned, spent):
        card, counted = page.card(code), page.counted(code)
        moved = [
            page.row("earned" if counted else "gained", code, earned.get(code, 0)),
            page.row("spent" if counted else "used", code, -spent.get(code, 0)),
        ]
        blocks += page.card_rows(code, card, moved, sale) if card else page.rows(code, moved)
    blocks += page.why(sale)
    if bearer.known:
        after = {unit: bearer.balances.get(unit, 0) + earned.get(unit, 0) - spent.get(unit, 0) for unit in program.units}
        blocks += [*page.next_tier(after, sale.member.tier), *page.challenges(sale), *page.expiring(after, earned)]
    blocks += page.plans(sale)
    ending = Ending(sale.till.receipt_number, sale.till.business_date, online, sale.moment.place)
    blocks += _closing(ending)
    facts = page.facts(ending, earned, spent)
    return Receipt(language, program.currency, tuple(blocks), {**facts, **_coupon_facts(blocks)})


def return_receipt(reversal: Reversal, bearer: Bearer, program: Program, language: str, ending: Ending) -> Receipt:
    """The block of a member's return; `ending` has the return's own receipt number."""
    page, given = _Page(program, language, bearer), reversal.given_back
    taken = {unit: page.taken(unit, pieces, given.get(unit, 0)) for unit, pieces in reversal.taken_back.items()}
    blocks: list[Block] = [*page.opening(), Note("returned")]
    for code in page.shown(bearer.balances, reversal.taken_back, given):
        counted = page.counted(code)
        moved = [
            page.row("taken_back" if counted else "canceled", code, -taken.get(code, 0)),
            page.row("given_back" if counted else "restored", code, given.get(code, 0)),
        ]
        blocks += page.rows(code, moved)
    blocks += _closing(ending)
    facts = page.facts(ending, given, taken)
    return Receipt(language, program.currency, tuple(blocks), {**facts, "returned": 1})


def join_receipt(first_name: str, code: str, program: Program, language: str) -> Receipt:
    """The slip for who has just joined, with the code to be scanned from now on; without one for who has a card in hand."""
    page = _Page(program, language, Bearer(first_name, {}, known=False))
    welcome: list[Block] = [Note("joined_code"), Qr(code, JOIN_QR_PERCENT)] if code else [Note("joined")]
    blocks = [*page.opening(), *welcome]
    return Receipt(language, program.currency, tuple(blocks), {"club": page.name(program.name), "name": first_name})


def as_copy(receipt: Receipt) -> Receipt:
    """The same receipt, saying that it is a copy."""
    return replace(receipt, blocks=(Title("copy"), *receipt.blocks))


def as_training(receipt: Receipt) -> Receipt:
    """The same receipt, saying that nothing of it has happened."""
    return replace(receipt, blocks=(Title("training"), *receipt.blocks))


def name_in(names: Names, language: str) -> str:
    """The word in `language`, else in English, else in any there is."""
    return names.get(language) or names.get("en") or next(iter(names.values()), "")


def _closing(ending: Ending) -> list[Block]:
    number = Note("number", {"number": ending.receipt_number, "date": ending.business_date})
    return [number] if ending.online else [Note("offline"), number]


def _coupon_facts(blocks: list[Block]) -> dict[str, int | str]:
    """The coupon for the next time, for the words around its QR code."""
    found = next((block.params for block in blocks if isinstance(block, Note) and block.code.startswith("coupon")), {})
    return {"coupon": found.get("unit", ""), "coupon_until": found.get("date", "")}


@dataclass(frozen=True)
class _Page:
    """A receipt while it is written."""

    program: Program
    language: str
    bearer: Bearer

    def opening(self) -> list[Block]:
        blocks: list[Block] = [Title("club", {"club": self.name(self.program.name)})]
        if self.bearer.first_name:
            blocks.append(Note("hello", {"name": self.bearer.first_name}))
        return blocks

    def facts(self, ending: Ending, earned: Mapping[str, int], spent: Mapping[str, int]) -> dict[str, int | str]:
        """What the words of a layout may name of any receipt; balances only where they are known."""
        facts: dict[str, int | str] = {
            "club": self.name(self.program.name),
            "name": self.bearer.first_name,
            "tier": self.tier(self.bearer.tier),
            "number": ending.receipt_number,
            "date": ending.business_date,
            "store": ending.place.store,
            "terminal": ending.place.terminal,
            "online": int(ending.online),
        }
        for code, unit in self.program.units.items():
            before, more, less = self.bearer.balances.get(code, 0), earned.get(code, 0), spent.get(code, 0)
            facts |= {f"earned.{code}": more, f"spent.{code}": less, f"unit.{code}": self.name(unit.name)}
            if self.bearer.known:
                after = before + more - less
                facts |= {f"before.{code}": before, f"balance.{code}": after, f"worth.{code}": max(after, 0) * unit.worth}
        return facts

    def tier(self, code: str) -> str:
        """The name of the tier that the member stands in."""
        held = tier_by_code(self.program, code)
        return self.name(held.name) if held else ""

    def why(self, sale: Sale) -> list[Block]:
        """For what the most was earned: so much on so much money, and what the tier made of it."""
        assert sale.member is not None
        found = [one for one in looked(self.program, sale) if one.pieces and one.paid_minor and one.earning.challenge is None]
        shown = [one for one in found if self.explained(one.earning.unit)]
        notes: list[Block] = []
        for one in sorted(shown, key=lambda one: -one.pieces)[:WHY_LINES_MAX]:
            unit = one.earning.unit
            said: Params = {"paid_minor": one.paid_minor, **self._unit(unit)}
            if unit in self._money:
                notes.append(Note("why_money", {"amount_minor": one.pieces, **said}))
            elif one.percent == PLAIN_PERCENT:
                notes.append(Note("why", {"pieces": one.pieces, **said}))
            else:
                notes.append(Note("why_by_tier", {"pieces": one.pieces, "percent": one.percent, **said}))
        return notes

    def explained(self, unit: str) -> bool:
        """Whether a reason is wanted for pieces of it: not for a coupon, which is there or not, nor for what is not shown."""
        card = self.card(unit)
        return bool(self.shown({unit: 1})) and not (card and card.cost == 1)

    def given(self, sale: Sale) -> list[Block]:
        """What came by itself: promotions and gifts by their names, and what was donated."""
        program, extras = self.program, sale.extras
        blocks: list[Block] = [
            Row("off", -sum(one.by_line), {"name": self.name(program.promotions[one.rule].name)}, money=True)
            for one in sale.discounts
            if one.rule in program.promotions and any(one.by_line)
        ]
        for gift in extras.gifts:
            rule = program.promotions.get(gift.rule) or program.rewards.get(gift.rule)
            blocks.append(Row("gift", gift.pieces, {"name": self.name(rule.name) if rule else gift.product}))
        causes = [(one.amount_minor, self.name(program.causes.get(one.cause, {}))) for one in extras.donations]
        blocks += [Row("donated", amount, {"cause": cause}, money=True) for amount, cause in causes]
        prizes = [one for one in sale.accruals if one.rule in program.pools and not counters.is_counter(one.unit)]
        won = [(one, {"pool": self.name(program.pools[one.rule].name), **self._unit(one.unit)}) for one in prizes]
        return blocks + [Row("won", one.pieces, said, signed=True, money=one.unit in self._money) for one, said in won]

    def row(self, code: str, unit: str, pieces: int) -> Row:
        """So many pieces of a unit that were moved."""
        return Row(code, pieces, self._unit(unit), signed=True, money=unit in self._money)

    def rows(self, unit: str, moved: list[Row]) -> list[Block]:
        """The balance before, what was moved, and the balance then; of somebody whose balance is not known only what was moved."""
        rows: list[Block] = [row for row in moved if row.pieces]
        if not self.bearer.known:
            return rows
        money, before = unit in self._money, self.bearer.balances.get(unit, 0)
        after = before + sum(row.pieces for row in moved)
        worth = 0 if money else max(after, 0) * self.program.units[unit].worth
        balance = Row("balance", after, self._unit(unit), worth_minor=worth, strong=True, money=money)
        return [Row("before", before, self._unit(unit), money=money), *rows, balance]

    def taken(self, unit: str, pieces: int, given: int) -> int:
        """What a return finds of the pieces that it takes back: no more than there is, unless a balance may fall below nothing.

        What is there nobody knows of somebody whose balance is not known: all of it then.
        """
        if not self.bearer.known or self.program.policies.negative_balance == "allowed":
            return pieces
        return min(pieces, max(self.bearer.balances.get(unit, 0) + given, 0))

    def counted(self, unit: str) -> bool:
        """Whether people speak of many of it: points, but neither a wallet nor a coupon."""
        return unit not in self._money and self.card(unit) is None

    def card(self, unit: str) -> RewardRule | None:
        """The reward that a stamp card or a coupon of `unit` is for: the cheapest that it buys, where it is worth nothing else."""
        found = [rule for rule in self.program.rewards.values() if rule.unit == unit and 0 < rule.cost <= STAMPS_MAX]
        return min(found, key=lambda rule: rule.cost, default=None) if not self.program.units[unit].worth else None

    def card_rows(self, unit: str, card: RewardRule, moved: list[Row], sale: Sale) -> list[Block]:
        """A coupon for the next time, or how full a stamp card is: no balances, which nobody counts."""
        earned, spent = moved
        reward = {"reward": self.name(card.name)}
        if card.cost == 1 and earned.pieces:
            coupon = self._coupon(unit, earned.pieces, sale)
            return [spent, coupon] if spent.pieces else [coupon]
        rows: list[Block] = [row for row in moved if row.pieces]
        have = self.bearer.balances.get(unit, 0) + earned.pieces + spent.pieces
        if not self.bearer.known:
            return rows
        if card.cost == 1:
            return [*rows, *self._offer(unit, have, reward)]
        if have >= card.cost:
            return [*rows, Note("ready", reward)]
        missing = {"missing": card.cost - have, **self._unit(unit), **reward}
        return [*rows, Bar("stamps", max(have, 0), card.cost, missing)]

    def next_tier(self, balances: Mapping[str, int], held: str) -> list[Block]:
        """How far the next tier is, as a bar; a word of congratulation on the highest. A tier is `held` until a review."""
        program, now = self.program, tier_of(self.program, balances)
        if program.tiers is None or now is None:
            return []
        now = max(now, tier_by_code(program, held) or now, key=lambda tier: tier.from_pieces)
        have = balances.get(program.tiers.unit, 0)
        place = program.tiers.steps.index(now)
        if place + 1 == len(program.tiers.steps):
            return [Note("highest_tier", {"tier": self.name(now.name)})]
        above = program.tiers.steps[place + 1]
        whole = above.from_pieces - now.from_pieces
        filled = floor_share(max(have - now.from_pieces, 0), 100, whole)
        params: dict[str, int | str] = {"missing": above.from_pieces - have, "tier": self.name(above.name)}
        return [Bar("next_tier", filled, 100, params | self._unit(program.tiers.unit))]

    def challenges(self, sale: Sale) -> list[Block]:
        """How far this sale has brought each challenge that it counted for; what is won head office says."""
        blocks: list[Block] = []
        for code, challenge in self.program.challenges.items():
            counted = sum(one.pieces for one in sale.accruals if one.unit == counters.counted(code))
            have = self.bearer.balances.get(counters.counted(code), 0) + counted
            name = {"name": self.name(challenge.name)}
            if counted and have >= challenge.goal:
                blocks.append(Note("challenge_won", name))
            elif counted:
                far = {"have": have, "goal": challenge.goal, "missing": challenge.goal - have}
                blocks.append(Bar("challenge", max(have, 0), challenge.goal, {**name, **far}))
        return blocks

    def expiring(self, after: Mapping[str, int], earned: Mapping[str, int]) -> list[Block]:
        """What of each unit expires next, as far as it is still there and what was `earned` has not made it younger."""
        blocks: list[Block] = []
        for unit in self.shown(after):
            if (card := self.card(unit)) and card.cost == 1:
                continue  # an offer says its own last day
            pieces, last = self.bearer.expiring.get(unit, (0, ""))
            extended = self.program.units[unit].extended and earned.get(unit)
            left = 0 if extended else min(pieces, after.get(unit, 0))
            if left > 0 and unit in self._money:
                blocks.append(Note("expires_money", {"amount_minor": left, "date": last, **self._unit(unit)}))
            elif left > 0:
                blocks.append(Note("expires", {"pieces": left, "date": last, **self._unit(unit)}))
        return blocks

    def plans(self, sale: Sale) -> list[Block]:
        """The memberships that were bought, and until when they run."""
        sold = {one.unit: life(one.lot).expires for one in sale.accruals if one.unit.startswith("plan/")}
        plans = ((plan, sold.get(counters.plan(code))) for code, plan in self.program.plans.items())
        return [Note("plan", {"plan": self.name(plan.name), "date": last}) for plan, last in plans if last]

    def shown(self, *moved: Mapping[str, int]) -> list[str]:
        """The units a receipt speaks of: those with a balance or a movement, but for the one that only counts standing."""
        standing = self.program.tiers.unit if self.program.tiers else ""
        spent_on_rewards = {rule.unit for rule in self.program.rewards.values()}
        return [
            code
            for code in self.program.units
            if (code != standing or code in spent_on_rewards) and any(counts.get(code) for counts in moved)
        ]

    def name(self, names: Names) -> str:
        """The word in the receipt's language."""
        return name_in(names, self.language)

    @cached_property
    def _money(self) -> frozenset[str]:
        return money_units(self.program)

    def _coupon(self, unit: str, pieces: int, sale: Sale) -> Note:
        last = next((life(one.lot).expires for one in sale.accruals if one.unit == unit and one.lot), "")
        params: dict[str, int | str] = {"count": pieces, **self._unit(unit)}
        return Note("coupon_until", {**params, "date": last}) if last else Note("coupon", params)

    def _offer(self, unit: str, have: int, reward: dict[str, str]) -> list[Block]:
        """What was given to this member alone and waits to be taken, with its last day where it has one."""
        if have < 1:
            return []
        _, last = self.bearer.expiring.get(unit, (0, ""))
        return [Note("offer_until", {**reward, "date": last}) if last else Note("offer", reward)]

    def _unit(self, unit: str) -> dict[str, int | str]:
        return {"unit": self.name(self.program.units[unit].name)}
