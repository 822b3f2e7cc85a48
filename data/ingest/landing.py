"""The landing folder: files as they were delivered, never changed, and which of them are still to load."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from data.ingest.mapping import FileKind, Mapping, Target
from runtime.errors import BankError
from runtime.failpoints import failpoint
from runtime.files import fsync_dir, fsync_file, sha256_file
from runtime.settings import Settings

CORRECTION = "correction-"


@dataclass(frozen=True)
class Landed:
    """A file in landing that its mapping knows. `file_name` is relative to the source's folder."""

    source: str
    file_name: str
    path: Path
    sha256: str
    kind: FileKind


@dataclass(frozen=True)
class PendingFile:
    """One table that one file delivers and that is not in the ledger yet."""

    file: Landed
    target: Target
    lookups: tuple[Landed, ...]
    mapping: Mapping

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
    def version_id(self) -> str:
        """Identity of the delivery: equal content for the same table and date is the same delivery.

        The business date is part of it, because a reference table often has the same content every month;
        so are the files it looks things up in, because they decide what its rows say.
        """
        content = [self.source, self.table, self.business_date.isoformat(), self.file.kind.part]
        content += [self.file.sha256, *(lookup.sha256 for lookup in self.lookups)]
        return hashlib.sha256("\0".join(content).encode()).hexdigest()[:16]

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
        """The same, under the name that watchers of landing use."""
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
    """Files in order of arrival: the first ones, then corrections by number."""
    found = [
        path
        for path in folder.rglob("*")
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]
    return sorted(found, key=lambda path: (path.parent != folder, str(path.relative_to(folder))))


def land(settings: Settings, mapping: Mapping, directory: Path) -> list[str]:
    """Copy the files of `directory` that the mapping knows into landing; gives the names it does not know.

    A file that is there already is left alone. One of the same name with other content is a correction: it
    goes beside it, into `correction-NNN/`.

    Raises:
        BankError: the folder can't be read, or no file of it is known to the mapping.
    """
    folder = folder_of(settings, mapping.source)
    try:
        if directory.resolve() == folder.resolve():
            return []
        names = sorted(
            path.name for path in directory.iterdir() if path.is_file() and not path.name.startswith(".")
        )
    except OSError as error:
        raise BankError(
            f"The folder {directory} can't be read.",
            f"{error.strerror}.",
            "Give a folder that holds the bank's files.",
        ) from error
    known = [name for name in names if mapping.match(name)]
    if not known:
        patterns = ", ".join(entry.pattern for entry in mapping.files[:6])
        raise BankError(
            f"No file in {directory} belongs to the source {mapping.source!r}.",
            f"Its mapping expects names such as {patterns}; "
            f"the folder holds {', '.join(names[:6]) or 'no files'}.",
            f"Give the folder of that source's files, or correct data/sources/{mapping.source}.yaml.",
        )
    for name in known:
        _copy(directory / name, folder)
    return [name for name in names if name not in set(known)]


def _copy(file: Path, folder: Path) -> None:
    digest = None
    place, number = folder / file.name, 0
    while place.exists():
        if place.stat().st_size == file.stat().st_size:
            digest = digest or sha256_file(file)
            if sha256_file(place) == digest:
                return
        number += 1
        place = folder / f"{CORRECTION}{number:03d}" / file.name
    place.parent.mkdir(parents=True, exist_ok=True)
    temporary = place.with_name(f".{file.name}.tmp")
    shutil.copyfile(file, temporary)
    fsync_file(temporary)
    os.replace(temporary, place)
    fsync_dir(place.parent)
    failpoint("ingest.after_copy")


def _sha256(connection: sqlite3.Connection, source: str, name: str, path: Path) -> str:
    """From the ledger while size and time of change are the same, otherwise from the bytes."""
    stat = path.stat()
    row = connection.execute(
        "SELECT sha256 FROM landing_file WHERE source = ? AND file_name = ? AND size = ? AND mtime_ns = ?",
        (source, name, stat.st_size, stat.st_mtime_ns),
    ).fetchone()
    if row:
        return row["sha256"]
    digest = sha256_file(path)
    connection.execute(
        "INSERT OR REPLACE INTO landing_file VALUES (?, ?, ?, ?, ?)",
        (source, name, stat.st_size, stat.st_mtime_ns, digest),
    )
    return digest


def plan(settings: Settings, connection: sqlite3.Connection, mapping: Mapping) -> Plan:
    """Compare landing with the ledger. A refused file counts again once its mapping was changed."""
    folder = folder_of(settings, mapping.source)
    unknown: list[str] = []
    landed: list[Landed] = []
    with connection:
        for path in _files(folder):
            kind = mapping.match(path.name)
            name = str(path.relative_to(folder))
            if kind is None:
                unknown.append(name)
            else:
                digest = _sha256(connection, mapping.source, name, path)
                landed.append(Landed(mapping.source, name, path, digest, kind))
    done = {
        row["version_id"]
        for row in connection.execute(
            "SELECT version_id FROM delivery WHERE source = ? AND (state <> 'refused' OR mapping_hash = ?)",
            (mapping.source, mapping.hash),
        )
    }
    pending: dict[str, PendingFile] = {}
    blocked: list[str] = []
    for file in landed:
        for target in file.kind.targets:
            lookups = [_lookup(landed, need, file.kind.business_date) for need in target.needs]
            missing = [need for need, found in zip(target.needs, lookups, strict=True) if found is None]
            if missing:
                blocked.append(f"{file.file_name}: {target.contract.table} needs {', '.join(missing)}")
                continue
            item = PendingFile(file, target, tuple(found for found in lookups if found), mapping)
            if item.version_id not in done:
                pending.setdefault(item.version_id, item)
    return Plan(tuple(pending.values()), tuple(unknown), tuple(blocked))


def _lookup(landed: Iterable[Landed], name: str, business_date: date) -> Landed | None:
    """The newest file of that kind for the same business date."""
    found = [file for file in landed if file.kind.name == name and file.kind.business_date == business_date]
    return found[-1] if found else None
