"""Ingestion as one call: land files, load what is pending, release what waited, say what happened.

Killed anywhere, the next call does the unfinished file again with the same result, because a file counts
only once the ledger names it.
"""

from __future__ import annotations

import errno
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from sqlite3 import Connection
from typing import Any

import duckdb

from data.ingest import ledger
from data.ingest.arrivals import content_of
from data.ingest.contracts import load_contracts
from data.ingest.landing import HandedOver, PendingFile, folder_of, land, plan
from data.ingest.ledger import Delivery
from data.ingest.loader import SPILL_FULL, Loader, batches
from data.ingest.mapping import Mapping, known_sources, load_mapping
from data.ingest.waiting import release
from runtime.errors import BankError
from runtime.locks import file_lock
from runtime.settings import Settings

Progress = Callable[[int, int, str], None]
"""Called with files done, files in all, and the name of the next one."""

LOCK_SECONDS = 600.0

NO_SPACE = ("No space left", "File too large", "Disk quota")


@dataclass(frozen=True)
class FileResult:
    """What became of one table of one file."""

    source: str
    file_name: str
    table: str
    month: str
    delivery: Delivery

    @property
    def refused(self) -> bool:
        """Whether the file was refused whole."""
        return self.delivery.reason is not None


@dataclass
class IngestReport:
    """What one call did. `unknown` names belong to no mapping; `blocked` files need another one.

    `refused_before` are deliveries as the ledger has them, of files that were handed over again.
    """

    results: list[FileResult] = field(default_factory=list)
    released: int = 0
    unknown: list[str] = field(default_factory=list)
    blocked: list[str] = field(default_factory=list)
    refused_before: list[dict[str, Any]] = field(default_factory=list)

    @property
    def files(self) -> int:
        """Files loaded or refused now."""
        return len({(result.source, result.file_name) for result in self.results})

    @property
    def refused(self) -> list[FileResult]:
        """Files refused whole, with the reason in the delivery."""
        return [result for result in self.results if result.refused]

    def refusals(self) -> list[str]:
        """Of each file refused whole, now or before: which it is, why, and what to do."""
        tables: dict[tuple[str, str | None], list[str]] = defaultdict(list)
        for result in self.refused:
            tables[result.file_name, result.delivery.reason].append(result.table)
        for row in self.refused_before:
            tables[row["file_name"], row["reason"]].append(row["table_name"])
        return [f"{name} ({', '.join(found)}): {reason}" for (name, reason), found in tables.items()]

    @property
    def rows_delivered(self) -> int:
        """Rows in the files read now."""
        return sum(result.delivery.rows_delivered for result in self.results)

    @property
    def rows_loaded(self) -> int:
        """Rows loaded now, those that left quarantine included."""
        return sum(result.delivery.rows_loaded for result in self.results) + self.released

    @property
    def rows_quarantined(self) -> int:
        """Rows of the files read now that went to quarantine; some may have left it again since."""
        return sum(result.delivery.rows_delivered - result.delivery.rows_loaded for result in self.results)

    def files_of(self, table: str) -> int:
        """Files read now for a table."""
        return sum(1 for result in self.results if result.table == table)

    def summary(self) -> str:
        """One line for a person."""
        if not self.results and not self.released:
            return "nothing new in landing" + self._blocked()
        parts = [f"{self.files} files", f"{_spaced(self.rows_loaded)} rows loaded"]
        if self.rows_quarantined:
            parts.append(f"{_spaced(self.rows_quarantined)} quarantined")
        if self.released:
            parts.append(f"{_spaced(self.released)} released from quarantine")
        if self.refused:
            parts.append(f"{len({(r.source, r.file_name) for r in self.refused})} files refused")
        return ", ".join(parts) + self._blocked()

    def _blocked(self) -> str:
        return f"; waiting for another file: {'; '.join(self.blocked)}" if self.blocked else ""


def _spaced(number: int) -> str:
    return f"{number:,}".replace(",", " ")


def pending(settings: Settings, source: str | None = None) -> list[PendingFile]:
    """Files in landing that are not loaded yet, one entry for each table they fill.

    Cheap: a file's bytes are read only when its size or time of change is not what the ledger remembers.
    """
    mappings = _mappings(settings, source)
    if not mappings or settings.as_of is not None:  # as of an earlier moment nothing waits any more
        return []
    with ledger.connect(settings) as connection:
        return [item for mapping in mappings for item in plan(settings, connection, mapping).pending]


def ingest(
    settings: Settings,
    source: str | None = None,
    directory: Path | None = None,
    *,
    tables: Sequence[str] | None = None,
    months: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> IngestReport:
    """Land the files of `directory`, if given, and load what is pending of a source (None: of all).

    `tables` and `months` (of the business date) narrow what is loaded. Only one process loads at a time;
    another waits for it.

    Raises:
        BankError: the mapping, folder or bank is wrong, or the disk is full. A bad file is no error: it is
            refused, and the report and the ledger say why.
    """
    if settings.as_of is not None:
        raise BankError(
            f"Nothing can be delivered as of {settings.as_of:%Y-%m-%d %H:%M} UTC.",
            "BANK_AS_OF is set, and the past does not change.",
            "Run the command again without BANK_AS_OF.",
        )
    report, handed = IngestReport(), HandedOver()
    with _lock(settings), ledger.connect(settings) as connection, _full_disk(settings):
        if directory is not None:
            mapping = load_mapping(source or "")
            _check_bank(settings, connection, mapping, directory)
            handed = land(settings, connection, mapping, directory)
            report.unknown += handed.unknown
        items: list[PendingFile] = []
        for mapping in _mappings(settings, source):
            found = plan(settings, connection, mapping)
            report.unknown += [name for name in found.unknown if name not in report.unknown]
            report.blocked += found.blocked
            if found.pending:
                _check_bank(settings, connection, mapping, directory)
                ledger.register_source(connection, mapping)
            items += found.pending
        _load_all(settings, connection, _picked(items, tables, months), report, progress)
        tried = {(result.file_name, result.table) for result in report.results}
        report.refused_before += [
            row
            for row in ledger.refusals(connection, source or "", handed.again)
            if (row["file_name"], row["table_name"]) not in tried
        ]
    return report


def _load_all(
    settings: Settings,
    connection: Connection,
    items: Sequence[PendingFile],
    report: IngestReport,
    progress: Progress | None,
) -> None:
    loader = Loader(settings, connection)
    try:
        done = 0
        for batch in batches(items):
            if progress:
                progress(done, len(items), batch[0].file_name)
            done += len(batch)
            to_load = [item for item in batch if not _is_live(connection, item)]
            for item, delivery in zip(to_load, loader.load(to_load), strict=True):
                result = FileResult(item.source, item.file_name, item.table, item.month, delivery)
                report.results.append(result)
        if progress and items:
            progress(len(items), len(items), "")
        report.released = release(loader)
    finally:
        loader.close()


def _is_live(connection: Connection, item: PendingFile) -> bool:
    """Whether what a file says counts already, because the one that it was to take back was refused."""
    live = ledger.superseded_by(
        connection, item.source, item.table, item.business_date, item.file.kind.part, item.version_id
    )
    return live is not None and content_of(live) == content_of(item.version_id)


def _picked(
    items: Sequence[PendingFile], tables: Sequence[str] | None, months: Sequence[str] | None
) -> list[PendingFile]:
    """Parents before children, then by business date, source and part; versions of the same as they arrived.

    Of two rows with one key in different files the first one here is loaded: which that is does not depend
    on the order in which the files of one call came, were listed, or were changed.
    """
    order = {name: number for number, name in enumerate(load_contracts())}
    chosen = [
        item
        for item in items
        if (tables is None or item.table in tables) and (months is None or item.month in months)
    ]
    return sorted(
        chosen,
        key=lambda item: (
            order[item.table],
            item.business_date,
            item.source,
            item.file.kind.part,
            item.file.arrival,
        ),
    )


def _mappings(settings: Settings, source: str | None) -> list[Mapping]:
    if source is not None:
        return [load_mapping(source)]
    return [load_mapping(name) for name in known_sources() if folder_of(settings, name).is_dir()]


def _check_bank(settings: Settings, connection: Connection, mapping: Mapping, directory: Path | None) -> None:
    other = ledger.other_own_bank(connection, mapping)
    if other is None:
        return
    command = f"./bank ingest --source {mapping.source}" + (f" {directory}" if directory else "")
    raise BankError(
        f"{mapping.bank} can't be loaded into {settings.data}.",
        f"{other} lives there, and one BANK_DATA holds one bank.",
        f"Run: BANK_DATA=data/local-{mapping.source} {command}",
    )


@contextmanager
def _lock(settings: Settings) -> Iterator[None]:
    """One loader at a time; a second one waits, and gives up with the holder's name."""
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        lock = file_lock(settings.ledger / "ingest.lock", "loading deliveries")
        try:
            lock.__enter__()
        except BankError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
            continue
        break
    try:
        yield
    finally:
        lock.__exit__(None, None, None)


@contextmanager
def _full_disk(settings: Settings) -> Iterator[None]:
    """A full disk in a person's words. Whatever was committed before stays."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        raise _no_space(settings, error) from error
    except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
        if not any(sign in str(error) for sign in (*NO_SPACE, SPILL_FULL)):
            raise
        raise _no_space(settings, error) from error


def _no_space(settings: Settings, error: Exception) -> BankError:
    return BankError(
        "Loading stopped: there is no space left.",
        f"Writing below {settings.data} failed: {error}.",
        "Free some space and run the same command again; it carries on where it stopped.",
    )
