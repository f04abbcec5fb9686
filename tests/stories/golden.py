"""The golden stories: what was read by a person and found right. `make golden` writes them anew; then read them."""

from pathlib import Path

from tests.stories.telling import FOLDER, told

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "stories"


def names() -> list[str]:
    """Every story there is."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def write() -> None:
    """Write every golden story anew."""
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for file in GOLDEN.iterdir():
        file.unlink()
    for name in names():
        (GOLDEN / f"{name}.txt").write_text(told(name).text, encoding="utf-8")


if __name__ == "__main__":
    write()
