"""What steps are handed: the settings of this installation, the warehouse, dbt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from importlib.metadata import version
from pathlib import Path

import duckdb
from dagster import ConfigurableResource
from dagster_dbt import DbtCliResource, DbtProject
from packaging.version import Version

from orchestration.dbt import PROJECT_DIR
from runtime.settings import Settings

WAREHOUSE_POOL = "warehouse"
"""Every step that opens the warehouse takes this pool: DuckDB lets one process write, and an open reader
keeps the writer out."""

OWNER = "team:data-engineering"


class Bank(ConfigurableResource):
    """The installation a run works on: where its data lies, and its warehouse."""

    data: str
    seed: int
    as_of: str | None = None
    reporting_currency: str | None = None

    @property
    def settings(self) -> Settings:
        """The settings, for functions that don't know Dagster."""
        return Settings.model_validate(
            {
                "BANK_DATA": self.data,
                "BANK_SEED": self.seed,
                "BANK_AS_OF": self.as_of,
                "REPORTING_CURRENCY": self.reporting_currency,
            }
        )

    @property
    def work_file(self) -> Path:
        """Staging, intermediate, features."""
        return self.settings.warehouse / "work.duckdb"

    @property
    def marts_file(self) -> Path:
        """The marts; a file of its own, so that publication can copy it whole."""
        return self.settings.warehouse / "bank.duckdb"

    @contextmanager
    def connect(self, *, read_only: bool) -> Iterator[duckdb.DuckDBPyConnection]:
        """The warehouse, with the marts attached as `bank`; closed when the body ends."""
        self.work_file.parent.mkdir(parents=True, exist_ok=True)
        connection = duckdb.connect(str(self.work_file), read_only=read_only)
        try:
            connection.execute("set TimeZone = 'UTC'")
            options = " (read_only)" if read_only else ""
            connection.execute(f"attach '{self.marts_file}' as bank{options}")
            yield connection
        finally:
            connection.close()


class Dbt(DbtCliResource):
    """dbt's command line, without two costs of each call that here serve nothing.

    As shipped, a call first starts `dbt --version` in a process of its own, and then loads dbt's own
    connection to the warehouse into the step, for metadata that is read in another way (`row_counts`):
    together as much CPU as a small build.
    """

    @cached_property
    def _cli_version(self) -> Version:
        return Version(version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> None:  # type: ignore[override]
        return None


def dbt_project(settings: Settings) -> DbtProject:
    """The dbt project with its parsed manifest under BANK_DATA."""
    return DbtProject(PROJECT_DIR, target_path=settings.dbt_target, profiles_dir=PROJECT_DIR)


def resources(settings: Settings) -> dict[str, object]:
    """All resources by the names that assets ask for."""
    return {
        "bank": Bank(
            data=str(settings.data),
            seed=settings.seed,
            as_of=settings.as_of.isoformat() if settings.as_of else None,
            reporting_currency=settings.reporting_currency,
        ),
        "dbt": Dbt(project_dir=str(PROJECT_DIR), profiles_dir=str(PROJECT_DIR)),
    }
