"""What a printer of some model is sent for a receipt: its own letters where it has proven them, else dots."""

from drivers.printers.escpos import job_bytes, text_bytes
from drivers.printers.profile import Profile
from drivers.printers.render import raster
from drivers.printers.textmode import text_paper
from loyalty.document import Receipt


def job(receipt: Receipt, profile: Profile) -> bytes:
    """The whole print job."""
    paper = text_paper(receipt, profile)
    return text_bytes(paper, profile) if paper else job_bytes(raster(receipt, profile.dots), profile)
