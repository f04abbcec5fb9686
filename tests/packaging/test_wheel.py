"""The wheel holds everything that a terminal and head office need, and an installed posd finds it."""

import os
import re
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("loyalty", "runtime", "drivers", "sync", "posd", "central")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
NOT_SHIPPED = {"__pycache__"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the checkout, without the network: its build back end is among the locked packages."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
    subprocess.run(build, cwd=ROOT, capture_output=True, check=True)
    (file,) = folder.glob("*.whl")
    return file


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the wheel in it; what it depends on is borrowed from ours, but not our checkout."""
    folder = tmp_path_factory.mktemp("opt") / "posd"
    venv.create(folder, symlinks=True, with_pip=True)
    pip = [
        folder / "bin" / "python",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--no-index",
    ]
    subprocess.run([*pip, wheel], capture_output=True, check=True)
    (site,) = folder.glob("lib/python3*/site-packages")
    (ours,) = Path(sys.prefix).glob("lib/python3*/site-packages")
    # a .pth file is read for its paths only when its folder is a site folder: ours is not, so the checkout stays out
    (site / "borrowed.pth").write_text(f"{ours}\n")
    return folder


def run(installed: Path, *command: str) -> str:
    """What an installed program prints, started from elsewhere and without this checkout on its path."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    program = [installed / "bin" / command[0], *command[1:]]
    return subprocess.run(program, cwd="/", env=environment, capture_output=True, text=True, check=True, timeout=60).stdout


def shipped(wheel: Path) -> set[str]:
    """The names of all files in it."""
    return set(zipfile.ZipFile(wheel).namelist())


def test_every_file_of_every_package_is_in_it(wheel: Path):
    """Code, schema, catalogues, pages: whatever lies in the packages' folders and git knows."""
    names = subprocess.run(["git", "ls-files", *PACKAGES], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    here = set(names) or {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and not NOT_SHIPPED & set(path.parts)
    }
    assert {file for file in here if (ROOT / file).exists()} - shipped(wheel) == set()
    kinds = {Path(file).suffix for file in shipped(wheel)}
    assert {".py", ".sql", ".po", ".html", ".mako", ".toml", ".service", ".rules", ".conf", ".md"} <= kinds


def test_nothing_else_is_in_it(wheel: Path):
    """No tests, no demo, no leftovers."""
    roots = {file.split("/")[0] for file in shipped(wheel)}
    version = PROJECT["version"]
    assert roots == {*PACKAGES, f"posd-{version}.data", f"posd-{version}.dist-info"}
    assert not [file for file in shipped(wheel) if "__pycache__" in file]


def test_what_a_person_edits_goes_to_share(wheel: Path):
    """Settings, programs, profiles, units and the pages for store IT, exactly as they are here."""
    data = f"posd-{PROJECT['version']}.data/data/share/posd/"
    archive = zipfile.ZipFile(wheel)
    files = [*(ROOT / "config").rglob("*.toml"), *(ROOT / "systemd").iterdir()]
    files += [
        ROOT / "docs" / name for name in ("install.md", "operate.md", "errors.md", "scanners.md", "printers.md", "displays.md")
    ]
    assert len(files) > 10
    for file in files:
        assert archive.read(data + file.relative_to(ROOT).as_posix()) == file.read_bytes()


def test_the_page_for_store_it_names_this_wheel(wheel: Path):
    """docs/install.md says the version that is built."""
    text = (ROOT / "docs" / "install.md").read_text()
    assert set(re.findall(r"posd-\d[-\w.]*\.whl", text)) == {wheel.name}
    assert set(re.findall(r"/opt/posd-(\d[\d.]*\d)", text)) == {PROJECT["version"]}


def test_an_installed_posd_knows_itself(installed: Path):
    """Both commands start, with the wheel's version, and their code is the installed one."""
    for program in ("posd", "posd-central"):
        assert PROJECT["version"] in run(installed, program, "--version")
    places = run(installed, "python", "-c", f"import {', '.join(PACKAGES)}; print(posd.__file__, central.__file__)").split()
    assert all(place.startswith(str(installed)) for place in places)


def test_an_installed_posd_finds_its_profiles(installed: Path):
    """A printer's and a display's profile come from share/posd."""
    find = "from drivers.printers import profile as p; print(p._file('generic-80mm'), p.load_profile('generic-80mm').dots)"
    place, dots = run(installed, "python", "-c", find).split()
    assert place == f"{installed}/share/posd/config/printers/generic-80mm.toml"
    assert int(dots) > 0
    show = "from drivers.displays import profile as p; print(p._file('hebrew-cd5220'), p.load_profile('hebrew-cd5220').columns)"
    assert run(installed, "python", "-c", show).split() == [f"{installed}/share/posd/config/displays/hebrew-cd5220.toml", "20"]


def test_an_installed_posd_has_its_words_schema_and_page(installed: Path):
    """What lies beside the code is read from where it was installed."""
    look = (
        "from runtime import words; from posd.store.opening import schema_files; from posd.web import pages;"
        "print(sum(words.knows(one, 'error.other') for one in words.LANGUAGES), len(schema_files()),"
        " len([*pages.FOLDER.glob('cashier.*')]))"
    )
    languages, steps, files = map(int, run(installed, "python", "-c", look).split())
    assert (languages, files) == (4, 3)
    assert steps == len([*(ROOT / "posd/store/schema").glob("*.sql")])


def test_the_shipped_settings_load_where_they_are(installed: Path):
    """Both settings files and the example program are read from share/posd as they are."""
    share = installed / "share" / "posd" / "config"
    assert "in order" in run(installed, "posd", "config", "check", "--config", str(share / "posd.toml"))
    load = (
        f"from pathlib import Path; from central.settings import load; print(load(Path({str(share / 'central.toml')!r})).port)"
    )
    assert run(installed, "python", "-c", load).strip() == "8470"
