"""A machine's /dev and /sys as a tree of real folders, links and ptys, laid out as Linux and udev lay them out."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from drivers.plugged import Roots


@dataclass
class Usb:
    """What a device says of itself."""

    vendor: str
    product: str
    serial: str = ""
    maker: str = ""
    model: str = ""

    @property
    def link(self) -> str:
        """How udev spells it in by-id."""
        return "_".join("-".join((self.maker or self.vendor, self.model or self.product, self.serial)).split())


HONEYWELL = Usb("0c2e", "0b6a", "15223B1234", "Honeywell Scanning and Mobility", "1470g CDC")
PROLIFIC = Usb("067b", "2303", "", "Prolific Technology Inc.", "USB-Serial Controller")
CHEAP = Usb("1a86", "7523", "0001", "QinHeng", "USB Serial")
EPSON = Usb("04b8", "0e28", "X3G6012345", "EPSON", "TM-T20III")


@dataclass
class Machine:
    """`folder` becomes its root."""

    folder: Path
    ptys: list[int] = field(default_factory=list)
    sockets: int = 0

    def __post_init__(self) -> None:
        for name in (
            "dev",
            "sys/class/tty",
            "sys/class/input",
            "sys/class/usbmisc",
            "sys/class/video4linux",
            "sys/class/hidraw",
        ):
            (self.folder / name).mkdir(parents=True)

    @property
    def roots(self) -> Roots:
        return Roots(self.folder / "dev", self.folder / "sys")

    def close(self) -> None:
        """Hang up every line."""
        for descriptor in self.ptys:
            os.close(descriptor)

    def socket(self, usb: Usb) -> Path:
        """The interface of a USB device that is plugged into the next socket; attributes end in a line feed, as in sysfs."""
        self.sockets += 1
        device = self.folder / "sys" / "devices" / "pci0000:00" / "usb1" / f"1-{self.sockets}"
        interface = device / f"1-{self.sockets}:1.0"
        interface.mkdir(parents=True)
        told = {"idVendor": usb.vendor, "idProduct": usb.product, "serial": usb.serial, "manufacturer": usb.maker}
        for name, value in {**told, "product": usb.model}.items():
            if value:
                (device / name).write_text(f"{value}\n")
        return interface

    def serial(self, node: str, usb: Usb, *, by_id: bool = True, by_path: bool = True) -> Path:
        """A USB serial line whose node is a real pty; the path of its node."""
        interface = self.socket(usb)
        place = interface / node if node.startswith("ttyUSB") else interface
        place.mkdir(exist_ok=True)
        self._class("tty", node, place)
        ours, theirs = os.openpty()
        self.ptys.append(ours)
        made = self._node(node)
        made.symlink_to(os.ttyname(theirs))
        os.close(theirs)
        if by_id:
            self.link(f"serial/by-id/usb-{usb.link}-if00", made)
        if by_path:
            self.link(f"serial/by-path/pci-0000:00:14.0-usb-0:{self.sockets}:1.0", made)
        return made

    def port(self, node: str, kind: str) -> Path:
        """A port that is soldered in; `kind` is its UART's type, 0 for none."""
        place = self.folder / "sys" / "devices" / "pnp0" / node
        place.mkdir(parents=True)
        (self._class("tty", node, place) / "type").write_text(f"{kind}\n")
        made = self._node(node)
        made.touch()
        return made

    def keyboard(self, node: str, usb: Usb, name: str) -> Path:
        """Something that types."""
        place = self.socket(usb) / "input" / "input7"
        place.mkdir(parents=True)
        (place / "name").write_text(f"{name}\n")
        self._class("input", node, place)
        made = self._node(f"input/{node}")
        made.touch()
        self.link(f"input/by-id/usb-{usb.link}-event-kbd", made)
        return made

    def hidraw(self, node: str, usb: Usb, descriptor: bytes) -> Path:
        place = self.socket(usb) / "0003:0C2E:0B61.0001"
        place.mkdir(parents=True)
        (place / "report_descriptor").write_bytes(descriptor)
        self._class("hidraw", node, place)
        made = self._node(node)
        made.touch()
        return made

    def camera(self, name: str, usb: Usb, first: int = 0) -> Path:
        """A camera has two nodes: pictures, and what is known of them."""
        interface = self.socket(usb)
        for index in (0, 1):
            node = f"video{first + index}"
            about = self._class("video4linux", node, interface)
            (about / "name").write_text(f"{name}\n")
            (about / "index").write_text(f"{index}\n")
            made = self._node(node)
            made.touch()
            self.link(f"v4l/by-id/usb-{usb.link}-video-index{index}", made)
        return self.folder / "dev" / f"video{first}"

    def printer(self, node: str, usb: Usb, device_id: str, *, link: bool = True) -> Path:
        interface = self.socket(usb)
        (interface / "ieee1284_id").write_text(f"{device_id}\n")
        self._class("usbmisc", node, interface)
        made = self._node(f"usb/{node}")
        made.touch()
        if link:
            self.link(f"posd/printer-{usb.link}", made)
        return made

    def link(self, name: str, node: Path) -> Path:
        """A link as udev makes it: relative."""
        path = self.folder / "dev" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(os.path.relpath(node, path.parent))
        return path

    def _node(self, name: str) -> Path:
        path = self.folder / "dev" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def _class(self, family: str, node: str, place: Path) -> Path:
        """The node's folder below its device, and the link to it in its class."""
        about = place / family / node
        about.mkdir(parents=True)
        (about / "device").symlink_to(os.path.relpath(place, about))
        link = self.folder / "sys" / "class" / family / node
        link.symlink_to(os.path.relpath(about, link.parent))
        return about
