"""What is plugged in, in a folder that looks as udev leaves /dev."""

from pathlib import Path

from drivers.attached import Attached, attached_scanners


def link(dev: Path, name: str, node: str) -> str:
    """A link as udev makes it, relative to its folder."""
    path = dev / name
    path.parent.mkdir(parents=True, exist_ok=True)
    (dev / node).parent.mkdir(exist_ok=True)
    (dev / node).touch()
    path.symlink_to(Path("../..") / node)
    return str(path)


def test_each_device_is_named_once_and_by_its_best_name(tmp_path: Path) -> None:
    """By-id where there is one; the second of two scanners that say the same serial number by its place."""
    dev = tmp_path / "dev"
    first = link(dev, "serial/by-id/usb-ACME_scanner_0001-if00", "ttyACM0")
    link(dev, "serial/by-path/pci-0000:00:14.0-usb-0:1:1.0", "ttyACM0")
    second = link(dev, "serial/by-path/pci-0000:00:14.0-usb-0:2:1.0", "ttyACM1")
    wedge = link(dev, "input/by-id/usb-ACME_wedge-event-kbd", "input/event4")
    link(dev, "input/by-path/pci-0000:00:14.0-usb-0:3:1.0-event-kbd", "input/event4")
    link(dev, "input/by-id/usb-ACME_mouse-event-mouse", "input/event5")
    board = link(dev, "input/by-path/platform-i8042-serio-0-event-kbd", "input/event1")
    assert attached_scanners(dev) == [
        Attached("serial", first, str(dev / "ttyACM0")),
        Attached("serial", second, str(dev / "ttyACM1")),
        Attached("wedge", wedge, str(dev / "input/event4")),
        Attached("wedge", board, str(dev / "input/event1")),
    ]


def test_nothing_plugged_in_is_nothing(tmp_path: Path) -> None:
    """On a machine without one serial line udev makes no folder; a link that leads nowhere is a device that is just leaving."""
    assert attached_scanners(tmp_path) == []
    (tmp_path / "serial/by-id").mkdir(parents=True)
    (tmp_path / "serial/by-id/gone").symlink_to("../../ttyACM0")
    assert [one.node for one in attached_scanners(tmp_path)] == [str(tmp_path / "ttyACM0")]
