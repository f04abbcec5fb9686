"""What may stand in the files of `posd quote --program`: a basket, a member, the steps of a sequence. docs/quote.md explains each.

These are shapes only: reading.py says what they mean in a program. Money is a text such as "12.50", shares are percentages, counts
are whole numbers: never a number with a point, which no two languages round alike.
"""

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    model_validator,
)

from loyalty import bounds
from sync.program_shape import Money, Percent

STRICT = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
PIECES_MAX = 10**12  # of a member's file: a thousand sales later it is still within the ledger's bound
DAYS_MAX = 3660  # ten years in one stride
STEPS_MAX = 1000
YEAR_MIN, YEAR_MAX = 1970, 2999
SIGNED = re.compile(r"-?[0-9]{1,8}(\.[0-9]{1,2})?")
THOUSANDTHS = re.compile(r"[0-9]{1,6}(\.[0-9]{1,3})?")


def _text(value: str) -> str:
    bounds.text("it", value)
    return value


def _some_text(value: str) -> str:
    bounds.text("it", value, 0)
    return value


def _currency(value: str) -> str:
    if value and not (len(value) == 3 and value.isascii() and value.isupper()):
        raise ValueError('a currency is three capital letters, such as "ILS"')
    return value


def _signed_money(value: object) -> int:
    if not isinstance(value, str) or not SIGNED.fullmatch(value):
        raise ValueError('money is a text such as "12.50"')
    major, _, minor = value.removeprefix("-").partition(".")
    amount = int(major) * 100 + int((minor + "00")[:2])
    return -amount if value.startswith("-") else amount


def _quantity(value: object) -> int:
    """Thousandths."""
    text = str(value) if type(value) is int else value
    if not isinstance(text, str) or not THOUSANDTHS.fullmatch(text):
        raise ValueError('a quantity is a whole number such as 2, or a text such as "0.750"')
    whole, _, part = text.partition(".")
    milli = int(whole) * 1000 + int((part + "000")[:3])
    if not milli:
        raise ValueError("a quantity is more than nothing")
    return milli


def _day(value: object) -> str:
    text = value.isoformat() if isinstance(value, date) and not isinstance(value, datetime) else value
    try:
        if isinstance(text, str) and bounds.DATE.fullmatch(text) and YEAR_MIN <= date.fromisoformat(text).year <= YEAR_MAX:
            return text
    except ValueError:
        pass
    raise ValueError(f'a day is a text such as "2026-11-21", from {YEAR_MIN} to {YEAR_MAX}')


def moment(value: object) -> datetime:
    """A time as a person writes it: "2026-11-21T18:30", with or without an offset; a date alone is its noon. Raises ValueError."""
    try:
        if isinstance(value, datetime):
            found = value
        else:
            text = value.isoformat() if isinstance(value, date) else str(value)
            found = datetime.fromisoformat(f"{text}T12:00" if bounds.DATE.fullmatch(text) else text)
        if YEAR_MIN < found.year < YEAR_MAX:
            return found.replace(microsecond=0)
    except ValueError:
        pass
    raise ValueError(f'a time is a text such as "2026-11-21T18:30", from {YEAR_MIN + 1} to {YEAR_MAX - 1}')


def _window(value: object) -> object:
    """A day alone for a window of one day."""
    return value if isinstance(value, list) else [value, value]


def _two(value: tuple[str, ...]) -> tuple[str, str]:
    if len(value) != 2 or value[0] > value[1]:
        raise ValueError("a window is its first and its last day, the first one first")
    return value[0], value[1]


def _lots(value: object) -> object:
    """So many pieces that can be spent at once and for ever."""
    return value if isinstance(value, list) else [{"pieces": value}]


def _uses(value: object) -> object:
    """So many uses ever, which were all this month and today."""
    return value if isinstance(value, dict) else {"ever": value, "month": value, "day": value}


def _times(value: object) -> int | str:
    if value == "max" or (type(value) is int and 1 <= value <= bounds.COST_MAX):
        return value
    raise ValueError(f'how often: a whole number from 1 to {bounds.COST_MAX}, or "max"')


def _choose(value: object) -> object:
    """A list of rewards, each once."""
    return dict.fromkeys(value, 1) if isinstance(value, list) and all(isinstance(one, str) for one in value) else value


def _back(value: object) -> object:
    return () if value == "all" else value


def _key(value: str) -> str:
    if not re.fullmatch("[0-9a-f]{64}", value):
        raise ValueError("a key is 64 hex digits in lower case")
    return value


def _named(value: object) -> object:
    return str(value) if type(value) is int else value


def _joining(value: object) -> object:
    if value is True:
        return {}
    if isinstance(value, dict):
        return value
    raise ValueError('true, or a table as in a member\'s file ({"handle": "m2"}), is wanted')


def _sale(value: object) -> object:
    return value if isinstance(value, dict) else {"of": value}


Word = Annotated[StrictStr, AfterValidator(_text)]
SomeText = Annotated[StrictStr, AfterValidator(_some_text)]
Id = Annotated[str, BeforeValidator(_named), AfterValidator(_text)]
Amount = Annotated[
    int,
    BeforeValidator(_signed_money, json_schema_input_type=Annotated[str, Field(pattern=f"^{SIGNED.pattern}$")]),
]
Quantity = Annotated[
    int,
    BeforeValidator(
        _quantity,
        json_schema_input_type=Annotated[int, Field(ge=1)] | Annotated[str, Field(pattern=f"^{THOUSANDTHS.pattern}$")],
    ),
]
Day = Annotated[str, BeforeValidator(_day, json_schema_input_type=Annotated[str, Field(json_schema_extra={"format": "date"})])]
SomeDay = Annotated[str, BeforeValidator(lambda value: value and _day(value), json_schema_input_type=str)]
Time = Annotated[datetime, BeforeValidator(moment, json_schema_input_type=Annotated[str, Field(examples=["2026-11-21T18:30"])])]
Window = Annotated[
    tuple[Day, ...], BeforeValidator(_window, json_schema_input_type=Day | Annotated[list[Day], Field(min_length=2, max_length=2)]),
    AfterValidator(_two),
]  # fmt: skip
Whole = Annotated[StrictInt, Field(ge=0, le=PIECES_MAX)]
Pieces = Annotated[StrictInt, Field(ge=-PIECES_MAX, le=PIECES_MAX)]
Names = Annotated[tuple[Word, ...], Field(max_length=bounds.WORDS_MAX)]


class Line(BaseModel):
    """One line of a basket. What it costs is said once: `amount` or `amount_minor` for the whole line, or `unit_price` for a piece.

    A `unit_price` times a quantity that is no whole number is rounded to the nearest minor unit, a half up.
    """

    model_config = STRICT
    id: Id | None = Field(None, description='The till\'s number of the line; "1", "2", ... where nothing is said.')
    product: Word | None = Field(None, description="The product's code; the line's id where nothing is said.")
    quantity: Quantity = Field(1000, description='Pieces (2), or kilograms and the like ("0.750").')
    amount: Amount | None = Field(None, description='What the whole line costs: "21.00".')
    amount_minor: Annotated[StrictInt, Field(ge=-bounds.AMOUNT_MINOR_MAX, le=bounds.AMOUNT_MINOR_MAX)] | None = Field(
        None, description="The same in minor units: 2100."
    )
    unit_price: Amount | None = Field(None, description='What a piece, or a whole kilogram, costs: "10.50".')
    prices: Literal["with_tax", "without_tax"] | None = Field(None, description="As the basket says where nothing is said.")
    name: SomeText = ""
    category: SomeText = Field("", description='May be a path: "food/dairy".')
    tags: Names = ()
    tax: Percent = Field(0, description='The tax rate, a percentage: 17, or "17.5".')
    levy: Money = Field(
        0, description="The part of the line's amount that is a deposit or a fixed levy: untaxed, never discounted."
    )
    floor: Money = Field(0, description="The lowest price of a piece; without tax where the line is priced so.")
    reduced: StrictBool = Field(False, description="It is cheaper on the shelf already.")
    discountable: StrictBool = Field(True, description="Whether anything may be taken off it.")

    @model_validator(mode="after")
    def _costs(self) -> Self:
        if sum(one is not None for one in (self.amount, self.amount_minor, self.unit_price)) != 1:
            raise ValueError("a line says once what it costs: amount or amount_minor (of the whole line), or unit_price")
        return self


class Basket(BaseModel):
    """What is being bought, and where."""

    model_config = STRICT
    currency: Annotated[StrictStr, AfterValidator(_currency)] = Field("", description="The program's where nothing is said.")
    prices: Literal["with_tax", "without_tax"] = "with_tax"
    lines: Annotated[tuple[Line, ...], Field(max_length=bounds.LINES_MAX)]
    codes: Names = Field((), description="What was scanned or keyed in beside the goods: coupons, campaign words.")
    paying: Names = Field((), description="The kinds of tender that the member means to pay with.")
    store: SomeText = ""
    terminal: SomeText = ""
    channel: Word = "store"
    budget_left: dict[str, Annotated[Any, Field(json_schema_extra={"type": ["string", "integer"]})]] = Field(
        default_factory=dict,
        description="What is left of a rule's or a pool's budget: \"1000.00\", or 7 uses; all of it where nothing is said.",
    )


class Lot(BaseModel):
    """Pieces that live equally long: `ready` is the first day on which they may be spent, `expires` the last."""

    model_config = STRICT
    pieces: Pieces
    ready: SomeDay = ""
    expires: SomeDay = ""


class Uses(BaseModel):
    """How often a member has been given what a rule with limits gives."""

    model_config = STRICT
    ever: Whole = 0
    month: Whole = 0
    day: Whole = 0


class Member(BaseModel):
    """A member as head office knows one before the first basket."""

    model_config = STRICT
    handle: Word = "member"
    tier: SomeText = Field("", description="A step's code; what the pieces come to where nothing is said.")
    joined: SomeDay = ""
    reviewed: SomeDay = Field("", description="When the tier was last reviewed.")
    visits: Whole = 0
    spent: Money = 0
    last_visit: SomeDay = ""
    segments: Names = ()
    occasions: dict[Word, Window] = Field(default_factory=dict, description="The first and the last day of each; or one day.")
    units: dict[str, Annotated[tuple[Lot, ...], BeforeValidator(_lots, json_schema_input_type=int | list[Lot])]] = Field(
        default_factory=dict, description="Pieces of each unit: a number (ready, for ever), or a list of lots."
    )
    used: dict[str, Annotated[Uses, BeforeValidator(_uses, json_schema_input_type=int | Uses)]] = Field(
        default_factory=dict, description="Uses of rules with limits; a number counts for today, this month and ever."
    )
    counters: dict[str, Whole] = Field(default_factory=dict, description='Hidden counters by name, such as "count/CHALLENGE".')
    plans: dict[str, Day] = Field(default_factory=dict, description="The last day of each plan.")
    referred_by: SomeText = ""


class Tender(BaseModel):
    """One way a basket was paid; without an amount it pays what the others leave."""

    model_config = STRICT
    kind: Word
    amount: Money | None = None


class BackLine(BaseModel):
    """So much of a line comes back; all that is left of it where no quantity is said."""

    model_config = STRICT
    line: Id
    quantity: Quantity | None = None


BackLines = Annotated[
    tuple[BackLine, ...],
    Field(max_length=bounds.LINES_MAX),
    BeforeValidator(_back, json_schema_input_type=Literal["all"] | list[BackLine]),
]
SaleNumber = Annotated[StrictInt, Field(ge=1, le=STEPS_MAX)]
Choose = Annotated[
    dict[Word, Annotated[int | str, BeforeValidator(_times, json_schema_input_type=int | Literal["max"])]],
    BeforeValidator(_choose, json_schema_input_type=dict[str, int | Literal["max"]] | list[str]),
]
Tenders = Annotated[tuple[Tender, ...], Field(max_length=bounds.TENDERS_MAX)]


class Return(BaseModel):
    """Goods come back: `of` is the number of the step that sold them. Without the sale at hand head office decides later."""

    model_config = STRICT
    of: SaleNumber | None = None
    lines: BackLines = ()
    without_sale: StrictBool = False


class Void(BaseModel):
    """All that is left of a sale is undone."""

    model_config = STRICT
    of: SaleNumber


class Exchange(BaseModel):
    """Goods come back and others are bought, in one step: a return, then a sale."""

    model_config = STRICT
    of: SaleNumber
    lines: BackLines = ()
    basket: Basket
    choose: Choose = Field(default_factory=dict)
    tenders: Tenders = ()


class Step(BaseModel):
    """One thing that happens: a sale, a return, a void, an exchange, joining; or only time that passes before it."""

    model_config = STRICT
    at: Time | None = None
    advance_days: Annotated[StrictInt, Field(ge=0, le=DAYS_MAX)] = 0
    basket: Basket | None = None
    choose: Choose = Field(
        default_factory=dict, description='Rewards to take: {"ten_off": 2}, {"wallet": "max"}, or ["ten_off"].'
    )
    tenders: Tenders = Field((), description="Cash for all of it where nothing is said.")
    return_: Return | None = Field(None, alias="return")
    void: Annotated[Void, BeforeValidator(_sale, json_schema_input_type=SaleNumber | Void)] | None = None
    exchange: Exchange | None = None
    join: Annotated[Member, BeforeValidator(_joining, json_schema_input_type=Literal[True] | Member)] | None = None
    pool_key: Annotated[StrictStr, AfterValidator(_key)] | None = Field(
        None, description="What draws the prizes of this basket and of those after it: any 32 bytes in hex, of your own choice."
    )


class Sequence(BaseModel):
    """Steps played one after another on the same member. A list of steps may stand for itself."""

    model_config = STRICT
    steps: Annotated[tuple[Step, ...], Field(max_length=STEPS_MAX)]
