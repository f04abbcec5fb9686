"""A TOML file that a person wrote: every mistake at once, each as `file:line: key: what is wrong; what is wanted`."""

import difflib
import re
import reprlib
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from loyalty.program import Mistake
from runtime.errors import Misconfigured

FILE_BYTES_MAX = 1024 * 1024  # a person wrote it
DOTS_MAX = 32  # tables inside tables; tomllib takes the square of it
MISTAKES_SHOWN_MAX = 200  # more than a person mends before trying again
SHOWN_CHARS_MAX = 60
BITS_SHOWN_MAX = 256  # Python refuses to write numbers of thousands of digits

_REPR = reprlib.Repr()
_REPR.maxstring = _REPR.maxother = _REPR.maxlong = SHOWN_CHARS_MAX

Shape = TypeVar("Shape", bound=BaseModel)
Key = tuple[str | int, ...]

_HEADER = re.compile(r"\s*(\[\[?)\s*([^\]]+?)\s*\]\]?")
_PART = re.compile(r'"([^"]*)"|\'([^\']*)\'|([A-Za-z0-9_-]+)')
_ASSIGNED = re.compile(r"""\s*((?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+))*)\s*=""")
_DEEP = re.compile(rf"(?<![\w\"'-])(?:[\w\"'-]{{1,60}}[ \t]{{0,4}}\.[ \t]{{0,4}}){{{DOTS_MAX}}}[\w\"'-]")
_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"|\'[^\']*\'|#.*')


class InvalidFile(Misconfigured):
    """All the mistakes of one file; `lines` has each as a person reads it."""

    def __init__(self, path: Path, lines: list[str], mistakes: int = 0) -> None:
        """`path` names the file, `lines` are complete `file:line: key: ...` sentences, of the first of so many `mistakes`."""
        count = "1 mistake" if len(lines) == 1 else f"{max(mistakes, len(lines))} mistakes"
        super().__init__("invalid_file", f"{path} has {count}:\n  " + "\n  ".join(lines))
        self.lines = lines


@dataclass(frozen=True, slots=True)
class TomlFile:
    """What a file says, and on which line each key says it."""

    path: Path
    values: dict[str, Any]
    lines: Mapping[Key, int] = field(default_factory=dict)

    def line_of(self, key: str) -> int:
        """The line of a dotted key, or of the nearest table around it."""
        parts: Key = ()
        line = 1
        for part in key.split("."):
            found = next((way for way in ((*parts, part), (*parts, _place(part))) if way in self.lines), None)
            if found is None:
                parts = (*parts, part)  # a table that only its keys' dots make has no line of its own
                continue
            parts, line = found, self.lines[found]
        return line

    def complain(self, mistakes: list[Mistake]) -> None:
        """Raise InvalidFile when there are mistakes."""
        if mistakes:
            raise InvalidFile(self.path, self.told(mistakes), len(mistakes))

    def told(self, mistakes: Iterable[Mistake]) -> list[str]:
        """`mistakes` as a person reads them, in the order of the file; the first ones, where there are very many."""
        found = sorted((self.line_of(mistake.key), mistake) for mistake in mistakes)
        lines = [f"{self.path}:{line}: {_printable(m.key)}: {m.wrong}; {m.wanted}" for line, m in found[:MISTAKES_SHOWN_MAX]]
        more = len(found) - len(lines)
        return [*lines, f"{self.path}: and {more} more; mend these first"] if more else lines


def read(path: Path) -> TomlFile:
    """Read and parse `path`. Raises Misconfigured when it cannot be read, InvalidFile for a mistake of TOML itself."""
    data = raw(path)
    if len(data) > FILE_BYTES_MAX:
        raise InvalidFile(path, [f"{path}:1: the file is larger than {FILE_BYTES_MAX} bytes"])
    try:
        text = data.decode()
        if deep := _DEEP.search(text):
            line = text.count("\n", 0, deep.start()) + 1
            raise InvalidFile(
                path, [f"{path}:{line}: more than {DOTS_MAX} tables inside each other; nothing here goes so deep"]
            )
        return TomlFile(path, tomllib.loads(text), dict(_keys(text)))
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InvalidFile(path, [f"{path}:{line}: this is not UTF-8; save the file as UTF-8"]) from error
    except (ValueError, RecursionError) as error:  # of TOML itself; a number of 5,000 digits; a thousand brackets
        found = re.search(r"line (\d+)", str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        wrong = "brackets inside brackets, deeper than anything here goes" if isinstance(error, RecursionError) else error
        raise InvalidFile(path, [f"{path}:{line}: {wrong}"]) from error


def raw(path: Path) -> bytes:
    """What is in the file, and at most a byte more than it may hold. Raises Misconfigured when it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(FILE_BYTES_MAX + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        told = getattr(error, "strerror", None) or error
        raise Misconfigured("file_unreadable", f"{path}: {told}", "Check the path and who may read it") from error


def check(shape: type[Shape], values: object, at: str = "") -> tuple[Shape | None, list[Mistake]]:
    """`values` as `shape`, or every mistake in it, with key paths below `at`."""
    try:
        return shape.model_validate(values), []
    except ValidationError as error:
        return None, [_mistake(shape, detail, at) for detail in error.errors(include_url=False)]


def below(at: str, key: str) -> str:
    """The dotted key of `key` inside `at`."""
    return f"{at}.{key}" if at else key


def _mistake(shape: type[BaseModel], detail: Mapping[str, Any], at: str) -> Mistake:
    """Pydantic's finding in our words."""
    parts = [str(part) for part in detail["loc"] if part != "[key]"]
    key = below(at, ".".join(parts)) if parts else at
    wording = _WORDING.get(detail["type"])
    if detail["type"] == "extra_forbidden":
        return Mistake(key, "there is no such key", _suggestion(shape, parts))
    if wording:
        return Mistake(key, *wording(detail))
    return Mistake(key, str(detail["msg"]).removeprefix("Value error, "), f"it says {shown(detail['input'])}")


def _suggestion(shape: type[BaseModel], parts: list[str]) -> str:
    """What may stand where an unknown key stands."""
    place: type[BaseModel] | None = shape
    for part in parts[:-1]:
        fields = _fields(place) if place else {}
        if part in fields:  # else a place in a list, or a key of a table whose values are all of one shape
            place = next(_models(fields[part]), None)
    names = list(_fields(place)) if place else []
    close = difflib.get_close_matches(parts[-1], names, 1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"one of: {', '.join(names)}" if names else "remove it"


def _fields(shape: type[BaseModel]) -> dict[str, Any]:
    """The annotation of each field, by what it is called in a file."""
    return {field.alias or name: field.annotation for name, field in shape.model_fields.items()}


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that an annotation names."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in getattr(annotation, "__args__", ()):
        yield from _models(argument)


def shown(value: object) -> str:
    """A value as a message may quote it: short, on one line, and nothing in it that steers a terminal."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and value.bit_length() > BITS_SHOWN_MAX:
        return "a number of very many digits"
    return f"{_REPR.repr(value):.{SHOWN_CHARS_MAX}}"


def _printable(key: str) -> str:
    """A key that a stranger wrote, without what would turn the line around, and no longer than it can be read."""
    plain = "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in key[: 4 * SHOWN_CHARS_MAX])
    return plain if len(key) <= 4 * SHOWN_CHARS_MAX else f"{plain}..."


def _is(wanted: str) -> Callable[[Mapping[str, Any]], tuple[str, str]]:
    return lambda detail: (f"it says {shown(detail['input'])}", f"{wanted} is wanted")


def _limit(word: str, name: str) -> Callable[[Mapping[str, Any]], tuple[str, str]]:
    return lambda detail: (f"it says {shown(detail['input'])}", f"{word} {detail['ctx'][name]} is wanted")


_WORDING: Mapping[str, Callable[[Mapping[str, Any]], tuple[str, str]]] = {
    "missing": lambda _: ("it is missing", "add it"),
    "int_type": _is("a whole number"),
    "int_parsing": _is("a whole number"),
    "int_from_float": _is("a whole number"),
    "float_type": _is("a number"),
    "bool_type": _is("true or false"),
    "bool_parsing": _is("true or false"),
    "string_type": _is('a text in "quotes"'),
    "dict_type": _is("a table"),
    "model_type": _is("a table"),
    "list_type": _is("a list in [ ]"),
    "tuple_type": _is("a list in [ ]"),
    "literal_error": lambda detail: (f"it says {shown(detail['input'])}", f"{detail['ctx']['expected']} is wanted"),
    "enum": lambda detail: (f"it says {shown(detail['input'])}", f"{detail['ctx']['expected']} is wanted"),
    "greater_than": _limit("more than", "gt"),
    "greater_than_equal": _limit("at least", "ge"),
    "less_than": _limit("less than", "lt"),
    "less_than_equal": _limit("at most", "le"),
}


def _keys(text: str) -> Iterator[tuple[Key, int]]:
    """Each key of a valid TOML text with its line: table headers, arrays of tables, dotted keys; values are stepped over."""
    table: Key = ()
    counts: dict[Key, int] = {}
    inside = ""  # the quotes of a multi-line string, or brackets still open
    for number, line in enumerate(text.split("\n"), 1):  # and nowhere else: str.splitlines knows ten more ways to end a line
        if inside in ('"""', "'''"):
            inside = "" if inside in line else inside
            continue
        if inside:
            inside = _open_brackets(inside, line)
            continue
        if header := _HEADER.match(line):
            table = _resolved(_parts(header[2]), counts)
            if header[1] == "[[":
                counts[table] = counts.get(table, -1) + 1
                table = (*table, counts[table])
            yield table, number
        elif assigned := _ASSIGNED.match(line):
            yield (*table, *_parts(assigned[1])), number
            value = line[assigned.end() :]
            quotes = next((q for q in ('"""', "'''") if value.strip().startswith(q)), "")
            inside = quotes if quotes and value.count(quotes) == 1 else _open_brackets("", value)


def _open_brackets(before: str, line: str) -> str:
    """The brackets of a list or an inline table that are still open after `line`."""
    opened = before
    for letter in _QUOTED.sub("", line):
        if letter in "[{":
            opened += letter
        elif letter in "]}" and opened:
            opened = opened[:-1]
    return opened


def _place(part: str) -> int:
    """A part of a key as a place in a list; -1 if it is none."""
    return int(part) if part.isascii() and part.isdecimal() and len(part) < 10 else -1


def _parts(dotted: str) -> Key:
    return tuple(a or b or c for a, b, c in _PART.findall(dotted))


def _resolved(parts: Key, counts: Mapping[Key, int]) -> Key:
    """A header below an array of tables means its last element."""
    path: Key = ()
    for place, part in enumerate(parts):
        path = (*path, part)
        if path in counts and place + 1 < len(parts):
            path = (*path, counts[path])
    return path
