"""The landing folder: files as they were delivered, never changed, and which of them are still to load."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from data.ingest import ledger
from data.ingest.arrivals import History, histories
from data.ingest.mapping import FileKind, Mapping, Subject, Target
from runtime.errors import BankError
from runtime.failpoints import failpoint
from runtime.files import fsync_dir, fsync_file, sha256_file
from runtime.settings import Settings

CORRECTION = "correction-"


@dataclass(frozen=True)
class Landed:
    """A file in landing that its mapping knows. `file_name` is relative to the source's folder.

    `arrival` numbers the files by when they came, or when their bytes changed.
    """

    source: str
    file_name: str
    path: Path
    sha256: str
    kind: FileKind
    arrival: int


@dataclass(frozen=True)
class PendingFile:
    """One table that one file delivers and that the ledger does not hold as what was delivered last."""

    file: Landed
    target: Target
    lookups: tuple[Landed, ...]
    mapping: Mapping
    version_id: str

    @property
    def source(self) -> str:
        """Who delivered it."""
        return self.file.source

    @property
    def file_name(self) -> str:
        """Its name in landing."""
        return self.file.file_name

    @property
    def table(self) -> str:
        """The contract table."""
        return self.target.contract.table

    @property
    def business_date(self) -> date:
        """The day it speaks of."""
        return self.file.kind.business_date

    @property
    def month(self) -> str:
        """Month of the business date, `YYYY-MM`; its events may belong to other months."""
        return self.business_date.strftime("%Y-%m")

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self.file.path.stat().st_size

    def follows(self, other: PendingFile) -> bool:
        """Whether this is a later file of the same kind for the same table, both readable by themselves."""
        kind, before = self.file.kind, other.file.kind
        return (
            (self.source, self.target) == (other.source, other.target)
            and (kind.format, kind.header, kind.positions) == (before.format, before.header, before.positions)
            and not self.lookups
            and not other.lookups
            and self.business_date > other.business_date
        )

    @property
    def fingerprint(self) -> str:
        """Its version, under the name that watchers of landing use."""
        return self.version_id


@dataclass(frozen=True)
class Plan:
    """What landing holds for one source: what is to load, and what can't be yet.

    `unknown` are file names that the mapping has no entry for; `blocked` says which file lacks which other.
    """

    pending: tuple[PendingFile, ...]
    unknown: tuple[str, ...]
    blocked: tuple[str, ...]


def folder_of(settings: Settings, source: str) -> Path:
    """The landing folder of a source."""
    return settings.landing / source


def _files(folder: Path) -> list[Path]:
    """Files by name: the first ones, then corrections by number. So they arrived, if noticed at once."""
    found = [
        path
        for path in folder.rglob("*")
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]
    return sorted(found, key=lambda path: (path.parent != folder, str(path.relative_to(folder))))


@dataclass(frozen=True)
class HandedOver:
    """A folder of files that is in landing by now.

    `unknown` are names that the mapping has no entry for, `again` names in landing of files that were there.
    """

    unknown: tuple[str, ...] = ()
    again: tuple[str, ...] = ()


def land(settings: Settings, connection: sqlite3.Connection, mapping: Mapping, directory: Path) -> HandedOver:
    """Copy the files of `directory` that the mapping knows into landing.

    A file of a table and date that are in landing already is a correction: it goes beside them, into
    `correction-NNN/`. That may be one that was delivered before and corrected since. One with the bytes of
    what arrived last of its table and date is left alone. Where the folder holds several of them, the last
    by name counts, and of the others only what never arrived: so the same folder again changes nothing.

    Raises:
        BankError: the folder can't be read, or no file of it is known to the mapping.
    """
    folder = folder_of(settings, mapping.source)
    try:
        if directory.resolve() == folder.resolve():
            return HandedOver()
        names = sorted(
            path.name for path in directory.iterdir() if path.is_file() and not path.name.startswith(".")
        )
    except OSError as error:
        raise BankError(
            f"The folder {directory} can't be read.",
            f"{error.strerror}.",
            "Give a folder that holds the bank's files.",
        ) from error
    kinds = {name: kind for name in names if (kind := mapping.match(name))}
    if not kinds:
        patterns = ", ".join(entry.pattern for entry in mapping.files[:6])
        raise BankError(
            f"No file in {directory} belongs to the source {mapping.source!r}.",
            f"Its mapping expects names such as {patterns}; "
            f"the folder holds {', '.join(names[:6]) or 'no files'}.",
            f"Give the folder of that source's files, or correct data/sources/{mapping.source}.yaml.",
        )
    arrived: dict[Subject, list[Landed]] = defaultdict(list)
    for file in _landed(settings, connection, mapping)[0]:
        arrived[file.kind.subject].append(file)
    sent: dict[Subject, list[Path]] = defaultdict(list)
    for name, kind in kinds.items():
        sent[kind.subject].append(directory / name)
    again = []
    for subject, files in sent.items():
        newest = arrived[subject][-1] if arrived[subject] else None
        if newest and _same_bytes(files[-1], newest):
            again.append(newest.file_name)
        else:
            _copy_new(files, arrived[subject], folder)
    return HandedOver(tuple(name for name in names if name not in kinds), tuple(again))


def _copy_new(files: Sequence[Path], arrived: Sequence[Landed], folder: Path) -> None:
    """Copy the last file of a subject, and of the others those that never arrived."""
    number = max((_correction(file) for file in arrived), default=-1)
    for file in files:
        if file != files[-1] and any(_same_bytes(file, other) for other in arrived):
            continue
        number += 1
        _copy(file, folder / f"{CORRECTION}{number:03d}" if number else folder)


def _same_bytes(file: Path, landed: Landed) -> bool:
    return file.stat().st_size == landed.path.stat().st_size and sha256_file(file) == landed.sha256


def _correction(file: Landed) -> int:
    """The number of the correction folder that a file lies in; 0 outside of one."""
    found = re.match(rf"{CORRECTION}(\d+)/", file.file_name)
    return int(found[1]) if found else 0


def _copy(file: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".{file.name}.tmp"
    shutil.copyfile(file, temporary)
    fsync_file(temporary)
    os.replace(temporary, folder / file.name)
    fsync_dir(folder)
    failpoint("ingest.after_copy")


def _landed(
    settings: Settings, connection: sqlite3.Connection, mapping: Mapping
) -> tuple[list[Landed], list[str]]:
    """The files in landing that the mapping knows, in order of arrival, and the names it does not know.

    A file that lies there with the bytes that it had is the same arrival, whatever its time of change says:
    copying a landing folder must not deliver it again. So only `land`, or another file name, can say that a
    file was sent again while landing still holds it.
    """
    folder = folder_of(settings, mapping.source)
    landed: list[Landed] = []
    unknown: list[str] = []
    with connection:
        for path in _files(folder):
            kind = mapping.match(path.name)
            name = str(path.relative_to(folder))
            if kind is None:
                unknown.append(name)
            else:
                digest, arrival = _identified(connection, mapping.source, name, path)
                landed.append(Landed(mapping.source, name, path, digest, kind, arrival))
    return sorted(landed, key=lambda file: file.arrival), unknown


def _identified(connection: sqlite3.Connection, source: str, name: str, path: Path) -> tuple[str, int]:
    """Hash and arrival; from the ledger while size and time of change are the same, else from the bytes."""
    stat = path.stat()
    row = connection.execute(
        "SELECT sha256, arrival FROM landing_file "
        "WHERE source = ? AND file_name = ? AND size = ? AND mtime_ns = ?",
        (source, name, stat.st_size, stat.st_mtime_ns),
    ).fetchone()
    if row:
        return row["sha256"], row["arrival"]
    digest = sha256_file(path)
    arrival = ledger.note_landing_file(connection, source, name, stat.st_size, stat.st_mtime_ns, digest)
    return digest, arrival


def plan(settings: Settings, connection: sqlite3.Connection, mapping: Mapping) -> Plan:
    """Compare landing with the ledger. A refused file counts again once its mapping was changed."""
    landed, unknown = _landed(settings, connection, mapping)
    past = histories(ledger.deliveries_of(connection, mapping.source), mapping.hash)
    pending: list[PendingFile] = []
    blocked: list[str] = []
    for file in landed:
        for target in file.kind.targets:
            lookups = [_lookup(landed, need, file.kind.business_date) for need in target.needs]
            missing = [need for need, found in zip(target.needs, lookups, strict=True) if found is None]
            if missing:
                blocked.append(f"{file.file_name}: {target.contract.table} needs {', '.join(missing)}")
                continue
            needed = tuple(found for found in lookups if found)
            subject = (target.contract.table, file.kind.business_date.isoformat(), file.kind.part)
            history = past.setdefault(subject, History())
            version_id = history.takes(_content(file, target, needed), file.arrival)
            if version_id:
                pending.append(PendingFile(file, target, needed, mapping, version_id))
    return Plan(tuple(pending), tuple(unknown), tuple(blocked))


def _content(file: Landed, target: Target, lookups: Iterable[Landed]) -> str:
    """Identity of what a file says of a table.

    The business date is part of it, because a reference table often has the same bytes every month; so are
    the files it looks things up in, because they decide what its rows say.
    """
    kind = file.kind
    content = [file.source, target.contract.table, kind.business_date.isoformat(), kind.part]
    content += [file.sha256, *(lookup.sha256 for lookup in lookups)]
    return hashlib.sha256("\0".join(content).encode()).hexdigest()[:16]


def _lookup(landed: Iterable[Landed], name: str, business_date: date) -> Landed | None:
    """The newest file of that kind for the same business date."""
    found = [file for file in landed if file.kind.name == name and file.kind.business_date == business_date]
    return found[-1] if found else None
