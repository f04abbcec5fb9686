"""Drivers by name: what loads, what is refused, and that nothing else is imported."""

import subprocess
import sys
from pathlib import Path

import pytest

from drivers import SCANNERS, load_scanner
from drivers.scanners.camera.scanner import Camera, CameraOptions
from runtime.errors import Misconfigured


def test_a_driver_is_loaded_by_name_or_by_class() -> None:
    """A row of the table and "module:Class" give the same driver, and opening waits for scans()."""
    for driver in ("camera", "drivers.scanners.camera.scanner:Camera"):
        scanner = load_scanner(driver, "cam", {"path": "/none", "again_after_s": 2})
        assert isinstance(scanner, Camera)
        assert scanner.name == "cam"
        assert scanner._options == CameraOptions("/none", follow=False, again_after_s=2.0)


@pytest.mark.parametrize(
    ("options", "mistake"),
    [
        ({}, "path: Field required"),
        ({"path": ""}, "path: String should have at least 1 character"),
        ({"path": 7}, "path: Input should be a valid string"),
        ({"path": "x", "follow": "yes"}, "follow: Input should be a valid boolean"),
        ({"path": "x", "again_after_s": -1}, "again_after_s: Input should be greater than or equal to 0"),
        ({"path": "x", "folow": True}, "folow: Extra inputs are not permitted"),
    ],
)
def test_wrong_options_are_named_with_the_wanted_ones(options: dict[str, object], mistake: str) -> None:
    """An option that is missing, mistyped, out of bounds or unknown is named, and so are those that are wanted."""
    with pytest.raises(Misconfigured) as refused:
        load_scanner("camera", "cam", options)
    assert refused.value.code == "options_wrong"
    assert f"scanner 'cam': {mistake}" in refused.value.message
    assert refused.value.hint.startswith("The keys are: path, follow, again_after_s, ")


def test_every_mistake_is_told_at_once() -> None:
    """Three mistakes are three sentences."""
    with pytest.raises(Misconfigured) as refused:
        load_scanner("serial", "till", {"baud": "9600", "suffix": "cr-lf"})
    assert all(f"{name}: " in refused.value.message for name in ("path", "baud", "suffix"))


@pytest.mark.parametrize(
    ("driver", "wrong"),
    [
        ("serial", {"suffix": "0x3"}),
        ("serial", {"make": "acme"}),
        ("serial", {"line": "9N1"}),
        ("serial", {"make": "none", "pull": True}),
        ("wedge", {"suffix": "cr"}),
        ("wedge", {"gap_s": 0.01}),
        ("wedge", {"baud": 9600}),
    ],
)
def test_what_no_scanner_has_is_refused(driver: str, wrong: dict[str, object]) -> None:
    """A suffix, a make, a line or a key that there is not: named before anything is opened."""
    with pytest.raises(Misconfigured) as refused:
        load_scanner(driver, "till", {"path": "x", **wrong})
    assert [*wrong][-1] in refused.value.message


@pytest.mark.parametrize(
    "driver",
    ["", "laser", ":", ".x:Y", "json:JSONDecoder", "no.such.module:Scanner", "drivers.virtual:NoSuch", "drivers.virtual:"],
)
def test_an_unknown_driver_is_misconfigured(driver: str) -> None:
    """A name that is in no table, a module or a class that is not there: each says what to do."""
    with pytest.raises(Misconfigured) as refused:
        load_scanner(driver, "x", {"path": "x"})
    assert refused.value.hint


def test_only_what_is_named_is_imported() -> None:
    """Loading one driver imports no other driver's library."""
    heavy = {"camera": {"cv2", "zxingcpp", "pyzbar"}, "serial": {"serial"}, "virtual": set(), "wedge": set()}
    assert heavy.keys() == SCANNERS.keys()
    for driver, needed in heavy.items():
        ask = f"import sys, drivers; drivers.load_scanner({driver!r}, 'x', {{'path': 'x'}}); print(*sys.modules)"
        run = subprocess.run(
            [sys.executable, "-c", ask], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
        )
        imported = set(run.stdout.split())
        assert imported & {"cv2", "zxingcpp", "pyzbar", "serial", "escpos"} == needed
