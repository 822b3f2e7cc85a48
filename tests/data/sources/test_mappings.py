"""Mapping files are checked before any file is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.ingest.mapping import known_sources, load_mapping
from runtime.errors import BankError

GOOD = {
    "source": "x",
    "bank": "X",
    "role": "own",
    "files": [{"pattern": r"p_(?P<business_date>\d{8})\.csv", "table": "product"}],
}


@pytest.mark.parametrize("source", known_sources())
def test_shipped_mappings_are_sound(source: str) -> None:
    mapping = load_mapping(source)
    assert mapping.source == source
    assert mapping.description.endswith(".")
    assert mapping.tables


def test_file_name_gives_table_and_business_date() -> None:
    mapping = load_mapping("demo")
    kind = mapping.match("standing_order_20240229.csv")
    assert kind is not None
    assert (kind.targets[0].contract.table, str(kind.business_date)) == ("standing_order", "2024-02-29")
    assert mapping.match("standing_order_20240230.csv") is None
    assert mapping.match("no_such_table_20240229.csv") is None
    assert mapping.match("standing_order.csv") is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("source: y", "it says source: y"),
        ("role: friend", "own"),
        ("files: []", "at least 1 item"),
        ("files: [{pattern: 'a', table: product, business_date: 2024-01-31, colums: {}}]", "colums"),
        ("files: [{pattern: 'a', table: produkt, business_date: 2024-01-31}]", "produkt is no table"),
        ("files: [{pattern: 'a', table: batch, business_date: 2024-01-31}]", "batch is no table"),
        (
            "files: [{pattern: 'a', table: product, business_date: 2024-01-31, columns: {nme: a}}]",
            "no column nme",
        ),
        ("files: [{pattern: 'a', table: product}]", "business_date"),
        ("files: [{pattern: '(', table: product, business_date: 2024-01-31}]", "unterminated|missing"),
        ("format: {encoding: utf-99}", "utf-99"),
    ],
)
def test_mistake_in_a_mapping_is_named(tmp_path: Path, change: str, reason: str) -> None:
    import yaml

    content = {**GOOD, **yaml.safe_load(change)}
    (tmp_path / "x.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(BankError, match=reason) as error:
        load_mapping("x", tmp_path)
    assert error.value.what == "The mapping data/sources/x.yaml can't be used."
