"""What a display says: short enough, in four languages, never more of a member than it may."""

from pathlib import Path

import pytest

from drivers.displays.commands import showing
from drivers.displays.profile import load_profile
from drivers.ports import Sign
from loyalty.program import Program
from posd import signs
from posd.signs import Scene, Shown, every
from runtime import words
from runtime.words import LANGUAGES
from sync import program_file
from tests.drivers.displays.screen import Screen

COLUMNS = 20
PROGRAMS = sorted((Path(__file__).parents[2] / "config" / "programs").glob("*.toml"))
CAFE = program_file.load(PROGRAMS[0].with_name("cafe.toml"))[0]
CASHBACK = program_file.load(PROGRAMS[0].with_name("cashback.toml"))[0]
MEMBER = Shown("חבר", {"points": 120})
SCENES: dict[str, Scene] = {
    "idle": signs.idle,
    "hello": signs.hello,
    "not_taken": signs.not_taken,
    "moved": signs.moved("points", 18),
    "thanks": signs.thanks,
    "trial": signs.trial,
}


def seen(sign: Sign) -> list[tuple[str, str]]:
    """The lines as they are stored, without isolates."""
    return [(words.clean(line.text), line.figure) for line in (sign.upper, sign.lower)]


def best(scene: Scene, shown: Shown = MEMBER, language: str = "he", program: Program = CAFE) -> list[tuple[str, str]]:
    """The sign that is wanted most."""
    return seen(every(scene, shown, language, program)[0])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_have_room(language: str) -> None:
    """A sentence without a name is never cut; with one, at least six letters of the name are left."""
    for code, text in words.templates(language, "display.").items():
        bare = text.replace("{name}", "")
        assert len(bare) <= COLUMNS - (6 if bare != text else 0), (code, text)


def test_a_checkout_in_hebrew() -> None:
    """From the greeting to the thanks."""
    assert best(signs.idle) == [("מועדון הקפה", ""), ("הציגו קוד מועדון", "")]
    assert best(signs.hello) == [("שלום חבר", ""), ("נקודות", "120")]
    assert best(signs.moved("points", 18)) == [("נקודות", "+18"), ("יתרה", "120")]
    assert best(signs.moved("points", -100)) == [("נקודות", "-100"), ("יתרה", "120")]
    assert best(signs.thanks) == [("תודה, חבר", ""), ("להתראות", "")]
    assert best(signs.not_taken) == [("הקוד לא התקבל", ""), ("נא לפנות לקופה", "")]


def test_money_is_read_as_money() -> None:
    """A wallet shows an amount."""
    unit = next(iter(CASHBACK.units))
    shown = Shown("Name", {unit: 1250})
    assert best(signs.hello, shown, "en", CASHBACK)[1][1] == "₪12.50"
    assert best(signs.moved(unit, 350), shown, "en", CASHBACK)[0][1] == "+₪3.50"


def test_the_unit_that_only_says_how_high_one_stands_is_not_counted_out() -> None:
    """Of the cafe's two units the one that buys something is shown, also for a member who has none of it."""
    assert best(signs.hello, Shown("חבר", {"status": 900, "points": 0}))[1] == ("נקודות", "0")
    assert signs.unit_moved(CAFE, {"status": 18, "points": 18}) == "points"


@pytest.mark.parametrize("pieces", [{}, {"status": 5}, {"points": 0, "status": 5}, {"count/visits": 1}])
def test_what_nobody_is_shown_has_not_moved(pieces: dict[str, int]) -> None:
    """Neither the standing nor a counter is a movement to announce."""
    assert signs.unit_moved(CAFE, pieces) == ""


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", SCENES)
def test_nothing_is_said_that_may_not_be(name: str, language: str) -> None:
    """Without a name none is said, without a balance no figure of one."""
    for sign in every(SCENES[name], Shown("", None), language, CAFE):
        told = str(seen(sign))
        assert "חבר" not in told
        assert "120" not in told
        assert "{" not in told


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_every_display_can_show_every_scene_of_every_program(path: Path, language: str) -> None:
    """Whatever the units and the club are called: the plainest display has a sign to show, and obeys its bytes."""
    program = program_file.load(path)[0]
    pieces = dict.fromkeys(program.units, 1234567)
    moves = [signs.moved(unit, 1234567) for unit in program.units]
    for scene in (*moves, signs.idle, signs.hello, signs.thanks, signs.not_taken, signs.trial):
        for shown in (Shown("חבר \N{GRINNING FACE}", pieces), Shown("", None), Shown("Café", {})):
            for profile in ("generic-cd5220", "hebrew-escpos"):
                screen = Screen(page="cp862" if profile.startswith("hebrew") else "ascii")
                screen.take(showing(load_profile(profile), every(scene, shown, language, program))[1])
                assert screen.unknown == []
                assert screen.lines[0].strip() or screen.lines[1].strip()


def test_a_program_without_a_word_of_english_still_has_its_figures() -> None:
    """A unit that is named in Hebrew only, on a display without Hebrew: the number is there."""
    program = program_file.load(PROGRAMS[0].with_name("cafe.toml"))[0]
    object.__setattr__(program.units["points"], "name", {"he": "נקודות"})
    screen = Screen()
    screen.take(showing(load_profile("generic-cd5220"), every(signs.hello, MEMBER, "he", program))[1])
    assert screen.lines[0].strip() == "Hello"
    assert screen.lines[1].split() == ["120"]


def test_a_name_without_letters_here_is_left_out_before_the_language_is() -> None:
    """A Russian name on a Hebrew display: a Hebrew greeting without it, not an English one."""
    screen = Screen(page="cp862")
    taken, data = showing(load_profile("hebrew-cd5220"), every(signs.hello, Shown("Участник", {"points": 5}), "he", CAFE))
    screen.take(data)
    assert seen(taken) == [("שלום", ""), ("נקודות", "5")]
    assert screen.lines == ("        םולש        ", "5             תודוקנ")


def test_no_program_yet_is_no_trouble() -> None:
    """A terminal that has not heard from head office greets too."""
    nothing = Program("", 0, "ILS", {}, {}, {}, {})
    assert best(signs.idle, Shown(), "en", nothing) == [("Welcome", ""), ("Show your club code", "")]
    assert best(signs.hello, Shown("Name", {}), "en", nothing) == [("Hello Name", ""), ("Welcome", "")]
