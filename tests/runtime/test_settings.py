"""Settings have defaults that run, and say which one is wrong when one is."""

from __future__ import annotations

import pytest

from runtime.errors import BankError
from runtime.settings import PROJECT_ROOT, load_settings


def test_defaults_run_the_embedded_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BANK_DATA", raising=False)
    settings = load_settings()
    assert settings.data == PROJECT_ROOT / "data" / "local"
    assert (settings.dashboard_port, settings.dagster_port) == (5006, 3000)


def test_a_relative_folder_starts_at_the_projects_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANK_DATA", "data/other")
    assert load_settings().landing == PROJECT_ROOT / "data" / "other" / "landing"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DASHBOARD_PORT", "five"),
        ("DAGSTER_PORT", "70000"),
        ("BANK_SEED", "-1"),
        ("REPORTING_CURRENCY", "euro"),
    ],
)
def test_a_wrong_value_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(BankError) as error:
        load_settings()
    assert name in error.value.what
    assert value in error.value.what
