"""How releases understand each other: bodies of older versions, and what one takes from the feed. The rules are in docs/sync.md."""

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple


class Older(NamedTuple):
    """A body as an older release wrote it: the shape that it had, and how that and its envelope are said in today's shape.

    Its bytes stay what they are, in every journal that has them; only whoever reads them gets today's body.
    """

    shape: type
    as_today: Callable[[Any, Any], object]


def reading_of(entities: Mapping[str, type]) -> str:
    """A name, 16 hex digits, for what a release takes from the feed: the kinds of `entities` and the fields of each.

    Whoever reads more than before has passed by what it did not know: under another name the feed is read from its start.
    """
    known = {kind: sorted(one.name for one in dataclasses.fields(shape)) for kind, shape in entities.items()}
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()[:16]
