"""An error is three sentences; the traceback only for those who ask for it."""

from __future__ import annotations

import sys

import pytest

from orchestration.cli import main


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command with a fault of ours in it."""

    def app(arguments: list[str], prog_name: str) -> None:
        raise ZeroDivisionError("division by [zero]")

    monkeypatch.setattr(main, "app", app)
    monkeypatch.delenv("BANK_DEBUG", raising=False)


@pytest.mark.usefixtures("failing")
def test_fault_of_the_program_is_told_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["bank", "build"])
    with pytest.raises(SystemExit) as ended:
        main.run()
    said = capfd.readouterr().err
    assert ended.value.code == 1
    assert "ZeroDivisionError: division by [zero]" in said
    assert "→" in said and "--debug" in said
    assert "Traceback" not in said


@pytest.mark.usefixtures("failing")
def test_debug_shows_the_traceback(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["bank", "build"])
    monkeypatch.setenv("BANK_DEBUG", "1")
    with pytest.raises(SystemExit):
        main.run()
    assert "Traceback" in capfd.readouterr().err
