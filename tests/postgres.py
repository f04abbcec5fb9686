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


QUICK = "-c fsync=off -c shared_buffers=16MB -c max_wal_size=128MB"
"""For tests: nothing here is to survive a power cut."""

MEMORY = Path("/dev/shm")
MEMORY_FREE_BYTES = 2 << 30  # a container may have 64 MiB of it


@contextmanager
def cluster(options: str = QUICK, where: Path | None = None) -> Iterator[str]:
    """The folder of its socket, in `where` if it has room, while it runs. As root it runs as the user postgres, because it
    refuses to run as root.
    """
    programs = binaries()
    assert programs, "PostgreSQL is not installed: make setup"
    place = where if where and where.is_dir() and shutil.disk_usage(where).free >= MEMORY_FREE_BYTES else None
    folder = tempfile.mkdtemp(prefix="posd-pg-", dir=place)  # not pytest's tmp_path: that is closed to other users
    if os.geteuid() == 0:
        user = pwd.getpwnam(USER)
        os.chown(folder, user.pw_uid, user.pw_gid)
    settings = f"-k {folder} -c listen_addresses= -c max_connections=100 -c dynamic_shared_memory_type=mmap {options}"
    try:
        _run(folder, "initdb", "--no-sync", "-A", "trust", "-U", USER, "-E", "UTF8", "--locale=C.UTF-8")
        _run(folder, "pg_ctl", "-w", "-t", str(START_S_MAX), "-l", f"{folder}/log", "-o", settings, "start")
        yield folder
    finally:
        _run(folder, "pg_ctl", "-m", "immediate", "stop", check=False)
        shutil.rmtree(folder, ignore_errors=True)


def crash(folder: str) -> None:
    """Stop the cluster in `folder` without a word to anybody: its next start recovers from the WAL."""
    _run(folder, "pg_ctl", "-m", "immediate", "stop")


def start_again(folder: str) -> None:
    """Start the cluster in `folder` with the settings that it had."""
    _run(folder, "pg_ctl", "-w", "-t", str(START_S_MAX), "-l", f"{folder}/log", "restart")


def _run(folder: str, program: str, *words: str, check: bool = True) -> None:
    as_user = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"] if os.geteuid() == 0 else []
    command = [*as_user, f"{binaries()}/{program}", "-D", f"{folder}/data", *words]
    subprocess.run(command, check=check, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, cwd=folder)


def ask_sql(url: str, sql: str) -> list[list[str]]:
    """The rows that a statement answers, every value as text; `url` as head office has it."""
    command = [f"{binaries()}/psql", url, "-qAt", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-c", sql]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return [line.split("\t") for line in answer.splitlines()]


def run_sql(socket: str, *statements: str, database: str = "postgres") -> None:
    """Run statements, each in a transaction of its own, as the cluster's owner."""
    command = [f"{binaries()}/psql", "-h", socket, "-U", USER, "-d", database, "-q", "-v", "ON_ERROR_STOP=1"]
    command += [word for statement in statements for word in ("-c", statement)]
    subprocess.run(
        command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "PGOPTIONS": "-c client_min_messages=error"}
    )
