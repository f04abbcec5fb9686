"""From a scanner to the pages: each scan is identified once and told to everybody who listens."""

from contextlib import aclosing
from dataclasses import dataclass

import structlog

from drivers.ports import Answering, Scanner
from loyalty.code import Strength
from loyalty.refusal import Refusal
from posd.checkout import Checkout
from posd.events import Event, Events
from posd.quoting import Known
from posd.views import member_view
from runtime.speech import Speech

NO_CARD = frozenset({"not_a_member_code", "product_code", "code_misread"})
"""Refusals of what is no member's code at all."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Scanning:
    """What every scanner's loop uses. `language` is the terminal's own."""

    checkout: Checkout
    events: Events
    language: str

    async def read(self, scanner: Scanner) -> None:
        """Tell each scan of `scanner` until its source has ended, and tell it what was refused."""
        async with aclosing(scanner.scans()) as scans:
            async for scan in scans:
                known = await self.tell(scan.text, scan.scanner, scan.beside)
                if not known and isinstance(scanner, Answering):
                    scanner.refused()

    async def tell(self, text: str, source: str, beside: tuple[str, ...] = ()) -> bool:
        """Say whose code it is, or why nobody's, and give whether it is somebody's. The log gets the outcome, never the code.

        Of several that came into view at once it is said of the one that is meant.
        """
        text, who = meant([(one, await self.checkout.identify(one)) for one in (text, *beside)])
        speech = Speech(self.language, await self.checkout.program())
        if isinstance(who, Refusal):
            log.info("scan refused", scanner=source, reason=who.code)
            body = {"scanner": source, "code": text, "member": None, "refusal": speech.refusal(who)}
        else:
            log.info("scan", scanner=source, strength=who.strength.value)
            body = {"scanner": source, "code": text, "member": member_view(speech, who), "refusal": None}
        self.events.send(Event("scan", body))
        return not isinstance(who, Refusal)


def meant(found: list[tuple[str, Known | Refusal]]) -> tuple[str, Known | Refusal]:
    """Of the codes that came into view at one moment, choose the one that is a member's.

    A member's card may show two codes, say a QR code and a bar code: the stronger counts. Codes of two members, or several of which
    none is a member's, are for the cashier to sort out: Refusal `several_codes`.
    """
    members = [(text, who) for text, who in found if isinstance(who, Known)]
    if members and len({who.member.handle for _, who in members}) == 1:
        return min(members, key=lambda one: list(Strength).index(one[1].strength))
    cards = [(text, who) for text, who in found if not (isinstance(who, Refusal) and who.code in NO_CARD)]
    if len(found) == 1 or len(cards) == 1:
        return (cards or found)[0]
    return found[0][0], Refusal("several_codes")
