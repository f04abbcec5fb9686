"""A receipt for trying a printer out: no sale is behind it, and it says so."""

from loyalty.document import Note, Receipt, Title
from loyalty.program import Program
from loyalty.receipt import name_in


def proof_receipt(language: str, program: Program, date: str) -> Receipt:
    """A few lines in `language`, with what goes wrong first: brackets, a number, a name from the program."""
    club = name_in(program.name, language)
    opening = (Title("club", {"club": club}),) if club else ()
    return Receipt(language, program.currency, (*opening, Title("proof"), Note("proof_lines", {"date": date})))
