"""The thread of a live camera: the newest picture wins, and silence, hanging and breaking are told."""

import threading
import time
from collections.abc import Generator, Iterator
from contextlib import closing

import pytest

from drivers.scanners.camera.capture import Capture, Slot
from drivers.scanners.camera.packet import Packet
from runtime.errors import Unavailable
from tests.drivers.scanners.camera.views import distinct, jpeg, scene
from tests.drivers.scanners.reads import HANG_S

PICTURE = jpeg(scene())


def packet(number: int = 0, data: bytes = PICTURE) -> Packet:
    return Packet(data, time.monotonic(), same_for_s=float(number))


def test_the_newest_picture_wins() -> None:
    """One that was not taken gives way; an empty slot gives nothing in time; the last picture comes before the end."""
    slot = Slot()
    for number in range(3):
        slot.put(packet(number))
    taken = slot.take(0)
    assert taken is not None
    assert taken.same_for_s == 2
    assert slot.take(0.01) is None
    slot.put(packet(7))
    slot.end(Unavailable("camera_gone", "It was pulled out"))
    assert not slot.has_ended()
    assert slot.take(0) is not None
    with pytest.raises(Unavailable, match="pulled out"):
        slot.take(0)
    assert not slot.has_ended()


def test_whoever_waits_is_woken() -> None:
    """By a picture and by the end, without waiting its time out."""
    slot = Slot()
    timers = [threading.Timer(0.05, slot.put, [packet()]), threading.Timer(0.15, slot.end, [None])]
    for timer in timers:
        timer.start()
    assert slot.take(HANG_S) is not None
    assert slot.take(HANG_S) is None
    assert slot.has_ended()
    for timer in timers:
        timer.join()


def every(period_s: float, stop: threading.Event, *, same: bool = False) -> Generator[Packet | None, None, None]:
    while not stop.wait(period_s):
        yield packet(data=PICTURE if same else distinct(PICTURE))


def taken(pictures: Iterator[Packet | None]) -> Packet:
    guard_s = time.monotonic() + HANG_S
    while (one := next(pictures)) is None:
        assert time.monotonic() < guard_s
    return one


def test_a_slow_reader_sees_the_present() -> None:
    """After a reader was away for many pictures, the next one is fresh, and the thread was never held."""
    made: list[float] = []

    def source(stop: threading.Event) -> Generator[Packet | None, None, None]:
        for one in every(0.005, stop):
            made.append(time.monotonic())
            yield one

    with closing(Capture("cam").packets(source, threading.Event())) as pictures:
        taken(pictures)
        before = len(made)
        time.sleep(0.3)
        seen = len(made)
        assert seen > before + 5
        fresh = taken(pictures)
        assert fresh.at_s >= made[seen - 2] - 0.01


def test_pictures_that_repeat_say_for_how_long() -> None:
    """The same bytes over and over grow older; different ones are new each time."""
    with closing(Capture("cam").packets(lambda stop: every(0.01, stop, same=True), threading.Event())) as pictures:
        ages = [taken(pictures).same_for_s for _ in range(5)]
        assert ages == sorted(ages)
        assert ages[-1] > 0
    with closing(Capture("cam").packets(lambda stop: every(0.01, stop), threading.Event())) as pictures:
        assert [taken(pictures).same_for_s for _ in range(5)] == [0.0] * 5


def broken(stop: threading.Event) -> Generator[Packet | None, None, None]:
    for _ in every(0.01, stop):
        yield packet(data=PICTURE[: len(PICTURE) // 2])


def broken_inside(stop: threading.Event) -> Generator[Packet | None, None, None]:
    """It begins and ends as a JPEG and says its size; but nine colors are no picture."""
    colors = PICTURE.index(b"\xff\xc0") + 9
    for _ in every(0.01, stop):
        yield packet(data=distinct(PICTURE[:colors] + b"\x09" + PICTURE[colors + 1 :]))


def silent(stop: threading.Event) -> Generator[Packet | None, None, None]:
    while not stop.wait(0.01):
        yield None


@pytest.mark.parametrize(
    ("source", "says"), [(silent, "no picture"), (broken, "no whole picture"), (broken_inside, "no whole picture")]
)
def test_a_camera_without_whole_pictures_is_told(source: object, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Silent, always truncated or never to be unpacked: after SILENT_S_MAX it is Unavailable, and its thread is gone."""
    monkeypatch.setattr("drivers.scanners.camera.capture.SILENT_S_MAX", 0.3)
    capture = Capture("cam")
    with pytest.raises(Unavailable, match=rf"gave {says} for 0.3 s"):
        for _ in capture.packets(source, threading.Event()):  # type: ignore[arg-type]
            pass
    assert capture._thread is not None
    assert not capture._thread.is_alive()


def test_what_breaks_on_the_thread_is_raised_here() -> None:
    """An Unavailable of the source comes as it is, after the last picture; so does the end."""

    def breaks(stop: threading.Event) -> Generator[Packet | None, None, None]:
        yield packet()
        raise Unavailable("camera_gone", "It was pulled out")

    pictures = Capture("cam").packets(breaks, threading.Event())
    with pytest.raises(Unavailable, match="pulled out"):
        list(pictures)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_bug_on_the_thread_is_no_silence() -> None:
    """An exception that no source should raise is raised here as well."""

    def wrong(stop: threading.Event) -> Generator[Packet | None, None, None]:
        yield None
        raise AssertionError("a bug")

    with pytest.raises(AssertionError, match="a bug"):
        for _ in Capture("cam").packets(wrong, threading.Event()):
            pass


def test_a_driver_that_hangs_is_left_and_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaving does not wait for it for long; while it hangs the camera is stuck; when it lets go, it is opened again."""
    monkeypatch.setattr("drivers.scanners.camera.capture.CLOSE_S_MAX", 0.1)
    monkeypatch.setattr("drivers.scanners.camera.capture.SILENT_S_MAX", 0.2)
    release = threading.Event()

    def hangs(stop: threading.Event) -> Generator[Packet | None, None, None]:
        release.wait(HANG_S)
        yield packet()

    capture = Capture("cam")
    with pytest.raises(Unavailable, match="gave no picture"):
        for _ in capture.packets(hangs, threading.Event()):
            pass
    with pytest.raises(Unavailable, match="does not let go") as stuck:
        next(capture.packets(hangs, threading.Event()))
    assert stuck.value.code == "camera_stuck"
    release.set()
    assert capture._thread is not None
    capture._thread.join(HANG_S)
    monkeypatch.setattr("drivers.scanners.camera.capture.SILENT_S_MAX", HANG_S)  # a busy machine starts the thread late
    with closing(capture.packets(lambda stop: every(0.01, stop), threading.Event())) as pictures:
        assert taken(pictures).cells is not None
