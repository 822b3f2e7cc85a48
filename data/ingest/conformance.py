"""Would these files be accepted? The same checks as loading, in a folder of their own that is thrown away."""

from __future__ import annotations

import html
import json
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from data.ingest import ledger
from data.ingest.contracts import load_contracts
from data.ingest.load import ingest
from data.ingest.mapping import load_mapping
from data.ingest.rules import WAITS
from runtime.settings import Settings


@dataclass(frozen=True)
class TableResult:
    """One table of one file: how many rows would be loaded, and which rules the others break."""

    file: str
    table: str
    business_date: str
    state: str
    reason: str | None
    rows_delivered: int
    rows_loaded: int
    broken_rules: dict[str, int]
    example: str | None


@dataclass(frozen=True)
class ConformanceReport:
    """The findings of one folder. `missing` are required tables that no file of it delivers."""

    source: str
    directory: str
    results: tuple[TableResult, ...]
    unknown: tuple[str, ...]
    blocked: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def refused(self) -> bool:
        """Whether a file would be refused, or a row for more than a parent that is not in the folder."""
        return any(
            result.state == "refused" or any(rule != WAITS for rule in result.broken_rules)
            for result in self.results
        )

    def as_json(self) -> str:
        """The report for machines."""
        return json.dumps(asdict(self) | {"refused": self.refused}, indent=1, ensure_ascii=False) + "\n"

    def as_text(self) -> str:
        """The report for a terminal: what is wrong, then the totals."""
        lines = []
        for result in self.results:
            if result.state == "refused":
                lines.append(f"REFUSED  {result.file} ({result.table}): {result.reason}")
            elif result.broken_rules:
                lines.append(f"ROWS     {result.file} ({result.table}): {_rules(result)}")
                lines.append(f"         e.g. {result.example}")
        lines += [f"UNKNOWN  {name}: no entry of the mapping matches this name" for name in self.unknown]
        lines += [f"WAITS    {text}" for text in self.blocked]
        lines += [f"MISSING  {table}: a bank needs it, and no file delivers it" for table in self.missing]
        delivered = sum(result.rows_delivered for result in self.results)
        loaded = sum(result.rows_loaded for result in self.results)
        lines.append(
            f"{len({result.file for result in self.results})} files, {delivered} rows: "
            f"{loaded} would be loaded, "
            f"{delivered - loaded} would go to quarantine."
        )
        return "\n".join(lines)

    def as_html(self) -> str:
        """The report as one page that needs nothing else."""
        rows = "".join(
            f"<tr class={result.state}><td>{html.escape(result.file)}<td>{result.table}"
            f"<td>{result.business_date}"
            f"<td>{result.state}<td class=n>{result.rows_delivered}<td class=n>{result.rows_loaded}"
            f"<td>{html.escape(result.reason or _rules(result))}<td>{html.escape(result.example or '')}</tr>"
            for result in self.results
        )
        rest = "".join(
            f"<p>{html.escape(line)}</p>"
            for line in (
                *(f"No entry of the mapping matches {name}." for name in self.unknown),
                *self.blocked,
                *(f"The table {table} is needed, and no file delivers it." for table in self.missing),
            )
        )
        return (
            "<!doctype html><html lang=en><meta charset=utf-8><title>Conformance report</title><style>"
            "body{font:15px system-ui;margin:2rem auto;max-width:80rem;padding:0 1rem}"
            "table{border-collapse:collapse;width:100%}td,th{padding:.3rem .5rem;text-align:left;"
            "border-bottom:1px solid #ccc}.n{text-align:right}.refused{background:#fbe3e3}</style>"
            f"<h1>Conformance of {html.escape(self.directory)}</h1>"
            f"<p>Source {html.escape(self.source)}. "
            f"{'Something would be refused.' if self.refused else 'All good.'}</p>"
            "<table><tr><th>file<th>table<th>business date<th>state<th>rows<th>loaded<th>findings"
            "<th>example</tr>"
            f"{rows}</table>{rest}</html>\n"
        )


def _rules(result: TableResult) -> str:
    return ", ".join(f"{rule}: {count} rows" for rule, count in sorted(result.broken_rules.items()))


def check(directory: Path, source: str) -> ConformanceReport:
    """Check every file of a folder against the contract, loading nothing into the bank.

    Raises:
        BankError: there is no such mapping, or no file belongs to it.
    """
    mapping = load_mapping(source)
    with tempfile.TemporaryDirectory(prefix="bank-conformance-") as scratch:
        settings = Settings.model_validate({"BANK_DATA": scratch})
        report = ingest(settings, source, directory)
        broken: dict[str, dict[str, int]] = defaultdict(dict)
        for row in ledger.quarantine_counts(settings):
            broken[row["version_id"]][row["rule"]] = row["rows"]
        examples = {row["version_id"]: _example(row) for row in ledger.first_quarantined(settings)}
        results = tuple(_result(row, broken, examples) for row in ledger.deliveries(settings))
    needed = {c.table for c in load_contracts().values() if c.delivered and c.level == "payments"}
    delivered = {result.table for result in results if result.state != "refused"}
    return ConformanceReport(
        source=source,
        directory=str(directory),
        results=results,
        unknown=tuple(report.unknown),
        blocked=tuple(report.blocked),
        missing=tuple(sorted(needed - delivered)) if mapping.role == "own" else (),
    )


def _result(
    row: dict[str, Any], broken: Mapping[str, dict[str, int]], examples: Mapping[str, str]
) -> TableResult:
    return TableResult(
        file=row["file_name"],
        table=row["table_name"],
        business_date=row["business_date"],
        state=row["state"],
        reason=row["reason"],
        rows_delivered=row["rows_delivered"],
        rows_loaded=row["rows_loaded"],
        broken_rules=broken.get(row["version_id"], {}),
        example=examples.get(row["version_id"]),
    )


def _example(row: dict[str, Any]) -> str:
    found = "" if row["value"] is None else f" Found: {row['value']}"
    return f"line {row['line_number']}: {row['reason']}{found}"
