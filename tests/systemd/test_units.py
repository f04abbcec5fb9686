"""The units as systemd-analyze judges them, and the promises that must agree with the code."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import posd.settings
from runtime.errors import Misconfigured, Rejected, Unavailable

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "systemd"
EXPOSURE_MAX = {"posd": 2.0, "posd-central": 1.5}
"""With devices, and without (design, section 11)."""
STOP_S = 5
pytestmark = pytest.mark.parametrize("unit", EXPOSURE_MAX)

analyzed = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze (package systemd)")


class Lists(dict):  # type: ignore[type-arg]
    """A section whose keys may come again: each keeps a list."""

    def __setitem__(self, key: str, value: object) -> None:
        """The next value of `key` beside those before."""
        if isinstance(value, list) and key in self:
            self[key].extend(value)
        else:
            super().__setitem__(key, value)


def section(unit: str, name: str) -> dict[str, list[str]]:
    """A section of a unit: every value of each key."""
    parser = configparser.RawConfigParser(strict=False, dict_type=Lists, comment_prefixes=("#",), delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment]
    parser.read(FOLDER / f"{unit}.service")
    return {key: value.splitlines() for key, value in parser.items(name)}


def seconds(text: str) -> float:
    """A plain number of seconds."""
    assert text.isdigit(), text
    return float(text)


@pytest.mark.system
@analyzed
def test_little_is_exposed(unit: str):
    """systemd's own judgement is at most what the design promises."""
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", FOLDER / f"{unit}.service"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"Overall exposure level for .*: ([\d.]+) ", told)
    assert found, told
    assert float(found[1]) <= EXPOSURE_MAX[unit]


@pytest.mark.system
@analyzed
def test_systemd_understands_every_line(unit: str, tmp_path: Path):
    """No key is unknown, none has a wrong value; only the program is taken from here, where it is not installed."""
    text = (FOLDER / f"{unit}.service").read_text()
    program = section(unit, "Service")["ExecStart"][0].split()[0]
    file = tmp_path / f"{unit}.service"
    file.write_text(text.replace(program, "/bin/true"))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", file], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    file.write_text(file.read_text().replace("WatchdogSec=", "WatchdogSecs="))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", file], capture_output=True, text=True, check=False)
    assert "WatchdogSecs" in done.stderr


def test_only_a_misconfigured_posd_stays_down(unit: str):
    """The status that systemd leaves alone is the one of that kind, and of no other."""
    service = section(unit, "Service")
    assert service["Restart"] == ["always"]
    assert service["RestartPreventExitStatus"] == [str(Misconfigured.exit_status)]
    assert len({0, Rejected.exit_status, Unavailable.exit_status, Misconfigured.exit_status}) == 4
    assert section(unit, "Unit")["StartLimitIntervalSec"] == ["0"]


def test_it_is_watched_and_stopped_in_time(unit: str):
    """A watchdog of half a minute; a stop a little longer than promised; no core file with members in it."""
    service = section(unit, "Service")
    assert (service["Type"], service["NotifyAccess"], service["WatchdogSec"]) == (["notify"], ["main"], ["30"])
    assert STOP_S < seconds(service["TimeoutStopSec"][0]) <= 2 * STOP_S
    assert service["LimitCORE"] == ["0"]


def test_it_runs_as_a_user_that_is_made(unit: str):
    """Its own user, and groups that sysusers makes where a small Debian lacks them; its folder is closed to all others."""
    service = section(unit, "Service")
    made = {tuple(line.split()[:2]) for line in (FOLDER / f"{unit}.sysusers.conf").read_text().splitlines() if line[:1] != "#"}
    assert ("u", service["User"][0]) in made
    for group in service.get("SupplementaryGroups", [""])[0].split():
        assert ("g", group) in made
    assert service["StateDirectory"] == [unit]
    assert (service["StateDirectoryMode"], service["UMask"]) == (["0700"], ["0077"])


def test_the_scanners_page_names_the_rights_that_they_have(unit: str):
    """Which groups, and which kinds of devices; what is a printer's (lp, usb) or has no driver yet (hidraw) is not on that page."""
    service, page = section(unit, "Service"), (ROOT / "docs" / "scanners.md").read_text(encoding="utf-8")
    groups = set(service.get("SupplementaryGroups", [""])[0].split()) - {"lp"}
    kinds = {line.split()[0] for line in service.get("DeviceAllow", [])} - {"char-usb", "char-usb_device", "char-hidraw"}
    assert {one for one in groups | kinds if f"`{one}`" not in page} == set()


def test_it_starts_what_is_installed(unit: str):
    """The program is one of the wheel's, and the settings are where the command line looks for them."""
    program, *words = section(unit, "Service")["ExecStart"][0].split()
    assert Path(program).name in (ROOT / "pyproject.toml").read_text()
    assert words[:2] == ["run", "--config"]
    assert words[2].startswith("/etc/posd/")
    if unit == "posd":
        assert Path(words[2]) == posd.settings.DEFAULT_FILE
        assert Path("/var/lib", unit) == posd.settings.Settings().state_path
