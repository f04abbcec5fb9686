"""From a scanner to the pages: each scan is identified once and told to everybody who listens."""

from contextlib import aclosing
from dataclasses import dataclass

import structlog

from drivers.ports import Answering, Scanner
from loyalty.refusal import Refusal
from posd.checkout import Checkout
from posd.events import Event, Events
from posd.views import member_view
from runtime.speech import Speech

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
                known = await self.tell(scan.text, scan.scanner)
                if not known and isinstance(scanner, Answering):
                    scanner.refused()

    async def tell(self, text: str, source: str) -> bool:
        """Say whose code it is, or why nobody's, and give whether it is somebody's. The log gets the outcome, never the code."""
        who = await self.checkout.identify(text)
        speech = Speech(self.language, await self.checkout.program())
        if isinstance(who, Refusal):
            log.info("scan refused", scanner=source, reason=who.code)
            body = {"scanner": source, "code": text, "member": None, "refusal": speech.refusal(who)}
        else:
            log.info("scan", scanner=source, strength=who.strength.value)
            body = {"scanner": source, "code": text, "member": member_view(speech, who), "refusal": None}
        self.events.send(Event("scan", body))
        return not isinstance(who, Refusal)
