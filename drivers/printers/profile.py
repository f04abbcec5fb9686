"""What a printer model can do, as data: config/printers/NAME.toml. A new model is a new file and no code."""

import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from drivers.options import checked
from runtime.errors import Misconfigured

CHECKOUT = Path(__file__).resolve().parents[2] / "config" / "printers"
INSTALLED = Path(sys.prefix) / "share" / "posd" / "config" / "printers"

DOTS_MIN, DOTS_MAX = 256, 1024  # 58 mm printers have 384 dots, the widest in the field 832
BAND_ROWS_LIMIT = 255  # what the smallest receive buffers and 8-bit row counters in the field bear
FEED_LINES_MAX = 20  # a hand's breadth of empty paper is a mistake


@dataclass(frozen=True, slots=True)
class Profile:
    """One model. config/printers/generic-80mm.toml has a comment on each field."""

    dots: int
    band_rows_max: int = 200
    cut: Literal["full", "partial", "none"] = "partial"
    feed_lines: int = 4
    fence: bool = True
    status: bool = True

    def __post_init__(self) -> None:
        if self.dots % 8 or not DOTS_MIN <= self.dots <= DOTS_MAX:
            raise ValueError(f"dots is {self.dots}; a multiple of 8 from {DOTS_MIN} to {DOTS_MAX} is wanted")
        if self.band_rows_max % 48 == 0 or not 24 <= self.band_rows_max <= BAND_ROWS_LIMIT:
            raise ValueError(f"band_rows_max is {self.band_rows_max}; 24 to {BAND_ROWS_LIMIT} and no multiple of 48 is wanted")
        if not 0 <= self.feed_lines <= FEED_LINES_MAX:
            raise ValueError(f"feed_lines is {self.feed_lines}; 0 to {FEED_LINES_MAX} is wanted")


def load_profile(name: str) -> Profile:
    """The profile of that name, from the checkout or from where posd is installed; or of a path that ends in ".toml".

    Raises Misconfigured with the file and the keys that are wrong, or with the names there are.
    """
    file = _file(name)
    try:
        given = tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Misconfigured("profile_unreadable", f"{file}: {error}", "Compare it with generic-80mm.toml") from error
    return checked(Profile, given, str(file))


def _file(name: str) -> Path:
    if name.endswith(".toml"):
        return Path(name)
    folder = CHECKOUT if CHECKOUT.is_dir() else INSTALLED
    known = sorted(file.stem for file in folder.glob("*.toml"))
    if name not in known:
        raise Misconfigured(
            "profile_unknown",
            f"There is no printer profile {name!r}",
            f"One of {', '.join(known) or 'none'}, or a path to a .toml",
        )
    return folder / f"{name}.toml"
