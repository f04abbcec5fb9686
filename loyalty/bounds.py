"""A limit on everything: what a whole number or a text may be before the domain will look at it."""

AMOUNT_MINOR_MAX = 10**10  # a hundred million shekels: above any basket, far below what SQLite's 64 bits hold
QUANTITY_MILLI_MAX = 10**9  # a million pieces in one line
PIECES_MAX = 10**12  # units one entry may move
LINES_MAX = 500  # a trolley; the API's body limit is reached first
TENDERS_MAX = 20
TEXT_CHARS_MAX = 200  # names and numbers that a till gives


def whole(name: str, value: int, low: int, high: int) -> None:
    """Raise ValueError unless `value` is a whole number (and no boolean) from `low` to `high`."""
    if type(value) is not int or not low <= value <= high:
        raise ValueError(f"{name} is {value!r}; a whole number from {low} to {high} is wanted")


def text(name: str, value: str, low: int = 1, high: int = TEXT_CHARS_MAX) -> None:
    """Raise ValueError unless `value` is a text of `low` to `high` characters that UTF-8 can carry."""
    if type(value) is not str or not low <= len(value) <= high:
        raise ValueError(f"{name} is {value!r:.60}; a text of {low} to {high} characters is wanted")
    if any("\ud800" <= letter <= "\udfff" for letter in value):
        raise ValueError(f"{name} holds half of a surrogate pair, which no file or wire can carry")
