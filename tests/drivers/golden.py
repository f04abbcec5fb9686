"""The golden receipts: what was looked at by eye and found right. `make golden` writes them anew; then look at them."""

import json
from pathlib import Path

from drivers.printers import render
from drivers.printers.commands import Tokenizer
from drivers.printers.escpos import job_bytes
from drivers.printers.plain import text
from drivers.printers.profile import load_profile
from tests.drivers.receipts import samples

FOLDER = Path(__file__).resolve().parents[1] / "golden" / "receipts"
PROFILES = {"576": "generic-80mm", "384": "generic-58mm"}


def cases() -> dict[str, tuple[str, str]]:
    """The stem of each golden file, with the sample and the profile it is made of."""
    return {f"{name}-{dots}": (name, profile) for name in samples() for dots, profile in PROFILES.items()}


def commands_of(name: str, profile: str) -> list[str]:
    """The job as a list of commands that a person can read; a picture is told by its size."""
    model = load_profile(profile)
    listed = []
    for command, args in Tokenizer().feed(job_bytes(render.raster(samples()[name], model.dots), model)):
        if command == "GS v 0":
            size = f"{int.from_bytes(args[1:3], 'little') * 8} x {int.from_bytes(args[3:5], 'little')}"
            listed.append(f"{command} {args[0]} {size}")
        else:
            listed.append(" ".join([command, *map(str, args)]))
    return listed


def write() -> None:
    """Write every golden file anew."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for file in FOLDER.iterdir():
        file.unlink()
    for stem, (name, profile) in cases().items():
        (FOLDER / f"{stem}.png").write_bytes(render.png(samples()[name], load_profile(profile).dots))
        (FOLDER / f"{stem}.json").write_text(json.dumps(commands_of(name, profile), indent=1) + "\n")
        (FOLDER / f"{name}.txt").write_text(text(samples()[name]))


if __name__ == "__main__":
    write()
