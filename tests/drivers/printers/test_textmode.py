"""A receipt in a printer's own letters: only where all of it is on a proven page, in the order in which it is read."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from drivers.bidi import visual
from drivers.printers import paper
from drivers.printers.escpos import block_bytes
from drivers.printers.profile import Profile
from drivers.printers.textmode import LINES_MAX, Letters, text_paper
from loyalty.document import Bar, Block, Note, Qr, Receipt, Row, Rule, Title, Words
from runtime.words import MARKS
from sync.example import example
from tests.drivers.escpos_reader import read
from tests.drivers.receipts import sold, whole

PAGES = {"cp862": 36, "cp1255": 49, "cp866": 17, "cp1251": 46}


def model(*proven: str, columns: int = 48, dots: int = 576) -> Profile:
    """A model with these proven pages."""
    return Profile(dots, columns=columns, code_pages=PAGES, text_pages=proven)


def lines(*blocks: Block, language: str = "he", columns: int = 48) -> list[Letters]:
    """The lines of letters of a receipt on CP1255."""
    found = text_paper(Receipt(language, "ILS", blocks), model("cp1255", columns=columns))
    assert found is not None
    return [piece for piece in found.pieces if isinstance(piece, Letters)]


def test_without_a_proven_page_there_are_no_letters() -> None:
    """Numbers in a list prove nothing."""
    assert text_paper(sold("he"), model()) is None
    assert text_paper(sold("en"), Profile(576)) is None


def test_the_first_page_that_has_everything() -> None:
    """CP862 has no shekel; Russian is on neither Hebrew page."""
    for language, page, slot in (("he", "cp1255", 49), ("en", "cp1255", 49)):
        found = text_paper(sold(language), model("cp862", "cp1255", "cp866"))
        assert found is not None
        assert (found.page, found.slot) == (page, slot)
    assert text_paper(sold("ru"), model("cp862", "cp1255", "cp866")) is None  # "₪" is on no Cyrillic page
    plain = Receipt("ru", "ILS", (Note("hello", {"name": "Участник"}),))
    russian = text_paper(plain, model("cp862", "cp1255", "cp866"))
    assert russian is not None
    assert russian.page == "cp866"


def test_arabic_is_never_letters() -> None:
    """Even where a page would have them: they must be joined."""
    assert text_paper(Receipt("ar", "ILS", (Rule(),)), model("cp1255")) is None


def test_a_letter_that_is_missing_sends_dots() -> None:
    """Nothing is ever replaced by a question mark."""
    for name in ("日本", "Ş", "🎉", "…"):
        receipt = Receipt("he", "ILS", (Note("hello", {"name": name}),))
        assert text_paper(receipt, model("cp1255")) is None or name == "…"
        job = paper.job(receipt, model("cp862"))
        assert b"?" not in b"".join(text for _, text in read(job).text)


def test_a_row_has_its_amount_on_the_other_side() -> None:
    """The label on the reading side, the amount apart from it and the right way round."""
    row = Row("earned", 5, {"unit": "נקודות"}, signed=True)
    assert lines(row)[0].text == "+5" + "ורבצנש תודוקנ".rjust(46)
    assert lines(row, language="en")[0].text == "\u05e0\u05e7\u05d5\u05d3\u05d5\u05ea"[::-1] + " earned" + "+5".rjust(35)


def test_the_worth_stands_below() -> None:
    """A row of its own, and the balance is bold."""
    balance, worth = lines(Row("balance", 12, {"unit": "נקודות"}, worth_minor=120, strong=True))
    assert (balance.bold, worth.bold) == (True, False)
    assert worth.text.startswith("₪1.20 ")


@pytest.mark.parametrize("columns", [32, 42, 48])
def test_every_line_fits(columns: int) -> None:
    """By the columns of the paper; large letters take two."""
    for language in ("he", "en"):
        for piece in lines(*example(language).blocks, language=language, columns=columns):
            assert len(piece.text) <= (columns // 2 if piece.large else columns), piece


def test_a_title_is_large_and_in_the_middle() -> None:
    """With half of the columns."""
    (title,) = lines(Title("copy"))
    assert title.large
    assert title.text == "קתעה".rjust(4 + (24 - 4) // 2)


@pytest.mark.parametrize(("side", "at"), [("start", 44), ("middle", 22), ("end", 0)])
def test_words_stand_on_their_side(side: str, at: int) -> None:
    """In Hebrew the start is on the right."""
    (one,) = lines(Words("שלום", "normal", side))  # type: ignore[arg-type]
    assert one.text == " " * at + "םולש"


@pytest.mark.parametrize(("size", "large", "bold"), [("title", True, True), ("strong", False, True), ("normal", False, False)])
def test_sizes(size: str, large: bool, bold: bool) -> None:
    """A printer has two."""
    (one,) = lines(Words("א", size))  # type: ignore[arg-type]
    assert (one.large, one.bold) == (large, bold)


def test_the_bar_fills_from_the_reading_side() -> None:
    """A quarter."""
    bar = Bar("challenge", 1, 4, {"name": "x", "have": 1, "goal": 4, "missing": 3})
    assert lines(bar)[0].text == "." * 36 + "#" * 12
    assert lines(bar, language="en")[0].text == "#" * 12 + "." * 36


def test_lines_are_broken_before_they_are_ordered() -> None:
    """The first words are on the first line."""
    first, second = lines(Words("אחת שתיים שלוש ארבע חמש", "normal", "start"), columns=16)
    assert (first.text.strip(), second.text.strip()) == ("שולש םייתש תחא", "שמח עברא")


def test_pictures_and_codes_are_dots() -> None:
    """Between letters, in bands as always."""
    profile = model("cp1255")
    found = text_paper(Receipt("he", "ILS", (Words("א"), Qr("x"), Words("ב"))), profile)
    assert found is not None
    assert [type(piece) for piece in found.pieces] == [Letters, Image.Image, Letters]
    back = read(paper.job(Receipt("he", "ILS", (Words("א"), Qr("x"), Words("ב"))), profile))
    picture = found.pieces[1]
    assert isinstance(picture, Image.Image)
    assert b"".join(back.rows) == b"".join(read(block_bytes(picture, profile)).rows)
    assert [(page, text.decode("cp1255").strip()) for page, text in back.text] == [(49, "א"), (49, "ב")]


def test_styles_end_with_the_line() -> None:
    """The next job, and the till's own receipt, begin with plain letters."""
    commands = read(paper.job(Receipt("he", "ILS", (Title("copy"), Words("א"), Title("copy"))), model("cp1255"))).commands
    assert [one for one in commands if one.startswith("GS !")] == ["GS ! 17", "GS ! 0", "GS ! 17", "GS ! 0"]
    assert [one for one in commands if one.startswith("ESC E")] == ["ESC E 1", "ESC E 0", "ESC E 1", "ESC E 0"]


def test_letters_are_fewer_bytes() -> None:
    """What it is for: at most a twentieth of the dots, at 9600 baud a second instead of half a minute."""
    letters = paper.job(sold("he"), model("cp1255"))
    assert len(letters) * 20 < len(paper.job(sold("he"), model()))


def test_a_receipt_without_an_end_is_cut() -> None:
    """With dots after so many lines."""
    found = lines(*(Words("א") for _ in range(LINES_MAX + 50)))
    assert len(found) == LINES_MAX + 1
    assert found[-1].text == "..."


def test_a_whole_receipt_reads_as_its_plain_text() -> None:
    """Every line, decoded from the bytes and put back by the columns, has the words of the receipt."""
    receipt = whole("he")
    job = read(paper.job(receipt, model("cp1255")))
    printed = " ".join(text.decode("cp1255") for _, text in job.text)
    for word in ("מועדון קפה שקד", "יתרת נקודות", "איך היה?"):
        assert visual(word, "rtl") in printed
    assert len(job.rows) > 300  # the logo and two codes


LETTERS = st.text(st.one_of(st.sampled_from("אבגדשת ()[]-+%₪0123 abc"), st.characters(codec="utf-8")), max_size=60)


@settings(deadline=None, max_examples=200)
@given(LETTERS, st.sampled_from(["he", "en", "ru"]), st.sampled_from([16, 32, 48]))
def test_any_name_is_whole_or_dots(name: str, language: str, columns: int) -> None:
    """Whatever a name holds: every line fits and holds no control, or there are no letters at all."""
    blocks = (Title("club", {"club": name}), Row("gift", 1, {"name": name}), Words(name), Note("hello", {"name": name}))
    found = text_paper(Receipt(language, "ILS", blocks), model("cp862", "cp1255", "cp866", columns=columns))
    for piece in found.pieces if found else ():
        assert isinstance(piece, Letters)
        coded = piece.text.encode(found.page if found else "ascii")
        assert len(coded) <= columns
        assert all(byte >= 32 for byte in coded)
        assert not MARKS.search(piece.text)
