"""What the scanners of this terminal read just now, for `posd test scan`."""

import asyncio
import contextlib
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

import click

from drivers.ports import Scanner
from loyalty.code import Claims, Strength, identify
from loyalty.refusal import Refusal
from posd.cli.options import Local
from posd.settings import Settings
from runtime.errors import Unavailable

SHOWN_LETTERS = 4  # enough to tell a member's code from a web address; never the whole of anybody's code
CARD_LETTERS = 176  # of a signed code without a phone's key
SILENT_S = 10.0  # a scanner that has shown no sign of life for so long is worth a word
KINDS = {"member": "a signed member's code", "plain": "a plain number", "unknown": "no member's code"}

Tell = Callable[[dict[str, Any]], None]
"""Told of each scan: scanner, kind (a key of KINDS), how it starts, how many letters; whether posd knows it (None: nobody was
asked), and why not."""


def follow(local: Local, seconds: float, tell: Tell) -> None:
    """Tell what the running posd reads."""
    for kind, body in local.events(seconds):
        if kind == "scan":
            refusal = body["refusal"]
            tell(
                {
                    **_masked(body["scanner"], body["code"]),
                    "known": refusal is None,
                    "why": refusal["sentence"] if refusal else "",
                }
            )


def silent(local: Local) -> list[str]:
    """The scanners that have shown no sign of life lately."""
    return [one["name"] for one in local.get("/v1/status")["scanners"] if one["lag_s"] > SILENT_S]


def read(settings: Settings, seconds: float, tell: Tell) -> None:
    """Tell what the scanners read by themselves. Raises Unavailable when none of them is there; of some it is told."""
    from drivers import load_scanner

    scanners = [load_scanner(one.driver, one.name or one.driver, one.options) for one in settings.scanners]
    gone = asyncio.run(_listen(scanners, seconds, tell))
    if len(gone) == len(scanners):
        raise gone[0]


async def _listen(scanners: list[Scanner], seconds: float, tell: Tell) -> list[Unavailable]:
    """Those that are not there end early; so does all of it, when none is left."""
    gone: list[Unavailable] = []

    async def listen(scanner: Scanner) -> None:
        try:
            async with aclosing(scanner.scans()) as scans:
                async for one in scans:
                    tell({**_masked(one.scanner, one.text), "known": None, "why": ""})
        except Unavailable as error:
            gone.append(error)
            click.echo(f"{scanner.name}: {error.message}\n  {error.hint}", err=True)

    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await asyncio.gather(*(listen(scanner) for scanner in scanners))
    return gone


def _masked(scanner: str, text: str) -> dict[str, Any]:
    """A scan without what makes it a member's: its first letters and how many there are."""
    shown = "".join(letter if letter.isprintable() else "?" for letter in text[:SHOWN_LETTERS])
    return {"scanner": scanner, "kind": _kind(text), "starts": shown, "letters": len(text)}


def _kind(text: str) -> str:
    """By its form alone: no signature is checked, and no prefix of a program asked for."""
    code = identify(text, lambda one: Claims("", 0, 0, 1 << 62, "a phone's" if len(one) > CARD_LETTERS else ""), ("",), 0)
    if isinstance(code, Refusal):
        return "unknown"
    return "member" if code.strength is Strength.SIGNED else "plain"


def in_words(found: dict[str, Any]) -> str:
    """The same for a person."""
    outcome = {True: "known", False: found["why"], None: "not looked up: posd does not run"}[found["known"]]
    return f"{found['scanner']}: {KINDS[found['kind']]}, {found['starts']}... ({found['letters']} letters): {outcome}"
