"""The town before the day begins: head office with its program and its members, and an empty terminal's disk; made once a process.

A seed begins with copies of these, so that a thousand days do not make the same tables a thousand times.
"""

import random
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from unittest.mock import patch

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, derive_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from central import blanks, changing, code_keys, members, programs
from central.code_keys import CodeSigner
from central.members import SECONDS_PER_YEAR
from central.store.migrate import migrate
from loyalty.code import STEP_S
from sync import rotating
from tests.sim.disk import Disk, Snapshot
from tests.sim.office import database, image_of
from tests.sim.rules import parsed, program
from tests.sim.store import open_on

DAY = "2026-11-22"
MORNING_MS = 1_795_323_600_000  # 07:00 of that day in Jerusalem
MEMBERS = 14
POINTS_MAX = 800
SEEDED = "sim"
BLANKS = 12
NAME = "Zz"  # how every name begins that may be in no log and no journal
PHONE = "+972559"

_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
_PHONE = derive_private_key(MORNING_MS, SECP256R1())
SIGNER = CodeSigner("0a0b0c0d", _KEY.public_key().public_bytes_raw().hex(), _KEY.sign)


@contextmanager
def fixed_entropy(chance: random.Random) -> Iterator[None]:
    """Whoever asks for randomness gets the seed's."""
    with (
        patch.object(secrets, "token_bytes", lambda size=32: chance.randbytes(size)),
        patch.object(secrets, "token_hex", lambda size=32: chance.randbytes(size).hex()),
    ):
        yield


@dataclass
class Town:
    """What a seed begins with. `version` is the program's as it was published last; `codes` are the members' cards, of which one is
    `over`, the first is in a phone, and the second in a wallet: its `secret` makes the part that changes. `blanks` are cards of
    nobody's that lie in the shops, `joined` the handles of who joined.
    """

    office: bytes
    terminal: Snapshot
    handles: list[str]
    codes: list[str]
    start: dict[str, int]
    over: str
    secret: bytes
    signer: CodeSigner
    blanks: list[str]
    joined: list[str] = field(default_factory=list)
    version: int = 1
    published: list[int] = field(default_factory=lambda: [1])

    def shown(self, code: str, now_ms: int) -> str:
        """What is held before the scanner of the card `code`."""
        step = now_ms // 1000 // STEP_S
        if code == self.codes[0]:
            return rotating.with_phone(code, _signed_by_phone, step)
        return rotating.with_totp(code, self.secret, step) if code == self.codes[1] else code


@cache
def _made() -> Town:
    chance = random.Random(SEEDED)
    with fixed_entropy(chance):
        db = database()
        with db.begin():
            migrate(db)
            code_keys.publish(db, SIGNER)
            programs.publish(db, parsed(1), program(1), MORNING_MS - 1000, 0)
            start, cards = {}, []
            for number in range(MEMBERS):
                plain = ean13(f"729{number:09}") if number % 4 == 3 else ""
                member = members.add(db, f"{NAME}{number:02}member", plain, MORNING_MS - 1000)
                points = chance.randrange(POINTS_MAX)
                if points:
                    gift = members.Gift("points", points, "town", "to begin with")
                    members.give(db, member.handle, gift, MORNING_MS - 1000)
                start[member.handle] = points
                phone = rotating.phone_key(_PHONE) if number == 0 else ""
                cards.append(plain or members.card(member, SIGNER, MORNING_MS // 1000 - 1000, phone_key=phone).text)
                if number == 1:
                    secret = changing.secret_of(db, member)
            over = members.card(member, SIGNER, MORNING_MS // 1000 - 3 * SECONDS_PER_YEAR, years=2).text
            cards.append(over)
            handed = [code for _, code in blanks.print_cards(db, SIGNER, BLANKS, "town", MORNING_MS - 1000)]
        disk = Disk(chance)
        open_on(disk, "0" * 32).writer.stop()
        disk.close()
        return Town(image_of(db), disk.snapshot(), list(start), cards, start, over, secret, SIGNER, handed)


def town() -> Town:
    """A fresh one."""
    made = _made()
    return replace(
        made,
        handles=list(made.handles),
        codes=list(made.codes),
        start=dict(made.start),
        blanks=list(made.blanks),
        joined=[],
        published=[1],
    )


def _signed_by_phone(message: bytes) -> bytes:
    """As sync.rotating.phone_signer, the same each time (RFC 6979)."""
    r, s = decode_dss_signature(_PHONE.sign(message, ECDSA(SHA256(), deterministic_signing=True)))
    return r.to_bytes(rotating.NUMBER_BYTES, "big") + s.to_bytes(rotating.NUMBER_BYTES, "big")


def ean13(digits: str) -> str:
    """Twelve digits with their check digit."""
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-total % 10}"
