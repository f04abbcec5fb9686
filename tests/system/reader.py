"""What runs inside the machine of emulated.py: both drivers on its devices, and a word on the console for all that they give."""

import asyncio
import errno
import fcntl
import os
import subprocess
import sys
from contextlib import aclosing
from pathlib import Path

from drivers import load_scanner
from drivers.ports import Answering
from drivers.scanners.input_device import EVIOCGRAB
from runtime.errors import Unavailable

KEYBOARD, LINE = Path("/tmp/scanner-event-kbd"), Path("/dev/ttyUSB0")
REFUSED = "PL1:NOBODY"
AGAIN_S = 0.5


def say(*words: object) -> None:
    print("READER", *words, flush=True)


def link_keyboard() -> None:
    """A stable name for the USB keyboard, as udev makes one where it runs."""
    KEYBOARD.unlink(missing_ok=True)
    for event in Path("/sys/class/input").glob("event*"):
        if "USB Keyboard" in (event / "device" / "name").read_text():
            KEYBOARD.symlink_to(Path("/dev/input") / event.name)


def second_grab() -> str:
    """What another program gets that wants the keyboard too."""
    with KEYBOARD.open("rb") as keyboard:
        try:
            fcntl.ioctl(keyboard, EVIOCGRAB, 1)
        except OSError as error:
            return errno.errorcode[error.errno or 0]
    return "granted"


def second_open() -> str:
    """What another user gets who opens the line."""
    LINE.chmod(0o666)
    nobody = [
        "setpriv",
        "--reuid=65534",
        "--clear-groups",
        sys.executable,
        "-c",
        f"import os; os.open({str(LINE)!r}, os.O_RDWR)",
    ]
    return subprocess.run(nobody, capture_output=True, text=True, check=False).stderr.strip().splitlines()[-1]


async def read(name: str, path: Path, **options: object) -> None:
    scanner = load_scanner(name, name, {"path": str(path), "again_after_s": 0.0, **options})
    while True:
        if name == "wedge":
            link_keyboard()
        if path.exists():
            try:
                async with aclosing(scanner.scans()) as scans:
                    opened = asyncio.create_task(told_open(name))
                    async for scan in scans:
                        say(name, "scan", scan.text)
                        if scan.text == REFUSED and isinstance(scanner, Answering):
                            scanner.refused()
                    opened.cancel()
            except Unavailable as error:
                say(name, error.code, error.message)
        await asyncio.sleep(AGAIN_S)


async def told_open(name: str) -> None:
    await asyncio.sleep(3)  # opened by then, also in a slow machine
    say(name, "open", second_grab() if name == "wedge" else second_open())


async def main() -> None:
    os.umask(0o022)
    async with asyncio.TaskGroup() as group:
        group.create_task(read("wedge", KEYBOARD))
        group.create_task(read("serial", LINE, make="bell"))


if __name__ == "__main__":
    asyncio.run(main())
