"""What every test of a device stands on."""

import pytest

from drivers.printers import talk

QUIET_S = 0.3  # the printer of software answers in milliseconds; a test that says `monkeypatch.undo()` waits as posd does


@pytest.fixture(autouse=True)
def soon_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """A printer that posd has just met is listened to for a shorter time: it is done in each of some hundred tests."""
    monkeypatch.setattr(talk, "QUIET_S", QUIET_S)
