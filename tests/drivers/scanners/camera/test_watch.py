"""What is looked at, what is passed over, and what is told of it."""

import itertools
import threading
import time
from collections.abc import Generator

import pytest
import structlog

from drivers.scanners.camera.capture import Slot, _run
from drivers.scanners.camera.files import Shot
from drivers.scanners.camera.packet import Packet
from drivers.scanners.camera.watch import TOLD_AGAIN_S, Watch
from drivers.scanners.decode.frame import Frame
from drivers.scanners.decode.reader import Decoded, Reader
from drivers.scanners.sightings import Sightings
from runtime.errors import Unavailable
from tests.drivers.scanners.camera.views import distinct, jpeg, scene
from tests.drivers.scanners.pictures import qr

PERIOD_S = 1 / 15


def watch() -> Watch:
    return Watch("cam", 5.0, Sightings(3.0))


def last_of(pictures: list[bytes]) -> Packet:
    """The newest picture of a camera that sent these while nobody took any."""

    def source(stop: threading.Event) -> Generator[Packet | None, None, None]:
        for one in pictures:
            yield Packet(one, time.monotonic())

    slot = Slot()
    _run(source, slot, threading.Event())
    taken = slot.take(0)
    assert taken is not None
    return taken


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[Frame]:
    """The frames that reach the decoder."""
    seen: list[Frame] = []
    real = Reader.read

    def read(reader: Reader, frame: Frame, *, changed: bool) -> Decoded:
        seen.append(frame)
        return real(reader, frame, changed=changed)

    monkeypatch.setattr(Reader, "read", read)
    return seen


def test_a_camera_that_sends_each_picture_twice_is_looked_at(decoded: list[Frame]) -> None:
    """Of each pair only the copy may be left when somebody takes it: it is as good as the first, which nobody saw."""
    looking = watch()
    for text, known in ((None, []), ("PL1:A", ["PL1:A"]), ("PL1:B", ["PL1:B"])):
        picture = distinct(jpeg(scene(text)))
        assert [one.text for one in looking.at(last_of([picture, picture]))] == known
    assert len(decoded) == 3


def test_what_was_looked_at_is_not_looked_at_again(decoded: list[Frame]) -> None:
    """The copies of a picture cost nothing, until there is another one; a camera that sends only copies is frozen all the same."""
    looking, picture = watch(), distinct(jpeg(scene()))
    looking.at(Packet(picture, 100.0))
    assert len(decoded) == 1
    for number in range(1, 30):
        looking.at(Packet(picture, 100.0 + number * PERIOD_S, same_for_s=number * PERIOD_S))
    assert len(decoded) == 1
    looking.at(Packet(distinct(jpeg(scene("PL1:A"))), 103.0, same_for_s=PERIOD_S))
    assert len(decoded) == 2
    with pytest.raises(Unavailable, match="repeats one picture for 5 s"):
        looking.at(Packet(picture, 108.0, same_for_s=5.0))


def test_codes_that_cannot_be_taken_are_told_once_even_in_turns() -> None:
    """Two that take turns, and nothing in between, are two lines in the log; after a while they are told again."""
    looking, at_s = watch(), itertools.count(0, PERIOD_S)
    shown = [qr(b"\x8d\xff\xfe\0\x01\x02\xc8" + bytes(more), 6) for more in (0, 1)] + [scene()]
    with structlog.testing.capture_logs() as logs:
        for frame in shown * 10:
            looking.at(Shot(frame, next(at_s), still=True))
        assert [one["reasons"] for one in logs] == [["7 bytes that are not UTF-8"], ["8 bytes that are not UTF-8"]]
        looking.at(Shot(shown[0], next(at_s) + TOLD_AGAIN_S, still=True))
    assert len(logs) == 3
