"""What a till sends: strict shapes, so that `false` is no price and `1.0` no quantity. All mistakes are told at once."""

import hashlib
import json
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    StrictBool,
    StrictInt,
    StrictStr,
    model_validator,
)

from loyalty import bounds
from loyalty.basket import PIECE_MILLI, Basket, Line, Tender
from loyalty.day import RECEIPTS_MAX, DayClose
from loyalty.joining import CONSENT_CHARS_MAX, FIRST_NAME_CHARS_MAX, Desk
from loyalty.quote import TIMES_MAX, Choice
from loyalty.sale import ReturnedLine, TillReference
from posd.booking import Named
from posd.joining import Joining
from posd.quoting import Ask

STRICT = ConfigDict(extra="forbid", frozen=True)

NUL = r"^[^\x00]*$"
Text = Annotated[StrictStr, Field(max_length=bounds.TEXT_CHARS_MAX, pattern=NUL)]
Name = Annotated[StrictStr, Field(min_length=1, max_length=bounds.TEXT_CHARS_MAX, pattern=NUL)]
Amount = Annotated[StrictInt, Field(ge=0, le=bounds.AMOUNT_MINOR_MAX)]
Quantity = Annotated[StrictInt, Field(ge=1, le=bounds.QUANTITY_MILLI_MAX)]
Words = Annotated[tuple[Name, ...], Field(max_length=bounds.WORDS_MAX)]


def _exists(day: str) -> str:
    """Raise ValueError for the 30th of February: a sale's lots are counted from its day."""
    bounds.day("date", day)
    return day


Date = Annotated[StrictStr, Field(pattern=f"^{bounds.DATE.pattern}$", examples=["2026-11-21"]), AfterValidator(_exists)]
Id = Annotated[StrictStr, Field(pattern=r"^[0-9a-f]{32}$")]


class LineShape(BaseModel):
    """A line of the basket, as rung: `amount_minor` is for the whole line, tax included, in agorot.

    Less than nothing for the till's own correction: goods brought back, a manual discount. loyalty.basket.Line says what the
    rest means.
    """

    model_config = STRICT
    id: Name
    product: Name
    amount_minor: Annotated[StrictInt, Field(ge=-bounds.AMOUNT_MINOR_MAX, le=bounds.AMOUNT_MINOR_MAX)]
    quantity_milli: Quantity = PIECE_MILLI
    name: Text = ""
    category: Text = ""
    tax_bp: Annotated[StrictInt, Field(ge=0, le=10_000)] = 0
    tags: Words = ()
    levy_minor: Amount = 0
    floor_minor: Amount = 0
    reduced: StrictBool = False
    discountable: StrictBool = True

    @model_validator(mode="after")
    def _whole(self) -> "LineShape":
        if self.levy_minor > max(self.amount_minor, 0):
            raise ValueError("levy_minor is more than the whole line")
        return self


class BasketShape(BaseModel):
    """The basket so far. `codes` are coupons that were scanned or typed; `paying` the kinds of tender, where they are known."""

    model_config = STRICT
    lines: Annotated[list[LineShape], Field(min_length=1, max_length=bounds.LINES_MAX)]
    currency: Annotated[StrictStr, Field(pattern="^[A-Z]{3}$")] = "ILS"
    codes: Words = ()
    paying: Words = ()

    _basket: Basket = PrivateAttr()

    @model_validator(mode="after")
    def _whole(self) -> "BasketShape":
        lines = tuple(Line(**dict(line)) for line in self.lines)
        self._basket = Basket(lines, self.currency, self.codes, self.paying)  # duplicate ids, an absurd total
        return self

    def basket(self) -> Basket:
        """As the domain has it."""
        return self._basket


class ChoiceShape(BaseModel):
    """A reward that the member wants."""

    model_config = STRICT
    reward: Name
    times: Annotated[StrictInt, Field(ge=1, le=TIMES_MAX)] = 1


class AskShape(BaseModel):
    """A question about a basket. `code` is the member's code exactly as it was scanned; empty for no member."""

    model_config = STRICT
    basket: BasketShape
    code: Annotated[StrictStr, Field(max_length=1000)] = ""
    choices: Annotated[list[ChoiceShape], Field(max_length=20)] = Field(default_factory=list)

    def ask(self) -> Ask:
        """As the line has it."""
        return Ask(self.basket.basket(), self.code, tuple(Choice(one.reward, one.times) for one in self.choices))


class CodeShape(BaseModel):
    """A code to look up or to pass on as if it had been scanned."""

    model_config = STRICT
    code: Annotated[StrictStr, Field(min_length=1, max_length=1000)]


class TenderShape(BaseModel):
    """One way it was paid."""

    model_config = STRICT
    kind: Name
    amount_minor: Amount


class TillShape(BaseModel):
    """The till's own receipt. Repeat the same business date on a retry."""

    model_config = STRICT
    till: Name
    cashier: Text = ""
    receipt_number: Name
    business_date: Date

    def reference(self) -> TillReference:
        """As the domain has it."""
        return TillReference(self.till, self.cashier, self.receipt_number, self.business_date)


class SaleShape(TillShape):
    """A paid basket. With `agreement`, what was agreed is booked; without, `ask` says all that an agreement would have.

    With both, `ask.basket` is the basket as it was paid in the end.
    """

    tenders: Annotated[list[TenderShape], Field(max_length=bounds.TENDERS_MAX)]
    agreement: Id | None = None
    ask: AskShape | None = None

    def paid(self) -> tuple[Tender, ...]:
        """The tenders as the domain has them."""
        return tuple(Tender(one.kind, one.amount_minor) for one in self.tenders)

    @model_validator(mode="after")
    def _something(self) -> "SaleShape":
        if self.agreement is None and self.ask is None:
            raise ValueError("a sale has an agreement, or ask, or both")
        return self


class ReturnedLineShape(BaseModel):
    """So much of an original line comes back."""

    model_config = STRICT
    line: Name
    quantity_milli: Quantity


class ReturnShape(TillShape):
    """A return: of `sale` by its id, or of the sale with `of_receipt_number` (and `of_business_date` where that is not enough)."""

    lines: Annotated[list[ReturnedLineShape], Field(min_length=1, max_length=bounds.LINES_MAX)]
    sale: Id | None = None
    of_receipt_number: Text = ""
    of_business_date: Date | None = None

    def returned(self) -> tuple[ReturnedLine, ...]:
        """The lines as the domain has them."""
        return tuple(ReturnedLine(one.line, one.quantity_milli) for one in self.lines)

    @model_validator(mode="after")
    def _something(self) -> "ReturnShape":
        if self.sale is None and not self.of_receipt_number:
            raise ValueError("a return names its sale: sale (its id) or of_receipt_number")
        return self


class ReceiptTotalShape(BaseModel):
    """What one of the till's receipts took in money; less than nothing for what was paid out."""

    model_config = STRICT
    receipt_number: Name
    amount_minor: Annotated[StrictInt, Field(ge=-bounds.AMOUNT_MINOR_MAX, le=bounds.AMOUNT_MINOR_MAX)]


class DayCloseShape(BaseModel):
    """All of a till's receipts of one business date, each number once."""

    model_config = STRICT
    till: Name
    receipts: Annotated[list[ReceiptTotalShape], Field(max_length=RECEIPTS_MAX)]

    @model_validator(mode="after")
    def _once(self) -> "DayCloseShape":
        if len({one.receipt_number for one in self.receipts}) < len(self.receipts):
            raise ValueError("a receipt number comes twice: give each once, with what it took in all")
        return self

    def of(self, business_date: str) -> DayClose:
        """As the domain has it."""
        return DayClose(self.till, business_date, {one.receipt_number: one.amount_minor for one in self.receipts})


class DeskShape(BaseModel):
    """Where something happens that is no sale. Repeat the same business date on a retry."""

    model_config = STRICT
    till: Name
    cashier: Text = ""
    business_date: Date

    def desk(self) -> Desk:
        """As the domain has it."""
        return Desk(self.till, self.cashier, self.business_date)


class JoinShape(DeskShape):
    """Who joins. `consent` names the terms that the customer has agreed to; `code` is a card that was handed out, as scanned."""

    first_name: Annotated[StrictStr, Field(max_length=FIRST_NAME_CHARS_MAX, pattern=NUL)] = ""
    phone: Annotated[StrictStr, Field(max_length=40, pattern=NUL)] = ""
    language: Literal["he", "en", "ar", "ru"] = "he"
    consent: Annotated[StrictStr, Field(min_length=1, max_length=CONSENT_CHARS_MAX, pattern=NUL)]
    code: Annotated[StrictStr, Field(max_length=1000)] = ""

    def joining(self, key: str) -> Joining:
        """As posd/joining.py has it; the fingerprint is of what is not personal."""
        plain = [self.till, self.cashier, self.business_date, self.language, self.consent, self.code]
        fingerprint = hashlib.sha256(json.dumps(plain).encode()).hexdigest()
        person = (self.first_name.strip(), self.phone, self.language, self.consent)
        return Joining(key, fingerprint, self.desk(), *person, self.code)


class ClaimShape(DeskShape):
    """A purchase that was made without a card: `sale` (its id), or `of_receipt_number` with `of_business_date` where it is not this
    terminal's own."""

    code: Annotated[StrictStr, Field(min_length=1, max_length=1000)]
    sale: Id | None = None
    of_receipt_number: Text = ""
    of_business_date: Date | None = None

    def named(self) -> Named:
        """As the line has it."""
        return Named(self.sale or "", self.of_receipt_number, self.of_business_date or "")

    @model_validator(mode="after")
    def _something(self) -> "ClaimShape":
        if self.sale is None and not self.of_receipt_number:
            raise ValueError("a claim names its sale: sale (its id) or of_receipt_number")
        return self


class MergeShape(DeskShape):
    """Two cards of one customer, as they were scanned: `code` goes, and `into` stays."""

    code: Annotated[StrictStr, Field(min_length=1, max_length=1000)]
    into: Annotated[StrictStr, Field(min_length=1, max_length=1000)]


class EnrolShape(BaseModel):
    """The one-time code that head office gave."""

    model_config = STRICT
    code: Name


class ProofShape(BaseModel):
    """What a printer's test page shows: the numbers 0 to 63 of ESC t, or those of its profile only."""

    model_config = STRICT
    all_code_pages: StrictBool = False


class TokenShape(BaseModel):
    """Somebody who may use this API from now on."""

    model_config = STRICT
    name: Annotated[StrictStr, Field(pattern=r"^[A-Za-z0-9_.-]{1,40}$")]
    scope: Annotated[StrictStr, Field(pattern="^(till|display|admin)$")] = "till"
