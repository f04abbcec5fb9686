"""What a scanned text says: a member's code with its strength, or a Refusal. Checking signatures is passed in."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from loyalty.refusal import Refusal

TEXT_CHARS_MAX = 400  # the longest code of ours has 358; what is longer is a leaflet
SIGNED_PREFIX = "PL1:"
FROM_HEBREW = str.maketrans("/'קראטוןםפשדגכעיחלךזסבהנמצ", "qwertyuiopasdfghjklzxcvbnm")
"""What a key gives on the Israeli layout (SI 1452) -> its Latin letter. Digits and the colon are the same on both."""
EAN13 = re.compile(r"[0-9]{13}")
WALLET_PART = re.compile(r"[0-9]{8}")
PHONE_PART = re.compile(r"[A-Z2-7]{109}")
STEP_S = 30  # how long a changing part is shown
STEPS_ASIDE = 1  # a phone's clock and ours may be so many steps apart


class Strength(StrEnum):
    """How sure a code makes us of its bearer; what each may do is in design section 9."""

    ROTATING = "rotating"
    SIGNED = "signed"
    PLAIN = "plain"
    TYPED = "typed"


@dataclass(frozen=True, slots=True)
class Claims:
    """What a signed code says. `handle` is 10 bytes in hex; a raised `generation` makes older codes of a member void.

    `phone_key` is the key in the member's phone that signs the changing part: 33 bytes in hex, or nothing.
    """

    handle: str
    generation: int
    issued_s: int
    expires_s: int
    phone_key: str = ""


@dataclass(frozen=True, slots=True)
class MemberCode:
    """A code that may be looked up: a signed one by its member's `handle`, a plain one by its own `text`.

    `changing` is the part of a signed code that changes. Nobody has checked it yet: it can make the code stronger, never void.
    """

    strength: Strength
    text: str
    handle: str = ""
    generation: int = 0
    changing: str = ""
    phone_key: str = ""

    @property
    def signed(self) -> str:
        """The text without its changing part."""
        return self.text.removesuffix(f":{self.changing}") if self.changing else self.text


ReadSigned = Callable[[str], Claims | Refusal]


def identify(text: str, read_signed: ReadSigned, plain_prefixes: tuple[str, ...], now_s: int) -> MemberCode | Refusal:
    """Say what `text` is.

    `read_signed` takes a text that starts with `PL1:` and gives its verified claims, or why not; it is not shown the changing part,
    which follows a second colon: 8 digits, or what the phone signed. `plain_prefixes` are the first digits of the chain's own
    EAN-13 member numbers; any other one is some product's. `now_s` is the time in seconds UTC.
    """
    text = _as_printed(text.strip())
    if len(text) <= TEXT_CHARS_MAX and text.startswith(SIGNED_PREFIX):
        body, colon, changing = text.removeprefix(SIGNED_PREFIX).partition(":")
        claims = read_signed(SIGNED_PREFIX + body)
        if isinstance(claims, Refusal):
            return claims
        if colon and not (PHONE_PART if claims.phone_key else WALLET_PART).fullmatch(changing):
            return Refusal("code_unreadable")
        if now_s >= claims.expires_s:
            return Refusal("code_expired")
        return MemberCode(Strength.SIGNED, text, claims.handle, claims.generation, changing, claims.phone_key)
    if EAN13.fullmatch(text):
        return _plain(text, plain_prefixes)
    return Refusal("not_a_member_code")


def steps_of(now_s: int) -> range:
    """The steps whose changing parts may be shown at `now_s`, seconds UTC."""
    now = now_s // STEP_S
    return range(now - STEPS_ASIDE, now + STEPS_ASIDE + 1)


def _as_printed(text: str) -> str:
    """A signed code as it was before a scanner typed it into some window, where Caps Lock and a Hebrew layout turned its letters.

    It has capitals only, so there is one way back; every other text stays as it is.
    """
    printed = text.translate(FROM_HEBREW).upper()
    return printed if printed.startswith(SIGNED_PREFIX) and len(printed) == len(text) else text


def _plain(digits: str, prefixes: tuple[str, ...]) -> MemberCode | Refusal:
    if not ean13_holds(digits):
        return Refusal("code_misread")
    return MemberCode(Strength.PLAIN, digits) if digits.startswith(prefixes) else Refusal("product_code")


def ean13_holds(digits: str) -> bool:
    """Whether the last of 13 digits is the check digit of the others (GS1 General Specifications, 7.9)."""
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return weighted % 10 == 0
