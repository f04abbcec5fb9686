"""What mutmut needs of these tests."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Raise UsageError for a test whose own `ids` are no plain letters.

    mutmut runs pytest twice in one process, and pytest escapes such an id once more each time: the second run does not find it.
    """
    for item in items:
        named = any(mark.kwargs.get("ids") for mark in item.iter_markers("parametrize"))
        if named and item.nodeid.startswith("tests/loyalty/") and "\\" in item.nodeid:
            raise pytest.UsageError(f"give this test ids of plain letters, or none: {item.nodeid}")
