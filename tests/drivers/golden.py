"""The golden receipts: what was looked at by eye and found right. `make golden` writes them anew; then look at them.

Every sample by every profile. Profiles of one width print the same dots, which are kept once as SAMPLE-WIDTH.png; each profile has
its own list of commands, PROFILE.json, as a reader apart from the product finds them in the bytes. SAMPLE.txt is the plain text.
"""

import json
from functools import cache
from pathlib import Path

from drivers.printers import paper, render
from drivers.printers.plain import text
from drivers.printers.profile import Profile, load_profile
from tests.drivers.escpos_reader import Paper, read
from tests.drivers.receipts import CONFIG, samples

FOLDER = Path(__file__).resolve().parents[1] / "golden" / "receipts"
LETTERS = Path(__file__).parent / "letters-80mm.toml"


@cache
def profiles() -> dict[str, Profile]:
    """Every model that ships, and one that prints letters."""
    shipped = {file.stem: load_profile(file.stem) for file in sorted((CONFIG / "printers").glob("*.toml"))}
    return {**shipped, LETTERS.stem: load_profile(str(LETTERS))}


def widths() -> list[int]:
    """How wide, in dots, the paper of some model is."""
    return sorted({profile.dots for profile in profiles().values()})


@cache
def sent(name: str, profile: str) -> Paper:
    """What a sample is sent as to a model, taken apart."""
    return read(paper.job(samples()[name], profiles()[profile]))


def commands_of(profile: str) -> dict[str, list[str]]:
    """The commands of each sample, as a person can read them."""
    return {name: sent(name, profile).commands for name in samples()}


def commands_text(profile: str) -> str:
    """The same as JSON, a sample to a line or more."""
    lists = commands_of(profile).items()
    return "{\n" + ",\n".join(f"{json.dumps(name)}: {json.dumps(commands)}" for name, commands in lists) + "\n}\n"


def write() -> None:
    """Write every golden file anew."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for file in FOLDER.iterdir():
        file.unlink()
    for name, receipt in samples().items():
        (FOLDER / f"{name}.txt").write_text(text(receipt))
        for dots in widths():
            (FOLDER / f"{name}-{dots}.png").write_bytes(render.png(receipt, dots))
    for name in profiles():
        (FOLDER / f"{name}.json").write_text(commands_text(name))


if __name__ == "__main__":
    write()
