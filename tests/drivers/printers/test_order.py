"""The order of letters, against a peer: the `fribidi` program (Debian's libfribidi-bin) on every Hebrew and Arabic line there is.

The peer puts a line into visual order. Those letters are drawn one after another, from left to right and with every reordering
switched off (U+202D), and must give the very dots that we draw from the text as it is stored: order, mirrored brackets, signs,
numbers and the joined forms of Arabic.
"""

import subprocess
from collections.abc import Callable

import pytest
from PIL import Image, ImageChops, ImageDraw

from drivers.bidi import visual
from drivers.printers import render
from drivers.printers.lettering import Hand, _font, strip
from drivers.printers.render import raster
from runtime.words import MARKS
from tests.drivers import golden
from tests.drivers.receipts import samples

OVERRIDE, END_OVERRIDE = "\u202d", "\u202c"
RIGHT_TO_LEFT = sorted(name for name in samples() if name[:2] in {"he", "ar"})
JOINED_TO_ONE = "\ufeff"  # what fribidi leaves where lam and alef became one letter
ALEF_ALONE = ("\ufe83", "\u200c\u0623\u200c")
"""DejaVu Sans draws alef with hamza, alone, as a form and as a letter; at 28 dots they differ in the hamza by 37 dots."""

Drawn = tuple[str, Hand]


@pytest.fixture
def lines_of(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], list[Drawn]]:
    """Every line of text that a sample is drawn of, on paper of that width."""
    drawn: list[Drawn] = []

    def noted(text: str, hand: Hand, side: str, width: int) -> Image.Image:
        drawn.append((text, hand))
        return strip(text, hand, side, width)

    def lines(name: str, dots: int) -> list[Drawn]:
        drawn.clear()
        raster(samples()[name], dots)
        return [one for one in drawn if one[0]]

    monkeypatch.setattr(render, "strip", noted)
    return lines


def ordered(texts: list[str], direction: str = "rtl") -> list[str]:
    """The texts in visual order, as the peer has it; marks of direction left out."""
    given = "".join(f"{text}\n" for text in texts)
    command = ["fribidi", f"--{direction}", "--nopad", "--nobreak", "--width", "100000", "--charset", "UTF-8"]
    ran = subprocess.run(command, input=given, capture_output=True, text=True, check=True)
    found = [MARKS.sub("", line).replace(JOINED_TO_ONE, "") for line in ran.stdout.split("\n")[:-1]]
    assert len(found) == len(texts)
    return found


def letter_by_letter(shown: str, hand: Hand, width: int) -> Image.Image:
    """Letters from left to right as they stand."""
    font, text = _font(hand.size, hand.bold), OVERRIDE + shown.replace(*ALEF_ALONE) + END_OVERRIDE
    image = Image.new("L", (width, hand.line_height), 255)
    left = font.getbbox(text, anchor="ls", direction="ltr", language=hand.language)[0]
    draw = ImageDraw.Draw(image)
    draw.text((-left, hand.size), text, fill=0, font=font, anchor="ls", direction="ltr", language=hand.language)
    return image


@pytest.mark.parametrize("dots", golden.widths())
@pytest.mark.parametrize("name", RIGHT_TO_LEFT)
def test_every_line_stands_as_the_peer_orders_it(name: str, dots: int, lines_of: Callable[[str, int], list[Drawn]]) -> None:
    """Dot by dot, for every label and sentence of every Hebrew and Arabic sample on every width of paper."""
    lines = [(text, hand) for text, hand in lines_of(name, dots) if hand.language in {"he", "ar"}]
    assert len(lines) >= 6
    for (text, hand), shown in zip(lines, ordered([text for text, _ in lines]), strict=True):
        ours, theirs = strip(text, hand, "left", dots), letter_by_letter(shown, hand, dots)
        assert ImageChops.difference(ours, theirs).getbbox() is None, (text, shown)


@pytest.mark.parametrize("name", RIGHT_TO_LEFT)
def test_letters_for_text_mode_stand_as_the_peer_orders_them(name: str, lines_of: Callable[[str, int], list[Drawn]]) -> None:
    """The same for what is sent as letters, through the library."""
    texts = [text for text, hand in lines_of(name, 576) if hand.language in {"he", "ar"}]
    assert [visual(text, "rtl") for text in texts] == ordered(texts)


def test_the_peer_would_notice() -> None:
    """A line in the order in which it is stored, or with brackets as they are stored, has other dots."""
    hand = Hand(28, "he")
    text = "קפה (גדול) -5%"
    ours = strip(text, hand, "left", 400)
    for wrong in (text, "%5- (לודג) הפק", ordered([text])[0].translate(str.maketrans("()", ")("))):
        assert ImageChops.difference(ours, letter_by_letter(wrong, hand, 400)).getbbox() is not None


@pytest.mark.parametrize("name", RIGHT_TO_LEFT)
def test_amounts_are_drawn_from_left_to_right(name: str, lines_of: Callable[[str, int], list[Drawn]]) -> None:
    """No amount of a row is drawn in a right-to-left line: a sign or a shekel stays where it is."""
    amounts = [(text, hand) for text, hand in lines_of(name, 576) if text.lstrip("+-").startswith("₪")]
    assert amounts
    assert all(hand.language == "en" for text, hand in amounts)
