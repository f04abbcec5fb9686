"""Key events to characters, whatever order they come in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.scanners.framing import Framer
from drivers.scanners.keys import LOST, NO_CHARACTER, NOT_ASCII, REPORT_EVENTS_MAX, US, Keyboard, KeyEvent
from drivers.scanners.reading import Dropped, Reading
from drivers.scanners.wedge import typed as typed_into
from tests.drivers.scanners import keystrokes as keys
from tests.drivers.scanners.keystrokes import ALT, CAPS, CTRL, EV_KEY, EV_LED, KP_ENTER, NUM, SHIFT, SYN, TAB, Event, tap

DROPPED: Event = (0, 3, 0)
CODE = "PL1:ABC-7_z"


def given_by(*events: Event, caps_lock: bool = False) -> list[bytes | Dropped]:
    return [*Keyboard(caps_lock=caps_lock).feed(KeyEvent(*event) for event in events)]


def text(*events: Event, caps_lock: bool = False) -> str:
    """What was typed; nothing may be dropped."""
    given = given_by(*events, caps_lock=caps_lock)
    assert not [one for one in given if isinstance(one, Dropped)]
    return b"".join(one for one in given if isinstance(one, bytes)).decode("ascii")


def test_every_character_of_a_us_keyboard() -> None:
    """All 95 printable characters, one by one."""
    assert len(keys.ALL) == 95
    for one in keys.ALL:
        assert text(*keys.typed(one)) == one + "\r"


def test_the_table_has_no_other_key() -> None:
    """The table holds the keys that the events were written from, and the keypad's."""
    keypad = {*keys.KEYPAD.values(), 55, 98, 117}
    assert set(US) == set(keys.PLAIN.values()) | keypad


@given(st.text(st.sampled_from(keys.ALL), max_size=40))
def test_any_text_comes_out_as_it_was_typed(sent: str) -> None:
    """In reports of one key or of several, with the key before its Shift or after it, or as Alt and digits."""
    ways = keys.typed(sent), keys.in_reports(sent), keys.in_reports(sent, key_first=True), keys.alt_typed(sent)
    assert [text(*way) for way in ways] == [sent + "\r"] * 4


@pytest.mark.parametrize(("end", "gives"), [(keys.ENTER, "\r"), (KP_ENTER, "\r"), (101, "\n"), (TAB, "\t")])
def test_what_ends_a_scan(end: int, gives: str) -> None:
    """Enter of either kind, Line Feed and Tab."""
    assert text(*keys.typed("A", end)) == "A" + gives


def test_the_keypad_gives_digits_with_and_without_num_lock() -> None:
    """Scanners that type on the keypad tap Num Lock for computers that need it."""
    digits = [event for digit in "7290.1-2+" for event in tap(keys.KEYPAD[digit])]
    assert text(*tap(NUM), *digits, *tap(NUM)) == "7290.1-2+"


@pytest.mark.parametrize("caps_lock", [False, True])
def test_caps_lock_turns_letters_only(caps_lock: bool) -> None:
    """A scanner that taps Caps Lock, or was set for a computer where it is on."""
    assert text(*tap(CAPS), *keys.typed("pl1:ABC-7_Z"), *tap(CAPS), *keys.typed("aB"), caps_lock=caps_lock) == (
        "pl1:ABC-7_Z\rAb\r" if caps_lock else "PL1:abc-7_z\raB\r"
    )


def test_both_shifts_are_shift() -> None:
    """Either of them, and one that is let go leaves the other."""
    assert text(*tap(54, keys.PLAIN["a"])) == "A"
    assert text(*keys.down(SHIFT), *keys.down(54), *keys.up(SHIFT), *tap(keys.PLAIN["a"])) == "A"


def test_control_characters() -> None:
    """GS is typed as Ctrl and ], CR as Ctrl and m; Ctrl with a digit is nothing of a code."""
    assert text(*tap(CTRL, keys.PLAIN["]"]), *tap(CTRL, keys.PLAIN["m"])) == "\x1d\r"
    assert text(*tap(97, SHIFT, keys.PLAIN["6"])) == "\x1e"
    assert given_by(*tap(CTRL, keys.PLAIN["6"])) == [NO_CHARACTER]


@pytest.mark.parametrize("digits", [2, 3, 4])
def test_alt_with_and_without_leading_zeros(digits: int) -> None:
    """65, 065 and 0065 are the same letter."""
    assert text(*keys.alt_typed("AZ", digits)) == "AZ\r"


@pytest.mark.parametrize("number", ["0", "128", "0224", "1488", "65065", "000065"])
def test_alt_beyond_ascii_spoils_the_scan(number: str) -> None:
    """What such a number means depends on the computer that the scanner was set for: no guess."""
    events = [*keys.down(ALT), *(event for digit in number for event in tap(keys.KEYPAD[digit])), *keys.up(ALT)]
    assert given_by(*events) == [NOT_ASCII]


def test_alt_with_anything_else_spoils_the_scan() -> None:
    """Alt and a letter is a menu; Alt alone is nothing."""
    assert given_by(*tap(ALT, keys.PLAIN["a"])) == [NO_CHARACTER]
    assert given_by(*tap(ALT, keys.KEYPAD["."])) == [NO_CHARACTER]
    assert given_by(*tap(ALT)) == []


@pytest.mark.parametrize("code", [1, 14, 59, 103, 108, 125, 183, 240, 0x2FF])
def test_a_key_without_a_character_spoils_the_scan(code: int) -> None:
    """Escape, Backspace, function and arrow keys: what they stand for is not in the code."""
    assert given_by(*tap(code)) == [NO_CHARACTER]


def test_repeats_lights_and_scan_codes_are_nothing() -> None:
    """The kernel's own repeat, values that no kernel sends, other kinds of events."""
    a = keys.PLAIN["a"]
    noise: list[Event] = [(EV_KEY, a, 2), (EV_KEY, a, 7), (EV_KEY, a, -1), (EV_LED, 1, 1), (2, 0, 5), (99, 9, 9), (0, 2, 0)]
    assert text(*keys.down(a), *noise, SYN, *keys.up(a)) == "a"


def test_lost_events_spoil_the_scan_and_no_other() -> None:
    """From SYN_DROPPED to the end of that report nothing is taken; a Shift that came up in between is not held any more."""
    events = [*keys.down(SHIFT), DROPPED, (EV_KEY, keys.PLAIN["a"], 1), SYN, *keys.typed("b")]
    assert given_by(*events) == [LOST, b"b", b"\r"]


def test_a_key_that_was_pressed_for_ever_is_let_go_at_rest() -> None:
    """A Shift whose release never came does not change the next scan; neither do half an Alt number and a Caps Lock."""
    keyboard = Keyboard()
    events = [*keys.down(SHIFT), *tap(CAPS), *keys.down(ALT), *tap(keys.KEYPAD["6"]), (EV_KEY, keys.PLAIN["x"], 1)]
    assert [*keyboard.feed(KeyEvent(*event) for event in events)] == []
    keyboard.rest()
    assert [*keyboard.feed(KeyEvent(*event) for event in keys.typed("aB"))] == [b"a", b"B", b"\r"]


def test_a_key_that_comes_up_unpressed_is_nothing() -> None:
    """Of any kind, and what follows is read."""
    ups = [event for code in (SHIFT, CTRL, ALT, CAPS, keys.PLAIN["a"], 999) for event in keys.up(code)]
    assert text(*ups, *keys.typed("aB")) == "aB\r"


def test_events_that_never_end_a_report_are_bounded() -> None:
    """Noise without a SYN_REPORT takes no memory, and is told."""
    keyboard = Keyboard()
    told = [*keyboard.feed(KeyEvent(EV_KEY, 30, 1) for _ in range(100_000))]
    assert set(told) == {NO_CHARACTER}
    assert len(keyboard._report) <= REPORT_EVENTS_MAX


event = st.tuples(
    st.one_of(st.sampled_from([0, 1, 1, 1, 4]), st.integers(0, 65535)),
    st.one_of(st.integers(0, 130), st.integers(0, 65535)),
    st.one_of(st.sampled_from([0, 1]), st.integers(-(2**31), 2**31 - 1)),
)


@given(st.lists(event, max_size=200))
def test_any_events_in_any_order_crash_nothing(noise: list[Event]) -> None:
    """Whatever comes gives ASCII or a reason; after a pause a scan is read exactly."""
    keyboard, framer = Keyboard(), Framer("any", gap_s=0.2)
    for one in typed_into(keyboard, framer, (KeyEvent(*event) for event in noise), 1.0) + framer.quiet(9.0):
        assert isinstance(one, Dropped) or one.text.isascii()
    typed_into(keyboard, framer, [KeyEvent(*SYN)], 9.0)  # what SYN_DROPPED waits for
    keyboard.rest()
    framer.quiet(99.0)
    assert typed_into(keyboard, framer, (KeyEvent(*event) for event in keys.typed(CODE)), 99.0) == [Reading(CODE)]


@given(st.permutations(keys.typed("PL1:A7")))
def test_shuffled_events_never_crash(shuffled: list[Event]) -> None:
    """A scan whose events come in any order gives what it gives, and the next one is right after a pause."""
    keyboard, framer = Keyboard(), Framer("any", gap_s=0.2)
    typed_into(keyboard, framer, (KeyEvent(*event) for event in shuffled), 1.0)
    framer.quiet(9.0)
    keyboard.rest()
    assert typed_into(keyboard, framer, (KeyEvent(*event) for event in keys.typed(CODE)), 9.0) == [Reading(CODE)]
