"""The data dictionary as Markdown, from the contracts."""

from __future__ import annotations

from collections.abc import Iterator

from data.ingest.contracts import Column, Contract
from data.ingest.dbt_sources import sorted_contracts

_CLASSES = {
    "direct_identifier": "names a person",
    "quasi_identifier": "may help to name a person",
    "commercial": "commercial",
    "none": "",
}


def data_dictionary() -> str:
    """Every table and column of the contract: meaning, type, rules, how confidential it is."""
    return "\n".join(line for contract in sorted_contracts() for line in _table(contract))


def _table(contract: Contract) -> Iterator[str]:
    yield f"## {contract.table}"
    yield ""
    yield f"{contract.description} {contract.granularity}"
    yield ""
    month = (
        f"belongs to the month of `{contract.event_time}`"
        if contract.event_time
        else "whole per business date"
    )
    yield (
        f"Kind: {contract.kind} ({month}). Needed from level: {contract.level}. Contract {contract.version}."
    )
    yield ""
    yield "| column | type | meaning | rules | confidential |"
    yield "|---|---|---|---|---|"
    for column in contract.fields:
        key = " (key)" if column.key_position else ""
        yield (
            f"| `{column.name}`{key} | {column.physical_type} | {column.description} "
            f"| {'; '.join(_rules(column))} | {_CLASSES[column.classification]} |"
        )
    yield ""
    if contract.rules:
        yield from (f"- `{rule.id}`: {rule.description}" for rule in contract.rules)
        yield ""


def _rules(column: Column) -> Iterator[str]:
    if column.required:
        yield "required"
    if column.values:
        yield "one of " + ", ".join(column.values)
    if column.pattern:
        yield f"looks like {column.pattern}"
    if column.minimum is not None and column.maximum is not None:
        yield f"{column.minimum} to {column.maximum}"
    elif column.minimum is not None:
        yield f"at least {column.minimum}"
    if column.foreign_key:
        parent = f"`{column.foreign_key.table}.{column.foreign_key.column}`"
        yield f"waits for {parent}" if column.foreign_key.waits else f"refers to {parent}"
