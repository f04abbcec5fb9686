"""What posd wrote and said before: records and messages as they were, byte for byte, and how its first sales are read today.

`first_line` is the line of 2026-11-21, `before_leases` the one after it, `with_leases` what came then; each release gets a folder
of its own. Nothing here is ever written anew: `earlier.sha256` holds it.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loyalty.agreement import Facts, Hold
from loyalty.basket import Basket, Tender
from loyalty.moment import Moment
from loyalty.quote import Choice, Discount, Movement
from loyalty.sale import Sale, TillReference
from sync import wire
from sync.versions import Older

GOLDEN = Path(__file__).parent / "golden"
RECORDS = sorted((GOLDEN / "records").glob("*/*.json"))
MESSAGES = sorted((GOLDEN / "messages").glob("*/*.json"))


@dataclass(frozen=True, slots=True)
class FirstSale:
    """The body of a sale in the first line: it had no moment, because the envelope has one, and no extras."""

    till: TillReference
    fingerprint: str
    agreement: str
    member: Facts | None
    engine: int
    program_version: int
    program_hash: str
    basket: Basket
    tenders: tuple[Tender, ...]
    choices: tuple[Choice, ...]
    discounts: tuple[Discount, ...]
    accruals: tuple[Movement, ...]
    redemptions: tuple[Movement, ...]
    holds: tuple[Hold, ...]
    flags: tuple[str, ...]


def as_sale(first: FirstSale, envelope: wire.Envelope) -> Sale:
    """What it says in today's shape."""
    moment = Moment(envelope.wall, envelope.utc_offset, first.till.business_date)
    return Sale(**{name: getattr(first, name) for name in FirstSale.__dataclass_fields__}, moment=moment)


FIRST_SALES = {**wire.RECORDS, ("sale", 1): Older(FirstSale, as_sale), ("sale", 2): Sale}
"""RECORDS of a release whose sales are version 2, where version 1 is that of the first line."""


def body_of(path: Path) -> tuple[str, Any]:
    """The kind and the body, as plain values, of a record."""
    record = json.loads(path.read_bytes())
    return record["kind"], record["body"]
