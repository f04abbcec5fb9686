"""schemathesis reads the app's own OpenAPI and tries what it allows and what it does not."""

import asyncio
from pathlib import Path

import schemathesis
from hypothesis import HealthCheck, Phase, settings

from tests.till import Till, till

SECRET_FREE = {"/v1/events", "/v1/enrol", "/v1/new-key"}  # one never ends, the others talk to head office


async def test_openapi_is_served_without_a_network(shop: Till) -> None:
    """The schema names every path of the API and nothing that is fetched from elsewhere."""
    schema = (await shop.client.get("/openapi.json")).json()
    assert {"/v1/quote", "/v1/agreements", "/v1/sales", "/v1/returns", "/v1/status", "/v1/events"} <= schema["paths"].keys()
    assert not [path for path in schema["paths"] if not path.startswith("/v1/")]


def test_whatever_the_schema_allows_is_answered_without_a_server_error(tmp_path: Path) -> None:
    """A few examples of every operation, sound and unsound: no 5xx, and no answer of an undocumented type."""

    async def serve() -> None:
        async with till(tmp_path) as shop:
            raw = (await shop.client.get("/openapi.json")).json()
            loop = asyncio.get_running_loop()
            await asyncio.to_thread(_try_all, shop, raw, loop)

    asyncio.run(serve())


def _try_all(shop: Till, raw: dict[str, object], loop: asyncio.AbstractEventLoop) -> None:
    schema = schemathesis.openapi.from_dict(raw)
    tried = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path in SECRET_FREE:
            continue

        def call(case: schemathesis.Case) -> None:
            nonlocal tried
            arguments = case.as_transport_kwargs(base_url=str(shop.client.base_url))
            kept = {
                name: arguments[name] for name in ("method", "url", "params", "json", "data", "headers") if arguments.get(name)
            }
            kept["headers"] = {
                **dict(kept.get("headers", {})),
                "authorization": "Bearer admin",
                "content-type": "application/json",
            }
            if isinstance(kept.get("data"), bytes):
                kept["content"] = kept.pop("data")
            answer = asyncio.run_coroutine_threadsafe(shop.client.request(**kept), loop).result(30)
            tried += 1
            assert answer.status_code < 500, (case, answer.text)

        budget = settings(
            max_examples=6, phases=[Phase.generate], deadline=None, database=None, derandomize=True,
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        budget(_given(operation, call))()
    assert tried > 40


def _given(operation: object, call: object) -> object:
    from hypothesis import given

    return given(case=operation.as_strategy())(call)  # type: ignore[attr-defined, operator]
