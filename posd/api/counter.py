"""The local API of what else happens at the counter: joining, claiming, merging."""

from typing import Any

from fastapi import APIRouter, Request, Response

from loyalty.refusal import Refusal
from posd import views
from posd.api import shapes
from posd.api.auth import guarded
from posd.api.parts import Parts
from posd.api.routes import Key, fingerprint, parts_of, speech_of
from posd.claiming import Claiming
from posd.events import Event
from posd.joining import Joined
from posd.merging import Merging
from posd.printing import Handed, hand
from posd.store import pages

counter = APIRouter(prefix="/v1", route_class=guarded("till"))


@counter.post("/members")
async def join(key: Key, shape: shapes.JoinShape, request: Request) -> Response:
    """A customer joins, with head office or without it; a member at once, who earns. Either `member` or `refusal` is there."""
    parts = parts_of(request)
    joined = await parts.checkout.join(shape.joining(key))
    if isinstance(joined, Refusal):
        return _answer({"member": None, "refusal": (await speech_of(request)).refusal(joined)})
    parts.paper.set()
    if not joined.replayed:
        parts.events.send(Event("booked", {"kind": "join", "id": joined.id, "member": joined.member, "moved": {}}))
    return _answer(views.joined_view(joined, await _handed(parts, joined)), replayed=joined.replayed)


@counter.post("/claims")
async def claim(key: Key, shape: shapes.ClaimShape, request: Request) -> Response:
    """A purchase without a card becomes a member's: head office gives what it earns, if nobody has claimed it before."""
    parts = parts_of(request)
    asked = Claiming(key, await fingerprint(request), shape.desk(), shape.code, shape.named())
    claimed = await parts.checkout.claim(asked)
    if isinstance(claimed, Refusal):
        return _answer({"claim": None, "refusal": (await speech_of(request)).refusal(claimed)})
    return _answer(views.claimed_view(claimed), replayed=claimed.replayed)


@counter.post("/members/merge")
async def merge(key: Key, shape: shapes.MergeShape, request: Request) -> Response:
    """Two cards of one customer: head office makes them one member's, and both go on working."""
    parts = parts_of(request)
    asked = Merging(key, await fingerprint(request), shape.desk(), shape.code, shape.into)
    merged = await parts.checkout.merge(asked)
    if isinstance(merged, Refusal):
        return _answer({"member": None, "refusal": (await speech_of(request)).refusal(merged)})
    return _answer(views.merged_view(merged), replayed=merged.replayed)


async def _handed(parts: Parts, joined: Joined) -> Handed | None:
    if parts.settings.printing != "till" or not joined.receipt:
        return None
    return await hand(joined.receipt, await parts.checkout.store.look(pages.layout))


def _answer(view: dict[str, Any], *, replayed: bool = False) -> Response:
    headers = {"Idempotent-Replay": "true"} if replayed else {}
    return Response(views.as_json(view), media_type="application/json", headers=headers)
