"""A JSON file that a person wrote: read as a TOML file is, with the line of every key, and every mistake of JSON itself."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from runtime import toml_file
from runtime.toml_file import FILE_BYTES_MAX, InvalidFile, Key, TomlFile

_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|[{}\[\]:,\n]|[^\s"{}\[\]:,]+')


def read(path: Path, listed: str = "") -> TomlFile:
    """Read and parse `path`. Raises Misconfigured when it cannot be read, InvalidFile for mistakes of JSON itself."""
    return parse(toml_file.raw(path), path, listed)


def parse(raw: bytes, path: Path, listed: str = "") -> TomlFile:
    """The JSON in `raw`, which came from `path`. A list stands for a table whose only key is `listed`, where one is given."""
    if len(raw) > FILE_BYTES_MAX:
        raise InvalidFile(path, [f"{path}:1: the file is larger than {FILE_BYTES_MAX} bytes"])
    try:
        text = raw.decode("utf-8-sig")
        values: Any = json.loads(text, parse_constant=_no_number)
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise InvalidFile(path, [f"{path}:{line}: this is not UTF-8; save the file as UTF-8"]) from error
    except json.JSONDecodeError as error:
        raise InvalidFile(path, [f"{path}:{error.lineno}: {error.msg} (column {error.colno}); JSON is wanted"]) from error
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits, NaN; a thousand brackets
        raise InvalidFile(path, [f"{path}:1: {error}"]) from error
    if listed and isinstance(values, list):
        keys = [((listed, *key), line) for key, line in _keys(text)]
        values = {listed: values}
    elif isinstance(values, dict):
        keys = list(_keys(text))
    else:
        raise InvalidFile(path, [f"{path}:1: it says {values!r:.60}; a table in {{ }} is wanted"])
    lines: dict[Key, int] = {}
    twice = []
    for key, line in keys:
        if key in lines:
            twice.append(f"{path}:{line}: {'.'.join(map(str, key))}: it stands here twice; once is wanted")
        lines[key] = line
    if twice:
        raise InvalidFile(path, twice)
    return TomlFile(path, values, lines)


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number that JSON knows")


def _keys(text: str) -> Iterator[tuple[Key, int]]:
    """Each key, and each place of a list, of a valid JSON text with its line."""
    path: list[str | int] = []  # the last part is the key or the place that is being read; "" where a key is still to come
    line = 1
    for found in _TOKEN.finditer(text):
        token = found[0]
        if token == "\n":
            line += 1
            continue
        if path and path[-1] == "" and token[0] == '"':
            key = str(json.loads(token))
            path[-1] = f"\0{key}" if not key or key[0] == "\0" else key  # an empty key is a key too, and no other one
            yield tuple(path), line
            continue
        if path and isinstance(path[-1], int) and token not in "],:}":
            yield tuple(path), line
        if token in "{[":
            path.append("" if token == "{" else 0)
        elif token in "}]":
            path.pop()
        elif token == ",":
            path[-1] = path[-1] + 1 if isinstance(path[-1], int) else ""
