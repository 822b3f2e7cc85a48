"""The gate before `bank sql`: one SELECT over the marts and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboards.metrics import sql
from dashboards.snapshot import Snapshot
from runtime.errors import BankError


def test_a_select_is_answered(snapshot: Snapshot) -> None:
    table = sql(snapshot, "SELECT branch_id, fte FROM dim_branch WHERE branch_id > 'B01' ORDER BY branch_id;")
    assert table.columns == ("branch_id", "fte")
    assert [branch for branch, _ in table.records] == ["B02", "B03"]
    assert table.frame["fte"].tolist() == [10.0, 10.0]


def test_values_stand_in_for_question_marks(snapshot: Snapshot) -> None:
    hostile = "B02' OR 'x' = 'x"
    text = "SELECT branch_name FROM dim_branch WHERE branch_id = ?"
    assert sql(snapshot, text, ("B02",)).records == [("Harbour Street",)]
    assert sql(snapshot, text, (hostile,)).records == []


@pytest.mark.parametrize(
    "text", ["SHOW TABLES", "DESCRIBE dim_branch", "FROM dim_branch", "SUMMARIZE dim_product"]
)
def test_looking_around_is_allowed(snapshot: Snapshot, text: str) -> None:
    assert sql(snapshot, text).records


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SELECT 1; SELECT 2",
        "SELEKT 1",
        "INSERT INTO dim_branch (branch_id) VALUES ('X')",
        "CREATE TEMP TABLE x AS SELECT 1",
        "CREATE TEMP MACRO marts() AS 1",
        "COPY (SELECT 1) TO '/tmp/x.csv'",
        "SET threads = 1",
        "PRAGMA version",
        "ATTACH ':memory:' AS x",
        "BEGIN",
        "CHECKPOINT",
        "PREPARE p AS SELECT 1",
        "INSTALL httpfs",
        "UPDATE EXTENSIONS",
        f"SELECT '{'x' * 20_000}'",
    ],
)
def test_everything_else_is_not_run(snapshot: Snapshot, text: str) -> None:
    with pytest.raises(BankError, match="The query is not run"):
        sql(snapshot, text)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM read_csv('{file}')",
        "SELECT * FROM read_text('{file}')",
        "SELECT * FROM read_blob('{database}')",
        "SELECT * FROM glob('{folder}/*')",
        "FROM '{file}'",
        "FROM query('SELECT * FROM read_text(''{file}'')')",
        "SELECT * FROM snapshot",
    ],
)
def test_files_and_variables_are_out_of_reach(snapshot: Snapshot, text: str) -> None:
    paths: dict[str, Path] = {
        "file": snapshot.folder / "build.json",
        "database": snapshot.folder / "bank.duckdb",
        "folder": snapshot.folder,
    }
    with pytest.raises(BankError, match="The query failed"):
        sql(snapshot, text.format(**paths))
