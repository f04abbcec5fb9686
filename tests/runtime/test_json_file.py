"""JSON that a person wrote: the line of every key, and no text that makes the reader fail."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.program import Mistake
from runtime import json_file
from runtime.errors import Misconfigured
from runtime.toml_file import FILE_BYTES_MAX, InvalidFile

HERE = Path("file.json")
TEXT = """{
  "name": "a \\"quoted\\" {word}, with: marks",
  "lines": [
    {"id": "1"},
    7,
    [],
    {
      "id": "2", "tags": ["a",
        "b"]
    }
  ],
  "": {"x": null}
}
"""
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("name", 2), ("lines", 3), ("lines.0", 4), ("lines.0.id", 4), ("lines.1", 5), ("lines.2", 6), ("lines.3", 7),
        ("lines.3.id", 8), ("lines.3.tags.1", 9), ("nowhere", 1), ("lines.3.nowhere", 7), ("lines.9", 3),
    ],
)  # fmt: skip
def test_every_key_has_its_line(key, line):
    """Or that of the table around it."""
    assert json_file.parse(TEXT.encode(), HERE).line_of(key) == line


def test_a_list_may_stand_for_a_table():
    """Under the name that it is given."""
    found = json_file.parse(b'[\n{"a": 1},\n{"b": 2}]', HERE, "steps")
    assert found.values == {"steps": [{"a": 1}, {"b": 2}]}
    assert found.line_of("steps.1.b") == 3
    with pytest.raises(InvalidFile, match=r"a table in \{ \} is wanted"):
        json_file.parse(b"[]", HERE)


@given(st.dictionaries(st.text(), values, max_size=4), st.sampled_from([None, 0, 2]))
def test_what_is_read_is_what_was_written(table, indent):
    """Every key of any table is found, on a line that holds it."""
    text = json.dumps(table, indent=indent, ensure_ascii=False)
    found = json_file.parse(text.encode(), HERE)
    assert found.values == table
    rows = text.split("\n")
    for key, line in found.lines.items():
        if isinstance(key[-1], str) and not key[-1].startswith("\0"):
            assert json.dumps(key[-1], ensure_ascii=False) in rows[line - 1]


def test_a_byte_order_mark_is_no_mistake():
    """Some editors write one."""
    assert json_file.parse(b'\xef\xbb\xbf{"a": 1}', HERE).values == {"a": 1}


def test_a_key_that_stands_twice_is_told():
    """JSON's readers differ on which one they believe."""
    with pytest.raises(InvalidFile) as caught:
        json_file.parse(b'{"a": 1,\n"b": {"c": 1,\n "c": 2}}', HERE)
    assert caught.value.lines == ["file.json:3: b.c: it stands here twice; once is wanted"]


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b'{"a": 1,\n}', "file.json:2: Expecting property name"),
        (b"", "file.json:1: Expecting value"),
        (b'{\n"a": "\xff"}', "file.json:2: this is not UTF-8"),
        (b'{"a": NaN}', "file.json:1: NaN is no number that JSON knows"),
        (b'{"a": -Infinity}', "file.json:1: -Infinity is no number"),
        (b'{"a": ' + b"1" * 5000 + b"}", "file.json:1: Exceeds the limit"),
        (b"[" * 100_000, "file.json:1: "),
        (b'"a"', "file.json:1: it says 'a'; a table in { } is wanted"),
        (b" " * (FILE_BYTES_MAX + 1), "file.json:1: the file is larger than"),
    ],
)
def test_what_is_no_json_is_told(raw, told):
    """With its line."""
    with pytest.raises(InvalidFile) as caught:
        json_file.parse(raw, HERE)
    assert caught.value.lines[0].startswith(told)


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    """With its path."""
    with pytest.raises(Misconfigured) as caught:
        json_file.read(tmp_path / "none.json")
    assert caught.value.code == "file_unreadable"
    path = tmp_path / "some.json"
    path.write_text('{"a": 1}')
    assert json_file.read(path).values == {"a": 1}


@given(st.binary(max_size=80))
def test_no_bytes_make_the_reader_fail(raw):
    """They are a table, or a mistake."""
    try:
        found = json_file.parse(raw, HERE, "steps").values
    except InvalidFile as error:
        found = {"lines": error.lines}
    assert isinstance(found, dict)


def test_mistakes_are_told_by_their_lines():
    """As those of a TOML file are."""
    with pytest.raises(InvalidFile) as caught:
        json_file.parse(TEXT.encode(), HERE).complain([Mistake("lines.3.tags.1", "it says 'b'", "c is wanted")])
    assert caught.value.lines == ["file.json:9: lines.3.tags.1: it says 'b'; c is wanted"]
