"""Files into raw: records from the bytes → one SQL statement → judgement → Parquet → ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from sqlite3 import Connection
from typing import Any

import duckdb

from data.ingest import ledger
from data.ingest.checking import FINDING, Subject, Summary, reject_late, share_keys, summarise
from data.ingest.landing import Landed, PendingFile
from data.ingest.ledger import Delivery, Rejected
from data.ingest.mapping import FileKind
from data.ingest.pipeline import MACROS, broken_sql, checked_sql, mapped_sql, texts_sql
from data.ingest.records import RecordReader, RecordStream, RefusedError, field_count
from data.ingest.rules import STRUCTURE, STRUCTURE_OK, quoted, rules_of
from data.ingest.writing import Provenance, write_raw
from runtime.failpoints import failpoint
from runtime.files import write_json_atomic
from runtime.settings import Settings

MEMORY = "600MB"
"""What DuckDB may hold before it spills: a file of 2 million rows (375 MB) then peaks at 0.8 GB, not 2.1."""
MAX_THREADS = 4
"""Threads that fit in that memory, each with its own buffers for sorting and writing."""
SMALL = 8 << 20
"""Bytes of a batch below which a second thread costs more than it gives."""
SPILL_FULL = "max_temp_directory_size"
"""What DuckDB says when it lacks disk to spill to, which it calls a lack of memory too."""
FETCHED = 10_000
"""Rows for quarantine that are in Python's hands at a time."""


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
        for statement in (
            "SET enable_progress_bar = false",
            "SET parquet_metadata_cache = true",
            f"SET memory_limit = '{MEMORY}'",
            *MACROS,
        ):
            self.con.execute(statement)
        self._lookups: set[str] = set()
        ((cores,),) = self.con.execute("SELECT current_setting('threads')").fetchall()
        self._threads = min(cores, MAX_THREADS)

    def close(self) -> None:
        """Free the memory."""
        self.con.close()

    def begin(self, size: int) -> None:
        """Make ready for judging rows of so many bytes: as many threads as that is worth, and no findings.

        What was judged before is forgotten; it would count against the memory.
        """
        self.con.execute(f"SET threads = {1 if size < SMALL else self._threads}")
        for table in ("loaded", "raw_text"):
            self.con.execute(f"DROP TABLE IF EXISTS {table}")
        self.con.execute(FINDING)

    def load(self, items: Sequence[PendingFile]) -> list[Delivery]:
        """Load a batch and commit it, or refuse its file and commit the reason.

        Where one file of a batch has to do with another, or is refused, each is loaded by itself.
        """
        if not items:
            return []
        try:
            return self._committed(items, self._load(items))
        except _EntangledError:
            return self._one_by_one(items)
        except (RefusedError, duckdb.OutOfMemoryException) as error:
            if SPILL_FULL in str(error):
                raise  # the disk is full, which is no fault of the file
            if len(items) > 1:
                return self._one_by_one(items)
            (item,) = items
            reason = str(error) if isinstance(error, RefusedError) else _too_large(item)
            self._keep_reason(item, reason)
            return self._committed(items, [_delivery(item, reason=reason)])

    def _committed(self, items: Sequence[PendingFile], deliveries: list[Delivery]) -> list[Delivery]:
        kind = items[0].file.kind
        failpoint("ingest.after_raw")
        ledger.record(self.connection, deliveries, lambda delivery: self._rejected(delivery, kind))
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
        self.begin(sum(item.size for item in items))
        mapped = mapped_sql(target, kind, texts_sql(kind, "records"))
        stream = _stream(items)
        self._scan(stream, f"CREATE TEMP TABLE loaded AS {checked_sql(contract, rules, mapped)}")
        summaries = summarise(self.con, contract)
        expected: dict[date, int] = {}
        for item, counts in zip(items, stream.counts, strict=True):
            summary = summaries.get(item.business_date, Summary())
            rows = summary.rows if target.derived else counts.records * target.rows_per_record
            if summary.rows != rows:
                raise _unbalanced(item, rows, summary.rows)
            expected[item.business_date] = rows
        broken = [day for day, summary in summaries.items() if summary.good < summary.rows]
        if broken:
            again = _stream(item for item in items if item.business_date in broken)
            self._scan(again, f"INSERT INTO finding {broken_sql(contract, rules, mapped)}")
        if share_keys(self.con, contract, summaries.values()):
            raise _EntangledError
        if reject_late(self.con, self.connection, self.settings.raw, subject, summaries):
            if len(items) > 1 and self._ask("SELECT count(same_as) FROM finding"):
                raise _EntangledError
            summaries = summarise(self.con, contract)
        rejected = dict(self.con.execute("SELECT business_date, count(*) FROM finding GROUP BY 1").fetchall())
        self._keep_raw_texts([item for item in items if item.business_date in rejected])
        return [
            self._write(
                item,
                summaries.get(item.business_date, Summary()),
                expected[item.business_date],
                rejected.get(item.business_date, 0),
            )
            for item in items
        ]

    def _ask(self, query: str) -> Any:
        ((answer,),) = self.con.execute(query).fetchall()
        return answer

    def _write(self, item: PendingFile, summary: Summary, expected: int, rejected: int) -> Delivery:
        """The good rows of one file of the batch as raw Parquet."""
        origin = Provenance(item.version_id, item.source, item.business_date)
        files = write_raw(self.con, self.settings, item.target.contract, origin, summary)
        loaded = sum(file.rows for file in files)
        if expected != loaded + rejected:
            raise _unbalanced(item, expected, loaded + rejected)
        return _delivery(
            item,
            rows_delivered=expected,
            rows_loaded=loaded,
            control_total=summary.control_total,
            raw_files=files,
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
                    f"It is looked up in {file.file_name}, which can't be read: {refused.why}", refused.fix
                ) from None
            self._lookups.add(table)
        self.con.execute(
            f"CREATE OR REPLACE TEMP VIEW {quoted(name)} AS SELECT * FROM {table} WHERE {STRUCTURE_OK}"
        )

    def _keep_raw_texts(self, items: Sequence[PendingFile]) -> None:
        """The records of the rows in `finding` as they were delivered, as the table `raw_text`."""
        if items:
            self._scan(
                _stream(items),
                "CREATE TEMP TABLE raw_text AS SELECT business_date, line, rtrim(raw, chr(10)) AS raw_text "
                "FROM records SEMI JOIN finding USING (business_date, line)",
            )

    def _rejected(self, delivery: Delivery, kind: FileKind) -> Iterator[Rejected]:
        """The rows of a delivery that go to quarantine."""
        if delivery.rows_delivered == delivery.rows_loaded:
            return
        self.con.execute(
            "SELECT line, column_name, value, rule, reason, raw_text, mapped, same_as "
            "FROM finding LEFT JOIN raw_text USING (business_date, line) WHERE business_date = ? "
            "ORDER BY line, row",
            [delivery.business_date],
        )
        while rows := self.con.fetchmany(FETCHED):
            for row in rows:
                rejected = Rejected(*row)
                if rejected.rule == STRUCTURE:
                    rejected = rejected._replace(reason=_structure_reason(rejected.raw_text, kind))
                yield rejected

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


def _delivery(item: PendingFile, **outcome: Any) -> Delivery:
    return Delivery(
        version_id=item.version_id,
        source=item.source,
        table=item.table,
        business_date=item.business_date,
        part=item.file.kind.part,
        arrival=item.file.arrival,
        file_name=item.file_name,
        sha256=item.file.sha256,
        contract_version=item.target.contract.version,
        mapping_hash=item.mapping.hash,
        **outcome,
    )


def _stream(items: Iterable[PendingFile]) -> RecordStream:
    return RecordStream((item.file.path, item.file.kind) for item in items)


def _too_large(item: PendingFile) -> str:
    """Why a file for which the memory was not enough is refused."""
    try:
        reader = RecordReader(item.file.path, item.file.kind)
        for _ in reader.batches():
            pass
    except RefusedError as refused:
        return str(refused)
    counts = reader.counts
    return (
        f"Loading it takes more than the {MEMORY} of memory that loading may use: of its {counts.records} "
        f"records the longest, on line {counts.longest_line}, has {counts.longest / 1e6:.1f} MB. "
        "Have it sent without documents or pictures in its fields, or in several parts."
    )


def _unbalanced(item: PendingFile, expected: int, found: int) -> RefusedError:
    return RefusedError(
        f"Its rows don't add up: {expected} were delivered and {found} came out.",
        "The usual cause is a join that repeats or drops rows: correct the file it is looked up in, "
        f"or data/sources/{item.source}.yaml.",
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
    if raw.count(kind.format.quote) % 2 == 0 and field_count(raw, kind.format) != len(kind.header):
        return f"The record has {field_count(raw, kind.format)} fields, {len(kind.header)} are expected."
    return "A quote is not closed, or stands in the middle of a field."
