"""The raw relations: always there, typed, described to dbt as they are."""

from __future__ import annotations

import duckdb
import yaml

from data.ingest import views
from data.ingest.availability import availability
from data.ingest.contracts import load_contracts
from data.ingest.dbt_sources import SOURCES_YAML, sources_yaml
from data.ingest.dictionary import data_dictionary
from data.ingest.sources import own_bank
from tests.data.ingest.support import SmallBank, csv_text


def test_every_table_exists_with_its_types_where_nothing_was_delivered(bank: SmallBank) -> None:
    with duckdb.connect() as con:
        views.register(con, bank.settings)
        for contract in load_contracts().values():
            relation = con.sql(f'SELECT * FROM raw."{contract.table}"')
            found = list(zip(relation.columns, map(str, relation.types), strict=True))
            extra = [(name, kind) for name, kind, _ in views.BATCH_EXTRA]
            assert found == [*contract.raw_columns, *([] if contract.delivered else extra)]
            assert relation.fetchall() == []
        for name, columns in views.MODEL_TABLES.items():
            relation = con.sql(f"SELECT * FROM models.{name}")
            assert list(zip(relation.columns, map(str, relation.types), strict=True)) == list(columns)


def test_types_are_the_same_with_data(bank: SmallBank) -> None:
    bank.with_parents()
    with duckdb.connect() as con:
        views.register(con, bank.settings)
        relation = con.sql("SELECT * FROM raw.account")
        found = tuple(zip(relation.columns, map(str, relation.types), strict=True))
        assert found == load_contracts()["account"].raw_columns


def test_batch_says_what_was_delivered(bank: SmallBank) -> None:
    bank.with_parents().deliver(
        "transaction_20240131.csv", csv_text("transaction", {}, {"transaction_id": "T2", "amount": "x"})
    )
    bank.load()
    query = "SELECT table_name, count, rows_loaded, rows_quarantined, control_total FROM raw.batch ORDER BY 1"
    assert bank.rows(query) == [
        ("account", 1, 1, 0, 100),
        ("customer", 1, 1, 0, None),
        ("transaction", 2, 1, 1, 12.5),
    ]


def test_model_results_are_read_where_models_write_them(bank: SmallBank) -> None:
    folder = bank.settings.models / "transaction_score" / "month=2024-01"
    folder.mkdir(parents=True)
    with duckdb.connect() as con:
        con.execute(
            "COPY (SELECT 'T1' AS transaction_id, TIMESTAMP '2024-01-15' AS booking_date_time, "
            "'m' AS model_id, "
            f"DATE '2024-01-01' AS cut_off, 0.5 AS score) TO '{folder / 'part.parquet'}'"
        )
    assert bank.rows("SELECT transaction_id, score FROM models.transaction_score") == [("T1", 0.5)]


def test_availability_names_columns_that_hold_data(bank: SmallBank) -> None:
    bank.with_parents()
    found = availability(bank.settings)
    assert found["account.balance"] == ["2024-01"]
    assert "account.rate" not in found


def test_own_bank_is_the_one_of_the_mapping(bank: SmallBank) -> None:
    owner = own_bank(bank.with_parents().settings)
    assert (owner.bank, owner.currency_code, str(owner.business_date)) == ("Demo Bank", "EUR", "2024-01-31")


def test_committed_dbt_sources_are_what_the_contracts_give() -> None:
    assert SOURCES_YAML.read_text() == sources_yaml(), "run: python -m data.ingest.dbt_sources"


def test_dbt_sources_describe_the_relations(bank: SmallBank) -> None:
    (raw,) = yaml.safe_load(sources_yaml())["sources"]
    with duckdb.connect() as con:
        views.register(con, bank.settings)
        for table in raw["tables"]:
            relation = con.sql(f'SELECT * FROM raw."{table["name"]}"')
            described = [(column["name"], column["data_type"]) for column in table["columns"]]
            assert described == list(zip(relation.columns, map(str, relation.types), strict=True))


def test_data_dictionary_has_every_column() -> None:
    text = data_dictionary()
    for contract in load_contracts().values():
        assert f"## {contract.table}\n" in text
        assert all(f"`{column.name}`" in text for column in contract.fields)
