"""Files into raw: records from the bytes → one SQL statement → judgement → Parquet → ledger."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from sqlite3 import Connection
from typing import Any

import duckdb

from data.ingest import ledger
from data.ingest.checking import Finding, Subject, Summary, reject_late, share_keys, summarise
from data.ingest.contracts import Contract
from data.ingest.landing import Landed, PendingFile
from data.ingest.ledger import Delivery, Rejected
from data.ingest.mapping import FileKind
from data.ingest.pipeline import MACROS, broken_sql, checked_sql, mapped_sql, texts_sql
from data.ingest.records import RecordStream, RefusedError
from data.ingest.rules import STRUCTURE, STRUCTURE_OK, WAITS, Rule, quoted, rules_of
from data.ingest.writing import Provenance, write_raw
from runtime.errors import BankError
from runtime.failpoints import failpoint
from runtime.files import write_json_atomic
from runtime.settings import Settings

MEMORY = "600MB"
"""What DuckDB may hold before it spills: a file of 2 million rows (375 MB) then peaks at 0.8 GB, not 2.1."""
MAX_THREADS = 4
"""Threads that fit in that memory, each with its own buffers for sorting and writing."""
_SETTINGS = (
    "SET enable_progress_bar = false",
    "SET parquet_metadata_cache = true",
    f"SET memory_limit = '{MEMORY}'",
)
SMALL = 8 << 20
"""Bytes of a batch below which a second thread costs more than it gives."""


class _EntangledError(Exception):
    """What becomes of one file of the batch depends on another one."""


def batches(items: Iterable[PendingFile]) -> Iterator[list[PendingFile]]:
    """Consecutive small files that one statement can load: one kind, one table, each of another date.

    Planning the statement costs more than reading a small file with it.
    """
    batch: list[PendingFile] = []
    for item in items:
        if batch and not (item.follows(batch[-1]) and sum(i.size for i in batch) + item.size < SMALL):
            yield batch
            batch = []
        batch.append(item)
    if batch:
        yield batch


class Loader:
    """One DuckDB connection for any number of files: starting one for each would cost more than the load."""

    def __init__(self, settings: Settings, connection: Connection) -> None:
        self.settings = settings
        self.connection = connection
        self.con = duckdb.connect(config={"temp_directory": str(settings.raw / ".spill")})
        for setting in _SETTINGS:
            self.con.execute(setting)
        for macro in MACROS:
            self.con.execute(macro)
        self._lookups: set[str] = set()
        ((cores,),) = self.con.execute("SELECT current_setting('threads')").fetchall()
        self._threads = min(cores, MAX_THREADS)

    def close(self) -> None:
        """Free the memory."""
        self.con.close()

    def load(self, items: Sequence[PendingFile]) -> list[Delivery]:
        """Load a batch and commit it, or refuse its file and commit the reason.

        Where one file of a batch has to do with another, or is refused, each is loaded by itself.
        """
        try:
            deliveries = self._load(items)
        except _EntangledError:
            return self._one_by_one(items)
        except RefusedError as refused:
            if len(items) > 1:
                return self._one_by_one(items)
            (item,) = items
            deliveries = [_delivery(item, reason=str(refused))]
            self._keep_reason(item, str(refused))
        failpoint("ingest.after_raw")
        ledger.record(self.connection, deliveries)
        failpoint("ingest.after_ledger")
        return deliveries

    def _one_by_one(self, items: Sequence[PendingFile]) -> list[Delivery]:
        return [delivery for item in items for delivery in self.load([item])]

    def _load(self, items: Sequence[PendingFile]) -> list[Delivery]:
        target, kind = items[0].target, items[0].file.kind
        contract = target.contract
        subject = self._subject(items)
        rules = rules_of(contract)
        for need, lookup in zip(target.needs, items[0].lookups, strict=True):
            self._prepare_lookup(need, lookup)
        small = sum(item.size for item in items) < SMALL
        self.con.execute(f"SET threads = {1 if small else self._threads}")
        stream = RecordStream((item.file.path, item.file.kind) for item in items)
        mapped = mapped_sql(target, kind, texts_sql(kind, "records"))
        self._scan(stream, f"CREATE OR REPLACE TEMP TABLE loaded AS {checked_sql(contract, rules, mapped)}")
        summaries = summarise(self.con, contract)
        expected: dict[date, int] = {}
        rejected: dict[date, list[Rejected]] = {}
        for item, counts in zip(items, stream.counts, strict=True):
            day, summary = item.business_date, summaries.get(item.business_date, Summary())
            expected[day] = summary.rows if target.derived else counts.records * target.rows_per_record
            if summary.rows != expected[day]:
                raise _unbalanced(item, expected[day], summary.rows)
            rejected[day] = self._broken(item, rules, mapped) if summary.good < summary.rows else []
        if share_keys(self.con, contract, summaries.values()):
            raise _EntangledError
        late = reject_late(self.con, self.connection, self.settings.raw, subject, summaries)
        if len(items) > 1 and any(found.same_as for found in late.values()):
            raise _EntangledError
        if late:
            for item in items:
                rejected[item.business_date] += self._late(item, late)
            summaries = summarise(self.con, contract)
        return [
            self._write(item, summaries, expected[item.business_date], rejected[item.business_date])
            for item in items
        ]

    def _write(
        self, item: PendingFile, summaries: Mapping[date, Summary], expected: int, rejected: list[Rejected]
    ) -> Delivery:
        """The good rows of one file of the batch as raw Parquet."""
        summary = summaries.get(item.business_date, Summary())
        origin = Provenance(item.version_id, item.source, item.business_date)
        files = write_raw(self.con, self.settings, item.target.contract, origin, summary)
        loaded = sum(file.rows for file in files)
        if expected != loaded + len(rejected):
            raise _unbalanced(item, expected, loaded + len(rejected))
        return _delivery(
            item,
            rows_delivered=expected,
            rows_loaded=loaded,
            control_total=summary.control_total,
            raw_files=files,
            rejected=tuple(sorted(rejected, key=lambda row: row.line_number)),
        )

    def _subject(self, items: Sequence[PendingFile]) -> Subject:
        """What counts as live for these files: not themselves, nor what one of them supersedes."""
        replaced = {
            ledger.superseded_by(
                self.connection, i.source, i.table, i.business_date, i.file.kind.part, i.version_id
            )
            for i in items
        } - {None}
        if replaced and len(items) > 1:
            raise _EntangledError
        ignored = frozenset({item.version_id for item in items} | {name for name in replaced if name})
        return Subject(items[0].target.contract, ignored, items[0].mapping.tables)

    def _scan(self, stream: RecordStream, statement: str) -> list[tuple[Any, ...]]:
        """Run a statement over the relation `records`, which can be read once."""
        self.con.register("records", stream.reader())
        try:
            return self.con.execute(statement).fetchall()
        except Exception:
            if stream.refusal:
                raise stream.refusal from None
            raise
        finally:
            self.con.unregister("records")

    def _prepare_lookup(self, name: str, file: Landed) -> None:
        """Another file of the delivery, as the relation `name`."""
        table = f"lookup_{file.sha256[:16]}"
        if table not in self._lookups:
            texts = texts_sql(file.kind, "records")
            try:
                stream = RecordStream([(file.path, file.kind)])
                self._scan(stream, f"CREATE TEMP TABLE {table} AS {texts}")
            except RefusedError as refused:
                raise RefusedError(
                    f"It is looked up in {file.file_name}, which can't be read: {refused}"
                ) from None
            self._lookups.add(table)
        self.con.execute(
            f"CREATE OR REPLACE TEMP VIEW {quoted(name)} AS SELECT * FROM {table} WHERE {STRUCTURE_OK}"
        )

    def _broken(self, item: PendingFile, rules: Sequence[Rule], mapped: str) -> list[Rejected]:
        """The rows that break a row rule, from a second look at the file."""
        contract, kind = item.target.contract, item.file.kind
        bad = self.con.execute(
            "SELECT DISTINCT line_number FROM loaded WHERE NOT ok AND business_date = ?", [item.business_date]
        ).fetchall()
        raws = self._raw_texts(item, [line for (line,) in bad])
        stream = RecordStream([(item.file.path, kind)])
        rejected = []
        for _, line, number, texts in self._scan(stream, broken_sql(contract, rules, mapped)):
            rule, raw = rules[number], raws[line]
            reason = _structure_reason(raw, kind) if rule.id == STRUCTURE else rule.reason
            rejected.append(
                Rejected(line, rule.column, value_of(contract, rule.column, texts), rule.id, reason, raw)
            )
        return rejected

    def _late(self, item: PendingFile, findings: Mapping[int, Finding]) -> list[Rejected]:
        """The duplicates and orphans; an orphan keeps its texts, to be loaded from them later."""
        texts = ", ".join(f"CAST({quoted(column.name)} AS VARCHAR)" for column in item.target.contract.fields)
        rows = self.con.execute(
            f"SELECT rowid, line_number, [{texts}] FROM loaded "
            f"WHERE business_date = ? AND rowid IN ({', '.join(map(str, findings))})",
            [item.business_date],
        ).fetchall()
        if not rows:
            return []
        raws = self._raw_texts(item, [line for _, line, _ in rows])
        return [
            Rejected(
                line,
                found.column,
                found.value,
                found.rule,
                found.reason,
                raws[line],
                mapped if found.rule == WAITS else None,
            )
            for found, line, mapped in ((findings[rowid], line, mapped) for rowid, line, mapped in rows)
        ]

    def _raw_texts(self, item: PendingFile, lines: Iterable[int]) -> dict[int, str]:
        """The raw text of some records, by line."""
        wanted = ", ".join(map(str, sorted(set(lines))))
        stream = RecordStream([(item.file.path, item.file.kind)])
        query = f"FROM records SEMI JOIN (SELECT unnest([{wanted}]) AS line) USING (line)"
        return dict(self._scan(stream, f"SELECT line, rtrim(raw, chr(10)) {query}"))

    def _keep_reason(self, item: PendingFile, reason: str) -> None:
        """The reason where a person looks for it; the file itself stays in landing."""
        note = self.settings.quarantine / item.source / f"{item.file_name}.{item.table}.json"
        content = {
            "file": str(item.file.path),
            "sha256": item.file.sha256,
            "table": item.table,
            "reason": reason,
        }
        write_json_atomic(note, content)


def value_of(contract: Contract, column: str | None, texts: Sequence[str | None]) -> str | None:
    """The text of one column among the texts of all."""
    return next((text for c, text in zip(contract.fields, texts, strict=True) if c.name == column), None)


def _delivery(item: PendingFile, **outcome: Any) -> Delivery:
    return Delivery(
        version_id=item.version_id,
        source=item.source,
        table=item.table,
        business_date=item.business_date,
        part=item.file.kind.part,
        file_name=item.file_name,
        sha256=item.file.sha256,
        contract_version=item.target.contract.version,
        mapping_hash=item.mapping.hash,
        **outcome,
    )


def _unbalanced(item: PendingFile, expected: int, found: int) -> BankError:
    return BankError(
        f"The rows of {item.file_name} don't add up for the table {item.table}.",
        f"{expected} rows were delivered and {found} came out, so nothing of it was loaded.",
        f"The usual cause is a join that repeats or drops rows: correct data/sources/{item.source}.yaml.",
    )


def _structure_reason(raw: str, kind: FileKind) -> str:
    """What is wrong with the shape of a record."""
    if kind.format.kind == "fixed":
        width = max(start + length - 1 for start, length in kind.positions)
        return f"The line has {len(raw)} characters, {width} are expected."
    if kind.format.kind == "jsonl":
        return (
            "The line is not a JSON object of the expected keys, "
            "or holds a number too long for JSON to carry exactly (send it as text)."
        )
    rows = list(csv.reader([raw], delimiter=kind.format.delimiter, quotechar=kind.format.quote))
    found = len(rows[0]) if rows else 0
    if found != len(kind.header):
        return f"The record has {found} fields, {len(kind.header)} are expected."
    return "A quote is not closed, or stands in the middle of a field."
