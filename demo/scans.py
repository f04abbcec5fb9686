"""Listening to the terminal's event stream, as the cashier's page does."""

import http.client
import json
import queue
import threading
from typing import Any

from demo.shop import Failed, Shop

HEARD_S = 20.0


class Listener:
    """The events of a shop's terminal, heard on a thread of its own."""

    def __init__(self, shop: Shop) -> None:
        """Start to listen; returns once the stream is open."""
        self._heard: queue.Queue[tuple[str, Any]] = queue.Queue()
        self._connection = http.client.HTTPConnection("127.0.0.1", shop.till_port)
        headers = {"Authorization": f"Bearer {shop.token}", "Accept-Language": "he"}
        self._connection.request("GET", "/v1/events", headers=headers)
        self._response = self._connection.getresponse()
        threading.Thread(target=self._read, daemon=True).start()
        self.next("link")

    def next(self, kind: str) -> Any:
        """The body of the next event of `kind`; Failed when none comes."""
        while True:
            try:
                heard, body = self._heard.get(timeout=HEARD_S)
            except queue.Empty:
                raise Failed(f"no {kind} event came within {HEARD_S:.0f} s") from None
            if heard == kind:
                return body

    def _read(self) -> None:
        kind = ""
        try:
            for raw in self._response:
                name, _, value = raw.decode().rstrip("\r\n").partition(": ")
                if name == "event":
                    kind = value
                elif name == "data":
                    self._heard.put((kind, json.loads(value)))
        except (OSError, http.client.HTTPException, ValueError):
            return  # the terminal was stopped, which the story does on purpose
