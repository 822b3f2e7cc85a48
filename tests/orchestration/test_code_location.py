"""The definitions are loaded anew when deliveries speak of other months, and not while a run is under way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml

from orchestration import code_location
from orchestration.code_location import CodeLocation
from runtime.settings import Settings


class Origin:
    """A code server that only counts how often it was asked to reload."""

    def __init__(self) -> None:
        self.reloads = 0

    def reload_location(self, instance: object) -> None:
        self.reloads += 1


@pytest.fixture
def months(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What deliveries speak of, now: the last entry."""
    covered = [("2025-01", "2025-12")]
    monkeypatch.setattr(code_location, "covered_months", lambda settings: covered[-1])
    return covered


def test_reloaded_once_for_a_new_month_after_the_run(
    months: list[tuple[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    origin = Origin()
    monkeypatch.setattr(CodeLocation, "_origin", lambda self: origin)
    settings = Settings.model_validate({"BANK_DATA": str(tmp_path)})
    with dg.DagsterInstance.ephemeral() as instance:
        location = CodeLocation(settings, instance, tmp_path)
        location.reload_when_months_changed()
        assert origin.reloads == 0

        months.append(("2025-01", "2026-01"))
        run: Any = instance.create_run_for_job(dg.GraphDefinition("job").to_job())
        instance.report_run_canceling(run)
        location.reload_when_months_changed()
        assert origin.reloads == 0
        instance.report_run_canceled(run)
        assert location.reload_when_months_changed() == ("2025-01", "2026-01")
        assert location.reload_when_months_changed() is None
        assert origin.reloads == 1


def test_workspace_names_the_socket(months: list[tuple[str, str]], tmp_path: Path) -> None:
    settings = Settings.model_validate({"BANK_DATA": str(tmp_path)})
    with (
        dg.DagsterInstance.ephemeral() as instance,
        code_location.code_location(settings, instance) as location,
    ):
        (entry,) = yaml.safe_load(location.workspace.read_text())["load_from"]
        assert entry == {"grpc_server": {"socket": str(location.socket), "location_name": "bank"}}
        assert location.socket.parent.stat().st_mode & 0o077 == 0
        assert len(str(location.socket)) < 108
        assert not location.answers()
    assert not location.workspace.exists()
