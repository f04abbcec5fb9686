"""config/posd.toml and config/central.toml say every setting, with the default that the code has, and examples that work."""

import re
import tomllib
from importlib import import_module
from itertools import groupby
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
from pydantic import BaseModel

import central.settings
import posd.settings
from drivers import DISPLAYS, PRINTERS, SCANNERS, load_display, load_printer, load_scanner
from drivers.scanners.framing import SUFFIXES
from drivers.scanners.makes import MAKES

CONFIG = Path(__file__).resolve().parents[2] / "config"
FILES = {"posd.toml": posd.settings, "central.toml": central.settings}
DEFAULT = re.compile(r"# (?=[a-z_]+ = )")
EXAMPLE = re.compile(r"#   (?=[a-z_]+ = |\[)")
DEVICES = {"scanners", "printer", "display"}
"""Tables that have no defaults: their keys are the drivers' and stand in examples."""


def uncommented(text: str, mark: re.Pattern[str]) -> str:
    """The text with `mark` taken away from the lines that begin with it."""
    return "\n".join(mark.sub("", line, count=1) if mark.match(line) else line for line in text.splitlines())


def examples(text: str) -> list[str]:
    """Each run of example lines."""
    runs = groupby(text.splitlines(), key=lambda line: bool(EXAMPLE.match(line)))
    return [uncommented("\n".join(lines), EXAMPLE) for is_example, lines in runs if is_example]


def keys_of(shape: type[BaseModel], at: str = "") -> set[str]:
    """Every dotted key of a settings class, without the devices."""
    found: set[str] = set()
    for name, field in shape.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            found |= keys_of(inner, f"{at}{name}.")
        elif name not in DEVICES:
            found.add(f"{at}{name}")
    return found


def keys_in(values: dict[str, Any], at: str = "") -> set[str]:
    """Every dotted key of a parsed file."""
    found: set[str] = set()
    for name, value in values.items():
        found |= keys_in(value, f"{at}{name}.") if isinstance(value, dict) else {f"{at}{name}"}
    return found


@pytest.fixture
def defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """The file of that name with every default uncommented, for somebody whose home has nothing in it."""
    for variable in ("STATE_DIRECTORY", "XDG_STATE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    file = tmp_path / request.param
    file.write_text(uncommented((CONFIG / request.param).read_text(), DEFAULT))
    return file


@pytest.mark.parametrize("name", FILES)
def test_the_file_as_it_is_changes_nothing(name: str):
    """Copied as it is, it gives the defaults."""
    assert FILES[name].load(CONFIG / name) == FILES[name].Settings()


@pytest.mark.parametrize("defaults", FILES, indirect=True)
def test_uncommented_it_says_the_defaults(defaults: Path):
    """Every line uncommented, it says what the code does anyway."""
    settings = FILES[defaults.name]
    assert settings.load(defaults) == settings.Settings()


@pytest.mark.parametrize("defaults", FILES, indirect=True)
def test_no_setting_is_missing(defaults: Path):
    """Each setting of the code has its line, and no line is left of a setting that is gone."""
    assert keys_in(tomllib.loads(defaults.read_text())) == keys_of(FILES[defaults.name].Settings)


def test_a_missing_setting_would_be_noticed():
    """A class with one field more has one key more than the file."""

    class More(posd.settings.Settings):
        espresso: bool = False

    assert keys_of(More) - keys_of(posd.settings.Settings) == {"espresso"}


TABLES = {"scanners": SCANNERS, "printer": PRINTERS, "display": DISPLAYS}


def options_of(row: str):
    """The dataclass of a driver's options, by its row "module:Class"."""
    module, _, attribute = row.partition(":")
    return getattr(import_module(module), attribute).Options


def test_every_device_has_an_example_that_its_driver_takes(tmp_path: Path):
    """The examples name every driver there is, each driver takes them as they stand, and together they have all its options."""
    shown: dict[tuple[str, str], set[str]] = {}
    has: dict[tuple[str, str], set[str]] = {}
    for example in examples((CONFIG / "posd.toml").read_text()):
        if "driver" not in example:
            continue
        file = tmp_path / "posd.toml"
        file.write_text(example)
        settings = posd.settings.load(file)
        scanners = [("scanners", load_scanner, one) for one in settings.scanners]
        others = [("printer", load_printer, settings.printer), ("display", load_display, settings.display)]
        for kind, make, device in [*scanners, *others]:
            if device:
                make(device.driver, device.name or device.driver, device.options)
                has[kind, device.driver] = set(options_of(TABLES[kind][device.driver]).__dataclass_fields__)
                shown.setdefault((kind, device.driver), set()).update(device.options)
    assert shown == has
    assert set(shown) == {(kind, driver) for kind, table in TABLES.items() for driver in table}


def test_every_choice_is_named():
    """Where the code takes one of a few words, the file names each of them."""
    text = (CONFIG / "posd.toml").read_text()
    fields = posd.settings.Settings.model_fields | posd.settings.Api.model_fields
    shapes = [field.annotation for field in fields.values()]
    words = [word for shape in shapes if get_origin(shape) is Literal for word in get_args(shape)] + [*SUFFIXES, *MAKES]
    assert len(words) > 10
    assert [word for word in words if f'"{word}"' not in text] == []
