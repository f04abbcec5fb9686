"""Lines as the bytes of a code page: cut, in visual order, every letter there or none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.bidi import Direction
from drivers.displays.letters import ALIKE, cut, spelled
from drivers.ports import Line

CODECS = ["ascii", "cp862", "cp866", "cp864", "cp1255", "cp1256", "cp858", "iso8859-8", "koi8-r"]


def told(text: str, figure: str, direction: Direction, codec: str, columns: int = 20) -> str | None:
    """What a customer reads from left to right."""
    data = spelled(Line(text, figure), direction, codec, columns)
    return data.decode(codec) if data is not None else None


def test_a_text_alone_stands_in_the_middle() -> None:
    """In both directions."""
    assert told("Thank you", "", "ltr", "ascii") == "     Thank you      "
    assert told("תודה", "", "rtl", "cp862") == "        הדות        "


def test_a_figure_stands_at_the_end_of_reading() -> None:
    """On the right in English, on the left in Hebrew, itself always left to right."""
    assert told("points", "+18", "ltr", "ascii") == "points           +18"
    assert told("נקודות", "+18", "rtl", "cp862") == "+18           תודוקנ"
    assert told("יתרה", "-5", "rtl", "cp862") == "-5              הרתי"


def test_what_is_too_long_is_cut_at_the_end_of_reading_and_never_in_the_figure() -> None:
    """A Hebrew line loses its left, an English one its right."""
    assert told("Hello Name of the long name", "", "ltr", "ascii") == "Hello Name of the lo"
    assert told("אבגדהוזחטיכלמנסעפצקרשת", "", "rtl", "cp862") == "רקצפעסנמלכיטחזוהדגבא"
    assert told("נקודות מועדון הבית", "1,250,000", "rtl", "cp862") == "1,250,000 עומ תודוקנ"
    assert told("x", "123456789012345678901", "ltr", "ascii") is None
    assert told("x", "12345678901234567890", "ltr", "ascii") == "12345678901234567890"


def test_a_letter_that_reads_alike_stands_for_one_that_is_missing() -> None:
    """Geresh, gershayim, dashes and quotation marks; a shekel that the page lacks is left out, one that it has stays."""
    assert told('סה״כ – ג׳ "א"', "", "rtl", "cp862", 16) == ' "א" \'ג - כ"הס  '
    assert told("לתשלום", "₪12.50", "rtl", "cp862") == "12.50         םולשתל"
    assert told("לתשלום", "₪12.50", "rtl", "cp1255") == "₪12.50        םולשתל"
    assert told("Ещё", "", "ltr", "cp866", 16).strip() == "Ещё"
    assert told("100%", "", "rtl", "cp864", 16) == "      100٪      "  # Python's name for the byte 25, which displays show as %


def test_an_accent_is_left_out_where_the_page_lacks_it() -> None:
    """A name is read without it; a Cyrillic letter without its mark is another letter, and is missing."""
    assert told("Café crème", "", "ltr", "ascii", 16) == "   Cafe creme   "
    assert told("Café", "", "ltr", "cp858", 16) == "      Café      "
    assert told("Участник", "", "ltr", "ascii") is None


def test_three_points_take_three_cells_and_the_line_stays_whole() -> None:
    """What stands for one letter may be longer; the line is not."""
    for direction in ("ltr", "rtl"):
        data = spelled(Line("…" * 20, ""), direction, "ascii", 20)
        assert data == b"." * 20


@pytest.mark.parametrize("codec", ["ascii", "cp866", "cp858"])
def test_a_missing_letter_leaves_the_line_unsaid(codec: str) -> None:
    """No question marks: whoever asks takes another page, or another language."""
    assert told("שלום", "", "rtl", codec) is None
    assert told("Name \N{WHITE SMILING FACE}\N{GRINNING FACE}", "", "ltr", codec) is None


def test_vowel_points_take_no_cell() -> None:
    """Hebrew and Arabic points are left out; an accent stays with its letter."""
    assert told("שָׁלוֹם", "", "rtl", "cp1255", 16) == "      םולש      "
    assert told("Cafe\u0301", "", "ltr", "cp858", 16) == "      Café      "


def test_arabic_is_joined_as_far_as_the_page_has_the_forms() -> None:
    """CP864 has two forms of most letters: a final one is shown by the isolated, a medial one by the initial."""
    assert told("بيت", "", "rtl", "cp864", 16).strip() == "\ufe95\ufef3\ufe91"
    assert told("لا", "", "rtl", "cp864", 16).strip() == "\ufefb"
    assert told("سلام", "", "rtl", "cp1256", 16).strip() == "مالس"  # bare letters; lam and alef are two again


def test_a_cut_keeps_isolates_closed() -> None:
    """So that what follows is not turned around."""
    assert cut("\u2068Name Last\u2069 שלום", 4) == "\u2068Name\u2069"
    assert cut("ab\ncd\te", 20) == "ab cd e"
    assert cut("abc", 0) == ""


@given(st.text(max_size=60), st.text(max_size=12), st.sampled_from(["ltr", "rtl"]), st.sampled_from(CODECS))
def test_no_text_ever_steers_a_display(text: str, figure: str, direction: Direction, codec: str) -> None:
    """A name from a stranger's code: the line is exactly as long as the display, and holds no control byte."""
    data = spelled(Line(text, figure), direction, codec, 20)
    if data is not None:
        assert len(data) == 20
        assert min(data) >= 0x20
        assert 0x7F not in data


@given(st.text("אבגדהוזחטיכלמנסעפצקרשתךםןףץ 0123456789.,:-+()\"'", max_size=40))
def test_hebrew_is_always_spelled_in_a_hebrew_page(text: str) -> None:
    """Each page that has the letters spells any line of them."""
    for codec in ("cp862", "cp1255", "iso8859-8"):
        assert spelled(Line(text), "rtl", codec, 20) is not None


def test_what_stands_for_a_letter_is_plain() -> None:
    """Every replacement is in every page."""
    assert all(letter.isascii() or letter in "еЕ" for letter in ALIKE.values())
