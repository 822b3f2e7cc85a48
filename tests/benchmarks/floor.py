"""The floor: the SQL of a build, run directly in DuckDB.

dbt leaves the SQL of every model that it built below its target folder, a file for each month of those
built by month. Here they are run again in the order in which dbt ran them, into an empty warehouse:
what a build can't be cheaper than.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from data.ingest.views import register
from orchestration.dbt import PROJECT_DIR
from runtime.settings import Settings


def statements(target: Path) -> Iterator[str]:
    """What the calls of dbt below `target` built, oldest call first."""
    calls = [(json.loads(file.read_text()), file.parent) for file in target.glob("*/run_results.json")]
    for call, folder in sorted(calls, key=lambda call: call[0]["metadata"]["generated_at"]):
        nodes = json.loads((folder / "manifest.json").read_text())["nodes"]
        for result in sorted(call["results"], key=_started):
            node = nodes[result["unique_id"]]
            if node["resource_type"] == "model":
                yield from _model(folder / "compiled" / node["package_name"], node)
            elif node["resource_type"] == "seed":
                file = PROJECT_DIR / node["original_file_path"]
                yield f"create or replace table {node['relation_name']} as from read_csv('{file}')"


def _started(result: dict[str, Any]) -> list[str]:
    return [timing["started_at"] for timing in result["timing"]]


def _model(compiled: Path, node: dict[str, Any]) -> Iterator[str]:
    file = compiled / node["original_file_path"]
    relation = node["relation_name"]
    if node["config"]["materialized"] != "incremental":
        kind = "view" if node["config"]["materialized"] == "view" else "table"
        yield f"create or replace {kind} {relation} as ({file.read_text()}\n)"
        return
    first, *others = sorted(file.with_suffix("").glob("*.sql"))
    yield f"create or replace table {relation} as ({first.read_text()}\n)"
    for batch in others:
        yield f"insert into {relation} by name ({batch.read_text()}\n)"


def main(data: str) -> None:
    """Build everything that the newest builds of a BANK_DATA built, in two database files of its own."""
    settings = Settings.model_validate({"BANK_DATA": data})
    folder = settings.data / "floor"
    folder.mkdir(exist_ok=True)
    for file in folder.glob("*.duckdb*"):
        file.unlink()
    with duckdb.connect(str(folder / "work.duckdb")) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set threads = 2")
        connection.execute(f"attach '{folder / 'bank.duckdb'}' as bank")
        for schema in ("staging", "intermediate", "features", "seeds", "bank.marts"):
            connection.execute(f"create schema if not exists {schema}")
        register(connection, settings)
        for statement in statements(settings.dbt_target):
            connection.execute(statement)


if __name__ == "__main__":
    main(sys.argv[1])
