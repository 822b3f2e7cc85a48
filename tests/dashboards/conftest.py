"""A published snapshot for everything that reads one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboards.reader import Reader
from dashboards.snapshot import Snapshot, current
from runtime.settings import PROJECT_ROOT
from tests.dashboards.bank import publish


@pytest.fixture(scope="session")
def semantic_manifest(tmp_path_factory: pytest.TempPathFactory) -> str:
    """MetricFlow's manifest as dbt makes it from the project."""
    target = tmp_path_factory.mktemp("dbt")
    project = PROJECT_ROOT / "dbt_project"
    command = [Path(sys.executable).with_name("dbt"), "parse", "--no-partial-parse", "--project-dir", project]
    done = subprocess.run(
        [*map(str, command), "--profiles-dir", str(project), "--target-path", str(target)],
        env={**os.environ, "BANK_WAREHOUSE": str(target), "DBT_LOG_PATH": str(target)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return (target / "semantic_manifest.json").read_text()


@pytest.fixture(scope="session")
def published_once(tmp_path_factory: pytest.TempPathFactory, semantic_manifest: str) -> Path:
    """The published folder that `snapshot` reads; not to be changed."""
    folder = tmp_path_factory.mktemp("published")
    publish(folder, semantic_manifest)
    return folder


@pytest.fixture(scope="session")
def snapshot(published_once: Path) -> Iterator[Snapshot]:
    """The hand-made bank, open for the whole test session."""
    opened = current(published_once)
    assert opened is not None
    with opened:
        yield opened


@pytest.fixture
def reader(snapshot: Snapshot) -> Reader:
    """The hand-made bank as everybody sees it."""
    return Reader(snapshot)


@pytest.fixture
def published(tmp_path: Path, published_once: Path) -> Path:
    """A published folder of one's own."""
    return Path(
        shutil.copytree(
            published_once, tmp_path / "published", symlinks=True, ignore=shutil.ignore_patterns("leases")
        )
    )
