"""What a printer is tried out with: a short receipt with no sale behind it, which says so, and the test page of its driver."""

from drivers.printers.profile import load_profile
from drivers.printers.proof import proof
from loyalty.document import Note, Receipt, Title
from loyalty.program import Program
from loyalty.receipt import name_in
from posd.settings import Device
from posd.version import VERSION

TABLE_SLOTS = range(64)  # where the models in the field have Hebrew: 7 to 62


def proof_receipt(language: str, program: Program, date: str) -> Receipt:
    """A few lines in `language`, with what goes wrong first: brackets, a number, a name from the program."""
    club = name_in(program.name, language)
    opening = (Title("club", {"club": club}),) if club else ()
    return Receipt(language, program.currency, (*opening, Title("proof"), Note("proof_lines", {"date": date})))


def proof_page(device: Device, *, all_code_pages: bool) -> bytes:
    """The test page for the printer of the settings, as bytes for its driver."""
    profile = load_profile(str(device.options.get("profile", "generic-80mm")))
    return proof(profile, VERSION, TABLE_SLOTS if all_code_pages else ())
