"""TOML that a person wrote: every mistake at once, each on its own line, and no text that makes the reader fail."""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr

from runtime import toml_file
from runtime.errors import Misconfigured
from runtime.toml_file import InvalidFile, TomlFile


class Inner(BaseModel):
    """A table."""

    model_config = ConfigDict(extra="forbid")
    port: Annotated[StrictInt, Field(ge=1, le=10)] = 1
    host: Literal["here", "there"] = "here"


class Outer(BaseModel):
    """A file."""

    model_config = ConfigDict(extra="forbid")
    name: StrictStr
    fast: StrictBool = False
    api: Inner = Field(default_factory=Inner)
    devices: tuple[Inner, ...] = ()


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "file.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def mistakes(folder: Path, text: str) -> list[str]:
    """The mistakes as a person reads them, without the folder."""
    path = written(folder, text)
    file = toml_file.read(path)
    _, found = toml_file.check(Outer, file.values)
    try:
        file.complain(found)
    except InvalidFile as error:
        return [line.removeprefix(f"{path}:") for line in error.lines]
    return []


def test_all_mistakes_are_told_at_once_each_on_its_line(tmp_path: Path) -> None:
    """Missing, mistyped, out of bounds, unknown, not among the words: five kinds, in the file's order."""
    text = """
fast = "yes"
nmae = "x"
[api]
port = 11
host = "nowhere"
[[devices]]
port = 2
[[devices]]
# a comment
port = true
"""
    assert mistakes(tmp_path, text) == [
        "1: name: it is missing; add it",
        "2: fast: it says 'yes'; true or false is wanted",
        "3: nmae: there is no such key; did you mean 'name'?",
        "5: api.port: it says 11; at most 10 is wanted",
        "6: api.host: it says 'nowhere'; 'here' or 'there' is wanted",
        "11: devices.1.port: it says true; a whole number is wanted",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('name = "x"\napi.port = 0', "2: api.port: it says 0; at least 1 is wanted"),
        ('name = "x"\n"api" . "port" = 0', "2: api.port: it says 0; at least 1 is wanted"),
        ('name = "x"\napi = {host = "here", port = 0}', "2: api.port: it says 0; at least 1 is wanted"),
        ('name = "x"\napi = 5', "2: api: it says 5; a table is wanted"),
        ('name = "x"\ndevices = 5', "2: devices: it says 5; a list in [ ] is wanted"),
        ("name = 5", '1: name: it says 5; a text in "quotes" is wanted'),
        ('name = """\nfast = 1\n"""\nfast = 1', "4: fast: it says 1; true or false is wanted"),
        ("name = '''\n[api]\nport = 0\n'''\n[api]\nport = 0", "6: api.port: it says 0; at least 1 is wanted"),
        ('devices = [\n  {port = 1}, # ]\n  {host = "]"},\n]\nname = 5', '5: name: it says 5; a text in "quotes" is wanted'),
        ('name = "x" # \u2028 \x85\n[api]\r\nport = 0', "3: api.port: it says 0; at least 1 is wanted"),
        ("[[devices]]\n[[devices]]\nport = 0\n[api]\n", "1: name: it is missing; add it"),
        ('name = "x"\n[wrong]\nkey = 1', "2: wrong: there is no such key; one of: name, fast, api, devices"),
    ],
)
def test_a_mistake_is_told_on_the_line_that_makes_it(tmp_path: Path, text: str, told: str) -> None:
    """Dotted and quoted keys, inline tables, lists and texts of many lines, and line ends that only Python knows."""
    assert told in mistakes(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a = 1\nb = \n", 2),
        ("a = 1\na = 2", 2),
        ("[x]\n[x]\n", 2),
        ('a = "', 1),
        ("a = 1\n\nb = [1,\n2", 4),
        ("a = " + "9" * 5000, 1),
        ("a = " + "[" * 100_000, 1),
        ("a = 1979-13-40", 1),
        (b"a = 1\nb = '\xff'\n", 2),
        (b"\xff\xfea\x00", 1),
        (b"a = 1\n\x00", 2),
    ],
)
def test_what_is_no_toml_is_told_with_its_line(tmp_path: Path, text: str | bytes, line: int) -> None:
    """Syntax, doubled keys, open ends, absurd numbers and depths, and what is not UTF-8."""
    path = written(tmp_path, text)
    with pytest.raises(InvalidFile, match="has 1 mistake") as told:
        toml_file.read(path)
    assert told.value.lines[0].startswith(f"{path}:{line}: ")


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """Missing, a folder, or larger than anybody writes."""
    for path in (tmp_path / "missing.toml", tmp_path):
        with pytest.raises(Misconfigured, match=str(path)) as told:
            toml_file.read(path)
        assert told.value.code == "file_unreadable"
    with pytest.raises(InvalidFile, match="larger"):
        toml_file.read(written(tmp_path, "#" * (toml_file.FILE_BYTES_MAX + 1)))


def test_a_good_file_has_no_mistakes(tmp_path: Path) -> None:
    """And is what it says."""
    assert mistakes(tmp_path, 'name = "x"\n[api]\nport = 3') == []


keys = st.sampled_from(["name", "api", "port", "a b", "7", "\u00b2", "\u05d0", "x.y", ""])
values = st.recursive(
    st.sampled_from(["1", "true", '"text"', "'lit'", '"""\nx = 1\n"""', "1.5", "[]", "{}", "1979-05-27", '"]"', "'#'"]),
    lambda inner: st.lists(inner, max_size=3).map(lambda parts: "[" + ",\n".join(parts) + "]"),
    max_leaves=4,
)
toml_lines = st.one_of(
    st.tuples(keys, values).map(lambda pair: f'"{pair[0]}" = {pair[1]}'),
    st.lists(keys, min_size=1, max_size=3).map(lambda parts: "[" + ".".join(f'"{part}"' for part in parts) + "]"),
    st.lists(keys, min_size=1, max_size=3).map(lambda parts: "[[" + ".".join(f'"{part}"' for part in parts) + "]]"),
    st.text(max_size=20),
)


@given(st.lists(toml_lines, max_size=8).map("\n".join), st.text(max_size=20))
def test_no_text_makes_the_reader_fail(tmp_path_factory: pytest.TempPathFactory, text: str, key: str) -> None:
    """Whatever is drawn is either a mistake with its line or a file whose keys have lines within it."""
    path = tmp_path_factory.getbasetemp() / "drawn.toml"
    path.write_bytes(text.encode(errors="replace"))
    try:
        file = toml_file.read(path)
    except InvalidFile:
        return
    last = path.read_bytes().count(b"\n") + 1
    assert all(1 <= line <= last for line in file.lines.values())
    assert 1 <= file.line_of(key) <= last
    _, found = toml_file.check(Outer, file.values)
    assert all(1 <= file.line_of(mistake.key) <= last for mistake in found)


def _drawn(parts: list[tuple[str, dict[str, int]]]) -> str:
    return "\n".join(f"[{name}]\n" + "\n".join(f"{key} = {value}" for key, value in table.items()) for name, table in parts)


names = st.text("abcdef", min_size=1, max_size=6)
tables = st.dictionaries(names, st.dictionaries(names, st.integers(0, 99), max_size=4), max_size=4)


@given(tables)
def test_every_key_is_found_on_the_line_that_assigns_it(drawn: dict[str, dict[str, int]]) -> None:
    """The line that is told holds the key and its value."""
    text = _drawn(list(drawn.items()))
    file = TomlFile(Path("x"), tomllib.loads(text), dict(toml_file._keys(text)))
    rows: list[Any] = text.split("\n")
    for table, entries in drawn.items():
        assert rows[file.line_of(table) - 1] == f"[{table}]"
        for key, value in entries.items():
            assert rows[file.line_of(f"{table}.{key}") - 1] == f"{key} = {value}"
