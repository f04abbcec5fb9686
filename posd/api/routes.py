"""The local API, version 1: what a till asks, in the order of a checkout."""

import hashlib
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from loyalty.refusal import Refusal
from posd import views
from posd.api import shapes
from posd.api.auth import guarded
from posd.api.parts import Parts
from posd.booking import Booked, BroughtBack, Paid
from posd.events import Event
from posd.language import language_of
from posd.printing import hand
from posd.store import agreements, journal, pages, print_jobs
from runtime.errors import Rejected
from runtime.speech import Speech

till = APIRouter(prefix="/v1", route_class=guarded("till"))
display = APIRouter(prefix="/v1", route_class=guarded("display"))

Key = Annotated[str, Header(alias="Idempotency-Key", min_length=1, max_length=200)]


def parts_of(request: Request) -> Parts:
    """What the routes work with."""
    parts: Parts = request.app.state.parts
    return parts


async def speech_of(request: Request) -> Speech:
    """In which language to answer, with the names of the program in force."""
    return Speech(language_of(request), await parts_of(request).checkout.program())


@display.get("/events", response_class=EventSourceResponse)
async def events(request: Request) -> AsyncIterator[ServerSentEvent]:
    """Everything that happens from now on: `scan`, `booked`, `link` (head office came or went), `printer` (how it is).
    Read it with fetch()."""
    parts = parts_of(request)
    yield ServerSentEvent(event="link", data=await parts.status())
    async for event in parts.events.stream():
        yield ServerSentEvent(event=event.kind, data=event.body)


@display.get("/status")
async def status(request: Request) -> dict[str, Any]:
    """How this terminal is doing: head office, queue, devices, prints, open agreements, the program in force."""
    parts = parts_of(request)
    return await parts.status()


@till.post("/scans")
async def scan(shape: shapes.CodeShape, request: Request) -> dict[str, bool]:
    """Pass on a code as if a scanner of ours had read it: for tills that own the scanner."""
    parts = parts_of(request)
    await parts.scanning.tell(shape.code, "till")
    return {"told": True}


@till.post("/members/look-up")
async def look_up(shape: shapes.CodeShape, request: Request) -> dict[str, Any]:
    """Whose code this is, or why it is nobody's."""
    parts = parts_of(request)
    speech = await speech_of(request)
    who = await parts.checkout.identify(shape.code)
    if isinstance(who, Refusal):
        return {"member": None, "refusal": speech.refusal(who)}
    return {"member": views.member_view(speech, who), "refusal": None}


@till.post("/quote")
async def quote(shape: shapes.AskShape, request: Request) -> dict[str, Any]:
    """What this basket earns, what the member may take, what is to be paid, and why. Repeat it as often as you like."""
    parts = parts_of(request)
    speech = await speech_of(request)
    answer = await parts.checkout.quote(shape.ask())
    return views.quote_view(speech, answer.quote, answer.refusal)


@till.post("/agreements")
async def agree(shape: shapes.AskShape, request: Request) -> dict[str, Any]:
    """Before payment: promise the quote and reserve what it spends. Either `agreement` or `refusal` is there; nothing is
    spent without an agreement."""
    parts = parts_of(request)
    speech = await speech_of(request)
    agreed = await parts.checkout.agree(shape.ask())
    if isinstance(agreed, Refusal):
        return {"agreement": None, "refusal": speech.refusal(agreed)}
    return {**views.agreement_view(speech, agreed), "refusal": None}


@till.get("/agreements")
async def open_agreements(request: Request) -> list[dict[str, Any]]:
    """Promises that are neither committed nor cancelled, oldest first."""
    parts = parts_of(request)
    speech = await speech_of(request)
    return [views.agreement_view(speech, one) for one in await parts.checkout.store.look(agreements.still_open)]


@till.post("/agreements/{agreement}/cancel")
async def cancel(agreement: shapes.Id, request: Request) -> dict[str, str]:
    """Take a promise back; `state` is how it stands now: cancelled, or committed if the sale was faster."""
    parts = parts_of(request)
    return {"agreement": agreement, "state": await parts.checkout.cancel(agreement)}


@till.post("/sales")
async def sell(key: Key, shape: shapes.SaleShape, request: Request) -> Response:
    """After payment: book it. Never refused once it is well-formed; the same key gets the same answer for ever."""
    parts = parts_of(request)
    paid = Paid(
        key=key,
        fingerprint=await fingerprint(request),
        till=shape.reference(),
        tenders=shape.paid(),
        agreement=shape.agreement or "",
        ask=shape.ask.ask() if shape.ask else None,
        language=language_of(request),
    )
    return await _booked(parts, paid.language, await parts.checkout.commit(paid))


@till.post("/returns")
async def give_back(key: Key, shape: shapes.ReturnShape, request: Request) -> Response:
    """Book what comes back: earned units are taken back, spent ones given back, each line by its share."""
    parts = parts_of(request)
    back = BroughtBack(
        key=key,
        fingerprint=await fingerprint(request),
        till=shape.reference(),
        lines=shape.returned(),
        sale=shape.sale or "",
        receipt_number=shape.of_receipt_number,
        business_date=shape.of_business_date or "",
        language=language_of(request),
    )
    return await _booked(parts, back.language, await parts.checkout.give_back(back))


@till.post("/days/{business_date}/close")
async def close_day(business_date: shapes.Date, shape: shapes.DayCloseShape, request: Request) -> dict[str, Any]:
    """Close a till's day: posd names receipts that it never heard of or the till does not have, amounts that differ, and promises
    still open. Send it again when late receipts have come: the last word counts."""
    parts = parts_of(request)
    closed = await parts.checkout.close_day(shape.of(business_date))
    return views.closed_view(await speech_of(request), closed)


@till.get("/records/{record}/receipt.{form}")
async def receipt(record: shapes.Id, form: str, request: Request) -> Response:
    """Our block of that sale or return again: as `png` or `txt`, or as `json` what it says and the layout it is drawn by."""
    parts = parts_of(request)
    from drivers.printers.job import receipt_from

    if form not in {"png", "txt", "json"}:
        raise Rejected("no_such_page", f"There is no receipt.{form}", "Ask for receipt.png, receipt.txt or receipt.json")
    stored = await _stored_receipt(parts, record)
    layout = await parts.checkout.store.look(pages.layout)
    if form == "json":
        whole = b'{"receipt":%b,"layout":%b}' % (stored[1], layout.encode() if layout else b"null")
        return Response(whole, media_type="application/json")
    handed = await hand(receipt_from(stored[1]), layout)
    if form == "png":
        return Response(handed.png, media_type="image/png")
    return Response(handed.text, media_type="text/plain; charset=utf-8")


@till.post("/records/{record}/print")
async def print_again(record: shapes.Id, request: Request) -> dict[str, Any]:
    """Print our block again; it says that it is a copy."""
    parts = parts_of(request)
    from drivers.printers.job import receipt_bytes, receipt_from
    from loyalty.receipt import as_copy

    if not parts.checkout.prints:
        raise Rejected("no_printer", "posd owns no printer here", 'Set printing = "posd" in the settings')
    seq, stored = await _stored_receipt(parts, record)
    copy = receipt_bytes(as_copy(receipt_from(stored)))
    job = await parts.checkout.store.run(print_jobs.add, seq, parts.checkout.clock.now().wall_ms, copy)
    parts.paper.set()
    return {"job": job, "copy": True}


async def _booked(parts: Parts, language: str, booked: Booked) -> Response:
    parts.paper.set()
    if not booked.replayed:
        parts.events.send(Event("booked", views.booked_event(booked)))
    speech = Speech(language, booked.program)
    handed = None
    if booked.receipt and parts.settings.printing == "till":
        handed = await hand(booked.receipt, await parts.checkout.store.look(pages.layout))
    headers = {"Idempotent-Replay": "true"} if booked.replayed else {}
    return Response(views.as_json(views.booked_view(speech, booked, handed)), media_type="application/json", headers=headers)


async def _stored_receipt(parts: Parts, record: str) -> tuple[int, bytes]:
    found = await parts.checkout.store.look(journal.find, record)
    stored = await parts.checkout.store.look(print_jobs.receipt_of, found[0]) if found else None
    if not found and await parts.checkout.store.look(journal.was_pruned, record):
        raise Rejected("record_pruned", "This terminal has only the id of that record left", "Head office has it")
    if not found or not stored:
        raise Rejected("no_receipt", "There is no receipt of ours for this id", "Only a member's sale or return has one")
    return found[0], stored


async def fingerprint(request: Request) -> str:
    """The SHA-256 of the body as it came."""
    return hashlib.sha256(await request.body()).hexdigest()
