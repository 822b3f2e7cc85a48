"""What came in and how good it was, counted again from the files and the contracts."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboards.metrics import MetricRequest, query
from dashboards.snapshot import Snapshot
from runtime.settings import PROJECT_ROOT
from tests.dbt_project.conftest import Project, Warehouse, settings_in
from tests.dbt_project.published import snapshot_of
from tests.end_to_end.deliveries import Row, edited

CHECKED = "transaction_20241231.csv"
FAULTS = {
    # what is written where, and which rule of the contract it breaks
    ("amount", ""): ("required", "amount"),
    ("amount", "much"): ("type", "amount"),
    ("amount", "-1"): ("minimum", "amount"),
    ("status", "MAYBE"): ("valid_values", "status"),
    ("account_id", "A9999999"): ("waits_for_parent", "account_id"),
}
"""Each is put into two rows of the transactions of December."""
BCBS_239 = {
    "required": "completeness",
    "waits_for_parent": "completeness",
    "type": "adaptability",
    "valid_values": "adaptability",
    "structure": "adaptability",
    "pattern": "adaptability",
    "minimum": "accuracy",
    "maximum": "accuracy",
    "duplicate": "accuracy",
}
OWN = {"accuracy": "accuracy", "consistency": "accuracy", "timeliness": "timeliness"}


@dataclass(frozen=True)
class Delivered:
    """The files by table and business date, with their rows; and when they were loaded."""

    rows: dict[tuple[str, str], int]
    between: tuple[datetime, datetime]

    def total(self, table: str | None = None, day: str | None = None) -> int:
        return sum(
            rows
            for (name, date_), rows in self.rows.items()
            if table in (None, name) and day in (None, date_)
        )


def checks_of(table: str) -> list[tuple[str, str | None, str]]:
    """Rule, column and dimension of every check of a row, in the contract's order."""
    document = yaml.safe_load((PROJECT_ROOT / f"data/contracts/{table}.odcs.yaml").read_text())
    (schema,) = document["schema"]
    checks: list[tuple[str, str | None]] = [("structure", None)]
    parents: list[tuple[str, str | None]] = []
    for column in schema["properties"]:
        name, bounds = column["name"], column.get("logicalTypeOptions", {})
        if name == "version_id":
            continue
        checks += [("required", name)] if column.get("required") else []
        checks += [("type", name)] if column["physicalType"] != "VARCHAR" else []
        checks += [("valid_values", name)] if column.get("quality") else []
        checks += [(rule, name) for rule in ("pattern", "minimum", "maximum") if rule in bounds]
        for relation in column.get("relationships", ()):
            waits = {one["property"]: one["value"] for one in relation["customProperties"]}["waitsForParent"]
            parents += [("waits_for_parent", name)] if waits else []
    found = [(rule, column, BCBS_239[rule]) for rule, column in checks]
    found += [(rule["id"], None, OWN[rule["dimension"]]) for rule in schema.get("quality", ())]
    found += [("duplicate", None, "accuracy")]
    return found + [(rule, column, BCBS_239[rule]) for rule, column in parents]


@pytest.fixture(scope="module", params=[20240229, 7])
def bank(
    request: pytest.FixtureRequest, project: Project, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Snapshot, Delivered]]:
    """Three months of a small bank with faults in one file, of two seeds, published."""
    bank = Warehouse(settings_in(tmp_path_factory.mktemp(f"control_{request.param}")), project)
    extracts = bank.write_demo(customers=50, months=3, end=date(2024, 12, 31), seed=request.param)
    faults = iter([fault for fault in FAULTS for _ in range(2)])

    def plant(row: Row) -> None:
        if not row["reversal_of"] and (fault := next(faults, None)):
            row[fault[0]] = fault[1]

    file = extracts / CHECKED
    file.write_bytes(edited(file.read_bytes(), plant))
    before = datetime.now(UTC)
    bank.deliver("demo", extracts)
    rows = {}
    for file in extracts.iterdir():
        table, day = file.name.split(".")[0].rsplit("_", 1)
        rows[table, f"{day[:4]}-{day[4:6]}-{day[6:]}"] = records_in(file)
    delivered = Delivered(rows, (before, datetime.now(UTC)))
    bank.build_models(
        date(2024, 10, 1),
        date(2025, 1, 1),
        *("+kpi_control_day", "+kpi_control_check_day", "+kpi_control_delivery_month"),
    )
    with snapshot_of(bank) as snapshot:
        yield snapshot, delivered


def records_in(file: Path) -> int:
    """Records of a delivered file, counted without our readers."""
    if file.suffix == ".gz":
        return gzip.decompress(file.read_bytes()).count(b"\n")
    if file.suffix == ".txt":
        return file.read_bytes().count(b"\n")
    with file.open(newline="", encoding="latin-1") as text:
        return sum(1 for _ in csv.reader(text)) - 1


def ask(snapshot: Snapshot, metrics: str, group_by: str = "", **more: Any) -> list[tuple[Any, ...]]:
    return query(snapshot, MetricRequest.of(metrics, group_by, **more)).records


def test_files_and_rows_are_those_delivered(bank: tuple[Snapshot, Delivered]) -> None:
    snapshot, delivered = bank
    faults = 2 * len(FAULTS)
    ((files, rows, loaded, refused, rate),) = ask(
        snapshot, "deliveries,rows_delivered,rows_loaded,rows_quarantined,row_pass_rate"
    )
    total = delivered.total()
    assert (files, rows, loaded, refused) == (len(delivered.rows), total, total - faults, faults)
    assert rate == pytest.approx((total - faults) / total, abs=1e-12)
    by_table = ask(snapshot, "rows_delivered", "delivered_table")
    assert {table: count for table, count in by_table if count} == {
        table: delivered.total(table) for table, _ in delivered.rows if delivered.total(table)
    }


def test_checks_failed_are_the_planted_ones_by_dimension(bank: tuple[Snapshot, Delivered]) -> None:
    snapshot, _ = bank
    expected = Counter(dict.fromkeys((*BCBS_239.values(), "timeliness"), 0))
    for rule, _ in FAULTS.values():
        expected[BCBS_239[rule]] += 2
    assert dict(ask(snapshot, "dq_failed", "dq_dimension")) == expected
    rules = ask(snapshot, "dq_failed", "dq_rule", where="delivered_table = transaction")
    assert {rule: count for rule, count in rules if count} == dict(
        Counter(rule for rule, _ in FAULTS.values() for _ in range(2))
    )


def test_examined_is_every_check_up_to_the_one_that_failed(bank: tuple[Snapshot, Delivered]) -> None:
    snapshot, delivered = bank
    checks = checks_of("transaction")
    examined: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    for _, _, dimension in checks:
        examined[dimension] += delivered.total("transaction", "2024-12-31")
    for broken in FAULTS.values():
        position = next(n for n, (rule, column, _) in enumerate(checks) if (rule, column) == broken)
        failed[checks[position][2]] += 2
        for _, _, dimension in checks[position + 1 :]:
            examined[dimension] -= 2
    where, december = "delivered_table = transaction", {"start": "2024-12", "end": "2024-12"}
    found = ask(snapshot, "dq_examined,dq_failed,dq_pass_rate", "dq_dimension", where=where, **december)
    assert [row[0] for row in found] == sorted(examined)
    for dimension, looked_at, broke, rate in found:
        assert (looked_at, broke) == (examined[dimension], failed[dimension]), dimension
        assert rate == pytest.approx(1 - failed[dimension] / examined[dimension], abs=1e-12)
    ((rate,),) = ask(snapshot, "dq_pass_rate", where=where, **december)
    assert rate == pytest.approx(1 - sum(failed.values()) / sum(examined.values()), abs=1e-12)


@pytest.mark.parametrize("table", ["account", "loan", "gl_balance", "exchange_rate", "branch"])
def test_a_clean_file_passes_every_check(bank: tuple[Snapshot, Delivered], table: str) -> None:
    snapshot, delivered = bank
    ((examined, failed, rate),) = ask(
        snapshot, "dq_examined,dq_failed,dq_pass_rate", where=f"delivered_table = {table}"
    )
    assert examined == delivered.total(table) * len(checks_of(table))
    assert (failed, rate) == (0, 1.0)


def test_lateness_is_from_the_business_date_to_the_arrival(bank: tuple[Snapshot, Delivered]) -> None:
    """The newest file of a period counts, and of several tables the latest."""
    snapshot, delivered = bank

    def hours(moment: datetime, day: str) -> float:
        return (moment - datetime.fromisoformat(f"{day}T00:00:00+00:00")).total_seconds() / 3600

    for start, day in (("2024-11", "2024-11-30"), ("2024-12", "2024-12-31")):
        earliest, latest = (hours(moment, day) for moment in delivered.between)
        for table, found in ask(snapshot, "data_freshness", "delivered_table", start=start, end=start):
            assert earliest - 0.01 <= float(found) <= latest + 0.01, table
    ((whole,),) = ask(snapshot, "data_freshness")
    assert float(whole) == pytest.approx(hours(delivered.between[0], "2024-12-31"), abs=0.5)
