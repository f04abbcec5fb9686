"""Who may open what, and who has it open: real files with real modes, and a real other process."""

import os
import pwd
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from drivers import access
from drivers.access import Opener, in_the_way, may_open, opener

POSD = Opener("posd", 990, frozenset({20, 990}))
HOLD = "import os, sys; os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY); print('open', flush=True); sys.stdin.read()"


def about(mode: int, uid: int = 0, gid: int = 0) -> os.stat_result:
    return os.stat_result((stat.S_IFCHR | mode, 1, 1, 1, uid, gid, 0, 0, 0, 0))


@pytest.mark.parametrize(
    ("made", "may"),
    [
        (about(0o660, gid=20), True),
        (about(0o660, gid=5), False),
        (about(0o640, gid=20), False),
        (about(0o620, gid=20), False),
        (about(0o666), True),
        (about(0o664), False),
        (about(0o600, uid=990), True),
        (about(0o066, uid=990, gid=20), False),  # the owner's bits count for the owner, whatever the others say
        (about(0o606, gid=20), False),
        (about(0o000), False),
    ],
)
def test_modes_are_read_as_the_kernel_reads_them(made: os.stat_result, *, may: bool) -> None:
    """Owner before group before others, reading and writing both."""
    assert may_open(made, POSD) is may
    assert may_open(made, Opener("root", 0, frozenset()))


@pytest.mark.parametrize("mode", [0o600, 0o660, 0o640, 0o606, 0o666, 0o000])
def test_the_kernel_agrees(tmp_path: Path, mode: int) -> None:
    """A child that has become that user, trying each file."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    tmp_path.chmod(0o755)
    path = Path("/dev/shm") / f"posd-access-{os.getpid()}-{mode:o}"  # pytest's own folder is closed to others
    path.touch()
    os.chown(path, 0, 20)
    path.chmod(mode)
    try:
        program = "import os, sys; os.open(sys.argv[1], os.O_RDWR)"
        tried = subprocess.run(
            ["setpriv", "--reuid=990", "--regid=990", "--groups=20", "/usr/bin/python3", "-c", program, str(path)],
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert may_open(path.stat(), POSD) == (tried.returncode == 0), tried.stderr
    finally:
        path.unlink()


def test_a_path_that_is_not_there_is_told(tmp_path: Path) -> None:
    """With what to do."""
    by, (missing,) = in_the_way(tmp_path / "scanner", POSD)
    assert (by, missing.code) == ([], "missing")
    assert missing.hint


def test_a_lack_of_rights_names_the_group(tmp_path: Path) -> None:
    """The one that the device belongs to; where it belongs to nobody's, a rule is missing."""
    path = tmp_path / "ttyACM0"
    path.touch()
    path.chmod(0o660)
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    os.chown(path, 0, 20)
    (lack,) = in_the_way(path, Opener("posd", 990, frozenset({990})))[1]
    assert (lack.code, "usermod -aG dialout posd" in lack.hint) == ("permission", True)
    assert "root:dialout" in lack.message
    os.chown(path, 4_000_001, 4_000_002)
    (lack,) = in_the_way(path, POSD)[1]
    assert "4000001:4000002" in lack.message
    os.chown(path, 0, 0)
    (lack,) = in_the_way(path, POSD)[1]
    assert "99-posd.rules" in lack.hint


def test_another_process_that_has_it_open_is_named() -> None:
    """Its name and number; when it has ended, nothing is in the way."""
    ours, theirs = os.openpty()
    path = Path(os.ttyname(theirs))
    os.close(theirs)
    with subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        assert holder.stdin
        assert holder.stdout.readline() == b"open\n"
        by, (taken,) = in_the_way(path, Opener("root", 0, frozenset()))
        assert by == [f"{Path(f'/proc/{holder.pid}/comm').read_text().strip()} (process {holder.pid})"]
        assert taken.code == "taken"
        holder.stdin.close()
        holder.wait(60)
        assert in_the_way(path, Opener("root", 0, frozenset())) == ([], [])
    os.close(ours)


def test_posd_itself_is_in_nobodys_way(tmp_path: Path) -> None:
    """The daemon is whom it is meant for; somebody beside it still is."""
    path = tmp_path / "x"
    path.touch()
    path.chmod(0o666)
    assert in_the_way(path, POSD, lambda _: ["posd (process 7)"]) == (["posd (process 7)"], [])
    by, (taken,) = in_the_way(path, POSD, lambda _: ["posd (process 7)", "cat (process 8)"])
    assert len(by) == 2
    assert taken.message == "cat (process 8) has it open"


def test_the_services_user_is_asked_for_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the groups that the unit gives; else whoever asks."""
    monkeypatch.setattr(access, "SERVICE_USER", "no-such-user")
    assert (opener().uid, opener().name) == (os.getuid(), pwd.getpwuid(os.getuid()).pw_name)
    monkeypatch.setattr(access, "SERVICE_USER", "daemon")
    found = opener()
    assert (found.name, found.uid) == ("daemon", pwd.getpwnam("daemon").pw_uid)
    assert {20, 44} <= found.groups  # dialout and video of Debian
