"""Figures are made in dbt and in `dashboards/metrics`; whoever shows them combines none into another.

A value of a metric comes out of an answer (`answer.frame[…]`, `.records`, `.column(…)`) or a comparison
(`moved.value`, `.reference`, `.absolute`, `.relative`), and stays one through names, loops and abs(). Putting
two of them together, or adding up several, makes a figure that no definition stands for. Scaling one for an
axis, comparing two and sorting them make none.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

import pytest

from runtime.settings import PROJECT_ROOT

ANSWERED = {"frame", "records", "value", "reference", "absolute", "relative"}
KEPT = {
    "abs",
    "float",
    "int",
    "round",
    "max",
    "min",
    "list",
    "sorted",
    "zip",
    "enumerate",
    "reversed",
    "Decimal",
}
ADDING_UP = {
    "sum",
    "fsum",
    "mean",
    "fmean",
    "median",
    "prod",
    "cumsum",
    "diff",
    "pct_change",
    "std",
    "quantile",
}
COMBINING = {"add", "sub", "subtract", "mul", "multiply", "div", "divide", "truediv", "dot"}
OUTSIDE = [
    path
    for folder in ("dashboards", "orchestration", "ml")
    for path in sorted((PROJECT_ROOT / folder).rglob("*.py"))
    if "dashboards/metrics" not in path.as_posix()
]


def test_nobody_else_makes_figures_out_of_figures() -> None:
    assert len(OUTSIDE) > 50
    found = [
        f"{path.relative_to(PROJECT_ROOT)}:{line}: {text}"
        for path in OUTSIDE
        for line, text in arithmetic(path.read_text())
    ]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "share = answer.frame['fees'].iloc[0] / answer.frame['income'].iloc[0]",
        "moved = now.value - before.value",
        "together = sum(one.absolute for one in changes)",
        "mean = answer.frame['nim'].mean()",
        "rows = [record[1] - record[2] for record in answer.records]",
        "margin = answer.column('profit')[0] / float(answer.column('income')[0])",
        "level = total.reference\n    for one in moves:\n        level += one.value",
        "profit, income = answer.records[0]\n    ratio = abs(profit) / income",
        "ratio = answer.frame['profit'].div(answer.frame['income'])",
    ],
)
def test_a_figure_made_elsewhere_is_found(line: str) -> None:
    assert len(list(arithmetic(f"def show(answer):\n    {line}\n"))) == 1


@pytest.mark.parametrize(
    "line",
    [
        "scaled = [value / scale.by for value in answer.column('profit')]",
        "loss = -total.value",
        "large = abs(one.value) >= 0.1 * abs(total.absolute)",
        "text = name + number(total.value)",
        "rows = len(answer.records) - 1",
    ],
)
def test_showing_a_figure_makes_none(line: str) -> None:
    assert list(arithmetic(f"def show(answer):\n    {line}\n")) == []


def arithmetic(source: str) -> Iterator[tuple[int, str]]:
    """Line and text of every expression that makes a figure out of metrics' values."""
    for function in ast.walk(ast.parse(source)):
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            values = _values_in(function)
            for node in ast.walk(function):
                if _combines(node, values):
                    assert isinstance(node, (ast.expr, ast.stmt))
                    yield node.lineno, ast.unparse(node)


def _combines(node: ast.AST, values: set[str]) -> bool:
    if isinstance(node, ast.BinOp):
        return _is_value(node.left, values) and _is_value(node.right, values)
    if isinstance(node, ast.AugAssign):
        return _is_value(node.target, values) and _is_value(node.value, values)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        of = _is_value(node.func.value, values)
        if node.func.attr in COMBINING:
            return of and any(_is_value(one, values) for one in node.args)
        return node.func.attr in ADDING_UP and (of or any(_is_value(one, values) for one in node.args))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id in ADDING_UP and any(_is_value(one, values) for one in node.args)
    return False


def _values_in(function: ast.AST) -> set[str]:
    """Names in a function that hold values of metrics, found by following assignments and loops."""
    values: set[str] = set()
    while True:
        before = len(values)
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and _is_value(node.value, values):
                values |= set(_named(node.targets))
            elif isinstance(node, (ast.For, ast.comprehension)) and _is_value(node.iter, values):
                values |= set(_named([node.target]))
        if len(values) == before:
            return values


def _named(targets: Iterable[ast.expr]) -> Iterator[str]:
    for target in targets:
        for node in ast.walk(target):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id


def _is_value(node: ast.expr, values: set[str]) -> bool:
    if isinstance(node, ast.Name):
        return node.id in values
    if isinstance(node, ast.Attribute):
        return node.attr in ANSWERED or _is_value(node.value, values)
    if isinstance(node, (ast.Subscript, ast.Starred)):
        return _is_value(node.value, values)
    if isinstance(node, ast.UnaryOp):
        return _is_value(node.operand, values)
    if isinstance(node, ast.BinOp):
        return _is_value(node.left, values) or _is_value(node.right, values)
    if isinstance(node, ast.IfExp):
        return _is_value(node.body, values) or _is_value(node.orelse, values)
    if isinstance(node, (ast.GeneratorExp, ast.ListComp)):
        return _is_value(node.elt, values)
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Name):
            return node.func.id in KEPT and any(_is_value(one, values) for one in node.args)
        return isinstance(node.func, ast.Attribute) and (
            node.func.attr == "column" or _is_value(node.func.value, values)
        )
    return False
