"""Whether posd could open a device, and what is in the way: found without opening it, since that would disturb it."""

import grp
import os
import pwd
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from drivers.opening import holders

SERVICE_USER = "posd"
SERVICE_GROUPS = ("dialout", "lp", "video", "input")
"""The groups that systemd/posd.service gives the daemon beside its own."""

SERVICE_COMMAND = "posd"
"""What the kernel calls the daemon (/proc/PID/comm)."""


@dataclass(frozen=True, slots=True)
class Opener:
    """Who is going to open devices."""

    name: str
    uid: int
    groups: frozenset[int]


@dataclass(frozen=True, slots=True)
class Hindrance:
    """Why a device cannot be used: a code, a sentence, what to do now.

    Codes: missing, permission, taken, unstable, twin, mode, console, settings (docs/operate.md).
    """

    code: str
    message: str
    hint: str


def opener() -> Opener:
    """The daemon's own user where there is one, else whoever asks."""
    try:
        user = pwd.getpwnam(SERVICE_USER)
    except KeyError:
        return Opener(pwd.getpwuid(os.getuid()).pw_name, os.getuid(), frozenset({os.getgid(), *os.getgroups()}))
    given = {group.gr_gid for group in grp.getgrall() if SERVICE_USER in group.gr_mem or group.gr_name in SERVICE_GROUPS}
    return Opener(SERVICE_USER, user.pw_uid, frozenset({user.pw_gid, *given}))


def in_the_way(path: Path, who: Opener, held_by: Callable[[str], list[str]] = holders) -> tuple[list[str], list[Hindrance]]:
    """Who has `path` open now (another posd is none of a hindrance: it is the one that should), and what hinders `who`."""
    try:
        about = path.stat()
    except OSError as error:
        return [], [Hindrance("missing", f"{path} is not there ({error.strerror})", "Plug it in, or correct the path")]
    hindrances = [] if may_open(about, who) else [_permission(path, about, who)]
    by = held_by(str(path))
    if strangers := [one for one in by if not one.startswith(f"{SERVICE_COMMAND} ")]:
        hint = "Stop that program, or let it have the device and take it out of posd's settings"
        hindrances.append(Hindrance("taken", f"{', '.join(strangers)} has it open", hint))
    return by, hindrances


def may_open(about: os.stat_result, who: Opener) -> bool:
    """Whether the mode lets `who` read and write. Access lists are not looked at: udev gives those to people who are logged in."""
    if who.uid == 0:
        return True
    mode = about.st_mode
    if about.st_uid == who.uid:
        wanted = stat.S_IRUSR | stat.S_IWUSR
    elif about.st_gid in who.groups:
        wanted = stat.S_IRGRP | stat.S_IWGRP
    else:
        wanted = stat.S_IROTH | stat.S_IWOTH
    return mode & wanted == wanted


def _permission(path: Path, about: os.stat_result, who: Opener) -> Hindrance:
    group = _group(about.st_gid)
    told = f"{who.name} may not open it: {stat.filemode(about.st_mode)} {_user(about.st_uid)}:{group}"
    shared = about.st_mode & (stat.S_IRGRP | stat.S_IWGRP) == stat.S_IRGRP | stat.S_IWGRP
    if shared and about.st_gid != 0:
        return Hindrance("permission", told, f"usermod -aG {group} {who.name}, and SupplementaryGroups={group} in the unit")
    return Hindrance("permission", told, "A udev rule must give it to a group, as systemd/99-posd.rules does: plug it in again")


def _group(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
