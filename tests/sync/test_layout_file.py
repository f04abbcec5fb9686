"""A layout's file: every mistake with its line and what to do, a logo that cannot hurt, and the same layout after travelling."""

import base64
import io
import json
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from loyalty.layout import STANDARD, Line
from runtime.errors import Misconfigured
from runtime.toml_file import InvalidFile
from sync.layout_file import LINES_MAX, LOGO_BYTES_MAX, from_json, load, parse

SHIPPED = Path(__file__).resolve().parents[2] / "config" / "receipts"
ALWAYS = "".join(f'[[lines]]\nshow = "{part}"\n' for part in ("copy", "training", "returned", "offline"))
HEAD = 'name = "mine"\nversion = 3\n'


@pytest.fixture
def told(tmp_path: Path) -> Callable[..., list[str]]:
    """What is wrong with a file that says `text` before the parts that must be there; without its path."""

    def mistakes(text: str, *, head: str = HEAD, always: str = ALWAYS) -> list[str]:
        file = tmp_path / "layout.toml"
        file.write_text(head + text + always)
        with pytest.raises(InvalidFile) as caught:
            load(file)
        return [line.removeprefix(f"{file}:") for line in caught.value.lines]

    return mistakes


def png(width: int = 8, height: int = 8) -> bytes:
    """A PNG file."""
    file = io.BytesIO()
    Image.new("1", (width, height), 1).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize("file", sorted(SHIPPED.glob("*.toml")), ids=lambda file: file.stem)
def test_what_ships_is_right(file: Path) -> None:
    """Every layout in config/receipts has no mistake, and is the same once it has travelled as JSON."""
    layout, values = load(file)
    assert layout.name == file.stem
    assert from_json(json.loads(json.dumps(values))) == layout


def test_standard_is_the_built_in_one() -> None:
    """Whoever copies it begins with what receipts look like now."""
    assert load(SHIPPED / "standard.toml")[0] == STANDARD


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ('[[lines]]\nshow = "clubb"\n', "4: lines.0.show: there is no part 'clubb'; one of copy, training,"),
        ('[[lines]]\nshow = "club"\nwhen = "x"\n', "5: lines.0.when: there is no part 'x'; one of copy,"),
        ('[[lines]]\nsize = "small"\n', '3: lines.0: it shows both or nothing; show = "balances", or words = '),
        ('[[lines]]\nshow = "club"\nqr = "x"\n', "3: lines.0: it shows a part and has words of its own; show = "),
        (
            '[[lines]]\nshow = "club"\nsize = "huge"\n',
            "5: lines.0.size: it says 'huge'; 'title', 'strong', 'normal' or 'small' is",
        ),
        ('[[lines]]\nshow = "club"\nside = "left"\n', "5: lines.0.side: it says 'left'; 'start', 'middle' or 'end' is wanted"),
        ('[[lines]]\nshown = "club"\n', "4: lines.0.shown: there is no such key; did you mean 'show'?"),
        (
            '[[lines]]\nshow = "given"\nwithout = ["before"]\n',
            "5: lines.0.without: 'before' is nothing of that part; one of don",
        ),
        ('[[lines]]\nshow = "balances"\nwithout = "before"\n', "5: lines.0.without: it says 'before'; a list in [ ] is wanted"),
        ('[[lines]]\nqr = "{{ nummer }}"\n', "4: lines.0.qr: there is no 'nummer'; did you mean 'number'?"),
        ('[[lines]]\nwords.he = "{{ name"\n', "4: lines.0.words.he: it cannot be read: unexpected end of template"),
        ('[[lines]]\nwords.fr = "x"\n', "4: lines.0.words.fr: posd does not speak it; one of he, en, ar, ru"),
        ('[[lines]]\nwords.he = "{% for a in name %}{% endfor %}"\n', "4: lines.0.words.he: it holds a loop; words may hold"),
        ('[[lines]]\nwords.he = "{{ name | money }}"\n', "3: lines.0: "),
        ('[[lines]]\nwords.he = "{% if returned %}{{ name | money }}{% endif %}"\n', "3: lines.0: its words cannot be said"),
        ('[[lines]]\nwords.he = "{% if not online %}{{ club | money }}{% endif %}"\n', "3: lines.0: its words cannot be said"),
        ('[[lines]]\nwords.he = "{% if not name %}{{ club | money }}{% endif %}"\n', "3: lines.0: its words cannot be said"),
        ('[[lines]]\nqr = "x"\nwidth_percent = 5\n', "5: lines.0.width_percent: it says 5; at least 10 is wanted"),
        ('[[lines]]\nshow = "logo"\n', '4: lines.0.show: there is no logo; add [logo] with file = "logo.png"'),
        ('[[lines]]\nshow = "club"\n[[lines]]\nshow = "club"\n', "6: lines.1.show: 'club' is shown above already; remove one"),
        (
            '[[lines]]\nshow = "copy"\nwhen = "club"\n',
            "1: lines: none shows 'copy'; add [[lines]] with show = ",
        ),
        ("lines = [\n", "4: Invalid value"),
    ],
)
def test_mistakes(told: Callable[..., list[str]], text: str, mistake: str) -> None:
    """Each as line, key, what is wrong and what is wanted."""
    without_copy = ALWAYS.replace('[[lines]]\nshow = "copy"\n', "") if 'show = "copy"' in text else ALWAYS
    assert any(line.startswith(mistake) for line in told(text, always=without_copy)), told(text, always=without_copy)


def test_all_mistakes_at_once(told: Callable[..., list[str]]) -> None:
    """A person mends a file once."""
    assert len(told('[[lines]]\nshow = "x"\n[[lines]]\nwords.he = "{{ a }} {{ b }}"\n[[lines]]\nqr = "{{ c }}"\n')) == 4


@pytest.mark.parametrize("part", ["copy", "training", "returned", "offline"])
def test_marks_may_not_be_left_out(told: Callable[..., list[str]], part: str) -> None:
    """Nor hidden by `without`."""
    missing = ALWAYS.replace(f'[[lines]]\nshow = "{part}"\n', "")
    assert told("", always=missing) == [f'1: lines: none shows {part!r}; add [[lines]] with show = "{part}" and no `when`']
    hidden = ALWAYS.replace(f'show = "{part}"\n', f'show = "{part}"\nwithout = ["{part}"]\n')
    assert [line.split(": ", 1)[1] for line in told("", always=hidden)] == [
        f"lines.{['copy', 'training', 'returned', 'offline'].index(part)}.without: {part} may not be left out; remove it"
    ]


def test_bounds(told: Callable[..., list[str]]) -> None:
    """So many lines, a name, a version, and at least one line."""
    many = '[[lines]]\nshow = "rule"\n' * (LINES_MAX + 1)
    assert any("lines" in line for line in told(many))
    assert any("name" in line for line in told("", head='name = "My Shop"\nversion = 1\n'))
    assert any("version" in line for line in told("", head='name = "mine"\nversion = "1"\n'))
    assert any("lines" in line for line in told("lines = []\n", always=""))


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        (None, "cannot be read (No such file or directory); a PNG beside this file is wanted"),
        (b"GIF89a", "it is no PNG"),
        (b"", "it is no PNG"),
        (png()[:40], "it is damaged"),
        (png()[:-30] + b"\0" * 30, "it is damaged"),
        (png() + b"\0" * LOGO_BYTES_MAX, "it is too large"),
        (png(2001, 1), "it has 2001 x 1 dots"),
        (png()[:16] + b"\0\0\0\0" + png()[20:], "it has 0 x 8 dots"),
        (png()[:16] + b"\x7f\xff\xff\xff" * 2 + png()[24:], "it has 2147483647 x 2147483647 dots"),
    ],
)
def test_a_logo_that_is_none(tmp_path: Path, told: Callable[..., list[str]], content: bytes | None, wrong: str) -> None:
    """Told at the key that names it; a picture of a million dots each way is never unpacked."""
    if content is not None:
        (tmp_path / "logo.png").write_bytes(content)
    mistakes = told('[logo]\nfile = "logo.png"\n[[lines]]\nshow = "logo"\n')
    assert [line.split(":", 1)[0] for line in mistakes] == ["4"]
    assert "logo.file: " in mistakes[0]
    assert wrong in mistakes[0]


def test_the_logo_travels_with_the_layout(tmp_path: Path) -> None:
    """In the JSON it is the file itself, not its name; its settings stay."""
    (tmp_path / "l.png").write_bytes(png())
    (tmp_path / "mine.toml").write_text(f'{HEAD}[logo]\nfile = "l.png"\ndither = true\n[[lines]]\nshow = "logo"\n{ALWAYS}')
    layout, values = load(tmp_path / "mine.toml")
    assert values["logo"] == {"png": base64.b64encode(png()).decode(), "dither": True}
    assert layout.logo is not None
    assert (layout.logo.png, layout.logo.dither, layout.logo.width_percent) == (png(), True, 60)


def test_lines_are_read_as_they_stand(tmp_path: Path) -> None:
    """In their order, with their settings."""
    text = (
        '[[lines]]\nqr = "x{{ number }}"\nwords.he = "א"\nsize = "small"\nside = "end"\nwidth_percent = 30\nwhen = "coupon"\n'
    )
    (tmp_path / "mine.toml").write_text(HEAD + text + ALWAYS)
    line = load(tmp_path / "mine.toml")[0].lines[0]
    assert line == Line(qr="x{{ number }}", words={"he": "א"}, size="small", side="end", width_percent=30, when="coupon")


def test_a_layout_of_tomorrow_is_misconfigured() -> None:
    """A terminal that is too old says so, and that receipts go on."""
    with pytest.raises(Misconfigured) as caught:
        from_json({"name": "mine", "version": 1, "lines": [{"show": "hologram"}]})
    assert caught.value.code == "layout_unreadable"
    assert "hologram" in caught.value.message
    assert "built-in" in caught.value.hint


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=10), st.sampled_from(["copy", "club", "{{ name }}"])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(["name", "version", "lines", "logo", "png", "show", "words", "qr", "he", "x"]), inner),
    ),
    max_leaves=20,
)


@given(JSON)
def test_no_json_breaks_the_reader(values: object) -> None:
    """Whatever head office sends: a layout, or mistakes."""
    layout, mistakes = parse(values)
    assert (layout is None) == bool(mistakes)


def test_a_png_that_unpacks_to_much_is_bounded() -> None:
    """Four million dots at most are ever unpacked; here is a megabyte of zeros in a small file."""
    assert len(zlib.compress(b"\0" * 1_000_000)) < LOGO_BYTES_MAX
    values = {"name": "mine", "version": 1, "logo": {"png": base64.b64encode(png(2000, 2000)).decode()}}
    _, mistakes = parse({**values, "lines": [{"show": part} for part in ("logo", "copy", "training", "returned", "offline")]})
    assert mistakes == []
