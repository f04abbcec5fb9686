"""What a display model understands, as data: config/displays/NAME.toml. A new model is a new file and no code."""

import codecs
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from drivers.options import checked
from runtime.errors import Misconfigured

CHECKOUT = Path(__file__).resolve().parents[2] / "config" / "displays"
INSTALLED = Path(sys.prefix) / "share" / "posd" / "config" / "displays"

COLUMNS_MIN, COLUMNS_MAX = 16, 40  # 20 almost everywhere
SLOT_MAX = 255  # one byte
FIXED = "fixed"


@dataclass(frozen=True, slots=True)
class Profile:
    """One model. config/displays/generic-cd5220.toml has a comment on each field."""

    commands: Literal["cd5220", "escpos"]
    pages: Mapping[str, int | str]
    columns: int = 20

    def __post_init__(self) -> None:
        if not COLUMNS_MIN <= self.columns <= COLUMNS_MAX:
            raise ValueError(f"columns is {self.columns}; {COLUMNS_MIN} to {COLUMNS_MAX} is wanted")
        for page, slot in self.pages.items():
            if not _is_page(page):
                raise ValueError(f"pages.{page}: there is no such code page; for example cp862, cp866 or cp864 is wanted")
            if slot != FIXED and not (isinstance(slot, int) and 0 <= slot <= SLOT_MAX):
                raise ValueError(f'pages.{page} is {slot!r}; 0 to {SLOT_MAX} or "{FIXED}" is wanted')
        if FIXED in self.pages.values() and len(self.pages) > 1:
            raise ValueError(f'pages: a display whose page is "{FIXED}" has no other one')


def load_profile(name: str) -> Profile:
    """The profile of that name, from the checkout or from where posd is installed; or of a path that ends in ".toml".

    Raises Misconfigured with the file and the keys that are wrong, or with the names there are.
    """
    file = _file(name)
    try:
        given = tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Misconfigured("profile_unreadable", f"{file}: {error}", "Compare it with generic-cd5220.toml") from error
    return checked(Profile, given, str(file))


def _file(name: str) -> Path:
    if name.endswith(".toml"):
        return Path(name)
    folder = CHECKOUT if CHECKOUT.is_dir() else INSTALLED
    known = sorted(file.stem for file in folder.glob("*.toml"))
    if name not in known:
        told = f"There is no display profile {name!r}"
        raise Misconfigured("profile_unknown", told, f"One of {', '.join(known) or 'none'}, or a path to a .toml")
    return folder / f"{name}.toml"


def _is_page(name: str) -> bool:
    """A code page of one byte a letter, with ASCII where ASCII is."""
    try:
        found = codecs.lookup(name)
        return found.name.startswith(("cp", "iso8859", "koi8")) and found.encode("A1 ")[0] == b"A1 "
    except (LookupError, TypeError, UnicodeError):
        return False
