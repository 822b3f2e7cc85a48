"""How the tests are divided between processes."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files stay together, because their fixtures do; so do all that share the bank built as people build it.

    Groups are pytest-xdist's, of `--dist loadgroup`.
    """
    tests = Path(__file__).parent
    for item in items:
        place = item.path.relative_to(tests)
        group = "end_to_end" if place.parts[0] == "end_to_end" else str(place)
        item.add_marker(pytest.mark.xdist_group(group))
