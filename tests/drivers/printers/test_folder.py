"""What is particular to the folder of pictures: a job is two files or none."""

from pathlib import Path

import pytest

from drivers.ports import Delivery
from drivers.printers import folder
from drivers.printers.folder import FolderOptions, FolderPrinter
from runtime.errors import Unavailable
from tests.drivers.receipts import sold


class Told:
    """How often it was told that a job is starting."""

    def __init__(self) -> None:
        self.times = 0

    async def __call__(self) -> None:
        """Once more."""
        self.times += 1


async def test_a_folder_that_cannot_be_made_starts_nothing(tmp_path: Path) -> None:
    """The job never leaves its place in the queue."""
    (tmp_path / "file").touch()
    told = Told()
    with pytest.raises(Unavailable):
        await FolderPrinter("laptop", FolderOptions(str(tmp_path / "file" / "paper"))).print(sold("he"), told)

    assert told.times == 0


async def test_a_receipt_that_cannot_be_drawn_starts_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is drawn before anybody is told that it may be on the paper."""
    monkeypatch.setattr(folder.render, "png", lambda *_: 1 // 0)
    told = Told()
    with pytest.raises(ZeroDivisionError):
        await FolderPrinter("laptop", FolderOptions(str(tmp_path))).print(sold("he"), told)

    assert (told.times, list(tmp_path.iterdir())) == (0, [])


async def test_half_a_job_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full after the text: it is taken away again, and the next try has the same number."""
    write = folder.write_durably

    def full(path: Path, content: bytes) -> None:
        if path.suffix == ".png":
            raise OSError(28, "No space left on device")
        write(path, content)

    printer = FolderPrinter("laptop", FolderOptions(str(tmp_path)))
    monkeypatch.setattr(folder, "write_durably", full)
    with pytest.raises(Unavailable, match="No space left"):
        await printer.print(sold("he"))
    monkeypatch.setattr(folder, "write_durably", write)
    assert list(tmp_path.iterdir()) == []
    assert await printer.print(sold("he")) is Delivery.CONFIRMED
    assert sorted(file.name for file in tmp_path.iterdir()) == ["receipt-000001.png", "receipt-000001.txt"]
