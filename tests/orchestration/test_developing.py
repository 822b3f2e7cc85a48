"""`bank docs`: each part in one file that loads nothing from anywhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from orchestration import developing
from orchestration.developing import build_docs
from runtime.settings import Settings


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(developing, "PROJECT_ROOT", tmp_path)
    return tmp_path / "site"


def test_docs_hold_every_mart_s_columns_and_load_nothing(
    site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build_docs(Settings.model_validate({"BANK_DATA": tmp_path / "bank"}))
    page = (site / "dbt.html").read_text()
    assert "One row per alert of a rule or a model" in page
    assert "Hours from the alert to the decision" in page
    assert not re.search(r"<(script|img|iframe|link)[^>]+(src|href)=[\"']?(https?:)?//", page)
    # dbt's pages report to dbt's makers only where the manifest in them says so
    assert re.search(r'"send_anonymous_usage_stats": ?false', page)
    assert "# " in (site / "dictionary.md").read_text()
    # without a published snapshot nothing can be said of what a metric lacks
    assert not (site / "metrics.html").exists()
    assert "metrics.html is left out: no snapshot has been published." in " ".join(
        capsys.readouterr().out.split()
    )
