"""Without FriBiDi or the font nothing starts: Hebrew is never printed in reverse silently."""

import ctypes.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import features

from drivers import load_printer
from drivers.printers import lettering
from drivers.printers.lettering import require_shaping
from runtime.errors import Misconfigured

ROOT = Path(__file__).resolve().parents[3]
START = """
from drivers import load_printer
from runtime.errors import Misconfigured
try:
    load_printer("folder", "receipts", {"folder": "paper"})
except Misconfigured as error:
    print(error.code, error.hint)
else:
    print("started")
"""


def fribidi() -> Path | None:
    """The library file that Pillow loads."""
    for folder in ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/lib/x86_64-linux-gnu"):
        file = Path(folder) / "libfribidi.so.0"
        if file.exists():
            return file.resolve()
    return None


def can_hide() -> bool:
    """Whether this machine lets us have a mount namespace of our own."""
    if os.geteuid() != 0 or shutil.which("unshare") is None or fribidi() is None:
        return False
    return subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode == 0


def test_this_machine_can_draw_hebrew() -> None:
    """Here, where FriBiDi and the font are installed, nothing is raised."""
    assert ctypes.util.find_library("fribidi")
    require_shaping()


@pytest.mark.parametrize("missing", ["raqm", "fribidi"])
def test_a_missing_library_stops_the_start(missing: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """When Pillow says that it has no Raqm or no FriBiDi, no printer is built, and the hint names the package."""
    real = features.check
    monkeypatch.setattr(features, "check", lambda feature: feature != missing and real(feature))
    for driver, options in (("folder", {"folder": str(tmp_path)}), ("network", {"host": "127.0.0.1"})):
        with pytest.raises(Misconfigured) as caught:
            load_printer(driver, "receipts", options)
        assert caught.value.code == "text_shaping_missing"
        assert "libfribidi0" in caught.value.hint


def test_a_missing_font_stops_the_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without DejaVu Sans the hint names its package."""
    monkeypatch.setattr(lettering, "FONT_FOLDER", tmp_path)
    with pytest.raises(Misconfigured) as caught:
        require_shaping()

    assert "fonts-dejavu-core" in caught.value.hint


@pytest.mark.system
@pytest.mark.skipif(not can_hide(), reason="needs root, unshare and a mount namespace to hide libfribidi from one process")
def test_with_the_library_really_hidden() -> None:
    """With /dev/null in the place of libfribidi a real start fails loudly; without it, the same start succeeds."""
    hide = f'mount --bind /dev/null {fribidi()} && exec "$0" -c "$1"'
    hidden = subprocess.run(
        ["unshare", "-m", "sh", "-c", hide, sys.executable, START], cwd=ROOT, capture_output=True, text=True, check=True
    )
    whole = subprocess.run([sys.executable, "-c", START], cwd=ROOT, capture_output=True, text=True, check=True)

    assert hidden.stdout.startswith("text_shaping_missing")
    assert "libfribidi0" in hidden.stdout
    assert whole.stdout.strip() == "started"
