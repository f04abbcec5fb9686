"""Signs as bytes, read back by a display that knows only its manual."""

from pathlib import Path

import pytest

from drivers.displays.commands import INITIALIZE, showing
from drivers.displays.profile import CHECKOUT, Profile, load_profile
from drivers.ports import Line, Sign
from runtime.errors import Misconfigured
from tests.drivers.displays.screen import Screen

PROFILES = sorted(file.stem for file in CHECKOUT.glob("*.toml"))
ENGLISH = Sign("ltr", Line("Hello Name"), Line("points", "120"))
HEBREW = Sign("rtl", Line("שלום חבר"), Line("נקודות", "120"))
RUSSIAN = Sign("ltr", Line("Привет, Участник"), Line("баллы", "120"))
ARABIC = Sign("rtl", Line("مرحبا اسم"), Line("نقاط", "120"))


def screen_of(profile: Profile) -> Screen:
    """A display that has the profile's pages."""
    pages = {slot: page for page, slot in profile.pages.items() if isinstance(slot, int)}
    fixed = [page for page, slot in profile.pages.items() if slot == "fixed"]
    return Screen(pages, fixed[0] if fixed else "ascii")


@pytest.mark.parametrize("name", PROFILES)
def test_every_profile_shows_a_sign_that_its_display_obeys(name: str) -> None:
    """Both lines stand in the display's own cells, and it knew every command; the second sign replaces the first."""
    profile = load_profile(name)
    screen = screen_of(profile)
    screen.take(INITIALIZE)
    for sign in (HEBREW, RUSSIAN, ARABIC, ENGLISH):
        taken, data = showing(profile, [sign, ENGLISH])
        screen.take(data)
        assert screen.unknown == []
        assert ["120" in line for line in screen.lines] == [False, True]
        if taken == ENGLISH:
            assert screen.lines == ("     Hello Name     ", "points           120")


@pytest.mark.parametrize(
    ("name", "sign", "can"),
    [
        ("generic-cd5220", HEBREW, False),
        ("hebrew-cd5220", HEBREW, True),
        ("hebrew-escpos", HEBREW, True),
        ("hebrew-escpos", RUSSIAN, False),
        ("aures-ocd", HEBREW, True),
        ("aures-ocd", RUSSIAN, True),
        ("aures-ocd", ARABIC, False),
        ("epson-dm-d110", RUSSIAN, True),
        ("epson-dm-d110", HEBREW, False),
    ],
)
def test_a_sign_is_shown_where_a_page_has_its_letters(name: str, sign: Sign, *, can: bool) -> None:
    """And in English where none has."""
    assert showing(load_profile(name), [sign, ENGLISH])[0] == (sign if can else ENGLISH)


def test_arabic_is_shown_by_a_display_that_has_cp864(tmp_path: Path) -> None:
    """By a profile of one's own."""
    file = tmp_path / "arabic.toml"
    file.write_text('commands = "cd5220"\n[pages]\ncp864 = 22\n')
    profile = load_profile(str(file))
    screen = screen_of(profile)
    taken, data = showing(profile, [ARABIC, ENGLISH])
    screen.take(data)
    assert taken == ARABIC
    assert screen.lines[0].strip() == "\ufee1\ufeb3\ufe8d \ufe8e\ufe91\ufea3\ufead\ufee3"


def test_both_lines_come_from_one_page() -> None:
    """A display has one page at a time: a Hebrew name over a Russian word is said in English."""
    mixed = Sign("rtl", Line("שלום"), Line("баллы", "1"))
    assert showing(load_profile("aures-ocd"), [mixed, ENGLISH])[0] == ENGLISH


def test_signs_without_a_plain_one_are_a_bug() -> None:
    """Whoever makes signs ends with one that every display has."""
    with pytest.raises(AssertionError, match="plain"):
        showing(load_profile("generic-cd5220"), [HEBREW])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "1: commands: it is missing"),
        ('commands = "utc"', "1: commands: it says 'utc'; 'cd5220' or 'escpos' is wanted"),
        ('commands = "cd5220"\ncolumns = 4', "2: columns: it says 4; at least 16 is wanted"),
        ('commands = "cd5220"\ncolumns = "20"', "2: columns"),
        ('commands = "cd5220"\nrows = 2', "2: rows: there is no such key"),
        ('commands = "cd5220"\n[pages]\ncp999 = 1', "3: pages.cp999"),
        ('commands = "cd5220"\n[pages]\nutf-8 = 1', "3: pages.utf-8"),
        ('commands = "cd5220"\n[pages]\ncp037 = 1', "3: pages.cp037"),
        ('commands = "cd5220"\n[pages]\ncp862 = 256', "3: pages.cp862"),
        ('commands = "cd5220"\n[pages]\ncp862 = "always"', "3: pages.cp862"),
        ('commands = "cd5220"\n[pages]\ncp862 = "fixed"\ncp866 = 3', "has no other one"),
        ("commands = ", "1: Invalid value"),
    ],
)
def test_a_profile_with_a_mistake_is_told_by_its_key(tmp_path: Path, text: str, told: str) -> None:
    """Before anything starts, as file:line."""
    file = tmp_path / "arabic.toml"
    file.write_text(text)
    with pytest.raises(Misconfigured) as wrong:
        load_profile(str(file))
    assert told in wrong.value.message
    assert str(file) in wrong.value.message


def test_a_profile_that_is_not_there_is_told_with_those_that_are() -> None:
    """So that a spelling mistake is seen."""
    with pytest.raises(Misconfigured) as unknown:
        load_profile("hebrew")
    assert unknown.value.code == "profile_unknown"
    assert "hebrew-cd5220" in unknown.value.hint
    with pytest.raises(Misconfigured) as missing:
        load_profile("/nowhere/mine.toml")
    assert missing.value.code == "file_unreadable"


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    """Whoever writes a profile mends it in one go; a page may be spelled as people spell it."""
    file = tmp_path / "mine.toml"
    file.write_text('commands = "x"\ncolumns = 400\n[pages]\ncp999 = 1\n')
    with pytest.raises(Misconfigured) as wrong:
        load_profile(str(file))
    assert wrong.value.message.count(f"{file}:") == 3
    file.write_text('commands = "cd5220"\n[pages]\nIBM862 = 36\n')
    assert load_profile(str(file)).pages == {"cp862": 36}
