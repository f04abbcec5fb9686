"""What is sent to a scanner, and when."""

from typing import get_args

import pytest

from drivers.scanners.makes import MAKES, PULL_EVERY_S, REFUSED_S, Commands, MakeName


def test_every_make_that_may_be_named_has_a_row() -> None:
    """And every row can be named; "none" sends nothing ever."""
    assert set(get_args(MakeName)) == set(MAKES)
    silent = Commands(MAKES["none"], pull=False)
    silent.refuse(1.0)
    assert [silent.due(at_s, scanned=True) for at_s in (1.0, 9.0)] == [b"", b""]
    assert silent.last() == b""


@pytest.mark.parametrize(
    ("make", "refused"),
    [
        ("bell", "07"),
        ("honeywell", "16070d16070d"),
        ("zebra", "05e6040007ff0a"),
        ("datalogic", "46"),
        ("cipherlab", "23402f2f2f2f0d"),
    ],
)
def test_a_refusal_beeps_once(make: MakeName, refused: str) -> None:
    """In the bytes of the maker's manual."""
    commands = Commands(MAKES[make], pull=False)
    commands.due(0.0, scanned=False)
    commands.refuse(1.0)
    assert commands.due(1.0, scanned=True) == bytes.fromhex(refused)
    assert commands.due(1.1, scanned=False) == b""


def test_a_scanner_that_a_refusal_disables_is_enabled_again() -> None:
    """Datalogic's "not on file" needs E after it: once, not at once, and also when we leave before it was due."""
    commands = Commands(MAKES["datalogic"], pull=False)
    assert commands.due(0.0, scanned=False) == b"E"  # as another program may have left it
    commands.refuse(1.0)
    assert commands.due(1.0, scanned=False) == b"F"
    assert commands.due(1.0 + REFUSED_S - 0.1, scanned=False) == b""
    assert commands.last() == b"E"
    assert commands.due(1.0 + REFUSED_S, scanned=False) == b"E"
    assert commands.last() == b""


def test_a_second_refusal_puts_the_enabling_off() -> None:
    """Or it would be enabled in the middle of its beeps."""
    commands = Commands(MAKES["datalogic"], pull=False)
    commands.due(0.0, scanned=False)
    commands.refuse(1.0)
    commands.refuse(1.5)
    assert [commands.due(at_s, scanned=False) for at_s in (1.5, 2.2, 2.5)] == [b"FF", b"", b"E"]


@pytest.mark.parametrize(
    ("make", "opened", "pull", "release"),
    [
        ("honeywell", "", "16540d", "16550d"),
        ("zebra", "04e90400ff0f", "04e40400ff14", "04e50400ff13"),
        ("datalogic", "45", "54", "58"),
    ],
)
def test_the_trigger_is_kept_pulled(make: MakeName, opened: str, pull: str, release: str) -> None:
    """At once, after each scan, and again from time to time; let go when we leave."""
    commands = Commands(MAKES[make], pull=True)
    assert commands.due(0.0, scanned=False).hex() == opened + pull
    assert commands.due(1.0, scanned=False) == b""
    assert commands.due(2.0, scanned=True).hex() == pull
    assert commands.due(2.0 + PULL_EVERY_S - 0.1, scanned=False) == b""
    assert commands.due(2.0 + PULL_EVERY_S, scanned=False).hex() == pull
    assert commands.last().hex() == release


def test_nobody_pulls_unasked() -> None:
    """A scanner with a trigger of its own is the cashier's."""
    commands = Commands(MAKES["honeywell"], pull=False)
    assert commands.due(0.0, scanned=True) == b""
    assert commands.last() == b""
