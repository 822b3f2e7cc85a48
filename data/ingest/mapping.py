r"""Mapping files in `data/sources/`: how one system's files become contract tables. YAML, no Python.

A mapping names its bank and lists files; the first entry whose pattern matches a file name counts:

    source: core                       # name of the file without .yaml
    bank: First Example Bank
    role: own                          # own, or peer
    currency_code: EUR
    observed_until: 2024-03-31         # optional: states and figures end here
    format: {kind: csv}                # default for all files; each entry may have its own
    files:
      - pattern: 'bookings_(?P<business_date>\d{8})\.txt'
        date_format: '%Y%m%d'          # of the group; or a fixed `business_date: 2024-03-31`
        format: {kind: csv, delimiter: ';', encoding: latin-1, decimal: ',', date: '%d.%m.%Y'}
        header: [Nummer, Konto, Datum, Betrag]
        table: transaction
        columns:                       # contract column: header name, or DuckDB SQL over header names
          transaction_id: Nummer
          amount: ltrim(this.Betrag, '-')

`kind` is csv, fixed (a `header` of {name, start, length}, start counted from 1) or jsonl (header = keys);
names ending in .gz are decompressed. Without `header` it is the contract's columns; without `columns`
each maps to itself. All header names are text in SQL, empty text is NULL. A pattern may hold the groups
`table`, `business_date` and `part` (several files of one table and date). One file may fill several
tables (`tables:`); a table may look up other files of the delivery by their entry's `name`:

        tables:
          - table: account
            needs: [disp]
            join: left join disp on disp.account_id = this.account_id and disp.type = 'OWNER'
            columns: {...}
          - {table: loan_cash_flow, derived: true, join: 'cross join …', where: …, columns: {…}}

A table that isn't `derived` has exactly `rows_per_record` rows (default 1) for each record of its file,
and ingestion checks it; a derived one has what its query gives.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from data.ingest.contracts import Contract, load_contracts
from runtime.errors import BankError
from runtime.settings import PROJECT_ROOT

SOURCES = PROJECT_ROOT / "data" / "sources"


class FixedColumn(BaseModel):
    """A column of a fixed-width file; `start` counts characters from 1."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    start: int = Field(ge=1)
    length: int = Field(ge=1)


class Format(BaseModel):
    """How the bytes of a file become records, and how its numbers and dates are written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["csv", "fixed", "jsonl"] = "csv"
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    quote: str = Field(default='"', min_length=1, max_length=1)
    encoding: str = "utf-8"
    decimal: str = Field(default=".", min_length=1, max_length=1)
    thousands: str | None = Field(default=None, min_length=1, max_length=1)
    date: str | None = None
    timestamp: str | None = None
    nulls: tuple[str, ...] = ()

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, value: str) -> str:
        return codecs.lookup(value).name


class TableEntry(BaseModel):
    """One contract table filled from a file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    table: str
    columns: dict[str, str] = Field(default_factory=dict)
    needs: tuple[str, ...] = ()
    join: str = ""
    where: str = ""
    derived: bool = False
    rows_per_record: int = Field(default=1, ge=1)

    @model_validator(mode="after")
    def _filtered_is_derived(self) -> TableEntry:
        if self.where and not self.derived:
            raise ValueError(
                f"table {self.table}: a table with `where` drops records, so it must be `derived: true`"
            )
        return self


class FileEntry(BaseModel):
    """One kind of file of a delivery."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str | None = None
    pattern: str
    business_date: date | None = None
    date_format: str = "%Y%m%d"
    format: Format | None = None
    header: tuple[str | FixedColumn, ...] = ()
    table: str | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    tables: tuple[TableEntry, ...] = ()

    @model_validator(mode="after")
    def _complete(self) -> FileEntry:
        groups = re.compile(self.pattern).groupindex
        if self.business_date is None and "business_date" not in groups:
            raise ValueError(f"{self.pattern}: neither a business_date nor a group (?P<business_date>…)")
        if not self.tables and self.table is None and "table" not in groups:
            raise ValueError(f"{self.pattern}: neither a table, nor tables, nor a group (?P<table>…)")
        return self


class MappingFile(BaseModel):
    """A whole mapping file as written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str = Field(pattern=r"[a-z][a-z0-9_]*")
    bank: str
    role: Literal["own", "peer"]
    description: str = ""
    currency_code: str | None = None
    observed_until: date | None = None
    format: Format = Format()
    files: tuple[FileEntry, ...] = Field(min_length=1)


@dataclass(frozen=True)
class Target:
    """One contract table to be made from one kind of file."""

    contract: Contract
    columns: dict[str, str]
    needs: tuple[str, ...] = ()
    join: str = ""
    where: str = ""
    derived: bool = False
    rows_per_record: int = 1


Subject = tuple[tuple[str, ...], date, str]
"""Tables, business date and part of a file."""


@dataclass(frozen=True)
class FileKind:
    """One entry of a mapping, resolved for the file name that matched it."""

    name: str
    format: Format
    header: tuple[str, ...]
    positions: tuple[tuple[int, int], ...]
    targets: tuple[Target, ...]
    business_date: date
    part: str

    @property
    def subject(self) -> Subject:
        """What a later file with the same subject takes the place of."""
        return tuple(sorted(target.contract.table for target in self.targets)), self.business_date, self.part


@dataclass(frozen=True)
class Mapping:
    """A mapping file, checked against the contracts."""

    source: str
    bank: str
    role: str
    description: str
    currency_code: str | None
    observed_until: date | None
    files: tuple[FileEntry, ...]
    format: Format
    hash: str

    def match(self, file_name: str) -> FileKind | None:
        """What a file of this name is; None when the mapping does not know it, or its date is no date."""
        for entry in self.files:
            found = re.fullmatch(entry.pattern, file_name)
            if found is None:
                continue
            groups = found.groupdict()
            day = entry.business_date or _parsed(groups["business_date"], entry.date_format)
            entries = _tables(entry, groups.get("table"))
            if day is None or any(e.table not in load_contracts() for e in entries):
                return None
            return _file_kind(entry, entries, entry.format or self.format, day, groups.get("part") or "")
        return None

    @property
    def tables(self) -> frozenset[str]:
        """Every table that the mapping can fill."""
        names: set[str] = set()
        for entry in self.files:
            listed = {e.table for e in entry.tables} | ({entry.table} if entry.table else set())
            names |= listed or {name for name, contract in load_contracts().items() if contract.delivered}
        return frozenset(names)


def _parsed(text: str, date_format: str) -> date | None:
    try:
        return datetime.strptime(text, date_format).date()
    except ValueError:
        return None


def _tables(entry: FileEntry, matched: str | None) -> tuple[TableEntry, ...]:
    if entry.tables:
        return entry.tables
    return (TableEntry(table=entry.table or matched or "", columns=entry.columns),)


def _file_kind(
    entry: FileEntry, entries: tuple[TableEntry, ...], form: Format, day: date, part: str
) -> FileKind:
    contracts = load_contracts()
    primary = contracts[entries[0].table]
    header = tuple(h.name if isinstance(h, FixedColumn) else h for h in entry.header)
    header = header or tuple(column.name for column in primary.fields)
    return FileKind(
        name=entry.name or primary.table,
        format=form,
        header=header,
        positions=tuple((h.start, h.length) for h in entry.header if isinstance(h, FixedColumn)),
        targets=tuple(
            Target(
                contract=contracts[e.table],
                columns=e.columns or {name: name for name in header},
                needs=e.needs,
                join=e.join,
                where=e.where,
                derived=e.derived,
                rows_per_record=e.rows_per_record,
            )
            for e in entries
        ),
        business_date=day,
        part=part,
    )


def _checked(mapping: Mapping) -> Mapping:
    """The mapping itself, if every name in it exists."""
    contracts = load_contracts()
    names = {entry.name for entry in mapping.files}
    for entry in mapping.files:
        for table in _tables(entry, None) if entry.tables or entry.table else ():
            contract = contracts.get(table.table)
            if contract is None or not contract.delivered:
                raise ValueError(f"{table.table} is no table of the contract")
            fields = {column.name for column in contract.fields}
            if unknown := set(table.columns) - fields:
                raise ValueError(f"{contract.table} has no column {', '.join(sorted(unknown))}")
            if missing := set(table.needs) - names:
                raise ValueError(
                    f"{contract.table} needs {', '.join(sorted(missing))}, which no entry is named"
                )
        if (entry.format or mapping.format).kind == "fixed" and not all(
            isinstance(h, FixedColumn) for h in entry.header or ("",)
        ):
            raise ValueError(f"{entry.pattern}: a fixed-width file needs a header of name, start and length")
    return mapping


@cache
def load_mapping(source: str, folder: Path = SOURCES) -> Mapping:
    """Read and check the mapping of one source.

    Raises:
        BankError: there is no such mapping, or it can't be used; names the file and the reason.
    """
    path = folder / f"{source}.yaml"
    if not path.exists():
        known = ", ".join(known_sources(folder)) or "none"
        raise BankError(
            f"There is no mapping for the source {source!r}.",
            f"data/sources holds: {known}.",
            f"Write data/sources/{source}.yaml, or use one of those names.",
        )
    try:
        content = path.read_bytes()
        file = MappingFile.model_validate(yaml.load(content, yaml.CSafeLoader))
        if file.source != source:
            raise ValueError(f"it says source: {file.source}")
        mapping = Mapping(
            source=file.source,
            bank=file.bank,
            role=file.role,
            description=file.description,
            currency_code=file.currency_code,
            observed_until=file.observed_until,
            files=file.files,
            format=file.format,
            hash=hashlib.sha256(content).hexdigest()[:16],
        )
        return _checked(mapping)
    except (ValidationError, ValueError, TypeError, re.error, LookupError, yaml.YAMLError) as error:
        raise BankError(
            f"The mapping data/sources/{source}.yaml can't be used.",
            f"{error}.",
            "Correct it; data/ingest/mapping.py describes the format.",
        ) from error


def known_sources(folder: Path = SOURCES) -> list[str]:
    """Names of all mappings."""
    return sorted(path.stem for path in folder.glob("*.yaml"))
