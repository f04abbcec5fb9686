"""A folder of pictures and a video as a camera."""

import asyncio
from contextlib import aclosing
from pathlib import Path

import cv2
import numpy as np
import pytest
import structlog

from drivers.ports import Scan
from drivers.scanners.camera import files
from drivers.scanners.camera.scanner import Camera, CameraOptions
from drivers.scanners.decode.frame import Frame
from drivers.scanners.decode.reader import Decoded, Reader
from runtime.errors import Unavailable
from tests.drivers.scanners.pictures import png, qr, qr_png
from tests.drivers.scanners.reads import following, none_within


async def all_of(scanner: Camera) -> list[str]:
    return [scan.text async for scan in scanner.scans()]


def on_counter(code: Frame | None, noise: np.random.Generator) -> Frame:
    """A 640x480 frame of a counter, with a code on it, and the noise of a sensor."""
    scene = np.full((480, 640), 120.0)
    if code is not None:
        scene[100 : 100 + code.shape[0], 200 : 200 + code.shape[1]] = code
    return np.clip(scene + noise.normal(0, 5, scene.shape), 0, 255).astype(np.uint8)


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[Frame]:
    """The frames that reach the decoder because they show something new."""
    seen: list[Frame] = []
    real = Reader.read

    def read(reader: Reader, frame: Frame, *, changed: bool) -> Decoded:
        seen.extend([frame] if changed else [])
        return real(reader, frame, changed=changed)

    monkeypatch.setattr(Reader, "read", read)
    return seen


async def test_a_folder_is_read_in_order_and_once(tmp_path: Path) -> None:
    """Pictures come in the order of their names, other files do not count, and a second round brings nothing again."""
    for name, text in (("b.png", "B"), ("a.jpg", "A"), ("c.PNG", "C")):
        cv2.imwrite(str(tmp_path / name.lower()), qr(text))
    (tmp_path / "c.png").rename(tmp_path / "c.PNG")
    (tmp_path / "a.txt").write_text("no picture")
    (tmp_path / ".hidden.png").write_bytes(qr_png("H"))
    (tmp_path / "folder.png").mkdir()
    scanner = Camera("cam", CameraOptions(str(tmp_path)))
    assert [scan async for scan in scanner.scans()] == [Scan(text, "cam", "]Q1") for text in "ABC"]
    assert await all_of(scanner) == []


async def test_codes_that_come_into_view_together_are_one_scan(tmp_path: Path) -> None:
    """Two codes in a picture are one scan with the other beside it; one that was in view before is not told again."""
    (tmp_path / "1.png").write_bytes(png(np.ascontiguousarray(np.hstack([qr("B"), qr("A")]))))
    (tmp_path / "2.png").write_bytes(png(np.ascontiguousarray(np.hstack([qr("B"), qr("C")]))))
    scanner = Camera("cam", CameraOptions(str(tmp_path)))
    assert [scan async for scan in scanner.scans()] == [Scan("A", "cam", "]Q1", ("B",)), Scan("C", "cam", "]Q1")]


async def test_pictures_that_come_later_are_followed(tmp_path: Path) -> None:
    """With follow, a picture saved later is read, and none that was read before."""
    (tmp_path / "z.png").write_bytes(qr_png("first"))
    async with aclosing(Camera("cam", CameraOptions(str(tmp_path), follow=True)).scans()) as scans:
        assert (await following(scans)).text == "first"
        (tmp_path / "a.png").write_bytes(qr_png("later"))
        assert (await following(scans)).text == "later"
        assert await none_within(scans, 0.5)


async def test_a_half_written_picture_is_read_when_it_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that grows while it is looked at is neither lost nor told of."""
    monkeypatch.setattr(files, "SETTLE_S", 10.0)
    whole = qr_png("PL1:A")
    with structlog.testing.capture_logs() as logs, (tmp_path / "a.png").open("wb") as file:
        async with aclosing(Camera("cam", CameraOptions(str(tmp_path), follow=True)).scans()) as scans:
            (tmp_path / "b.png").write_bytes(qr_png("B"))
            assert (await following(scans)).text == "B"
            for start in range(0, len(whole), len(whole) // 3 + 1):
                file.write(whole[start : start + len(whole) // 3 + 1])
                file.flush()
            assert (await following(scans)).text == "PL1:A"
    assert logs == []


async def test_a_broken_picture_is_told_by_name_and_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture that stays unreadable is named once in the log; the others are read, and the source still ends."""
    monkeypatch.setattr(files, "SETTLE_S", 0.3)
    (tmp_path / "a.png").write_bytes(qr_png("A")[:60])
    (tmp_path / "b.png").write_bytes(qr_png("B"))
    with structlog.testing.capture_logs() as logs:
        assert await all_of(Camera("cam", CameraOptions(str(tmp_path)))) == ["B"]
    assert [(one["log_level"], one["file"], one["code"]) for one in logs] == [("warning", "a.png", "picture_unreadable")]


async def test_a_code_that_is_no_text_is_told_once(tmp_path: Path) -> None:
    """A code that cannot be taken is named by its reason, without what it says, and not for every picture of it."""
    for scale in (4, 5, 6):
        (tmp_path / f"{scale}.png").write_bytes(qr_png(b"\x8d\xff\xfe\0\x01\x02\xc8", scale))
    with structlog.testing.capture_logs() as logs:
        assert await all_of(Camera("cam", CameraOptions(str(tmp_path)))) == []
    assert [one["reasons"] for one in logs] == [["7 bytes that are not UTF-8"]]


async def test_the_same_code_again_is_the_same_scan(tmp_path: Path) -> None:
    """Different pictures of one code within the set time are one scan; with 0 each is one, alike or not."""
    for number, scale in enumerate((4, 5, 5, 6)):
        (tmp_path / f"{number}.png").write_bytes(qr_png("A", scale))
    assert await all_of(Camera("cam", CameraOptions(str(tmp_path)))) == ["A"]
    assert await all_of(Camera("cam", CameraOptions(str(tmp_path), again_after_s=0))) == ["A"] * 4


async def test_a_folder_that_is_too_full_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More pictures than can be looked through in time are not looked through in silence."""
    monkeypatch.setattr(files, "PICTURES_MAX", 2)
    for name in "abc":
        (tmp_path / f"{name}.png").touch()
    with pytest.raises(Unavailable, match="more than 2 pictures"):
        await all_of(Camera("cam", CameraOptions(str(tmp_path))))


def write_video(path: Path, shots: list[Frame], fps: int = 10) -> None:
    video = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), fps, (640, 480), isColor=True)
    assert video.isOpened()
    for shot in shots:
        video.write(cv2.cvtColor(shot, cv2.COLOR_GRAY2BGR))
    video.release()


async def test_a_video_is_read_by_its_own_clock(tmp_path: Path, decoded: list[Frame]) -> None:
    """A code held up for 4 s, gone for 4 s and held up again is two scans; what shows nothing new is not decoded for long."""
    noise = np.random.default_rng(1)
    code = qr("PL1:ABC", 5)
    shots = [on_counter(held, noise) for held in (None, code, None, code, None) for _ in range(8)]
    write_video(tmp_path / "till.avi", shots, fps=2)
    scanner = Camera("cam", CameraOptions(str(tmp_path / "till.avi")))
    assert await all_of(scanner) == ["PL1:ABC"] * 2
    assert 2 + 3 * 4 <= len(decoded) <= 2 + 3 * 5  # of 40: a code once, an empty counter for SETTLE_S
    assert await all_of(scanner) == ["PL1:ABC"] * 2


async def test_a_short_look_away_is_the_same_scan(tmp_path: Path) -> None:
    """A code that is out of view for a second is not scanned again."""
    noise = np.random.default_rng(1)
    code = qr("PL1:ABC", 5)
    write_video(tmp_path / "till.avi", [on_counter(held, noise) for held in (code, None, code) for _ in range(10)])
    assert await all_of(Camera("cam", CameraOptions(str(tmp_path / "till.avi")))) == ["PL1:ABC"]


async def test_what_is_no_video_is_unavailable(tmp_path: Path) -> None:
    """A file that is no video, and a path that is not there, say so with a hint."""
    (tmp_path / "note.avi").write_text("hello" * 100)
    for path in (tmp_path / "note.avi", tmp_path / "none"):
        with pytest.raises(Unavailable, match=r"Wanted: a folder|Check the path"):
            await all_of(Camera("cam", CameraOptions(str(path))))


async def test_a_full_queue_waits_for_the_reader(tmp_path: Path) -> None:
    """A reader slower than the camera gets every scan."""
    for number in range(40):
        (tmp_path / f"{number:02}.png").write_bytes(qr_png(f"N{number:02}"))
    async with aclosing(Camera("cam", CameraOptions(str(tmp_path))).scans()) as scans:
        got = [(await following(scans)).text]
        await asyncio.sleep(0.5)  # far more than 16 scans are ready by now
        got += [scan.text async for scan in scans]
    assert got == [f"N{number:02}" for number in range(40)]
