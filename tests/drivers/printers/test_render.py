"""The receipt as dots and as text: what was looked at stays as it is, and no name can break it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from drivers.printers import plain
from drivers.printers.lettering import Hand, drawable, strip, width, wrap
from drivers.printers.render import ROWS_MAX, png, raster
from loyalty.document import Bar, Note, Receipt, Row, Rule, Side, Size, Title, Words
from loyalty.receipt import as_copy
from runtime.words import LANGUAGES
from tests.drivers.receipts import sold

LETTERS = st.text(
    st.one_of(
        st.sampled_from("אבגדהוזחטיךםןףץ׳״"),
        st.sampled_from("abcXYZ 019-+()[]%₪."),
        st.sampled_from("عربية ШЖя"),
        st.sampled_from("🎉👩‍👧\u200f\u202e\u2066\u2069\u2068\u05b0\u0301\u00a0\n\t\0"),
        st.characters(codec="utf-8"),
    ),
    max_size=80,
)


def dots(image: Image.Image) -> set[tuple[int, int]]:
    """The black dots of a mode "1" image."""
    return {(x, y) for y in range(image.height) for x in range(image.width) if not image.getpixel((x, y))}


@pytest.mark.parametrize("paper", [576, 512, 384])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_raster_is_one_bit_and_as_wide_as_the_paper(language: str, paper: int) -> None:
    """A raster is mode "1", exactly the profile's dots wide, and its outermost columns stay white."""
    image = raster(sold(language), paper)

    assert (image.mode, image.width) == ("1", paper)
    assert all(8 <= x < paper - 8 for x, _ in dots(image))


def test_a_png_is_the_raster() -> None:
    """The PNG file holds the same dots."""
    import io

    receipt = sold("he")
    with Image.open(io.BytesIO(png(receipt, 576))) as image:
        assert ImageChops.difference(image.convert("L"), raster(receipt, 576).convert("L")).getbbox() is None


def test_hebrew_letters_run_from_right_to_left() -> None:
    """In "אב" the alef stands right of the bet: the ink of the pair is the ink of each in its place."""
    hand = Hand(40, "he")
    pair, alef = strip("אב", hand, "right", 200), strip("א", hand, "right", 200)
    edge = 200 - width("א", hand) + 4

    assert ImageChops.difference(pair.crop((edge, 0, 200, 50)), alef.crop((edge, 0, 200, 50))).getbbox() is None


def test_an_amount_keeps_its_sign_on_the_left() -> None:
    """ "+12" on a Hebrew receipt is drawn as in English: plus first, and at the left edge of the row."""
    hebrew = raster(Receipt("he", "ILS", (Row("earned", 12, {"unit": "א"}, signed=True),)), 576)
    english = strip("+12", Hand(28, "en"), "left", 100)
    row = hebrew.crop((8, 16, 108, 16 + english.height)).convert("L")
    ink = english.point([0 if shade < 144 else 255 for shade in range(256)])

    assert ImageChops.difference(row, ink).getbbox() is None


@pytest.mark.parametrize(("language", "from_right"), [("he", True), ("en", False)])
def test_the_bar_fills_from_the_reading_side(language: str, from_right: bool) -> None:
    """A quarter full, the bar is black on the quarter where reading starts."""
    image = raster(Receipt(language, "ILS", (Bar("next_tier", 25, 100, {"missing": 5, "tier": "א", "unit": "x"}),)), 576)
    middle = 16 + 8 + 14
    black = [x for x in range(11, 565) if not image.getpixel((x, middle))]

    assert 130 <= len(black) <= 140
    assert (min(black) > 400) is from_right
    assert (max(black) < 170) is not from_right


@settings(deadline=None, max_examples=150)
@given(LETTERS, st.sampled_from(LANGUAGES), st.sampled_from([576, 384]))
def test_no_name_breaks_the_paper(name: str, language: str, paper: int) -> None:
    """Whatever a name, a club or a unit is called, there is a picture of bounded height and nothing stands over the edge."""
    blocks = (
        Title("club", {"club": name}),
        Note("hello", {"name": name}),
        Row("balance", 10**12, {"unit": name}, worth_minor=10**10, strong=True),
        Bar("next_tier", 50, 100, {"missing": 1, "tier": name, "unit": name}),
        Note("number", {"number": name, "date": name[:10]}),
    )
    image = raster(Receipt(language, "ILS", blocks), paper)

    assert image.width == paper
    assert image.height < 1000
    box = ImageChops.invert(image.convert("L")).getbbox()
    assert box is not None
    assert box[0] >= 8
    assert box[2] <= paper - 8


@settings(deadline=None, max_examples=150)
@given(LETTERS, st.sampled_from(LANGUAGES), st.integers(60, 560), st.integers(1, 3))
def test_wrapped_lines_fit(text: str, language: str, room: int, lines_max: int) -> None:
    """Every wrapped line fits by measured width, and there are never more lines than allowed."""
    hand = Hand(28, language)
    lines = wrap(drawable(text), hand, room, lines_max)

    assert 1 <= len(lines) <= lines_max
    assert all(width(line, hand) <= room for line in lines)
    assert all(line.count("\u2068") >= line.count("\u2069") for line in lines if "\u2069" not in text)


def test_long_names_end_in_an_ellipsis() -> None:
    """What does not fit is cut with an ellipsis, and what does is left alone."""
    hand = Hand(28, "he")

    assert wrap("שם ארוך " * 20, hand, 300, 2)[-1].endswith("…")
    assert wrap("שם קצר", hand, 300, 2) == ["שם קצר"]


def test_an_isolate_is_closed_on_each_line() -> None:
    """A Latin name that a line break cuts in two stays isolated on both lines."""
    lines = wrap("שלום \u2068Somebody With A Very Long Name Indeed\u2069", Hand(28, "he"), 300, 3)

    assert len(lines) > 1
    assert all(line.count("\u2068") == line.count("\u2069") for line in lines)


def test_a_number_is_never_broken() -> None:
    """A line does not end inside "1 250" nor before the shekel."""
    for room in range(60, 400, 7):
        for line in wrap("остаток 1 250 000 ₪", Hand(28, "ru"), room, 3)[:-1]:
            assert not line.endswith(("1", "250", "000"))


def test_emoji_are_seen_to_be_left_out() -> None:
    """What the font has no shape for is one box on the paper, wherever it stands."""
    with_emoji, with_box = (Receipt("he", "ILS", (Note("hello", {"name": name}),)) for name in ("🎉 Member 🎉🎂", "□ Member □"))

    assert dots(raster(with_emoji, 576)) == dots(raster(with_box, 576))


def test_text_lines() -> None:
    """The text has a row's label and amount at both ends of 42 columns, the amount isolated."""
    lines = plain.text(sold("he")).splitlines()
    earned = next(line for line in lines if line.startswith("נקודות שנצברו"))

    assert earned.endswith("\u2066+5\u2069")
    assert plain.columns_of(earned) == 42
    assert any("₪115.50" in line for line in lines)


@given(LETTERS, st.sampled_from(LANGUAGES))
def test_no_name_breaks_the_text(name: str, language: str) -> None:
    """A block is as many lines as it has, whatever the name."""
    receipt = Receipt(language, "ILS", (Title("club", {"club": name}), Note("hello", {"name": name})))

    assert len(plain.text(receipt).split("\n")) == 3


def test_a_copy_says_so() -> None:
    """A copy begins with the word."""
    assert plain.text(as_copy(sold("he"))).split()[0] == "העתק"


def test_emoji_leave_a_box() -> None:
    """Whoever is called by emoji alone is still greeted; a family of them is one box, and what joins them goes with it."""
    assert drawable("🎉👩‍👧‍👦") == "□"
    assert drawable("חבר 🎉 טוב") == "חבר □ טוב"
    assert drawable("👍🏽") == "□"
    assert drawable("a\u200db") == "a\u200db"
    assert drawable("\0\x1b\ud800") == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_receipt_of_forty_centimeters(language: str) -> None:
    """Everything of it is there: 3,200 rows at eight dots to a millimeter."""
    blocks = tuple(Row("off", -100 * n, {"name": f"{n}"}, money=True) for n in range(1, 120))
    image = raster(Receipt(language, "ILS", blocks), 576)

    assert 3200 <= image.height <= ROWS_MAX
    assert image.height == 2 * 16 + 119 * 35


def test_a_receipt_without_an_end_is_cut() -> None:
    """After a meter there is an ellipsis, and no more paper."""
    blocks = tuple(Row("off", -100, {"name": "x"}, money=True) for _ in range(500))
    image = raster(Receipt("he", "ILS", blocks), 576)

    assert ROWS_MAX - 100 < image.height <= ROWS_MAX + 100
    assert raster(Receipt("he", "ILS", blocks[:400]), 576).height == image.height


@pytest.mark.parametrize(("side", "language", "at"), [
    ("start", "he", "right"), ("end", "he", "left"), ("start", "en", "left"), ("end", "en", "right"), ("middle", "he", ""),
])  # fmt: skip
def test_words_stand_on_their_side(side: Side, language: str, at: str) -> None:
    """`start` is where reading starts."""
    image = raster(Receipt(language, "ILS", (Words("1", "normal", side),)), 576)
    box = ImageChops.invert(image.convert("L")).getbbox()
    assert box is not None

    assert (box[0] < 20) is (at == "left")
    assert (box[2] > 556) is (at == "right")


def test_sizes_differ() -> None:
    """Each size of words is taller than the one before."""
    sizes: tuple[Size, ...] = ("small", "normal", "strong", "title")
    heights = [raster(Receipt("he", "ILS", (Words("א", size),)), 576).height for size in sizes]

    assert heights == sorted(set(heights))


def test_long_words_end() -> None:
    """A paragraph has six lines and an ellipsis."""
    assert raster(Receipt("he", "ILS", (Words("מילה " * 500),)), 384).height < 300


def test_a_rule_goes_across() -> None:
    """Two dots high, from margin to margin."""
    black = dots(raster(Receipt("he", "ILS", (Rule(),)), 384))

    assert len(black) == 2 * (384 - 16)
