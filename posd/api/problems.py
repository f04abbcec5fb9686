"""Errors as problem+json (RFC 9457): a stable code, what went wrong, what to do, and a sentence the cashier can read."""

from collections.abc import Mapping
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from posd.language import language_of
from runtime import words
from runtime.errors import Misconfigured, PosdError, Rejected, Unavailable

MEDIA_TYPE = "application/problem+json"
MISTAKES_MAX = 50

STATUS_BY_CODE: Mapping[str, int] = {
    "not_signed_in": 401,
    "wrong_scope": 403,
    "wrong_host": 403,
    "wrong_origin": 403,
    "no_such_page": 404,
    "wrong_method": 405,
    "not_enrolled": 409,
    "too_large": 413,
    "not_json": 415,
}
"""Where the kind alone does not say it."""

log = structlog.get_logger()


def status_of(error: PosdError) -> int:
    """The HTTP status of one of our errors."""
    if error.code in STATUS_BY_CODE:
        return STATUS_BY_CODE[error.code]
    return {Rejected: 422, Unavailable: 503, Misconfigured: 500}.get(
        type(error), 503 if isinstance(error, Unavailable) else 500
    )


def problem(request: Request, error: PosdError, mistakes: list[dict[str, str]] | None = None) -> JSONResponse:
    """The answer for `error`; `retryable` says whether the same request may do better later."""
    status = status_of(error)
    body: dict[str, Any] = {
        "type": "about:blank",
        "status": status,
        "code": error.code,
        "message": error.message,
        "hint": error.hint,
        "sentence": _sentence(language_of(request), error.code),
        "retryable": isinstance(error, Unavailable),
    }
    if mistakes:
        body["mistakes"] = mistakes
    return JSONResponse(body, status, media_type=MEDIA_TYPE)


def add_problems(app: FastAPI) -> None:
    """Answer every error in this shape."""

    @app.exception_handler(PosdError)
    async def ours(request: Request, error: PosdError) -> JSONResponse:
        return problem(request, error)

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: RequestValidationError) -> JSONResponse:
        found = [
            {"at": ".".join(str(part) for part in one["loc"]), "wrong": one["msg"].removeprefix("Value error, ")}
            for one in error.errors()[:MISTAKES_MAX]
        ]
        count = "1 mistake" if len(found) == 1 else f"{len(found)} mistakes"
        told = Rejected("malformed", f"The request has {count}", "See mistakes; the shapes are at /openapi.json")
        return problem(request, told, found)

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        if isinstance(error.__cause__, PosdError):  # FastAPI wraps what reading the body raised
            return problem(request, error.__cause__)
        code = {404: "no_such_page", 405: "wrong_method"}.get(error.status_code, "malformed")
        return problem(request, Rejected(code, str(error.detail), "The paths are at /openapi.json"))

    @app.exception_handler(Exception)
    async def bug(request: Request, error: Exception) -> JSONResponse:
        log.error("a bug in the local API", path=request.url.path, exc_info=error)
        hint = "It was written to the log (journalctl -u posd); repeat the request with the same key, nothing is booked twice"
        return problem(request, Misconfigured("internal", "Something broke inside posd", hint))


def _sentence(language: str, code: str) -> str:
    """What the cashier reads: what happened, that the sale is safe, the next step."""
    return words.say(language, f"error.{code}" if words.knows(language, f"error.{code}") else "error.other")
