"""The contracts in `data/contracts/` as small frozen objects: what every other module knows of a table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import yaml

from runtime.errors import BankError
from runtime.settings import PROJECT_ROOT

CONTRACTS = PROJECT_ROOT / "data" / "contracts"

PROVENANCE = (
    ("version_id", "VARCHAR", "Delivery the row came with."),
    ("business_date", "DATE", "Date that delivery speaks of."),
    ("source", "VARCHAR", "System that delivered it."),
    ("line_number", "BIGINT", "Line of the file on which the row begins, the header being line 1."),
)
"""Columns that ingestion adds to every raw table: name, type, description."""


@dataclass(frozen=True)
class ForeignKey:
    """A column's parent. With `waits`, a row whose parent is not there yet waits in quarantine."""

    table: str
    column: str
    waits: bool


@dataclass(frozen=True)
class Column:
    """One column of a source table, with all that a single value of it must obey."""

    name: str
    physical_type: str
    description: str
    required: bool
    key_position: int | None
    classification: str
    values: tuple[str, ...] = ()
    minimum: str | None = None
    maximum: str | None = None
    pattern: str | None = None
    foreign_key: ForeignKey | None = None

    @property
    def is_direct_identifier(self) -> bool:
        """Whether the value names a person: such a column reaches no mart."""
        return self.classification == "direct_identifier"


@dataclass(frozen=True)
class RowRule:
    """A condition over one row, in SQL; it may also use `business_date`, the delivery's date.

    A row breaks the rule only where the condition is false: missing values are the business of `required`.
    `dimension` is the standard's word for the quality it is about.
    """

    id: str
    column: str
    condition: str
    description: str
    dimension: str


@dataclass(frozen=True)
class Contract:
    """One source table.

    `kind` is event (rows belong to the month of `event_time`), snapshot (a position per reporting date,
    `event_time` too), reference (the whole table as of a business date) or manifest (written by us).
    """

    table: str
    title: str
    description: str
    granularity: str
    domain: str
    version: str
    kind: str
    level: str
    event_time: str | None
    control_total: str | None
    columns: tuple[Column, ...]
    rules: tuple[RowRule, ...]

    @property
    def delivered(self) -> bool:
        """Whether banks deliver it."""
        return self.kind != "manifest"

    @property
    def by_month(self) -> bool:
        """Whether its rows belong to months: events and snapshots, not reference tables."""
        return self.event_time is not None

    @property
    def fields(self) -> tuple[Column, ...]:
        """Columns asked of a file; `version_id` is ours to write."""
        return tuple(column for column in self.columns if column.name != "version_id" or not self.delivered)

    @property
    def key(self) -> tuple[str, ...]:
        """Columns that identify a row, in the order of the key."""
        keyed = [column for column in self.columns if column.key_position is not None]
        return tuple(column.name for column in sorted(keyed, key=lambda column: column.key_position or 0))

    @property
    def parents(self) -> tuple[Column, ...]:
        """Columns whose parent must be there before a row is loaded."""
        return tuple(c for c in self.fields if c.foreign_key is not None and c.foreign_key.waits)

    @property
    def raw_columns(self) -> tuple[tuple[str, str], ...]:
        """Name and type of every column of the raw relation, in order."""
        own = tuple((column.name, column.physical_type) for column in self.fields)
        return own if not self.delivered else own + tuple((name, kind) for name, kind, _ in PROVENANCE)


def _properties(items: list[Any] | None) -> dict[str, Any]:
    return {item.property: item.value for item in items or []}


def _column(item: Any) -> Column:
    options = item.logicalTypeOptions or {}
    values: tuple[str, ...] = ()
    for check in item.quality or []:
        if check.metric == "invalidValues":
            values = tuple(str(value) for value in check.arguments["validValues"])
    parent = None
    for relationship in item.relationships or []:
        table, _, column = str(relationship.to).partition(".")
        parent = ForeignKey(
            table, column, bool(_properties(relationship.customProperties).get("waitsForParent"))
        )
    return Column(
        name=item.name,
        physical_type=item.physicalType,
        description=item.description,
        required=bool(item.required),
        key_position=item.primaryKeyPosition,
        classification=item.classification,
        values=values,
        minimum=None if options.get("minimum") is None else str(options["minimum"]),
        maximum=None if options.get("maximum") is None else str(options["maximum"]),
        pattern=options.get("pattern"),
        foreign_key=parent,
    )


def load_contract(path: Path) -> Contract:
    """Read one contract file.

    Raises:
        BankError: the file is not an Open Data Contract of one table; names the file and the reason.
    """
    from open_data_contract_standard.model import OpenDataContractStandard
    from pydantic import ValidationError

    try:
        document = OpenDataContractStandard(**yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader))
        (table,) = document.schema_ or []
        properties = _properties(table.customProperties)
        return Contract(
            table=str(table.name),
            title=str(table.businessName),
            description=str(table.description),
            granularity=str(table.dataGranularityDescription),
            domain=str(document.domain),
            version=str(document.version),
            kind=properties["kind"],
            level=properties["level"],
            event_time=properties.get("eventTime"),
            control_total=properties.get("controlTotal"),
            columns=tuple(_column(item) for item in table.properties or []),
            rules=tuple(
                RowRule(
                    str(check.id),
                    _properties(check.customProperties)["column"],
                    str(check.implementation),
                    str(check.description),
                    str(check.dimension),
                )
                for check in table.quality or []
            ),
        )
    except (ValidationError, ValueError, KeyError, TypeError, yaml.YAMLError) as error:
        raise BankError(
            f"The contract {path.name} can't be read.",
            f"{type(error).__name__}: {error}.",
            "Compare it with another file in data/contracts; the format is ODCS 3.1.",
        ) from error


@cache
def load_contracts(folder: Path = CONTRACTS) -> dict[str, Contract]:
    """Every contract of the folder by table name, parents before children."""
    contracts = {c.table: c for c in map(load_contract, sorted(folder.glob("*.odcs.yaml")))}
    order = TopologicalSorter(
        {
            name: sorted(column.foreign_key.table for column in contract.parents if column.foreign_key)
            for name, contract in contracts.items()
        }
    )
    return {name: contracts[name] for name in order.static_order()}
