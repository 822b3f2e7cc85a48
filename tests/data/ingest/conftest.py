"""Fixtures of the ingestion tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.data.ingest.support import SmallBank


@pytest.fixture
def bank(tmp_path: Path) -> SmallBank:
    """An empty bank."""
    return SmallBank(tmp_path)
