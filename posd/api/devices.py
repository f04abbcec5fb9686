"""The local API for whoever sets a terminal up: try the printer, the drawer and the display, through the posd that owns them."""

import asyncio
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request

from drivers.ports import Printer, Signal
from posd.api import shapes
from posd.api.auth import guarded
from posd.api.parts import Parts
from posd.proof import proof_page
from runtime.errors import Rejected

SET_PRINTER = 'Set printing = "posd" and a [printer] in the settings; posd devices has the lines'
SET_DISPLAY = "Set a [display] in the settings; posd devices has the lines"


def devices_router(parts: Callable[[Request], Parts]) -> APIRouter:
    """Each answers when the device has done it, and 503 with the reason when it cannot be reached. For an admin."""
    router = APIRouter(prefix="/v1/devices", route_class=guarded("admin"))

    @router.post("/printer/test")
    async def printer_test(shape: shapes.ProofShape, request: Request) -> dict[str, Any]:
        """Print the test page: a ruler, code pages, samples, a QR code. `delivery` is `unknown` when the printer said nothing."""
        here = parts(request)
        printer = _printer(here)
        assert here.settings.printer
        page = await asyncio.to_thread(proof_page, here.settings.printer, all_code_pages=shape.all_code_pages)
        delivery = await printer.send(page)
        return {"device": printer.name, "bytes": len(page), "delivery": delivery.value}

    @router.post("/drawer/test")
    async def drawer_test(request: Request) -> dict[str, str]:
        """Open the cash drawer that hangs on the printer."""
        printer = _printer(parts(request))
        await printer.signal(Signal.DRAWER)
        return {"device": printer.name}

    @router.post("/display/test")
    async def display_test(request: Request) -> dict[str, Any]:
        """Show two test lines for some seconds."""
        here = parts(request)
        if here.displaying is None or here.display is None:
            raise Rejected("no_display", "posd owns no display here", SET_DISPLAY)
        await here.displaying.trial()
        return {"device": here.display.name}

    return router


def _printer(parts: Parts) -> Printer:
    if parts.printer is None:
        raise Rejected("no_printer", "posd owns no printer here", SET_PRINTER)
    return parts.printer.printer
