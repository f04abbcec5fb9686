"""What a printer is tried out with."""

from drivers.printers.profile import load_profile
from drivers.printers.proof import proof
from posd.settings import Device
from posd.version import VERSION

TABLE_SLOTS = range(64)  # where the models in the field have Hebrew: 7 to 62


def proof_page(device: Device, *, all_code_pages: bool) -> bytes:
    """The test page for the printer of the settings, as bytes for its driver."""
    profile = load_profile(str(device.options.get("profile", "generic-80mm")))
    return proof(profile, VERSION, TABLE_SLOTS if all_code_pages else ())
