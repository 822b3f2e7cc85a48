"""Answers for people and for machines."""

from __future__ import annotations

import io
import json

import pandas as pd
import pytest

from dashboards.metrics import MetricRequest, MetricTable, compare, export, query, sql, write
from dashboards.snapshot import Snapshot
from runtime.errors import BankError


@pytest.fixture(scope="module")
def answer(snapshot: Snapshot) -> MetricTable:
    request = MetricRequest.of(
        ("total_deposits", "npl_ratio", "loan_allowance"),
        ("metric_time__quarter", "branch"),
        start="2025-10",
    )
    return query(snapshot, request)


def test_csv_holds_exact_values(answer: MetricTable) -> None:
    assert export(answer, "csv").decode().splitlines() == [
        "metric_time__quarter,branch,total_deposits,npl_ratio,loan_allowance",
        "2025-10-01,B01,1230000.00,0.01,",
        "2025-10-01,B02,500000.00,0.00625,",
    ]


def test_json_is_a_list_of_objects(answer: MetricTable) -> None:
    assert json.loads(export(answer, "json"))[1] == {
        "metric_time__quarter": "2025-10-01",
        "branch": "B02",
        "total_deposits": 500_000.0,
        "npl_ratio": 0.00625,
        "loan_allowance": None,
    }


def test_parquet_holds_numbers_and_days(answer: MetricTable) -> None:
    frame = pd.read_parquet(io.BytesIO(export(answer, "parquet")))
    assert frame["total_deposits"].tolist() == [1_230_000, 500_000]
    assert frame["metric_time__quarter"].dt.year.tolist() == [2025, 2025]
    assert frame["loan_allowance"].isna().all()


def test_a_table_speaks_to_people(answer: MetricTable) -> None:
    out = io.BytesIO()
    write(answer, "table", out)
    lines = out.getvalue().decode().replace("\N{NO-BREAK SPACE}", " ").splitlines()
    assert lines[0].split("  ")[-1] == "Allowance on loans, EUR"
    assert (
        " | ".join(cell.strip() for cell in lines[2].split("  ") if cell)
        == "2025-Q4 | B01 | 1.23 m | 1.00 % | –"
    )


def test_a_comparison_speaks_to_people(snapshot: Snapshot) -> None:
    request = MetricRequest.of(("npl_ratio",), ("branch",), start="2025-12")
    text = (
        export(compare(snapshot, request, ("last_year",)), "table")
        .decode()
        .replace("\N{NO-BREAK SPACE}", " ")
    )
    assert "a year before" in text.splitlines()[0]
    assert "+0.38 pp" in text and "worse" in text


def test_the_result_of_sql_is_written_alike(snapshot: Snapshot) -> None:
    found = sql(
        snapshot, "SELECT branch_id, close_date, fte > 15 AS large FROM dim_branch WHERE branch_id >= 'B02'"
    )
    assert export(found, "csv").decode() == "branch_id,close_date,large\nB02,,false\nB03,2025-06-30,false\n"
    assert export(found, "table").decode().splitlines()[0].split() == ["branch_id", "close_date", "large"]


def test_an_unknown_format_is_refused(answer: MetricTable) -> None:
    with pytest.raises(BankError, match="There is no format xlsx"):
        export(answer, "xlsx")


def test_what_is_told_by_currency_is_labelled_with_it(snapshot: Snapshot) -> None:
    out = io.BytesIO()
    request = MetricRequest.of(("ledger_debit",), where=("currency = USD",), start="2025-12")
    write(query(snapshot, request), "table", out)
    assert out.getvalue().decode().splitlines()[0].strip() == "Ledger, debits, USD"
