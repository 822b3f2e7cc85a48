"""What every model owes to those who read it, held against dbt's own manifest."""

from __future__ import annotations

import csv
import itertools
import re
from typing import Any

import pytest
import yaml

from runtime.settings import PROJECT_ROOT
from tests.dbt_project.conftest import PROJECT_DIR, Project, Warehouse

DIALECT = (
    "qualify", "date_diff", "datediff", "generate_series", "unnest", "strftime", "strptime", "epoch_us",
    "isodow", "arg_max", "arg_min", "max_by", "min_by", "any_value", "exclude", "list(", "string_agg", "::",
    "date_sub", "datesub", "dayofweek", "weekday", "regexp_", "json_extract", "get_json", "sha256(", "sha2(",
    "hash(", "kurtosis", "epoch(", "to_timestamp", "make_date", "explode", "sequence(", "asof", "by name",
)  # fmt: skip
"""Words of one engine (the study behind `docs/architecture.md`): they stand in macros/dialect.sql only."""


DOMAINS = {"finance", "credit", "customers", "transactions", "fraud", "control"}
CONTRACTS = [path.read_text() for path in sorted((PROJECT_ROOT / "data/contracts").glob("*.odcs.yaml"))]


@pytest.fixture(scope="module")
def manifest(project: Project) -> dict[str, Any]:
    return project.described()


@pytest.fixture(scope="module")
def models(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] == "model"}


def test_every_model_and_column_is_described(
    models: dict[str, dict[str, Any]], empty_bank: Warehouse
) -> None:
    columns: dict[str, set[str]] = {}
    for table, column in empty_bank.query("SELECT table_name, column_name FROM duckdb_columns()"):
        columns.setdefault(table, set()).add(column)
    assert {name for name, node in models.items() if not node["description"]} == set()
    undescribed = {
        (name, column)
        for name, node in models.items()
        for column in columns[name]
        if not node["columns"].get(column, {}).get("description")
    }
    assert undescribed == set()


def test_every_mart_has_a_contract_and_a_grain_test(
    models: dict[str, dict[str, Any]], manifest: dict[str, Any]
) -> None:
    marts = {name: node for name, node in models.items() if "marts" in node["path"].split("/")}
    assert len(marts) >= 20
    assert [name for name, node in marts.items() if not node["contract"]["enforced"]] == []
    grains = {
        node["attached_node"].split(".")[-1]
        for node in manifest["nodes"].values()
        if node.get("test_metadata", {}).get("name") == "one_row_per"
    }
    assert set(marts) - grains == set()


def test_partitioned_models_say_how_far_a_change_travels(models: dict[str, dict[str, Any]]) -> None:
    partitioned = {
        name: node["config"]
        for name, node in models.items()
        if node["config"]["materialized"] == "incremental"
    }
    assert {name: config["meta"].get("reach") for name, config in partitioned.items()} == {
        "fct_transaction": "1",
        "fct_account_month": "end",
        "fct_loan_month": "end",
        "fct_gl_month": "1",
        "fct_profit_month": "end",
        "fct_transaction_score": "end",
        "kpi_transactions_day": "1",
        "kpi_transactions_hour_month": "1",
        "kpi_transactions_category_month": "1",
        "feat_transaction": "1",
    }
    for config in partitioned.values():
        assert (config["incremental_strategy"], config["batch_size"]) == ("microbatch", "month")
        # --full-refresh together with a window would leave only that window
        assert config["full_refresh"] is False


def test_tests_read_either_the_partitioned_half_or_the_other(manifest: dict[str, Any]) -> None:
    """A test that reads both would run while one of them is of the build before."""
    half: set[str] = set()
    waiting = [
        key for key, node in manifest["nodes"].items() if node["config"].get("materialized") == "incremental"
    ]
    while waiting:
        node = waiting.pop()
        if node not in half:
            half.add(node)
            waiting += manifest["parent_map"][node]
    for key, node in manifest["nodes"].items():
        if node["resource_type"] == "test":
            parents = {parent for parent in manifest["parent_map"][key] if not parent.startswith("source.")}
            assert parents <= half or not any(
                manifest["nodes"][parent]["config"].get("materialized") == "incremental" for parent in parents
            ), key


def test_every_model_belongs_to_a_domain_and_says_its_layer(models: dict[str, dict[str, Any]]) -> None:
    """The six words of the whole project; a staging model belongs where its contract does."""
    contracts = {
        f"stg_{contract['schema'][0]['name']}": contract["domain"]
        for contract in map(yaml.safe_load, CONTRACTS)
    }
    for name, node in models.items():
        domain = node["config"]["meta"].get("domain")
        assert domain == contracts.get(name, domain), name
        assert domain in DOMAINS, name
        assert node["config"]["tags"] == [node["path"].split("/")[0]], name


def test_staging_joins_nothing_and_reads_its_one_source(
    models: dict[str, dict[str, Any]], manifest: dict[str, Any]
) -> None:
    parents = manifest["parent_map"]
    staging = {name: node for name, node in models.items() if name.startswith("stg_")}
    assert len(staging) == 25
    for name, node in staging.items():
        assert parents[node["unique_id"]] == [f"source.bank.raw.{name.removeprefix('stg_')}"]
        assert not re.search(r"\bjoin\b", node["raw_code"])


def test_an_engine_s_own_words_stand_in_one_file() -> None:
    files = [PROJECT_DIR.glob(f"{folder}/**/*.sql") for folder in ("models", "tests", "macros")]
    found = {
        (path.name, word)
        for path in itertools.chain(*files)
        if path.name != "dialect.sql"
        for word in DIALECT
        if re.search(rf"(?<![\w-]){re.escape(word)}", without_comments(path.read_text()).lower())
    }
    assert found == set()


def without_comments(sql: str) -> str:
    """SQL without its comments and those of Jinja."""
    return re.sub(r"--[^\n]*|\{#.*?#\}", "", sql, flags=re.DOTALL)


def test_the_roll_up_knows_every_leaf_of_the_contract() -> None:
    """A leaf without a line would be missing from profit or from the balance sheet."""
    contract = yaml.safe_load((PROJECT_ROOT / "data/contracts/gl_account.odcs.yaml").read_text())
    columns = {column["name"]: column for column in contract["schema"][0]["properties"]}
    leaves = next(
        rule["arguments"]["validValues"]
        for rule in columns["kpi_line"]["quality"]
        if "validValues" in rule.get("arguments", {})
    )
    with (PROJECT_DIR / "seeds/kpi_line_rollup.csv").open(newline="") as file:
        rolled_up = {row["kpi_line"] for row in csv.DictReader(file)}
    assert rolled_up == set(leaves)


def test_no_direct_identifier_leaves_staging(models: dict[str, dict[str, Any]]) -> None:
    """Names, birth dates and national numbers; a counterparty's account only as what features look at."""
    identifiers = {
        "name",
        "national_id",
        "birth_date",
        "income_amount",
        "counterparty_account",
        "creditor_account",
    }
    assert {"birth_date"} <= set(models["stg_customer"]["columns"])
    for name, node in models.items():
        if not name.startswith("stg_"):
            assert not identifiers & set(node["columns"]), name
