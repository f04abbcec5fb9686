"""A machine of qemu's with Debian 12's kernel and this machine's files: USB devices that a test can type on, pull out and put back.

Its files are our own root, read-only under an overlay; its devices are qemu's `usb-kbd` and `usb-serial` (an FTDI line). Emulated
without KVM, so that it runs in every virtual machine, and slow.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from tests.system.machine import CACHE, ROOT, run

MODULES = ("virtio_pci", "9pnet_virtio", "9p", "overlay", "evdev", "uinput", "usbhid", "hid_generic", "xhci_pci", "ftdi_sio")
ANSWER_S_MAX = 240.0  # emulated on a busy machine
TOOLS = ("qemu-system-x86_64", "apt-get", "dpkg-deb")
INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm; mount -t devpts devpts /dev/pts; mount -t tmpfs shm /dev/shm
for module in $(cat /order); do insmod /modules/$module; done
mount -t 9p -o trans=virtio,version=9p2000.L,ro,msize=262144,cache=loose host /lower
mount -t tmpfs over /over; mkdir /over/upper /over/work /over/root
mount -t overlay -o lowerdir=/lower,upperdir=/over/upper,workdir=/over/work overlay /over/root
for kind in proc sys dev; do mount --rbind /$kind /over/root/$kind; done
mount -t tmpfs tmp /over/root/tmp
ip link set lo up
exec chroot /over/root /bin/sh -c 'cd {root} && exec {python} -m tests.system.reader'
"""


def missing() -> str:
    """Why this test cannot run here, or nothing."""
    if os.environ.get("POSD_SYSTEM_TESTS") != "1":
        return "downloads a kernel, so only on demand: make test-system"
    tools = [tool for tool in TOOLS if shutil.which(tool) is None]
    return f"needs {', '.join(tools)}" if tools else ""


def unpacked(package: str) -> Path:
    """The files of a Debian package, downloaded once."""
    folder = CACHE / package
    if not folder.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        subprocess.run(["apt-get", "-qq", "download", package], cwd=CACHE, check=True)
        (file,) = CACHE.glob(f"{package}_*.deb")
        run("dpkg-deb", "-x", file, folder)
    return folder


def kernel() -> Path:
    """The files of Debian's newest kernel."""
    depends = subprocess.run(["apt-cache", "depends", "linux-image-amd64"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"Depends: (linux-image-\S+)", depends)
    assert found, depends
    return unpacked(found[1])


def in_order(names: tuple[str, ...], files: dict[str, Path]) -> list[Path]:
    """The modules with all that they depend on, each after what it needs; a name that is no file is built into the kernel."""
    order: list[Path] = []
    for file in (files[name] for name in names if name in files):
        depends = re.search(rb"\0depends=([^\0]*)\0", file.read_bytes())
        needed = depends[1].decode().replace("-", "_").split(",") if depends else []
        order += [one for one in [*in_order(tuple(needed), files), file] if one not in order]
    return order


def first_files(folder: Path) -> tuple[Path, Path]:
    """The kernel, and the archive of files that it starts with."""
    root, tree = kernel(), folder / "tree"
    for name in ("bin", "proc", "sys", "dev", "lower", "over", "modules"):
        (tree / name).mkdir(parents=True)
    busybox = shutil.copy(unpacked("busybox-static") / "bin" / "busybox", tree / "bin")
    modules = in_order(MODULES, {file.stem.replace("-", "_"): file for file in root.glob("lib/modules/**/*.ko")})
    for file in modules:
        shutil.copy(file, tree / "modules")
    (tree / "order").write_text("\n".join(file.name for file in modules))
    (tree / "init").write_text(INIT.format(root=ROOT, python=sys.executable))
    (tree / "init").chmod(0o755)
    archive = folder / "files.cpio"
    with archive.open("wb") as out:
        names = "\n".join(str(one.relative_to(tree)) for one in sorted(tree.rglob("*"))).encode()
        subprocess.run([busybox, "cpio", "-o", "-H", "newc"], input=names, stdout=out, cwd=tree, check=True)
    return next(root.glob("boot/vmlinuz-*")), archive


@dataclass
class Emulated:
    """That machine, switched on; of what its reader says of each device the first `heard` lines have been waited for."""

    folder: Path
    heard: dict[str, int] = field(default_factory=dict)

    def __enter__(self) -> Self:
        """Switch it on; it takes a minute until it says something."""
        image, archive = first_files(self.folder)
        console, monitor, line = (self.folder / name for name in ("console", "monitor", "line"))
        devices = ["-device", "qemu-xhci", "-device", "usb-kbd,id=keyboard", "-device", "usb-serial,chardev=line,id=serial"]
        command = ["qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-m", "2048", "-display", "none", "-no-reboot"]
        command += ["-kernel", image, "-initrd", archive, "-append", "console=ttyS0 quiet panic=-1 no_timer_check"]
        command += ["-virtfs", "local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap"]
        command += ["-chardev", f"socket,path={line},server=on,wait=off,id=line", *devices]
        command += ["-serial", f"file:{console}", "-monitor", f"unix:{monitor},server=on,wait=off"]
        self._qemu = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        self._console = console
        self._monitor, self.line = connected(monitor), connected(line)
        return self

    def __exit__(self, *_: object) -> None:
        """Switch it off."""
        self._monitor.close()
        self.line.close()
        self._qemu.kill()
        self._qemu.wait()

    def command(self, text: str) -> None:
        """Tell qemu."""
        self._monitor.sendall(text.encode() + b"\n")
        time.sleep(0.3)  # a key is down for 0.1 s, and the next must not be pressed before

    def keys(self, names: str) -> None:
        """Type on the USB keyboard; qemu's names, "shift-a" for a capital."""
        for name in names.split():
            self.command(f"sendkey {name}")

    def hears(self, device: str, what: str) -> str:
        """Wait until the reader says `what` of `device`, after what was waited for last; the rest of that line."""
        begin = f"READER {device} "
        rest: list[str] = []

        def said() -> bool:
            text = self._console.read_text(errors="replace") if self._console.exists() else ""
            lines = [line.removeprefix(begin) for line in text.splitlines() if line.startswith(begin)]
            for place in range(self.heard.get(device, 0), len(lines)):
                if lines[place].startswith(what):
                    self.heard[device] = place + 1
                    rest.append(lines[place].removeprefix(what).strip())
                    return True
            return False

        within(said, lambda: f"{device} {what!r} not heard: {self._console.read_text(errors='replace')[-2000:]}")
        return rest[0]


def connected(path: Path) -> socket.socket:
    """A connection to qemu, once it listens."""
    made = socket.socket(socket.AF_UNIX)
    within(lambda: path.exists() and made.connect_ex(str(path)) == 0, lambda: f"{path} does not listen")
    made.settimeout(ANSWER_S_MAX)
    return made


def within(holds: Callable[[], bool], why_not: Callable[[], str]) -> None:
    """Wait until `holds`."""
    until_s = time.monotonic() + ANSWER_S_MAX
    while not holds():
        assert time.monotonic() < until_s, why_not()
        time.sleep(0.2)
