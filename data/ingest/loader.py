"""One file into raw: records from the bytes → one SQL statement → judgement → Parquet → ledger."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from sqlite3 import Connection
from typing import Any

import duckdb
import pyarrow as pa

from data.ingest import ledger
from data.ingest.checking import Finding, Subject, judge
from data.ingest.contracts import Contract
from data.ingest.landing import Landed, PendingFile
from data.ingest.ledger import Delivery, Rejected
from data.ingest.mapping import FileKind
from data.ingest.pipeline import MACROS, checked_sql, mapped_sql, texts_sql
from data.ingest.records import RecordReader, Refused
from data.ingest.rules import STRUCTURE, WAITS, quoted, rules_of
from data.ingest.writing import Provenance, write_raw
from runtime.errors import BankError
from runtime.failpoints import failpoint
from runtime.files import write_json_atomic
from runtime.settings import Settings


class Loader:
    """One DuckDB connection for any number of files: starting one for each would cost more than loading it."""

    def __init__(self, settings: Settings, connection: Connection) -> None:
        self.settings = settings
        self.connection = connection
        self.con = duckdb.connect(config={"temp_directory": str(settings.raw / ".spill")})
        self.con.execute("SET enable_progress_bar = false")
        for macro in MACROS:
            self.con.execute(macro)
        self._lookups: set[str] = set()

    def close(self) -> None:
        """Free the memory."""
        self.con.close()

    def load(self, item: PendingFile) -> Delivery:
        """Load one table of one file and commit it, or refuse it and commit the reason."""
        try:
            delivery = self._load(item)
        except Refused as refused:
            delivery = _delivery(item, reason=str(refused))
            self._keep_reason(item, str(refused))
        failpoint("ingest.after_raw")
        ledger.record(self.connection, delivery)
        failpoint("ingest.after_ledger")
        return delivery

    def judge(self, subject: Subject, mapped: str | None = None) -> dict[int, Finding]:
        """Judge the table `loaded`, made first from the relation `mapped` if there is one."""
        rules = rules_of(subject.contract, subject.business_date)
        if mapped:
            self.con.execute(f"CREATE OR REPLACE TEMP TABLE loaded AS {checked_sql(subject.contract, rules, mapped)}")
        return judge(self.con, self.connection, self.settings.raw, subject, rules)

    def _load(self, item: PendingFile) -> Delivery:
        contract, kind = item.target.contract, item.file.kind
        rules = rules_of(contract, item.business_date)
        for need, lookup in zip(item.target.needs, item.lookups, strict=True):
            self._prepare_lookup(need, lookup)
        reader = RecordReader(item.file.path, kind)
        mapped = mapped_sql(item.target, kind, texts_sql(kind, "records"))
        self._scan(reader, f"CREATE OR REPLACE TEMP TABLE loaded AS {checked_sql(contract, rules, mapped)}")
        ((delivered,),) = self.con.execute("SELECT count(*) FROM loaded").fetchall()
        expected = delivered if item.target.derived else reader.counts.records * item.target.rows_per_record
        if delivered != expected:
            raise _unbalanced(item, expected, delivered)
        replaced = ledger.superseded_by(
            self.connection, item.source, item.table, item.business_date, kind.part, item.version_id
        )
        ignored = frozenset({item.version_id, replaced or ""})
        findings = self.judge(Subject(contract, item.business_date, ignored, item.mapping.tables))
        rejected = self._rejected(item, findings)
        origin = Provenance(item.version_id, item.source, item.business_date)
        files, total = write_raw(self.con, self.settings, contract, origin)
        loaded = sum(file.rows for file in files)
        if delivered != loaded + len(rejected):
            raise _unbalanced(item, delivered, loaded + len(rejected))
        return _delivery(
            item,
            rows_delivered=delivered,
            rows_loaded=loaded,
            control_total=total,
            raw_files=files,
            rejected=tuple(rejected),
        )

    def _scan(self, reader: RecordReader, statement: str) -> list[tuple[Any, ...]]:
        """Run a statement over the relation `records`, which can be read once."""
        self.con.register("records", reader.batches())
        try:
            return self.con.execute(statement).fetchall()
        except Exception:
            # DuckDB wraps what happens while it reads; the reader keeps the original
            if reader.refusal:
                raise reader.refusal from None
            raise
        finally:
            self.con.unregister("records")

    def _prepare_lookup(self, name: str, file: Landed) -> None:
        """Another file of the delivery, as the relation `name`."""
        table = f"lookup_{file.sha256[:16]}"
        if table not in self._lookups:
            texts = texts_sql(file.kind, "records")
            try:
                self._scan(RecordReader(file.path, file.kind), f"CREATE TEMP TABLE {table} AS {texts}")
            except Refused as refused:
                raise Refused(f"It is looked up in {file.file_name}, which can't be read: {refused}") from None
            self._lookups.add(table)
        self.con.execute(f"CREATE OR REPLACE TEMP VIEW {quoted(name)} AS SELECT * FROM {table} WHERE structure_ok")

    def _rejected(self, item: PendingFile, findings: dict[int, Finding]) -> list[Rejected]:
        """The rows that stay out, with the text they came from.

        `loaded` keeps the raw text of rows that broke a row rule; for the others, found later, it is read
        from the file again.
        """
        if not findings:
            return []
        rows = rejected_rows(self.con, item.target.contract)
        unread = [line for _, line, raw, _ in rows if raw is None]
        raws = self._raw_texts(item, unread) if unread else {}
        kind = item.file.kind
        rejected = []
        for rowid, line, raw, texts in rows:
            finding = findings[rowid]
            text = raws[line] if raw is None else raw
            reason = _structure_reason(text, kind) if finding.rule == STRUCTURE else finding.reason
            mapped = texts if finding.rule == WAITS else None
            rejected.append(Rejected(line, finding.column, finding.value, finding.rule, reason, text, mapped))
        return rejected

    def _raw_texts(self, item: PendingFile, lines: Iterable[int]) -> dict[int, str]:
        wanted = pa.table({"line": pa.array(sorted(set(lines)), pa.int64())})
        self.con.register("wanted", wanted)
        try:
            reader = RecordReader(item.file.path, item.file.kind)
            return dict(self._scan(reader, "SELECT line, rtrim(raw, chr(10)) FROM records SEMI JOIN wanted USING (line)"))
        finally:
            self.con.unregister("wanted")

    def _keep_reason(self, item: PendingFile, reason: str) -> None:
        """The reason where a person looks for it; the file itself stays in landing."""
        note = self.settings.quarantine / item.source / f"{item.file_name}.{item.table}.json"
        content = {"file": str(item.file.path), "sha256": item.file.sha256, "table": item.table, "reason": reason}
        write_json_atomic(note, content)


def rejected_rows(
    con: duckdb.DuckDBPyConnection, contract: Contract
) -> Sequence[tuple[int, int, str | None, list[str | None]]]:
    """Rowid, line, raw text where known, and the texts of the contract's columns, of rows that are not ok."""
    texts = ", ".join(f"CAST({quoted(column.name)} AS VARCHAR)" for column in contract.fields)
    return con.execute(
        f"SELECT rowid, line_number, rtrim(raw, chr(10)), [{texts}] FROM loaded WHERE NOT ok ORDER BY line_number, rowid"
    ).fetchall()


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
        f"A join in data/sources/{item.source}.yaml that repeats or drops rows is the usual cause: correct it.",
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
