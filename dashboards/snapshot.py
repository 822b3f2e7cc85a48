"""Find, open, hold and watch published snapshots.

`published/current` points at a folder that never changes. A reader resolves the link once, opens the marts of
that folder read-only under the database name they were built with, and holds a lease: a file under
`published/leases/<build>/` with a shared lock, which the pruner must get exclusively before it removes the
folder. A reader that dies loses its lock at once, whatever happens to the file.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import json
import os
import threading
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import quote

import duckdb

from runtime.errors import BankError

DATABASE = "bank"
"""The name under which the marts are built and attached; it stands in every table name of the SQL."""

_FORMAT = 1
_REQUIRED = ("bank", "currency_code", "published_at", "first_month", "last_month", "business_date")
_FILES = ("build.json", "availability.json", "semantic_manifest.json", "bank.duckdb")
_ATTEMPTS = 3  # a publication and a pruning may both fall between reading the link and holding the lease
_counter = itertools.count(1)

T = TypeVar("T")


@dataclass(frozen=True)
class Status:
    """What `status.json` says about the newest build: state is ok, building or failed."""

    state: str
    run_id: str | None = None
    since: str | None = None
    message: str = ""
    failed_checks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Builds:
    """What is known of builds beside the snapshot: the newest one's status, and where runs can be watched."""

    status: Status | None = None
    problem: BankError | None = None
    """Why the newest snapshot or status can't be read."""
    dagster: str = ""
    """Address of Dagster's pages; empty where none is known."""

    def run(self, run_id: str | None) -> str:
        """Address of a run's page; empty where there is none."""
        return f"{self.dagster}/runs/{quote(run_id, safe='')}" if self.dagster and run_id else ""


@dataclass(frozen=True)
class Fingerprint:
    """What changes when there is something new to read: the snapshot's name, the status file's time."""

    build: str | None
    status_time: int | None


@dataclass
class Snapshot:
    """One published build, open for reading. Close it, or use it as a context manager.

    Safe to share between threads: every query takes a cursor of its own.
    """

    published: Path
    folder: Path
    build: str
    info: Mapping[str, Any]
    availability: Mapping[str, frozenset[str]]
    """Contract column, as `table.column`, to the months (`YYYY-MM`) in which it holds data."""
    _connection: duckdb.DuckDBPyConnection
    _lease: _Lease
    _kept: dict[Hashable, Any] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    patience: float | None = None
    """Seconds after which a query is stopped, where others wait for it; None: never."""

    @property
    def semantic_manifest(self) -> Path:
        """MetricFlow's manifest of this build."""
        return self.folder / "semantic_manifest.json"

    @property
    def first_month(self) -> date:
        """First day of the first month with data."""
        return date.fromisoformat(f"{self.info['first_month'][:7]}-01")

    @property
    def last_month(self) -> date:
        """First day of the last month with data."""
        return date.fromisoformat(f"{self.info['last_month'][:7]}-01")

    @property
    def currency(self) -> str:
        """Currency of every amount in the marts."""
        return self.info["currency_code"]

    @property
    def status(self) -> Status | None:
        """The newest build's status, which may be of a later build than this one."""
        return read_status(self.published)

    @contextlib.contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor of one's own, for one query, that finds the marts by their bare names.

        Raises:
            BankError: the query took longer than the snapshot's patience.
        """
        with self._connection.cursor() as cursor:
            cursor.execute(f"USE {DATABASE}.marts")
            try:
                yield cursor
            except duckdb.InterruptException as error:
                if self.patience is None:
                    raise
                raise BankError(
                    f"The question was stopped after {self.patience:g} seconds.",
                    "Everybody who looks at the dashboard would wait for its answer.",
                    "Choose a shorter period or more filters, or ask it with `bank sql`, which waits.",
                ) from error

    def keep(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` returned for `key` the first time: lives as long as the snapshot."""
        with self._lock:
            if key not in self._kept:
                self._kept[key] = make()
            return cast(T, self._kept[key])

    def close(self) -> None:
        """Close the database and give the lease back. May be called twice."""
        with self._lock:
            self._kept.clear()
            self._connection.close()
            self._lease.release()

    def __enter__(self) -> Snapshot:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


class _Lease:
    """A shared lock on a file of its own, so that readers never wait for each other."""

    def __init__(self, published: Path, build: str) -> None:
        folder = published / "leases" / build
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / f"{os.getpid()}-{next(_counter)}"
        self._handle: int | None = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        fcntl.flock(self._handle, fcntl.LOCK_SH)

    def release(self) -> None:
        if self._handle is None:
            return
        self._path.unlink(missing_ok=True)
        os.close(self._handle)
        self._handle = None


ALL_BREAKS = 'bank sql "SELECT * FROM fct_recon_break ORDER BY kind, date_day"'
"""Lists whatever keeps the figures from being final."""


def provisional(info: Mapping[str, Any]) -> str:
    """`Provisional: 3 ledger breaks`, of a build's `build.json`; empty where its figures are final."""
    if info.get("final", True):
        return ""
    count = sum(one["count"] for one in info.get("breaks") or ())
    return f"Provisional: {count:,} ledger {'break' if count == 1 else 'breaks'}"


def current(published: Path, patience: float | None = None) -> Snapshot | None:
    """Open the newest published snapshot; None when nothing has been published yet.

    `patience` is how many seconds its queries may take.

    Raises:
        BankError: the pointer leads nowhere, or what it leads to can't be read by this version.
    """
    for _ in range(_ATTEMPTS):
        build = _target(published)
        if build is None:
            return None
        lease = _Lease(published, build)
        try:
            return _open(published, build, lease, patience)
        except BaseException:
            lease.release()
            if _target(published) == build:
                raise
    raise BankError(
        "The published snapshot changed while it was being opened.",
        f"The pointer moved {_ATTEMPTS} times in a row.",
        "Try again when the build is done.",
    )


def read_status(published: Path) -> Status | None:
    """What is said about the newest build; None before the first one.

    Raises:
        BankError: the file is there and can't be read.
    """
    path = published / "status.json"
    try:
        raw = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    return Status(
        state=raw["state"],
        run_id=raw.get("run_id"),
        since=raw.get("since"),
        message=raw.get("message") or "",
        failed_checks=tuple(raw.get("failed_checks") or ()),
    )


def fingerprint(published: Path) -> Fingerprint:
    """Two system calls, opens nothing: cheap enough to ask every second."""
    try:
        status_time = (published / "status.json").stat().st_mtime_ns
    except FileNotFoundError:
        status_time = None
    return Fingerprint(_target(published), status_time)


def watch(
    published: Path,
    callback: Callable[[Fingerprint], None],
    seconds: float = 2.0,
    stop: threading.Event | None = None,
) -> None:
    """Call back whenever the pointer or the status changes; returns when `stop` is set."""
    stop = stop or threading.Event()
    seen = fingerprint(published)
    while not stop.wait(seconds):
        now = fingerprint(published)
        if now != seen:
            seen = now
            callback(now)


def _target(published: Path) -> str | None:
    try:
        return (published / "current").readlink().name
    except FileNotFoundError:
        return None


def _open(published: Path, build: str, lease: _Lease, patience: float | None) -> Snapshot:
    folder = published / build
    missing = [name for name in _FILES if not (folder / name).is_file()]
    if missing:
        raise BankError(
            f"The published snapshot {build} can't be opened.",
            f"It lacks {', '.join(missing)}.",
            "Run `bank build` to publish a complete one.",
        )
    info = _read_json(folder / "build.json")
    absent = [key for key in _REQUIRED if key not in info]
    if absent or info.get("format") != _FORMAT:
        lacks = f" and build.json lacks {', '.join(absent)}" if absent else ""
        raise BankError(
            f"The published snapshot {build} can't be opened.",
            f"Another version of this software wrote it: its format is {info.get('format')}{lacks}.",
            "Run `bank build` to publish a new one.",
        )
    availability = {
        column: frozenset(months) for column, months in _read_json(folder / "availability.json").items()
    }
    connection = _connect(folder / "bank.duckdb", build, patience)
    return Snapshot(published, folder, build, info, availability, connection, lease, patience=patience)


def _connect(path: Path, build: str, patience: float | None) -> duckdb.DuckDBPyConnection:
    """An in-memory database with the marts attached read-only, closed to files, network and settings.

    The attached file itself would otherwise stay reachable by COPY and read_blob: DuckDB allows what it has
    attached. Without file systems a query can't spill to disk, so it fails when memory is short.
    """
    connection = duckdb.connect(":memory:", config={"python_enable_replacements": "false"})
    try:
        connection.execute(f"ATTACH '{str(path).replace(chr(39), chr(39) * 2)}' AS {DATABASE} (READ_ONLY)")
        connection.execute("SET enable_progress_bar = false")
        connection.execute("SET enable_external_access = false; SET disabled_filesystems = 'LocalFileSystem'")
        if patience is not None:
            connection.execute(f"SET GLOBAL max_execution_time = {round(patience * 1000)}")
        connection.execute("SET lock_configuration = true")
    except duckdb.Error as error:
        with contextlib.suppress(duckdb.Error):
            connection.close()
        raise BankError(
            f"The published snapshot {build} can't be opened.",
            f"bank.duckdb is damaged or of another version: {str(error).splitlines()[0]}.",
            "Run `bank build` to publish a new one.",
        ) from error
    return connection


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    if not isinstance(value, dict):
        raise _unreadable(path, "it holds no object")
    return value


def _unreadable(path: Path, error: object) -> BankError:
    return BankError(
        f"{path.name} of the published snapshot can't be read.",
        f"{error}.",
        "Run `bank build` to publish a new snapshot.",
    )
