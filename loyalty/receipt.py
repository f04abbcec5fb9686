"""Our block on the receipt, as a document that knows no printer and no words: codes and numbers, in the order to be read."""

from dataclasses import dataclass, field

from loyalty.money import Minor, floor_share
from loyalty.program import Names, Program, tier_of
from loyalty.quote import pieces_by_unit
from loyalty.refusal import Params
from loyalty.sale import Reversal, Sale


@dataclass(frozen=True, slots=True)
class Title:
    """A line on its own, large and in the middle."""

    code: str
    params: Params = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """A label on the reading side and a count on the other; `signed` shows the plus; `worth_minor` is what the count buys."""

    code: str
    pieces: int
    params: Params = field(default_factory=dict)
    signed: bool = False
    worth_minor: Minor = 0
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar with `filled` of `whole` steps full, and the sentence below it."""

    code: str
    filled: int
    whole: int
    params: Params = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence in small letters."""

    code: str
    params: Params = field(default_factory=dict)


Block = Title | Row | Bar | Note


@dataclass(frozen=True, slots=True)
class Receipt:
    """The document. `language` is a code such as "he"; the words of `receipt.CODE` are in runtime/locales."""

    language: str
    currency: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whom a receipt speaks to: the first name it may print and the balances before."""

    first_name: str
    balances: dict[str, int]


@dataclass(frozen=True, slots=True)
class Ending:
    """The last lines: which receipt this is, and whether head office was within reach when it was made."""

    receipt_number: str
    business_date: str
    online: bool


def sale_receipt(sale: Sale, bearer: Bearer, program: Program, language: str, *, online: bool) -> Receipt | None:
    """The block of a member's sale; None where there is no member to speak to.

    `online` is whether head office was within reach: if not, the receipt says so. Of a provisional member the terminal knows no
    balance, so the receipt names what was earned and claims none.
    """
    if sale.member is None:
        return None
    earned, spent = pieces_by_unit(sale.accruals), pieces_by_unit(sale.redemptions)
    after = {unit: bearer.balances.get(unit, 0) + earned.get(unit, 0) - spent.get(unit, 0) for unit in program.units}
    known = not sale.member.provisional
    blocks = _opening(bearer, program, language)
    for code in _shown(program, bearer.balances, earned, spent):
        if known:
            blocks.append(Row("before", bearer.balances.get(code, 0), _unit(program, code, language)))
        if earned.get(code):
            blocks.append(Row("earned", earned[code], _unit(program, code, language), signed=True))
        if spent.get(code):
            blocks.append(Row("spent", -spent[code], _unit(program, code, language), signed=True))
        if known:
            blocks.append(_balance(program, code, after[code], language))
    if known:
        blocks += _next_tier(program, after, language)
    blocks += _closing(Ending(sale.till.receipt_number, sale.till.business_date, online))
    return Receipt(language, program.currency, tuple(blocks))


def return_receipt(reversal: Reversal, bearer: Bearer, program: Program, language: str, ending: Ending) -> Receipt:
    """The block of a member's return; `ending` has the return's own receipt number."""
    blocks: list[Block] = [*_opening(bearer, program, language), Note("returned")]
    for code in _shown(program, bearer.balances, reversal.taken_back, reversal.given_back):
        taken, given = reversal.taken_back.get(code, 0), reversal.given_back.get(code, 0)
        blocks.append(Row("before", bearer.balances.get(code, 0), _unit(program, code, language)))
        if taken:
            blocks.append(Row("taken_back", -taken, _unit(program, code, language), signed=True))
        if given:
            blocks.append(Row("given_back", given, _unit(program, code, language), signed=True))
        blocks.append(_balance(program, code, bearer.balances.get(code, 0) - taken + given, language))
    blocks += _closing(ending)
    return Receipt(language, program.currency, tuple(blocks))


def as_copy(receipt: Receipt) -> Receipt:
    """The same receipt, saying that it is a copy."""
    return Receipt(receipt.language, receipt.currency, (Title("copy"), *receipt.blocks))


def name_in(names: Names, language: str) -> str:
    """The word in `language`, else in English, else in any there is."""
    return names.get(language) or names.get("en") or next(iter(names.values()), "")


def _opening(bearer: Bearer, program: Program, language: str) -> list[Block]:
    blocks: list[Block] = [Title("club", {"club": name_in(program.name, language)})]
    if bearer.first_name:
        blocks.append(Note("hello", {"name": bearer.first_name}))
    return blocks


def _balance(program: Program, code: str, pieces: int, language: str) -> Row:
    worth = max(pieces, 0) * program.units[code].worth
    return Row("balance", pieces, _unit(program, code, language), worth_minor=worth, strong=True)


def _next_tier(program: Program, balances: dict[str, int], language: str) -> list[Block]:
    """How far the next tier is, as a bar; a word of congratulation on the highest."""
    now = tier_of(program, balances)
    if program.tiers is None or now is None:
        return []
    have = balances.get(program.tiers.unit, 0)
    place = program.tiers.steps.index(now)
    if place + 1 == len(program.tiers.steps):
        return [Note("highest_tier", {"tier": name_in(now.name, language)})]
    above = program.tiers.steps[place + 1]
    whole = above.from_pieces - now.from_pieces
    filled = floor_share(max(have - now.from_pieces, 0), 100, whole)
    params: dict[str, int | str] = {"missing": above.from_pieces - have, "tier": name_in(above.name, language)}
    params |= _unit(program, program.tiers.unit, language)
    return [Bar("next_tier", filled, 100, params)]


def _closing(ending: Ending) -> list[Block]:
    number = Note("number", {"number": ending.receipt_number, "date": ending.business_date})
    return [number] if ending.online else [Note("offline"), number]


def _unit(program: Program, code: str, language: str) -> dict[str, int | str]:
    return {"unit": name_in(program.units[code].name, language)}


def _shown(program: Program, *moved: dict[str, int]) -> list[str]:
    """The units a receipt speaks of: those with a balance or a movement, but for the one that only counts standing."""
    standing = program.tiers.unit if program.tiers else ""
    spent_on_rewards = {rule.unit for rule in program.rewards.values()}
    return [
        code
        for code in program.units
        if (code != standing or code in spent_on_rewards) and any(counts.get(code) for counts in moved)
    ]
