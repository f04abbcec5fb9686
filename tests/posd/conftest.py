"""A till with its posd for the tests of the terminal."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.till import Till, till


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Till]:
    """An enrolled terminal; see tests/till.py."""
    async with till(tmp_path) as made:
        yield made
