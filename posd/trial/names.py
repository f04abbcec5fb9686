"""A name that stands in a file and not in the program."""

from collections.abc import Iterable
from difflib import get_close_matches

from loyalty.program import Mistake


def unknown(at: str, word: str, name: str, known: Iterable[str]) -> Mistake:
    """A name that the program does not know, and what it may have meant."""
    names = list(known)
    close = get_close_matches(name, names, 1)
    one_of = f"one of: {', '.join(names[:20])}" if names else f"nothing: the program has no {word}"
    return Mistake(at, f"the program has no {word} {name!r:.60}", f"did you mean {close[0]!r}?" if close else one_of)
