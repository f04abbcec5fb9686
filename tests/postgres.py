"""A PostgreSQL of our own: Debian's binaries, a cluster in a temporary folder, a socket and no port, gone with the tests."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

USER = "postgres"
START_S_MAX = 60


def binaries() -> Path | None:
    """The newest installed server's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    return found[-1] if found else None


QUICK = "-c fsync=off -c shared_buffers=16MB"
"""For tests: nothing here is to survive a power cut."""


@contextmanager
def cluster(options: str = QUICK) -> Iterator[str]:
    """The folder of its socket, while it runs. As root it runs as the user postgres, because it refuses to run as root."""
    programs = binaries()
    assert programs, "PostgreSQL is not installed: make setup"
    root = os.geteuid() == 0
    as_user = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"] if root else []
    folder = tempfile.mkdtemp(prefix="posd-pg-")  # not pytest's tmp_path: that is closed to other users
    if root:
        user = pwd.getpwnam(USER)
        os.chown(folder, user.pw_uid, user.pw_gid)
    data = f"{folder}/data"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.STDOUT, "cwd": folder}
    settings = f"-k {folder} -c listen_addresses= -c max_connections=100 {options}"
    try:
        init = [f"{programs}/initdb", "--no-sync", "-A", "trust", "-U", USER, "-E", "UTF8", "--locale=C.UTF-8", "-D", data]
        subprocess.run([*as_user, *init], check=True, **quiet)
        start = [f"{programs}/pg_ctl", "-D", data, "-w", "-t", str(START_S_MAX), "-l", f"{folder}/log", "-o", settings, "start"]
        subprocess.run([*as_user, *start], check=True, **quiet)
        yield folder
    finally:
        subprocess.run([*as_user, f"{programs}/pg_ctl", "-D", data, "-m", "immediate", "stop"], check=False, **quiet)
        shutil.rmtree(folder, ignore_errors=True)


def run_sql(socket: str, sql: str, database: str = "postgres") -> None:
    """Run a statement as the cluster's owner."""
    programs = binaries()
    command = [f"{programs}/psql", "-h", socket, "-U", USER, "-d", database, "-q", "-v", "ON_ERROR_STOP=1", "-c", sql]
    subprocess.run(
        command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "PGOPTIONS": "-c client_min_messages=error"}
    )
