"""Banks built by dbt once per session: one that delivered nothing, and a small complete one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

from data.demo.generate import generate
from data.ingest.load import ingest
from data.ingest.views import register
from runtime.settings import PROJECT_ROOT, Settings

PROJECT_DIR = PROJECT_ROOT / "dbt_project"
FAILURES = ("error", "fail", "skipped", "runtime error")
FIRST_MONTH = date(2024, 10, 1)
AFTER_LAST_MONTH = date(2025, 3, 1)


@dataclass(frozen=True)
class Project:
    """The dbt project, parsed once: dbt's start and its parser cost more than building a small bank."""

    manifest: Manifest

    def run(self, settings: Settings, *arguments: str) -> dict[str, str]:
        """Run dbt in this process on one bank's files, and let go of them."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("BANK_WAREHOUSE", str(settings.warehouse))
            done = dbtRunner(self.manifest).invoke([*arguments, *options(settings)])
            DuckDBConnectionManager.close_all_connections()
        results = getattr(done.result, "results", [])
        failed = [f"{entry.node.name}: {entry.message}" for entry in results if entry.status in FAILURES]
        assert done.success, failed or done.exception
        return {entry.node.unique_id: str(entry.status) for entry in results}

    def described(self) -> dict[str, Any]:
        """The manifest as everybody else reads it, `manifest.json`."""
        return self.manifest.writable_manifest().to_dict(omit_none=False)


def options(settings: Settings) -> list[str]:
    """Where dbt finds the project and leaves what it writes."""
    return [
        "--project-dir", str(PROJECT_DIR), "--profiles-dir", str(PROJECT_DIR),
        "--target-path", str(settings.dbt_target), "--log-path", str(settings.logs),
        "--log-level", "none", "--log-level-file", "none",
    ]  # fmt: skip


@dataclass(frozen=True)
class Warehouse:
    """A BANK_DATA of its own whose warehouse dbt builds."""

    settings: Settings
    project: Project = field(repr=False)

    @property
    def extracts(self) -> Path:
        """Where the demo bank's files are written."""
        return self.settings.data / "extracts"

    def write_demo(self, *, customers: int, months: int, end: date, seed: int = 20240229) -> Path:
        """Write the extracts of a demo bank, to be edited or delivered; returns their folder."""
        generate(self.extracts, self.settings.truth, customers=customers, months=months, end=end, seed=seed)
        return self.extracts

    def deliver(self, source: str, folder: Path) -> None:
        """Take in a folder of files and make the raw relations."""
        ingest(self.settings, source, folder)
        self.register()

    def register(self, **replaced: str) -> None:
        """Make the raw relations; `replaced` holds a `* REPLACE (…)` list per table, to deliver less."""
        self.settings.warehouse.mkdir(parents=True, exist_ok=True)
        with closing(duckdb.connect(str(self.settings.warehouse / "work.duckdb"))) as con:
            register(con, self.settings)
            for table, columns in replaced.items():
                con.execute(
                    f"CREATE SCHEMA IF NOT EXISTS delivered; ALTER VIEW raw.{table} RENAME TO {table}_all"
                )
                con.execute(
                    f"CREATE OR REPLACE VIEW raw.{table} AS SELECT * REPLACE ({columns}) FROM raw.{table}_all"
                )

    def dbt(self, *arguments: str) -> dict[str, str]:
        """Run dbt on this bank; the status of every node by its unique id."""
        return self.project.run(self.settings, *arguments)

    def build(self, first: date, after_last: date, *arguments: str) -> dict[str, str]:
        """Build the months from `first` up to but not including `after_last`, without unit tests."""
        return self.dbt(
            "build", "--exclude-resource-type", "unit_test",
            "--event-time-start", first.isoformat(), "--event-time-end", after_last.isoformat(), *arguments,
        )  # fmt: skip

    def build_models(self, first: date, after_last: date, *models: str) -> dict[str, str]:
        """Build some models (`+` before a name: with all that they are made of) and run the tests on them."""
        return self.build(first, after_last, "--select", *models, "--indirect-selection", "cautious")

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query over `work` and `bank`, neither of them changed."""
        with closing(self.connect()) as con:
            return con.execute(sql).fetchall()

    def connect(self) -> duckdb.DuckDBPyConnection:
        """A connection to both files, read-only; `bank.marts` is where unqualified names are looked up."""
        con = duckdb.connect()
        for name in ("work", "bank"):
            con.execute(f"ATTACH '{self.settings.warehouse / name}.duckdb' AS {name} (READ_ONLY)")
        con.execute("USE bank.marts")
        return con

    def tables(self) -> Iterable[tuple[str, str, str]]:
        """Database, schema and name of every table built."""
        return self.query(
            "SELECT database_name, schema_name, table_name FROM duckdb_tables() "
            "WHERE schema_name IN ('marts', 'features', 'intermediate') ORDER BY ALL"
        )


def settings_in(folder: Path) -> Settings:
    """Settings of a BANK_DATA in a folder of the test."""
    folder.mkdir(parents=True, exist_ok=True)
    return Settings.model_validate({"BANK_DATA": folder})


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project as dbt understands it."""
    settings = settings_in(tmp_path_factory.mktemp("parsed"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BANK_WAREHOUSE", str(settings.warehouse))
        done = dbtRunner().invoke(["parse", *options(settings)])
    assert isinstance(done.result, Manifest), done.exception
    return Project(done.result)


@pytest.fixture(scope="session")
def empty_bank(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A bank that has delivered nothing, built for two months."""
    bank = Warehouse(settings_in(tmp_path_factory.mktemp("empty_bank")), project)
    bank.register()
    bank.build(date(2024, 1, 1), date(2024, 3, 1))
    return bank


@pytest.fixture(scope="session")
def demo_bank(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A complete small bank over five months with a turn of the year, ingested and built."""
    bank = Warehouse(settings_in(tmp_path_factory.mktemp("demo_bank")), project)
    bank.deliver("demo", bank.write_demo(customers=120, months=5, end=date(2025, 2, 28)))
    bank.build(FIRST_MONTH, AFTER_LAST_MONTH)
    return bank


@pytest.fixture(scope="session")
def berka_bank(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The PKDD'99 bank over all months that its files observe; skips where they are not."""
    reference = os.environ.get("BANK_REFERENCE_DATA")
    if not reference:
        pytest.skip("BANK_REFERENCE_DATA is not set: it names the folder of the reference data")
    bank = Warehouse(settings_in(tmp_path_factory.mktemp("berka_bank")), project)
    bank.deliver("berka", Path(reference) / "berka")
    bank.build(date(1993, 1, 1), date(1994, 4, 1), "--exclude-resource-type", "unit_test", "test")
    return bank


@pytest.fixture(scope="session")
def frugal_bank(demo_bank: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The same bank, had it delivered neither balances nor arrears."""
    folder = tmp_path_factory.mktemp("frugal_bank") / "data"
    shutil.copytree(
        demo_bank.settings.data, folder, ignore=shutil.ignore_patterns("warehouse", "extracts", "dbt")
    )
    bank = Warehouse(settings_in(folder), demo_bank.project)
    bank.register(
        account="NULL::DECIMAL(18, 2) AS balance",
        loan="NULL::DECIMAL(18, 2) AS balance, NULL::DECIMAL(18, 2) AS arrears_balance, "
        "NULL::DATE AS first_arrears_date, NULL::INTEGER AS days_past_due, "
        "NULL::VARCHAR AS impairment_status",
    )
    bank.build(
        FIRST_MONTH, AFTER_LAST_MONTH,
        "--select", "+fct_account_month", "+fct_loan_month", "--exclude-resource-type", "unit_test", "test",
        # the bank's own count of days knows no tolerance: an instalment paid but for a cent is unpaid
        "--vars", "{instalment_tolerance: 0}",
    )  # fmt: skip
    return bank
