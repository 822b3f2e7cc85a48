"""`docs/bad_input.md` is true and complete: what is typed there is answered as written there."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from dashboards.metrics import Filter, MetricRequest, query, sql
from dashboards.snapshot import Snapshot
from orchestration.cli import main, reading
from runtime.errors import BankError
from runtime.settings import PROJECT_ROOT

TABLE = PROJECT_ROOT / "docs" / "bad_input.md"
HERE = f"{Path(__file__).relative_to(PROJECT_ROOT)}::test_each_row_is_answered_as_written"
RAISERS = ("BankError", "_bad", "_refused")
"""What makes an error's sentences out of its first argument."""


@dataclass(frozen=True)
class Row:
    """One row of the table."""

    what: str
    typed: str
    answer: str
    test: str


def _rows() -> list[Row]:
    lines = [line for line in TABLE.read_text().splitlines() if line.startswith("| ")]
    cells = [[cell.strip().strip("`") for cell in line.strip("|").split(" | ")] for line in lines]
    return [Row(*row) for row in cells if row[0] not in ("What is wrong", "---")]


ROWS = _rows()


@pytest.mark.parametrize("row", [row for row in ROWS if row.test == HERE], ids=lambda row: row.what)
def test_each_row_is_answered_as_written(
    row: Row, snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command through the command line itself, anything else as Python, on the hand-made bank."""
    if row.typed.startswith("bank "):
        monkeypatch.setattr(reading, "_snapshot", lambda: snapshot)
        done = CliRunner().invoke(main.app, shlex.split(row.typed)[1:])
        assert done.exception is None or isinstance(done.exception, BankError), done.exception
        answer = str(done.exception) if done.exception else done.stderr.strip()
    else:
        names = {"Filter": Filter, "MetricRequest": MetricRequest, "snapshot": snapshot, "sql": sql}
        with pytest.raises(BankError) as caught:
            eval(row.typed, names)
        answer = str(caught.value)
    assert answer == row.answer


def test_the_answer_of_an_undefined_ratio_is_null(snapshot: Snapshot) -> None:
    """The sentence stands beside an empty cell, never a zero."""
    table = query(
        snapshot,
        MetricRequest.of("chargeback_ratio", group_by="channel", start="2025-12"),
    )
    assert table.records == [("card_pos", 1.0), ("mobile", None)]


def test_every_error_of_the_request_layer_stands_in_the_table() -> None:
    answers = [row.answer for row in ROWS]
    templates = list(_templates())
    assert len(templates) >= 20
    missing = [one for one in templates if not any(re.search(one, answer) for answer in answers)]
    assert missing == []


def test_an_error_that_is_not_in_the_table_is_found() -> None:
    """The search for sentences works on what it must not overlook."""
    planted = """
def check(name):
    what = f"There is no {name}."
    if name:
        what = "Another sentence."
    raise BankError(what, "Why.", "Do.")
"""
    assert list(_sentences(ast.parse(planted))) == [r"There\ is\ no\ .+\.", r"Another\ sentence\."]


def test_every_test_that_the_table_names_exists() -> None:
    assert len(ROWS) >= 30
    for row in ROWS:
        file, _, name = row.test.partition("::")
        text = (PROJECT_ROOT / file).read_text()
        if file.endswith(".py"):
            names = [node.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
        else:
            names = [one["name"] for one in yaml.safe_load(text).get("unit_tests", ())]
        assert name in names, row.test


def _templates() -> Iterator[str]:
    for path in sorted((PROJECT_ROOT / "dashboards" / "metrics").glob("*.py")):
        yield from _sentences(ast.parse(path.read_text()))


def _sentences(tree: ast.AST) -> Iterator[str]:
    """What the first argument of each error can say, as a pattern with `.+` for what varies."""
    for function in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]:
        given = {argument.arg for argument in function.args.args}
        for call in ast.walk(function):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") in RAISERS:
                first = call.args[0]
                if not (isinstance(first, ast.Name) and first.id in given):
                    yield from _patterns(first, function)


def _patterns(text: ast.expr, function: ast.FunctionDef) -> Iterator[str]:
    if isinstance(text, ast.Constant):
        yield re.escape(str(text.value))
    elif isinstance(text, ast.JoinedStr):
        parts = [re.escape(str(one.value)) if isinstance(one, ast.Constant) else ".+" for one in text.values]
        yield "".join(parts)
    elif isinstance(text, ast.Name):
        for one in ast.walk(function):
            if isinstance(one, ast.Assign):
                yield from (
                    found for value in _assigned(one, text.id) for found in _patterns(value, function)
                )
    else:
        raise AssertionError(f"the sentence {ast.unparse(text)} can't be told from the code")


def _assigned(statement: ast.Assign, name: str) -> Iterator[ast.expr]:
    """What a statement assigns to a name, alone or as one of several."""
    for target in statement.targets:
        if isinstance(target, ast.Name) and target.id == name:
            yield statement.value
        elif isinstance(target, ast.Tuple) and isinstance(statement.value, ast.Tuple):
            for one, value in zip(target.elts, statement.value.elts, strict=True):
                if isinstance(one, ast.Name) and one.id == name:
                    yield value
