"""`posd run` and `posd config` with what a person gets wrong: one clear answer, no traceback, a status that says what to do."""

import json
import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from tests.posd.daemon import POSD, Daemon, must_be_plain, settings_file, tell

CONFIG, LATER = os.EX_CONFIG, os.EX_TEMPFAIL
LIBRARIES = ("x86_64-linux-gnu", "aarch64-linux-gnu")
FIVE = """\
language = "xx"
printing = true
colour = "blue"
[api]
port = 70000
host = "0.0.0.0"
"""


def can_mount() -> bool:
    """Whether this machine lets us have a mount namespace of our own."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        return False
    return subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode == 0


needs_mounts = pytest.mark.skipif(not can_mount(), reason="needs root and unshare to mount something for one process only")


def config(*words: str) -> subprocess.CompletedProcess[str]:
    """`posd config ...`."""
    return subprocess.run([POSD, "config", *words], capture_output=True, text=True, check=False)


def test_five_mistakes_are_told_at_once(tmp_path: Path):
    """Each as file:line: key: what is wrong; what is wanted."""
    file = tmp_path / "posd.toml"
    file.write_text(FIVE)
    told = must_be_plain(tell(file), CONFIG)
    assert "has 5 mistakes" in told
    for line, key in ((1, "language"), (2, "printing"), (3, "colour"), (5, "api.port"), (6, "api.host")):
        assert f"\n  {file}:{line}: {key}: " in told
    assert "'he', 'en', 'ar' or 'ru' is wanted" in told


def test_a_missing_settings_file_is_named(tmp_path: Path):
    """With what to look at."""
    told = must_be_plain(tell(tmp_path / "nowhere.toml"), CONFIG)
    assert f"{tmp_path}/nowhere.toml: No such file or directory" in told
    assert "Check the path" in told


@pytest.mark.system
@needs_mounts
def test_a_read_only_disk_is_told(tmp_path: Path):
    """On a disk that is mounted read-only not even root writes; posd says which folder and what it is for."""
    file = settings_file(tmp_path)
    (tmp_path / "state").mkdir()
    script = f'mount --bind "{tmp_path}" "{tmp_path}" && mount -o remount,ro,bind "{tmp_path}" && exec "$@"'
    told = must_be_plain(tell(file, "unshare", "-m", "sh", "-c", script, "sh"), CONFIG)
    assert f"{tmp_path}/state: Read-only file system" in told
    assert "posd keeps its sales there" in told


def test_a_state_folder_that_is_a_file_is_told(tmp_path: Path):
    """Something else is in the way."""
    file = settings_file(tmp_path)
    (tmp_path / "state").write_text("a file")
    assert f"{tmp_path}/state" in must_be_plain(tell(file), CONFIG)


def test_a_port_in_use_may_come_free(tmp_path: Path):
    """So it is worth starting again; the answer shows how to find who has it."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        file = tmp_path / "posd.toml"
        file.write_text(f'state_dir = "{tmp_path / "state"}"\napi.port = {port}\n')
        told = must_be_plain(tell(file), LATER)
    assert f"127.0.0.1:{port}: Address already in use" in told
    assert f"ss -ltnp 'sport = :{port}'" in told


def test_a_second_posd_leaves_the_first_alone(tmp_path: Path):
    """Two writers would break what the database promises; the one that runs goes on."""
    file = settings_file(tmp_path)
    with Daemon(file) as daemon:
        told = must_be_plain(tell(file), LATER)
        assert f"Another posd is using {tmp_path}/state" in told
        assert daemon.stop() == 0


def test_an_unknown_driver_is_told_with_those_there_are(tmp_path: Path):
    """And the scanner whose driver it is."""
    told = must_be_plain(tell(settings_file(tmp_path, '[[scanners]]\nname = "counter"\ndriver = "telepathy"\n')), CONFIG)
    assert "scanner 'counter': there is no driver 'telepathy'" in told
    assert "camera, serial, virtual" in told


def test_a_printer_that_is_missing_is_told(tmp_path: Path):
    """printing = "posd" without a [printer]."""
    told = must_be_plain(tell(settings_file(tmp_path, 'printing = "posd"\n')), CONFIG)
    assert ":4: printing: " in told


@pytest.mark.system
@needs_mounts
def test_without_fribidi_it_does_not_start(tmp_path: Path):
    """Hebrew would be printed in reverse: so nothing starts, and the package is named."""
    library = next((path for name in LIBRARIES if (path := Path("/usr/lib", name, "libfribidi.so.0")).exists()), None)
    assert library, "make setup installs libfribidi0"
    file = settings_file(tmp_path, f'printing = "posd"\nprinter = {{ driver = "folder", folder = "{tmp_path}" }}\n')
    script = f'mount --bind /dev/null "{library.resolve()}" && exec "$@"'
    told = must_be_plain(tell(file, "unshare", "-m", "sh", "-c", script, "sh"), CONFIG)
    assert "Hebrew would be printed in reverse" in told
    assert "apt-get install libfribidi0" in told


def test_a_database_of_a_newer_posd_is_left_alone(tmp_path: Path):
    """After a downgrade nothing is touched."""
    import sqlite3

    file = settings_file(tmp_path)
    with Daemon(file) as daemon:
        assert daemon.stop() == 0
    db = sqlite3.connect(tmp_path / "state" / "posd.db")
    db.execute("PRAGMA user_version=9999")
    db.close()
    assert "schema 9999, newer than this posd" in must_be_plain(tell(file), CONFIG)


def test_config_check_tells_the_same(tmp_path: Path):
    """Without starting anything: in order, or every mistake, for people and for programs."""
    file = settings_file(tmp_path)
    assert config("check", "--config", str(file)).stdout == f"{file} is in order.\n"
    file.write_text(FIVE)
    told = config("check", "--config", str(file))
    assert told.returncode == CONFIG
    assert len(told.stdout.splitlines()) == 5
    as_json = json.loads(config("check", "--json", "--config", str(file)).stdout)
    assert as_json == {"ok": False, "mistakes": told.stdout.splitlines()}
    assert not (tmp_path / "state").exists()


def test_config_check_looks_at_the_devices_too(tmp_path: Path):
    """Every device whose driver does not take its keys, not only the first."""
    file = settings_file(tmp_path, '[[scanners]]\ndriver = "serial"\n[[scanners]]\ndriver = "telepathy"\n')
    told = config("check", "--config", str(file))
    assert told.returncode == CONFIG
    assert "scanner 'serial': path" in told.stdout
    assert "no driver 'telepathy'" in told.stdout


def test_config_show_has_every_default(tmp_path: Path):
    """What the file says and all it does not say."""
    file = settings_file(tmp_path)
    shown = json.loads(config("show", "--json", "--config", str(file)).stdout)
    assert shown["state_dir"] == str(tmp_path / "state")
    assert shown["api"] == {"host": "127.0.0.1", "port": 0, "origins": []}
    assert shown["printing"] == "none"
    lines = config("show", "--config", str(file)).stdout.splitlines()
    assert f"state_dir = {tmp_path}/state" in lines
    assert len(lines) == len(shown)
