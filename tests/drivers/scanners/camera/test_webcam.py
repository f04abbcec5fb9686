"""A V4L2 camera down to its ioctls: what it is asked, what it gives, how it breaks."""

import errno
import threading
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from drivers.scanners.camera import v4l2
from drivers.scanners.camera.packet import Packet
from drivers.scanners.camera.webcam import BUFFERS, Wanted, v4l2_packets
from drivers.scanners.decode.reader import read_frame
from runtime.errors import Misconfigured, Unavailable
from tests.drivers.scanners.camera.video import EXPOSURE_AUTO, FOCUS, FOCUS_AUTO, Video, plugged_in
from tests.drivers.scanners.camera.views import HEIGHT, WIDTH, jpeg, scene
from tests.drivers.scanners.reads import open_paths

Packets = Generator[Packet | None, None, None]
LOOKS_MAX = 1000  # a hang guard: each takes 0.1 s at most


@pytest.fixture
def video() -> Iterator[Video]:
    with plugged_in() as one:
        yield one


def opened(video: Video, **wanted: object) -> Packets:
    return v4l2_packets(str(video.path), Wanted(**wanted), threading.Event())  # type: ignore[arg-type]


def picture_of(packets: Packets) -> Packet:
    return next(one for one, _ in zip(packets, range(LOOKS_MAX), strict=False) if one)


def told(video: Video, **wanted: object) -> Unavailable:
    with closing(opened(video, **wanted)) as packets, pytest.raises(Unavailable) as error:
        picture_of(packets)
    assert str(video.path) in error.value.message
    assert error.value.hint
    return error.value


def test_pictures_come_as_the_camera_compressed_them(video: Video) -> None:
    """Each is a whole JPEG with the code in it; the camera was asked for size and rate; afterwards nothing is held."""
    video.sight.show("PL1:A")
    with closing(opened(video, width=800, height=600, fps=10)) as packets:
        one = picture_of(packets)
        assert one.layout is None
        assert one.cells is not None
        frame = one.frame()
        assert frame is not None
        assert [reading.text for reading in read_frame(frame).readings] == ["PL1:A"]
        assert video._format == (800, 600)
        assert video.rate == (1, 10)
        assert picture_of(packets).data != one.data
    assert not video.streaming
    assert str(video.path) not in open_paths()


def test_raw_pictures_are_taken_where_there_is_no_jpeg(video: Video) -> None:
    """A camera that gives YUYV only is read by its own row length."""
    rows = np.full((HEIGHT, WIDTH * 2 + 32), 128, np.uint8)
    rows[:, : WIDTH * 2 : 2] = scene("PL1:RAW")
    video.kind, video.sight.frozen = "YUYV", True
    video.sight.see(rows.tobytes())
    with closing(opened(video)) as packets:
        one = picture_of(packets)
        assert one.cells is not None
        frame = one.frame()
        assert frame is not None
        assert [reading.text for reading in read_frame(frame).readings] == ["PL1:RAW"]


def test_a_driver_that_refuses_jpegs_is_asked_for_raw_pictures(video: Video) -> None:
    """Some drivers give the nearest that they have, some say no."""
    video.kind, video.refuses = "YUYV", "MJPG"
    video.sight.frozen = True
    video.sight.see(bytes(HEIGHT * (WIDTH * 2 + 32)))
    with closing(opened(video)) as packets:
        layout = picture_of(packets).layout
    assert layout is not None
    assert (layout.kind, layout.width, layout.height) == ("YUYV", WIDTH, HEIGHT)
    video.refuses = "MJPG YUYV"
    assert told(video).code == "camera_gone"


def test_an_unknown_format_is_told(video: Video) -> None:
    """With its letters, and what would do."""
    video.kind = "H264"
    error = told(video)
    assert (error.code, "'H264'" in error.message, "MJPG" in error.hint) == ("camera_format", True, True)


def test_controls_are_set_by_name_in_order(video: Video) -> None:
    """Autofocus off, then the focus; old names and new ones."""
    controls = {"focus_auto": 0, "focus_absolute": 40, "exposure_auto": 1}
    with closing(opened(video, controls=controls)) as packets:
        picture_of(packets)
    assert video.values == {FOCUS_AUTO: 0, FOCUS: 40, EXPOSURE_AUTO: 1}


@pytest.mark.parametrize(
    ("controls", "says"),
    [
        ({"zoom_absolute": 1}, r"no control 'zoom_absolute'. It has: auto_exposure, focus_absolute"),
        ({"iris": 1}, "no control 'iris'"),
        ({"focus_absolute": 251}, "does not take focus_absolute = 251. From 0 to 250"),
        ({"focus_absolute": 40}, "does not take focus_absolute = 40 now. Switch off first"),
    ],
)
def test_a_control_that_cannot_be_set_is_a_wrong_setting(video: Video, controls: dict[str, int], says: str) -> None:
    """A name it has not, a value out of its bounds, and one that its automatic holds."""
    with pytest.raises(Misconfigured, match=says) as error:
        next(opened(video, controls=controls))
    assert error.value.code == "camera_control"


def test_a_camera_that_is_pulled_out_is_told_and_comes_back(video: Video) -> None:
    """While it streams, and while it is away; plugged in again it gives pictures again."""
    with closing(opened(video)) as packets:
        picture_of(packets)
        video.unplug()
        with pytest.raises(Unavailable, match="stopped: No such device"):
            picture_of(packets)
    assert "cannot be opened: No such file" in told(video).message
    video.plug()
    with closing(opened(video)) as packets:
        assert picture_of(packets).cells is not None


@pytest.mark.parametrize(
    ("request_", "number", "hint"),
    [
        (v4l2.S_FMT, errno.EBUSY, "Another program has it"),
        (v4l2.REQBUFS, errno.EBUSY, "Another program has it"),
        (v4l2.STREAMON, errno.ENOSPC, "another port"),
        (v4l2.QUERYCAP, errno.ENOTTY, "-video-index0"),
        (v4l2.DQBUF, errno.ENODEV, "Plug it in"),
        (v4l2.QUERYCAP, errno.EPERM, "group video"),
    ],
)
def test_each_refusal_has_its_hint(video: Video, request_: int, number: int, hint: str) -> None:
    """Busy, no bandwidth, no camera at all, gone, not allowed."""
    video.fails[request_] = number
    error = told(video)
    assert (error.code, hint in error.hint) == ("camera_gone", True)


def test_the_node_for_other_data_is_told_from_the_camera(video: Video) -> None:
    """UVC cameras have a second node, which says that it captures nothing though the camera as a whole does."""
    video.device_caps = v4l2.CAN_STREAM | 0x0080_0000  # metadata capture
    assert "second node" in told(video).message


def test_a_camera_that_takes_no_rate_is_taken_as_it_is(video: Video) -> None:
    """A refused rate is no reason to do without the camera."""
    video.fails[v4l2.S_PARM] = errno.ENOTTY
    with closing(opened(video)) as packets:
        assert picture_of(packets).cells is not None


def test_torn_and_lost_pictures_are_passed_over(video: Video) -> None:
    """What the driver marks as torn, or lost on the wire, is no picture and no end."""
    with closing(opened(video)) as packets:
        picture_of(packets)
        video.flags, video.lost = v4l2.BROKEN, 2
        assert [next(packets) for _ in range(10)] == [None] * 10
        video.flags = 0
        assert picture_of(packets).cells is not None


def test_only_the_newest_picture_is_given(video: Video) -> None:
    """Whoever was away for a while gets what the camera sees, not what it saw."""
    with closing(opened(video)) as packets:
        picture_of(packets)
        waiting = [jpeg(scene(text)) for text in ("PL1:A", "PL1:B", "PL1:C")]
        video.waiting = list(waiting)
        assert picture_of(packets).data == waiting[-1]
        assert len(video._queued) == video._count > BUFFERS  # the driver gave more than asked for, and has them all again


def test_silence_is_no_picture_and_ends_when_asked(video: Video) -> None:
    """A camera that gives nothing is asked on; the event ends it."""
    video.silent = True
    stop = threading.Event()
    packets = v4l2_packets(str(video.path), Wanted(), stop)
    assert [next(packets) for _ in range(20)] == [None] * 20
    stop.set()
    assert list(packets) == []
    assert not video.streaming


def test_what_is_no_device_is_told(tmp_path: Path) -> None:
    """A plain file knows no ioctl; a folder cannot be opened."""
    (tmp_path / "file").touch()
    for path, why in ((tmp_path / "file", "is no camera"), (tmp_path, "cannot be opened")):
        with pytest.raises(Unavailable, match=why):
            next(v4l2_packets(str(path), Wanted(), threading.Event()))
