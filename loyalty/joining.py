"""What else happens at a counter and head office must hear: somebody joins, claims a purchase, has two cards that should be one.

What a joining member gave is a Person. It travels beside the record, which has only its hash: salted, because the hash of a
telephone number alone is found by trying them all.
"""

import hashlib
import re
from dataclasses import dataclass

from loyalty import bounds
from loyalty.code import EAN13, ean13_holds
from loyalty.journal import canonical
from loyalty.refusal import Refusal

HANDLE_CHARS = 20
RECORD_CHARS = 32
SALT_CHARS = 32
FIRST_NAME_CHARS_MAX = 60
CONSENT_CHARS_MAX = 64
HOME_PREFIX = "+972"
"""What stands for the leading 0 of a number that is written as at home (ITU-T E.164)."""

_SPACING = re.compile(r"[\s().\-/\u200e\u200f\u2066-\u2069]")
_INTERNATIONAL = re.compile(r"\+[1-9][0-9]{6,14}")


def phone_number(typed: str) -> str | Refusal:
    """A telephone number as E.164 writes it, "+972501234567", however it was typed; empty for none."""
    bare = _SPACING.sub("", typed)
    if bare.startswith("00"):
        bare = "+" + bare[2:]
    elif bare.startswith("0"):
        bare = HOME_PREFIX + bare[1:]
    return bare if not bare or _INTERNATIONAL.fullmatch(bare) else Refusal("phone_invalid")


@dataclass(frozen=True, slots=True)
class Person:
    """What a joining member gave. `salt` is random, in hex; `phone` as phone_number has it; `consent` names the terms agreed to."""

    salt: str
    first_name: str
    phone: str
    language: str
    consent: str

    def __post_init__(self) -> None:
        bounds.hexadecimal("salt", self.salt, SALT_CHARS)
        bounds.text("first_name", self.first_name, 0, FIRST_NAME_CHARS_MAX)
        if phone_number(self.phone) != self.phone:
            raise ValueError("phone is no telephone number")  # and not which: this is logged
        bounds.text("language", self.language, 1, 8)
        bounds.text("consent", self.consent, 1, CONSENT_CHARS_MAX)

    @property
    def content(self) -> str:
        """The attachment: canonical JSON, made once and sent verbatim."""
        return canonical(self).decode()


def content_hash(content: str) -> str:
    """What a Join says of its attachment."""
    return hashlib.sha256(content.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Desk:
    """Where it happened, as the till says it."""

    till: str
    cashier: str
    business_date: str

    def __post_init__(self) -> None:
        bounds.text("till", self.till)
        bounds.text("cashier", self.cashier, 0)
        bounds.day("business_date", self.business_date)


@dataclass(frozen=True, slots=True)
class Join:
    """The body of a `join` record, version 1: `member` was the handle of a code that was nobody's and is somebody's now.

    `code` is the number of a plastic card that is to be theirs too, or nothing; `attachment` the hash of what they gave.
    """

    desk: Desk
    fingerprint: str
    member: str
    code: str
    consent: str
    attachment: str

    def __post_init__(self) -> None:
        bounds.hexadecimal("member", self.member, HANDLE_CHARS)
        if self.code and not (EAN13.fullmatch(self.code) and ean13_holds(self.code)):
            raise ValueError("code is no EAN-13 number")
        bounds.text("consent", self.consent, 1, CONSENT_CHARS_MAX)
        bounds.hexadecimal("attachment", self.attachment, 64)


@dataclass(frozen=True, slots=True)
class Claim:
    """The body of a `claim` record, version 1: a sale without a member was `member`'s.

    `sale` is its id; or nothing, and the till's `receipt_number` and `of_date` in the claiming terminal's own store say which.
    """

    desk: Desk
    fingerprint: str
    member: str
    sale: str
    receipt_number: str = ""
    of_date: str = ""

    def __post_init__(self) -> None:
        bounds.hexadecimal("member", self.member, HANDLE_CHARS)
        if self.sale:
            bounds.hexadecimal("sale", self.sale, RECORD_CHARS)
        else:
            bounds.text("receipt_number", self.receipt_number)
            bounds.day("of_date", self.of_date)


@dataclass(frozen=True, slots=True)
class Alias:
    """The body of an `alias` record, version 1: the card of `member` and that of `into` are one person's. Who has `into` stays."""

    desk: Desk
    fingerprint: str
    member: str
    into: str

    def __post_init__(self) -> None:
        for name in ("member", "into"):
            bounds.hexadecimal(name, getattr(self, name), HANDLE_CHARS)
