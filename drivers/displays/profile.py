"""What a display model understands, as data: config/displays/NAME.toml. A new model is a new file and no code."""

import codecs
import sys
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from loyalty.program import Mistake
from runtime import toml_file
from runtime.errors import Misconfigured

CHECKOUT = Path(__file__).resolve().parents[2] / "config" / "displays"
INSTALLED = Path(sys.prefix) / "share" / "posd" / "config" / "displays"

COLUMNS_MIN, COLUMNS_MAX = 16, 40  # 20 almost everywhere
SLOT_MAX = 255  # one byte
FIXED = "fixed"


def _page(name: str) -> str:
    """A code page of one byte a letter, with ASCII where ASCII is."""
    try:
        found = codecs.lookup(name)
        if found.name.startswith(("cp", "iso8859", "koi8")) and found.encode("A1 ")[0] == b"A1 ":
            return found.name
    except (LookupError, UnicodeError):
        pass
    raise ValueError("there is no such code page; for example cp862 (Hebrew), cp866 (Russian) or cp864 (Arabic)")


Page = Annotated[str, AfterValidator(_page)]
Slot = Annotated[int, Field(ge=0, le=SLOT_MAX)] | Literal["fixed"]


class Profile(BaseModel):
    """One model. config/displays/generic-cd5220.toml has a comment on each field."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    commands: Literal["cd5220", "escpos"]
    columns: Annotated[int, Field(ge=COLUMNS_MIN, le=COLUMNS_MAX)] = 20
    pages: dict[Page, Slot] = {}


def load_profile(name: str) -> Profile:
    """The profile of that name, from the checkout or from where posd is installed; or of a path that ends in ".toml".

    Raises InvalidFile with every mistake as file:line, or Misconfigured with the names there are.
    """
    file = toml_file.read(_file(name))
    profile, mistakes = toml_file.check(Profile, file.values)
    if profile and FIXED in profile.pages.values() and len(profile.pages) > 1:
        mistakes.append(Mistake("pages", f'a display whose page is "{FIXED}" has no other one', "one line"))
    file.complain(mistakes)
    assert profile
    return profile


def _file(name: str) -> Path:
    if name.endswith(".toml"):
        return Path(name)
    folder = CHECKOUT if CHECKOUT.is_dir() else INSTALLED
    known = sorted(file.stem for file in folder.glob("*.toml"))
    if name not in known:
        told = f"There is no display profile {name!r}"
        raise Misconfigured("profile_unknown", told, f"One of {', '.join(known) or 'none'}, or a path to a .toml")
    return folder / f"{name}.toml"
