"""In which language an answer speaks."""

from fastapi import Request

from runtime import words


def language_of(request: Request) -> str:
    """`?language=` if we speak it, else the first of Accept-Language that we speak, else the terminal's own."""
    asked = [request.query_params.get("language", "")]
    asked += [part.split(";")[0].strip()[:2].lower() for part in request.headers.get("accept-language", "").split(",")]
    own: str = getattr(request.app.state, "language", "he")
    return next((language for language in asked if language in words.LANGUAGES), own)
