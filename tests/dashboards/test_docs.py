"""`docs/dashboards.md` is true: its examples run, and the tests that it names exist."""

from __future__ import annotations

import re

from dashboards.charts.data import chart_data
from dashboards.pages import Page
from dashboards.pages.body import PageBody
from dashboards.reader import Reader
from dashboards.snapshot import Snapshot
from dashboards.state import State
from runtime.settings import PROJECT_ROOT

TEXT = (PROJECT_ROOT / "docs" / "dashboards.md").read_text()


def test_its_examples_make_a_chart_and_a_page(snapshot: Snapshot) -> None:
    made: dict[str, object] = {}
    for example in re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL):
        exec(example, made)
    reader = Reader(snapshot)
    selection = reader.select(State())
    assert chart_data(made["VOLUME"], reader, selection).data is not None  # pyright: ignore[reportArgumentType]
    page = made["PAGE"]
    assert isinstance(page, Page)
    PageBody(page, "light").show(reader, selection)


def test_the_tests_that_it_names_exist() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TEXT)
    assert len(named) >= 14
    for file, name in named:
        assert f"def {name}(" in (PROJECT_ROOT / file).read_text(), f"{file}::{name}"
