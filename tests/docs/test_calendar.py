"""docs/calendar.md names every holiday that a program may ask for, and its table says what the code does."""

import re
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from loyalty.moment import HOLIDAYS
from runtime.calendar import JERUSALEM, facts

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "calendar.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (`[a-z_0-9`, ]+`) \| .+ \| (yes)? ?\|$", PAGE, re.MULTILINE)
RESTS = {code: bool(rest) for codes, rest in ROWS for code in re.findall(r"`([a-z_0-9]+)`", codes)}


def test_every_holiday_has_its_row():
    """None is missing, none is stale, none stands twice."""
    rows = [code for codes, _ in ROWS for code in re.findall(r"`([a-z_0-9]+)`", codes)]
    assert sorted(rows) == sorted(HOLIDAYS)


def test_the_page_says_which_holidays_are_rest():
    """On 800 weekdays before noon, rest is exactly where a row says so."""
    first = datetime(2025, 10, 1, 11, tzinfo=ZoneInfo("Asia/Jerusalem"))
    for ahead in range(800):
        day = first + timedelta(days=ahead)
        found = facts(round(day.timestamp() * 1000), ZoneInfo("Asia/Jerusalem"), JERUSALEM)
        if not found.sabbath:
            assert found.rest == any(RESTS[code] for code in found.holidays), (day, found)
