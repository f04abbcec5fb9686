"""Publishing how receipts are laid out: the last one published is in use at every terminal that has heard of it."""

from collections.abc import Mapping
from typing import Any

import msgspec

from central.store import audit, feed, programs
from central.store import layouts as rows
from central.store.audit import Note
from central.store.engine import Connection
from loyalty.layout import Layout
from runtime import template
from runtime.errors import Rejected
from sync import wire

FEED_KEY = 1
"""There is one layout: it is one entity of the feed, which changes."""


def publish(db: Connection, layout: Layout, values: Mapping[str, Any], person: str, now_ms: int) -> bool:
    """Publish a checked layout, `values` being what its file says, with its logo; False if it is the last one already.

    Raises Rejected where its version does not rise. Going back is publishing the older file under a new version.
    """
    said = msgspec.json.encode(values)
    last = next(iter(rows.newest(db, 1)), None)
    if last and last.json == said:
        return False
    if last and layout.version <= last.version:
        message = f"version {layout.version} is not above the published version {last.version}"
        raise Rejected("layout_version", message, f"Write version = {last.version + 1} in the file")
    rows.add(db, rows.Published(layout.name, layout.version, said, now_ms))
    audit.add(db, Note(now_ms, person, "publish_layout", f"{layout.name} {layout.version}", ""))
    feed.publish(db, [("layout", FEED_KEY)])
    return True


def strange_units(db: Connection, layout: Layout) -> list[str]:
    """The units that its words name and no published program has: such words say nothing until one has."""
    templates = [words for line in layout.lines for words in (*line.words.values(), line.qr)]
    named = set().union(*(template.units_in(words) for words in templates))
    return sorted(named.difference(*(msgspec.json.decode(one.json)["units"] for one in programs.every(db))))


def told(db: Connection) -> wire.LayoutRow:
    """The last one as terminals are told it."""
    last = rows.newest(db, 1)[0]
    return wire.LayoutRow(msgspec.json.decode(last.json))
