"""Printer profiles: the shipped ones load, and a mistake is told with its file and key."""

from pathlib import Path

import pytest

from drivers.printers import profile
from drivers.printers.profile import Profile, load_profile
from runtime.errors import Misconfigured

SHIPPED = sorted(file.stem for file in profile.CHECKOUT.glob("*.toml"))


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_profile_loads(name: str) -> None:
    """Each file of config/printers is a profile whose picture fits whole bytes."""
    assert load_profile(name).dots % 8 == 0


def test_the_three_that_are_promised_are_there() -> None:
    """80 mm, 58 mm and the Epson have their files."""
    assert {"generic-80mm", "generic-58mm", "epson-tm-t20iii"} <= set(SHIPPED)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("dots = 570", "dots is 570"),
        ("dots = true", "dots"),
        ('dots = "576"', "dots"),
        ("", "dots: Field required"),
        ("dots = 576\nband_rows_max = 96", "band_rows_max is 96"),
        ("dots = 576\nband_rows_max = 300", "band_rows_max is 300"),
        ('dots = 576\ncut = "half"', "cut"),
        ("dots = 576\nfeed_lines = 99", "feed_lines is 99"),
        ("dots = 576\ncolour = 1", "colour"),
        ("dots = \n", "line 1"),
    ],
)
def test_a_mistake_names_the_file_and_the_key(tmp_path: Path, text: str, told: str) -> None:
    """Whatever is wrong in a profile, the message has the file and the key."""
    file = tmp_path / "mine.toml"
    file.write_text(text)
    with pytest.raises(Misconfigured) as caught:
        load_profile(str(file))

    assert str(file) in caught.value.message
    assert told in caught.value.message
    assert caught.value.hint


def test_two_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """Every mistake of the shape is told in one go."""
    file = tmp_path / "mine.toml"
    file.write_text('dots = "x"\ncolour = 1')
    with pytest.raises(Misconfigured, match=r"dots: .*; colour: "):
        load_profile(str(file))


def test_an_unknown_profile_tells_those_there_are() -> None:
    """A name that is not there is answered with the names that are."""
    with pytest.raises(Misconfigured) as caught:
        load_profile("epson-of-tomorrow")

    assert "generic-80mm" in caught.value.hint


def test_an_installation_has_its_profiles_under_share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a checkout the files come from share/posd of the installation."""
    (tmp_path / "mine.toml").write_text("dots = 512")
    monkeypatch.setattr(profile, "CHECKOUT", tmp_path / "nowhere")
    monkeypatch.setattr(profile, "INSTALLED", tmp_path)

    assert load_profile("mine") == Profile(512)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """A path that does not exist is a mistake of the settings."""
    with pytest.raises(Misconfigured, match=r"none\.toml"):
        load_profile(str(tmp_path / "none.toml"))
