"""What a printer model can do, as data: config/printers/NAME.toml. A new model is a new file and no code.

`based_on` takes from python-escpos's own list of models what that knows: dots, columns, knife, QR command and the numbers of
the code pages. What the file says itself wins: it is for what the list lacks or has wrong.
"""

import codecs
import difflib
import json
import sys
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Literal, get_type_hints

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, create_model

from loyalty.program import Mistake
from runtime import toml_file
from runtime.errors import Misconfigured

CHECKOUT = Path(__file__).resolve().parents[2] / "config" / "printers"
INSTALLED = Path(sys.prefix) / "share" / "posd" / "config" / "printers"

DOTS_MIN, DOTS_MAX = 256, 1024  # 58 mm printers have 384 dots, the widest in the field 832
BAND_ROWS_LIMIT = 255  # what the smallest receive buffers and 8-bit row counters in the field bear
FEED_LINES_MAX = 20  # a hand's breadth of empty paper is a mistake
PAUSE_MS_MAX = 200  # between two chunks; more would make a long receipt outlast any deadline
FONT_A_DOTS = 12  # how wide a letter of font A is on every model in the field
MODELS_SHOWN_MAX = 6


def _no_multiple_of_48(rows: int) -> int:
    if rows % 48 == 0:
        raise ValueError("no multiple of 48 is wanted: clones print garbage after such a band")
    return rows


def _known_page(page: str) -> str:
    try:
        return codecs.lookup(page).name
    except LookupError as error:
        raise ValueError("no code page has that name; cp862 and cp1255 hold Hebrew") from error


Page = Annotated[str, AfterValidator(_known_page)]


@dataclass(frozen=True, slots=True)
class Profile:
    """One model. config/printers/generic-80mm.toml has a comment on each field."""

    dots: Annotated[int, Field(ge=DOTS_MIN, le=DOTS_MAX, multiple_of=8)]
    band_rows_max: Annotated[int, Field(ge=24, le=BAND_ROWS_LIMIT), AfterValidator(_no_multiple_of_48)] = 200
    cut: Literal["full", "partial", "none"] = "partial"
    feed_lines: Annotated[int, Field(ge=0, le=FEED_LINES_MAX)] = 4
    fence: bool = True
    status: bool = True
    near_end: bool = True
    columns: Annotated[int, Field(ge=16, le=128)] = 48
    qr: bool = False
    code_pages: Mapping[Page, Annotated[int, Field(ge=0, le=255)]] = field(default_factory=dict, hash=False)
    text_pages: Annotated[tuple[Page, ...], Field(strict=False)] = ()
    pause_ms: Annotated[int, Field(ge=0, le=PAUSE_MS_MAX)] = 0
    buzzer: Literal["none", "epson", "clone"] = "none"

    def slot(self, page: str) -> int | None:
        """The n of `ESC t n` for a code page ("cp862") that was seen to print right on this model; None for any other."""
        return self.code_pages.get(page) if page in self.text_pages else None


def load_profile(name: str) -> Profile:
    """The profile of that name, from the checkout or from where posd is installed; or of a path that ends in ".toml".

    Raises InvalidFile with every mistake as file:line, or Misconfigured with the names there are.
    """
    file = toml_file.read(_file(name))
    given = dict(file.values)
    based_on, mistakes = given.pop("based_on", None), []
    known = models()
    if based_on is not None and based_on not in known:
        near = difflib.get_close_matches(str(based_on), known, MODELS_SHOWN_MAX, 0.4) or list(known)[:MODELS_SHOWN_MAX]
        wrong = f"python-escpos knows no model {toml_file.shown(based_on)}"
        mistakes.append(Mistake("based_on", wrong, f"one of: {', '.join(near)} ..."))
        based_on = None
    values = {**known.get(based_on, {}), **given} if based_on else given
    if isinstance(values.get("dots"), int):
        values.setdefault("columns", max(16, values["dots"] // FONT_A_DOTS))
    checked, wrong_shape = toml_file.check(_shape(), values)
    mistakes += wrong_shape
    if checked:
        mistakes += _meaning(checked)
    file.complain(mistakes)
    assert checked
    return Profile(**{key: getattr(checked, key) for key in type(checked).model_fields})


@cache
def models() -> Mapping[str, dict[str, Any]]:
    """What python-escpos knows of each printer model, in our words; displays are left out, and so is what it does not know.

    The file is capabilities.json, made from receipt-print-hq/escpos-printer-db; it is read without importing python-escpos,
    which would take 150 ms.
    """
    spec = find_spec("escpos")
    assert spec
    assert spec.submodule_search_locations
    file = Path(spec.submodule_search_locations[0]) / "capabilities.json"
    listed = json.loads(file.read_text("utf-8"))["profiles"]
    return {name: _ours(entry) for name, entry in listed.items() if entry["features"].get("bitImageRaster")}


def _ours(entry: Mapping[str, Any]) -> dict[str, Any]:
    has, dots = entry["features"], entry["media"]["width"].get("pixels")
    cut = "partial" if has["paperPartCut"] else "full" if has["paperFullCut"] else "none"
    found: dict[str, Any] = {"cut": cut, "qr": bool(has["qrCode"]), "columns": entry["fonts"]["0"]["columns"]}
    if isinstance(dots, int):
        found["dots"] = dots
    pages: dict[str, int] = {}
    for slot, page in entry["codePages"].items():
        try:
            pages.setdefault(codecs.lookup(page.replace("ISO_", "ISO")).name, int(slot))
        except LookupError:
            continue  # a page that no codec of Python's writes is no use to us
    return {**found, "code_pages": pages}


def _meaning(profile: Any) -> list[Mistake]:
    missing = [page for page in profile.text_pages if page not in profile.code_pages]
    wanted = "a line for it in [code_pages] with its number of ESC t"
    return [Mistake("text_pages", f"{page} has no number", wanted) for page in missing]


@cache
def _shape() -> type[BaseModel]:
    """The dataclass as a pydantic model, which tells every mistake at once."""
    hints = get_type_hints(Profile, include_extras=True)

    def default(key: Any) -> Any:
        return Field(default_factory=key.default_factory) if key.default_factory is not MISSING else key.default

    wanted: dict[str, Any] = {key.name: (hints[key.name], ... if _needed(key) else default(key)) for key in fields(Profile)}
    return create_model("Profile", __config__=ConfigDict(extra="forbid", strict=True), **wanted)


def _needed(key: Any) -> bool:
    return key.default is MISSING and key.default_factory is MISSING


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
