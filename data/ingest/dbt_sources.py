"""dbt's `raw` sources, written from the contracts: `python -m data.ingest.dbt_sources` after changing one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from data.ingest.contracts import PROVENANCE, Contract, load_contracts
from data.ingest.views import BATCH_EXTRA, CHECK_RESULT, QUARANTINE_COUNT, REPORTING_CURRENCY
from runtime.files import write_atomic
from runtime.settings import PROJECT_ROOT

SOURCES_YAML = PROJECT_ROOT / "dbt_project" / "models" / "staging" / "_sources.yml"

_HEADER = """\
# Written from data/contracts by `python -m data.ingest.dbt_sources`: change the contract, not this file.
"""


class _Dumper(yaml.SafeDumper):
    """Indents lists below their key, as the rest of the project does."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _column(name: str, kind: str, description: str, classification: str | None = None) -> dict[str, Any]:
    column: dict[str, Any] = {"name": name, "description": description, "data_type": kind}
    if classification and classification != "none":
        column["config"] = {"meta": {"classification": classification}}
    return column


def _table(contract: Contract) -> dict[str, Any]:
    columns = [_column(c.name, c.physical_type, c.description, c.classification) for c in contract.fields]
    extra = PROVENANCE if contract.delivered else BATCH_EXTRA
    columns += [_column(name, kind, description) for name, kind, description in extra]
    meta = {
        "domain": contract.domain,
        "kind": contract.kind,
        "key": list(contract.key),
        "contract": contract.version,
    }
    return {
        "name": contract.table,
        "description": f"{contract.description} {contract.granularity}",
        "config": {"meta": meta},
        "columns": columns,
    }


def sources_yaml() -> str:
    """The text of `_sources.yml`."""
    counts = {
        "name": "quarantine_count",
        "description": "How many rows of each delivery are in quarantine, by the rule they break.",
        "config": {"meta": {"domain": "control", "kind": "manifest", "key": ["version_id", "rule"]}},
        "columns": [_column(name, kind, description) for name, kind, description in QUARANTINE_COUNT],
    }
    checks = {
        "name": "check_result",
        "description": "What each rule of the contract examined and what broke it, by delivery.",
        "config": {"meta": {"domain": "control", "kind": "manifest", "key": ["version_id", "rule"]}},
        "columns": [_column(name, kind, description) for name, kind, description in CHECK_RESULT],
    }
    currency = {
        "name": "reporting_currency",
        "description": "The currency of every figure, as the settings or the mapping say; no row where "
        "neither does.",
        "config": {"meta": {"domain": "finance", "kind": "manifest", "key": ["currency_code"]}},
        "columns": [_column(name, kind, description) for name, kind, description in REPORTING_CURRENCY],
    }
    raw = {
        "name": "raw",
        "description": "What was delivered and obeys its contract: views over the live raw files.",
        "schema": "raw",
        "tables": [*(_table(contract) for contract in sorted_contracts()), counts, checks, currency],
    }
    content = {"version": 2, "sources": [raw]}
    return _HEADER + yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)


def sorted_contracts() -> list[Contract]:
    """Contracts by table name."""
    return sorted(load_contracts().values(), key=lambda contract: contract.table)


def write(path: Path = SOURCES_YAML) -> None:
    """Write `_sources.yml`."""
    write_atomic(path, sources_yaml())


if __name__ == "__main__":
    write()
