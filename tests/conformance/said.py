"""Reading a case so that nothing of it is passed over: a table that remembers what was read."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

AGOROT = 100


class NotUnderstood(Exception):
    """The translation has no words for something a case says."""


class Said:
    """A table of a case. What nobody has read by the end was not understood, and the case does not count as passed."""

    def __init__(self, values: Mapping[str, Any], at: str = "") -> None:
        """`at` is where it stands in the case."""
        self._values, self._at = values, at
        self._read: set[str] = set()
        self._tables: dict[str, Said] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def get(self, key: str, default: Any = None) -> Any:
        """What it says of `key`."""
        self._read.add(key)
        return self._values.get(key, default)

    def table(self, key: str) -> "Said":
        """The table below `key`; an empty one where there is none."""
        self._read.add(key)
        if key not in self._tables:
            self._tables[key] = Said(self._values.get(key, {}), f"{self._at}{key}.")
        return self._tables[key]

    def pick(self, key: str, words: Mapping[str, Any], default: str) -> Any:
        """What `words` has for the word at `key`."""
        word = str(self.get(key, default))
        if word not in words:
            raise NotUnderstood(f"{self._at}{key} is {word!r}")
        return words[word]

    def unread(self) -> Iterator[str]:
        """The keys that nobody asked for, here and below."""
        yield from (f"{self._at}{key}" for key in self._values if key not in self._read)
        for table in self._tables.values():
            yield from table.unread()


def minor(text: object) -> int:
    """Money as a case writes it, "12.50" or "-5", in minor units."""
    amount = Decimal(str(text)) * AGOROT
    if amount != int(amount):
        raise NotUnderstood(f"{text} is no whole number of minor units")
    return int(amount)


def money(amount_minor: int) -> str:
    """Money as a program file writes it."""
    return f"{amount_minor // AGOROT}.{amount_minor % AGOROT:02}"


def slug(text: object) -> str:
    """A code of our program files for a name in a case."""
    word = "".join(letter if letter.isalnum() else "_" for letter in str(text).lower())
    return word if word[:1].isalpha() else f"x{word}"
