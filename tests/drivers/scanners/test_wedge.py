"""A keyboard wedge over a FIFO that takes what Linux would give, and over a real input device where this machine can make one."""

import asyncio
import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Self

import pytest
import structlog

from drivers import load_scanner
from drivers.scanners import input_device
from drivers.scanners.framing import HALF_SCAN_S
from drivers.scanners.input_device import EVIOCGRAB, INPUT_EVENT, InputDevice
from runtime.errors import Misconfigured, Unavailable
from runtime.supervise import supervise
from tests.drivers.scanners import keystrokes as keys
from tests.drivers.scanners.keystrokes import ALT, SHIFT, TAB, Event, recorded
from tests.drivers.scanners.reads import following, none_within, until
from tests.drivers.test_scanners_contract import open_paths

CODE = "PL1:2KTQ-MZ7"


class Fifo:
    """The end of the kernel, which writes events."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.plug()

    def plug(self) -> None:
        os.mkfifo(self.path)
        self._ours = os.open(self.path, os.O_RDWR)

    def send(self, data: bytes) -> None:
        os.write(self._ours, data)

    def unplug(self) -> None:
        self.path.unlink()
        os.close(self._ours)

    def is_open(self) -> bool:
        return open_paths().count(str(self.path)) == 2


@pytest.fixture
def fifo(tmp_path: Path) -> Iterator[Fifo]:
    yield (made := Fifo(tmp_path / "usb-scanner-event-kbd"))
    if made.path.exists():
        made.unplug()


async def read(fifo: Fifo, sent: list[bytes], *, wanted: int, **options: object) -> list[str]:
    """Send pieces; give the texts of the `wanted` scans, after which there must be no more."""
    scanner = load_scanner("wedge", "till", {"path": str(fifo.path), **options})
    async with aclosing(scanner.scans()) as scans:
        first = asyncio.ensure_future(following(scans))
        await until(fifo.is_open)
        for data in sent:
            fifo.send(data)
            await asyncio.sleep(0.02)
        got = [(await first).text, *[(await following(scans)).text for _ in range(wanted - 1)]]
        assert await none_within(scans, 0.4)
    return got


async def test_a_code_is_read_as_it_was_typed(fifo: Fifo) -> None:
    """A member's code, whatever the keyboard layout of this machine: key codes know none."""
    assert await read(fifo, [recorded(keys.typed(CODE))], wanted=1) == [CODE]


async def test_the_hebrew_layout_does_not_matter(fifo: Fifo) -> None:
    """The keys that would type Hebrew in the till's window give the Latin letters that the scanner meant."""
    keys_of_shalom = [30, 37, 22, 24]  # a, k, u, o: a window with the Israeli layout shows them as shin, lamed, vav, final mem
    events = [event for code in keys_of_shalom for event in keys.tap(code)]
    assert await read(fifo, [recorded(events + keys.tap(TAB))], wanted=1) == ["akuo"]


async def test_any_split_of_the_events(fifo: Fifo) -> None:
    """Bytes that arrive in pieces of any size, and two scans in one piece."""
    data = recorded(keys.typed("A1") + keys.typed("b2", TAB))
    assert await read(fifo, [data[:5], data[5:100], data[100:], recorded(keys.typed("C"))], wanted=3) == ["A1", "b2", "C"]


async def test_alt_and_keypad(fifo: Fifo) -> None:
    """A scanner in "Alt and digits" mode, whose Enter is a number too."""
    assert await read(fifo, [recorded(keys.alt_typed(CODE))], wanted=1) == [CODE]


async def test_without_a_suffix_a_pause_ends_a_scan(fifo: Fifo) -> None:
    """A scanner that types no Enter is read by its pause."""
    assert await read(fifo, [recorded(keys.typed("7290", None))], wanted=1, suffix="none", gap_s=0.1) == ["7290"]


async def test_only_the_suffix_that_was_set_ends_a_scan(fifo: Fifo) -> None:
    """With Enter as the suffix a Tab belongs to the code, and the other way round."""
    assert await read(fifo, [recorded(keys.typed("A", TAB) + keys.typed("B"))], wanted=1, suffix="line") == ["A\tB"]
    assert await read(fifo, [recorded(keys.typed("A") + keys.typed("B", TAB))], wanted=1, suffix="tab") == ["A\rB"]


async def test_what_the_scanner_added_is_taken_off(fifo: Fifo) -> None:
    """A prefix of the shop's, an AIM identifier, letters turned by a Caps Lock that the scanner believes in."""
    sent = recorded(keys.typed("s-]Q1pl1:ABC"))
    assert await read(fifo, [sent], wanted=1, prefix="s-", aim=True) == ["pl1:ABC"]
    assert await read(fifo, [sent], wanted=1, prefix="S-", caps_lock=True) == ["]q1PL1:abc"]


async def test_repeats_are_one_scan(fifo: Fifo) -> None:
    """A scanner on a stand that repeats a code gives one scan."""
    a, b = recorded(keys.typed("A")), recorded(keys.typed("B"))
    assert await read(fifo, [a, a, b, a], wanted=2) == ["A", "B"]
    assert await read(fifo, [a, a], wanted=2, again_after_s=0) == ["A", "A"]


async def test_half_a_scan_is_dropped_by_time(fifo: Fifo) -> None:
    """A scan without its end is not glued to the next one, and a Shift that never came up does not change it."""
    scanner = load_scanner("wedge", "till", {"path": str(fifo.path)})
    with structlog.testing.capture_logs() as logs:
        async with aclosing(scanner.scans()) as scans:
            first = asyncio.ensure_future(following(scans))
            await until(fifo.is_open)
            fifo.send(recorded([*keys.typed("secret", None), *keys.down(SHIFT)]))
            await until(lambda: bool(logs))
            await asyncio.sleep(HALF_SCAN_S / 4)
            fifo.send(recorded(keys.typed("pl1:a")))
            assert (await first).text == "pl1:a"
    assert [one["reason"] for one in logs] == ["half a scan, without the suffix"]
    assert "secret" not in str(logs)


async def test_lost_key_events_drop_the_scan_they_are_lost_from(fifo: Fifo) -> None:
    """A scan that the kernel lost a part of is no scan, rather than another member's; the log says why."""
    lost: list[Event] = [*keys.typed("PL1:A", None), (0, 3, 0), *keys.typed("B"), *keys.typed("C")]
    with structlog.testing.capture_logs() as logs:
        assert await read(fifo, [recorded(lost)], wanted=1) == ["C"]
    assert [one["reason"] for one in logs] == ["the kernel lost key events of it"]


async def test_noise_then_a_scan(fifo: Fifo) -> None:
    """Bytes that are no events, of no whole number of events, harm nothing that comes after a pause."""
    noise = bytes(range(256)) * 30 + b"odd"
    scanner = load_scanner("wedge", "till", {"path": str(fifo.path)})
    async with aclosing(scanner.scans()) as scans:
        first = asyncio.ensure_future(following(scans))
        await until(fifo.is_open)
        fifo.send(noise)
        await asyncio.sleep(HALF_SCAN_S * 1.3)
        fifo.send(recorded([keys.SYN, *keys.tap(ALT), *keys.typed("PL1:A")]))
        assert (await first).text == "PL1:A"


async def test_a_replugged_wedge_goes_on_under_the_supervisor(fifo: Fifo) -> None:
    """Pulled out in the middle of a scan and put back, it is read on; the half scan is gone."""
    scanner = load_scanner("wedge", "till", {"path": str(fifo.path)})
    got: list[str] = []

    async def read_on() -> None:
        async with aclosing(scanner.scans()) as scans:
            async for scan in scans:
                got.append(scan.text)  # noqa: PERF401 (it never ends)

    supervised = asyncio.ensure_future(supervise("scanner", read_on))
    await until(fifo.is_open)
    fifo.send(recorded(keys.typed("A") + keys.typed("half", None)))
    await until(lambda: got == ["A"])
    fifo.unplug()
    await asyncio.sleep(0.2)
    fifo.plug()
    await until(fifo.is_open)
    fifo.send(recorded(keys.typed("B")))
    await until(lambda: "B" in got)
    supervised.cancel()
    await asyncio.wait({supervised})
    assert got == ["A", "B"]


async def test_another_device_under_the_same_name_is_opened_anew(fifo: Fifo) -> None:
    """A link that leads elsewhere now is told, so that the supervisor opens what it leads to."""
    scanner = load_scanner("wedge", "till", {"path": str(fifo.path)})
    async with aclosing(scanner.scans()) as scans:
        waiting = asyncio.ensure_future(following(scans))
        await until(fifo.is_open)
        other = fifo.path.with_name("other")
        os.mkfifo(other)
        other.rename(fifo.path)
        with pytest.raises(Unavailable, match="another device"):
            await waiting


@pytest.mark.parametrize(
    "path", ["/dev/input/event0", "/dev/input/event17", "/dev/input/../input/event3", "/dev//input/event3"]
)
def test_a_number_that_may_be_the_cashiers_keyboard_is_refused(path: str) -> None:
    """Only a name that stays with the scanner may be grabbed, and one must be given."""
    with pytest.raises(Misconfigured, match="by-id"):
        load_scanner("wedge", "till", {"path": path})
    with pytest.raises(Misconfigured, match="path"):
        load_scanner("wedge", "till", {})


@pytest.mark.parametrize("path", ["/dev/full", "file", "none"])
async def test_what_is_no_input_device_is_unavailable(path: str, tmp_path: Path) -> None:
    """A device that cannot be grabbed is not read: a real device, a file, and nothing at all."""
    (tmp_path / "file").touch()
    scanner = load_scanner("wedge", "till", {"path": str(tmp_path / path)})  # an absolute path stays what it is
    with pytest.raises(Unavailable) as refused:
        await following(scanner.scans())
    assert refused.value.code == "scanner_gone"
    assert "/dev/input/by-id" in refused.value.hint
    assert str(tmp_path / path) not in open_paths()


@pytest.fixture
def as_if_evdev(monkeypatch: pytest.MonkeyPatch, fifo: Fifo) -> list[tuple[int, int]]:
    """The FIFO taken for a device, and the grabs that it is asked for."""
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(input_device.stat, "S_ISFIFO", lambda mode: False)
    monkeypatch.setattr(input_device.fcntl, "ioctl", lambda _, request, value: asked.append((request, value)))
    return asked


def test_a_device_is_grabbed_before_it_is_read_and_its_caps_light_put_out(
    fifo: Fifo, as_if_evdev: list[tuple[int, int]]
) -> None:
    """EVIOCGRAB with 1, then EV_LED LED_CAPSL 0: written here into the FIFO, where the kernel would take it."""
    assert 1 << 30 | 4 << 16 | ord("E") << 8 | 0x90 == EVIOCGRAB  # _IOW('E', 0x90, int), asm-generic/ioctl.h
    device = InputDevice(str(fifo.path))
    assert as_if_evdev == [(EVIOCGRAB, 1)]
    assert [tuple(event) for event in device.read()] == [(keys.EV_LED, 1, 0), keys.SYN]
    device.close()


def test_a_device_that_another_program_grabbed_is_told_so(
    fifo: Fifo, as_if_evdev: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """EBUSY is no missing device: the hint says how to find who holds it, and the device is closed again."""

    def busy(*_: object) -> None:
        raise OSError(errno.EBUSY, "busy")

    monkeypatch.setattr(input_device.fcntl, "ioctl", busy)
    with pytest.raises(Unavailable) as refused:
        InputDevice(str(fifo.path))
    assert refused.value.code == "scanner_taken"
    assert "fuser" in refused.value.hint
    assert not fifo.is_open()


def test_an_unplugged_device_is_unavailable(fifo: Fifo, monkeypatch: pytest.MonkeyPatch) -> None:
    """ENODEV, which evdev gives for every read after the plug was pulled."""

    def gone(*_: object) -> bytes:
        raise OSError(errno.ENODEV, "No such device")

    device = InputDevice(str(fifo.path))
    fifo.send(b"x")
    monkeypatch.setattr(input_device.os, "read", gone)
    with pytest.raises(Unavailable, match="unplugged"):
        device.read()
    device.close()


UINPUT = Path("/dev/uinput")


@pytest.mark.skipif(not os.access(UINPUT, os.W_OK), reason="this machine has no /dev/uinput that we may write to")
async def test_a_real_input_device_is_grabbed_and_read(tmp_path: Path) -> None:
    """A keyboard made by the kernel's own uinput: read, grabbed for us alone, and gone when it is destroyed."""
    with UInput() as keyboard:
        scanner = load_scanner("wedge", "till", {"path": str(keyboard.linked_from(tmp_path / "scanner"))})
        async with aclosing(scanner.scans()) as scans:
            waiting = asyncio.ensure_future(following(scans))
            await until(lambda: str(keyboard.node) in open_paths())
            await asyncio.sleep(0.2)
            with keyboard.node.open("rb") as second, pytest.raises(OSError, match="busy"):
                fcntl.ioctl(second, EVIOCGRAB, 1)
            await asyncio.to_thread(keyboard.send, keys.typed(CODE))
            assert (await waiting).text == CODE
            waiting = asyncio.ensure_future(following(scans))
            keyboard.destroy()
            with pytest.raises(Unavailable):
                await waiting


class UInput:
    """A keyboard of the kernel's own, made by writing a `struct uinput_user_dev` (Documentation/input/uinput.rst)."""

    def __enter__(self) -> Self:
        self._file = os.open(UINPUT, os.O_WRONLY | os.O_NONBLOCK)
        for kind in (keys.EV_SYN, keys.EV_KEY, keys.EV_MSC, keys.EV_LED):
            fcntl.ioctl(self._file, 0x40045564, kind)  # UI_SET_EVBIT
        for code in range(1, 128):
            fcntl.ioctl(self._file, 0x40045565, code)  # UI_SET_KEYBIT
        fcntl.ioctl(self._file, 0x40045568, 4)  # UI_SET_MSCBIT MSC_SCAN
        fcntl.ioctl(self._file, 0x40045569, 1)  # UI_SET_LEDBIT LED_CAPSL
        os.write(self._file, b"posd test wedge".ljust(80, b"\0") + bytes(8 + 4 + 4 * 64 * 4))
        before = set(Path("/sys/class/input").glob("event*"))
        fcntl.ioctl(self._file, 0x5501)  # UI_DEV_CREATE
        (made,) = set(Path("/sys/class/input").glob("event*")) - before
        self.node = Path("/dev/input") / made.name
        return self

    def linked_from(self, path: Path) -> Path:
        """A stable name for it, as udev makes one."""
        path.symlink_to(self.node)
        return path

    def send(self, events: list[Event]) -> None:
        """Type, 200 reports a second: more than 64 events at once are more than the kernel keeps for a reader."""
        for event in events:
            os.write(self._file, INPUT_EVENT.pack(0, 0, *event))
            if event == keys.SYN:
                time.sleep(0.005)

    def destroy(self) -> None:
        """Unplug it."""
        fcntl.ioctl(self._file, 0x5502)  # UI_DEV_DESTROY

    def __exit__(self, *_: object) -> None:
        os.close(self._file)
