"""Room that is kept for the day the disk is full: given up then, so that sales go on while somebody makes room."""

from dataclasses import dataclass

from posd.store.condition import Condition
from posd.store.folder import Folder

FILE = "ballast"
BYTES = 16 * 1024 * 1024  # some five hundred checkouts: a day of a small shop


@dataclass
class Ballast:
    """The file in `folder`, of `size_bytes` (0: none is kept); the condition says while it is missing."""

    folder: Folder
    condition: Condition
    size_bytes: int = BYTES

    def make(self) -> None:
        """Take the room, at a start and whenever there may be some again: only if as much again is left for the sales."""
        there = self.folder.size(FILE) == self.size_bytes
        if self.size_bytes and not there:
            try:
                self.folder.reserve(FILE, 2 * self.size_bytes)
                self.folder.reserve(FILE, self.size_bytes)
                self.folder.sync()
                there = True
            except OSError:
                self.folder.remove(FILE)
        self.condition.full = bool(self.size_bytes) and not there

    def release(self) -> bool:
        """Give the room to the sales; whether there was any."""
        self.condition.full = True
        if not self.folder.size(FILE):
            return False
        self.folder.remove(FILE)  # not synced: a power cut that brings it back does no harm, and no sale waits for that
        return True
