"""How the tests are divided between processes."""

from __future__ import annotations

from pathlib import Path

import pytest

FOLDERS_IN_ONE_PROCESS = ("end_to_end",)
"""Their files share what is dear to make: a bank that was built as a person builds it."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files stay together, because their fixtures do. (Groups are pytest-xdist's, of `--dist loadgroup`.)"""
    tests = Path(__file__).parent
    for item in items:
        place = item.path.relative_to(tests)
        shared = place.parts[0] if place.parts[0] in FOLDERS_IN_ONE_PROCESS else str(place)
        item.add_marker(pytest.mark.xdist_group(shared))
