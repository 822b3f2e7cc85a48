"""The contracts are valid ODCS, complete, and agree with each other."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest
import yaml

from data.ingest.contracts import CONTRACTS, load_contract, load_contracts
from data.ingest.rules import rules_of
from runtime.errors import BankError

FILES = sorted(CONTRACTS.glob("*.odcs.yaml"))


def test_there_are_24_delivered_tables_and_the_batch() -> None:
    contracts = load_contracts()
    assert len(contracts) == 25
    assert [name for name, contract in contracts.items() if not contract.delivered] == ["batch"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name.partition(".")[0])
def test_contract_is_valid_odcs(path: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    from open_data_contract_standard.model import OpenDataContractStandard

    schema = json.loads(OpenDataContractStandard.json_schema())
    jsonschema.validate(yaml.safe_load(path.read_text()), schema)
    assert load_contract(path).table == path.name.partition(".")[0]


def test_parents_exist_and_come_first() -> None:
    contracts = load_contracts()
    order = list(contracts)
    for contract in contracts.values():
        for column in contract.columns:
            if column.foreign_key:
                parent = contracts[column.foreign_key.table]
                assert column.foreign_key.column in {c.name for c in parent.columns}
        for column in contract.parents:
            assert column.foreign_key is not None
            assert order.index(column.foreign_key.table) < order.index(contract.table)


def test_names_that_rules_and_kinds_use_exist() -> None:
    for contract in load_contracts().values():
        names = {column.name for column in contract.columns}
        assert set(contract.key) <= names
        assert {rule.column for rule in contract.rules} <= names
        assert contract.event_time is None or contract.event_time in names
        assert contract.control_total is None or contract.control_total in names
        assert contract.by_month == (contract.kind in ("event", "snapshot"))


def test_version_id_is_never_asked_of_a_file() -> None:
    for contract in load_contracts().values():
        if contract.delivered:
            assert "version_id" not in {column.name for column in contract.fields}
            assert [name for name, _ in contract.raw_columns].count("version_id") == 1


def test_types_are_duckdb_types_and_rules_are_sql() -> None:
    with duckdb.connect() as con:
        for contract in load_contracts().values():
            columns = ", ".join(f'CAST(NULL AS {c.physical_type}) AS "{c.name}"' for c in contract.columns)
            for rule in rules_of(contract):
                if rule.column and rule.condition.startswith("coalesce("):
                    con.execute(
                        f"SELECT {rule.condition} FROM (SELECT {columns}, DATE '2024-01-31' AS business_date)"
                    )


def test_everything_is_described() -> None:
    for contract in load_contracts().values():
        assert contract.description.endswith(".")
        assert contract.granularity.startswith("One row per ")
        assert all(column.description.endswith(".") for column in contract.columns)


def test_direct_identifiers_are_known() -> None:
    found = {
        f"{c.table}.{x.name}" for c in load_contracts().values() for x in c.columns if x.is_direct_identifier
    }
    assert found == {
        "customer.name",
        "customer.birth_date",
        "customer.income_amount",
        "customer.national_id",
        "transaction.counterparty_account",
        "standing_order.creditor_account",
    }


def test_broken_contract_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.odcs.yaml"
    path.write_text("schema: []\n")
    with pytest.raises(BankError, match=r"x\.odcs\.yaml can't be read"):
        load_contract(path)
