"""What support sees of a camera: through a running posd, with the codes out of it."""

import subprocess
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from drivers.scanners.decode.reader import read_frame
from tests.drivers.scanners.pictures import qr_png
from tests.posd.daemon import POSD, READY_S_MAX, Daemon, settings_file

CAMERA = '[[scanners]]\ndriver = "camera"\nname = "front door"\npath = "{}"\nfollow = true\n'


def posd(daemon: Daemon, *words: str) -> subprocess.CompletedProcess[str]:
    """The command, told where this posd really listens."""
    port = daemon.connect().port
    file = daemon.file.with_name("asked.toml")
    file.write_text(daemon.file.read_text().replace("api.port = 0", f"api.port = {port}"))
    command = [str(POSD), *words, "--config", str(file)]
    return subprocess.run(command, capture_output=True, text=True, timeout=READY_S_MAX, check=False, cwd=daemon.file.parent)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """The folder that the camera watches, with a member's code in it."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "a.png").write_bytes(qr_png("PL1:SECRET"))
    return folder


def test_a_snapshot_shows_no_code_and_warns_of_faces(tmp_path: Path, pictures: Path) -> None:
    """The picture is written where it is wanted, in it nothing can be read, and what may be in it is said."""
    with Daemon(settings_file(tmp_path, CAMERA.format(pictures))) as daemon:
        guard_s = time.monotonic() + READY_S_MAX
        while not any(line["event"].startswith("scan") for line in daemon.lines()):
            assert time.monotonic() < guard_s
            time.sleep(0.01)
        told = posd(daemon, "camera", "snapshot", "front door")
        assert told.returncode == 0, told.stderr
        assert "Faces may be in the picture" in told.stdout
        picture = cv2.imread(str(tmp_path / "front door.png"), cv2.IMREAD_GRAYSCALE)
        assert picture is not None
        seen = read_frame(np.asarray(picture, dtype=np.uint8))
        assert (seen.readings, seen.dropped) == ((), ())
        assert posd(daemon, "camera", "snapshot", "front door", "--png", "/proc/none.png").returncode == 78
        assert "SECRET" not in daemon.log.read_text()


def test_a_camera_that_is_not_there_or_sees_nothing_is_told(tmp_path: Path, pictures: Path) -> None:
    """An unknown name is answered with those there are; a camera without a picture says that it has none."""
    (pictures / "a.png").unlink()
    with Daemon(settings_file(tmp_path, CAMERA.format(pictures))) as daemon:
        told = posd(daemon, "camera", "snapshot", "window")
        assert (told.returncode, told.stdout) == (1, "")
        assert "no camera named 'window'" in told.stderr
        assert "front door" in told.stderr
        told = posd(daemon, "camera", "snapshot", "front door")
        assert (told.returncode, told.stdout) == (75, "")
        assert "gives no picture now" in told.stderr
