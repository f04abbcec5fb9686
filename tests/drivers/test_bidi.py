"""Visual order, held against the `fribidi` program of Debian's libfribidi-bin; and a machine without the library."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers import bidi
from drivers.bidi import Direction, visual
from runtime.errors import Misconfigured
from tests.drivers.printers.test_shaping import can_hide, fribidi
from tests.posd.daemon import must_be_plain, settings_file, tell

SAMPLES = [
    "שלום חבר",
    "שלום (חבר) 12.50",
    "abc אבג [דה] 100%",
    "-5 נקודות",
    "₪12.50 - ₪3.00",
    "מבצע 1+1: קפה & מאפה!",
    "רח' הרצל 5, ת\"א",
    "\u2068Name\u2069 שלום",
    "שלום \u2068Name (VIP)\u2069, נשארו 5",
    "مرحبًا اسم",
    "السلام عليكم 123",
    "Hello חבר and اسم",
    "a < ב > c",
    "« שלום »",
]
LETTERS = "abcXYZ אבגדה םןץ 0123456789 ()[]<>{}.,:;-+%₪$\"'/!? سلامةحبلا \u2068\u2069\u200f\u200e"


def told_by_the_program(texts: list[str], direction: Direction) -> list[str]:
    """Each text as the program orders it; it reads lines."""
    command = ["fribidi", f"--{direction}", "--nopad", "--nobreak", "--clean"]
    answer = subprocess.run(command, input="\n".join(texts) + "\n", capture_output=True, text=True, check=True, timeout=60)
    return answer.stdout.split("\n")[:-1]


@pytest.mark.parametrize("direction", ["rtl", "ltr"])
def test_samples_stand_as_the_program_has_them(direction: Direction) -> None:
    """Hebrew, Arabic, mixed lines, brackets, signs, isolates: the same letters in the same order."""
    assert [visual(text, direction) for text in SAMPLES] == told_by_the_program(SAMPLES, direction)


@settings(max_examples=15)
@given(st.lists(st.text(LETTERS, min_size=1, max_size=40).map(str.strip).filter(bool), min_size=40, max_size=80))
def test_any_line_stands_as_the_program_has_it(texts: list[str]) -> None:
    """Whatever is mixed with whatever."""
    for direction in ("rtl", "ltr"):
        assert [visual(text, direction) for text in texts] == told_by_the_program(texts, direction)


def test_hebrew_is_known_by_heart() -> None:
    """A line written out by hand, so that not both can be wrong alike."""
    assert visual("שלום (חבר) 12", "rtl") == "12 (רבח) םולש"
    assert visual("סה״כ 12.50", "rtl") == "12.50 כ״הס"
    assert visual("plain", "ltr") == "plain"
    assert visual("", "rtl") == ""


def test_arabic_letters_are_joined() -> None:
    """Each letter in the form that its neighbors ask for, lam and alef as one."""
    assert visual("بيت", "rtl") == "\ufe96\ufef4\ufe91"
    assert visual("لا", "rtl") == "\ufefb"


def test_nothing_steers_any_more() -> None:
    """No mark of direction is left for a device to show as a letter."""
    assert visual("\u200f\u2067אב\u2069\u202b12\u202c", "rtl") == "12בא"


@given(st.text(max_size=60))
def test_no_text_breaks_it(text: str) -> None:
    """Surrogates, controls and unassigned letters go through."""
    for direction in ("rtl", "ltr"):
        assert len(visual(text, direction)) <= len(text)


def test_a_machine_without_the_library_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Never reversed Hebrew silently."""
    monkeypatch.setattr(bidi, "LIBRARY", "libfribidi-that-is-not-there.so.0")
    bidi.library.cache_clear()
    with pytest.raises(Misconfigured) as missing:
        visual("שלום", "rtl")
    assert (missing.value.code, "libfribidi0" in missing.value.hint) == ("text_shaping_missing", True)


def test_importing_a_driver_does_not_need_the_library() -> None:
    """A shop in plain English, or without any display, starts without it."""
    program = "import drivers.displays.serial, drivers.bidi; assert not drivers.bidi.library.cache_info().currsize"
    assert subprocess.run([sys.executable, "-c", program], timeout=60, check=False).returncode == 0


@pytest.mark.system
@pytest.mark.skipif(not can_hide(), reason="needs root, unshare and a mount namespace to hide libfribidi from one process")
def test_a_terminal_with_a_display_does_not_start_without_the_library(tmp_path: Path) -> None:
    """A real `posd run` with /dev/null in the library's place ends with 78 and says what to install."""
    display = f'[display]\ndriver = "serial"\npath = "{tmp_path}/pole"\n'
    file = settings_file(tmp_path, display)
    hide = f'mount --bind /dev/null {fribidi()} && exec "$0" "$@"'
    told = must_be_plain(tell(file, "unshare", "-m", "sh", "-c", hide), 78)
    assert "libfribidi0" in told
