"""The same project runs on DuckDB and on Spark, and gives the same values there."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from runtime.settings import PROJECT_ROOT
from tests.dbt_project.conftest import Warehouse
from tests.dbt_project.portability import Schema, schema_of, traps

RAW_ROW = {"version_id", "line_number"}
"""What identifies a row of any raw relation: the file and the line it came from."""


SMALL = schema_of(
    ("work", "main", "t", column, kind)
    for column, kind in {
        "id": "VARCHAR",
        "name": "VARCHAR",
        "day": "DATE",
        "other_day": "DATE",
        "amount": "DECIMAL(18,2)",
        "count": "BIGINT",
        "other": "BIGINT",
        "score": "DOUBLE",
    }.items()
)


@pytest.fixture(scope="module")
def nodes(empty_bank: Warehouse) -> dict[str, dict[str, Any]]:
    """Every node of the project with its compiled SQL, by unique id."""
    empty_bank.dbt("compile")
    return json.loads((empty_bank.settings.dbt_target / "manifest.json").read_text())["nodes"]


@pytest.fixture(scope="module")
def schema(empty_bank: Warehouse) -> Schema:
    """The columns of everything that the models read, as DuckDB has them."""
    return schema_of(
        empty_bank.query(
            "SELECT database_name, schema_name, table_name, column_name, data_type FROM duckdb_columns() "
            "WHERE database_name IN ('work', 'bank')"
        )
    )


@pytest.fixture(scope="module")
def keys(nodes: dict[str, dict[str, Any]]) -> dict[str, list[set[str]]]:
    """What identifies a row: of a contract's table its key as staging calls it, of a mart its grain test."""
    keys: dict[str, list[set[str]]] = {}
    for node in nodes.values():
        if (node.get("test_metadata") or {}).get("name") == "one_row_per":
            columns = node["test_metadata"]["kwargs"]["columns"]
            keys.setdefault(node["attached_node"], []).append(set(columns))
    for path in (PROJECT_ROOT / "data/contracts").glob("*.odcs.yaml"):
        table = yaml.safe_load(path.read_text())["schema"][0]
        day = "balance_date" if table["name"] == "gl_balance" else "as_of_date"
        renamed = {"id": f"{table['name']}_id", "date": day}
        named = [str(one["name"]) for one in table["properties"] if one.get("primaryKey")]
        key = {renamed.get(name, name) for name in named}
        keys.setdefault(f"model.bank.stg_{table['name']}", []).append(key)
        keys.setdefault(f"source.bank.raw.{table['name']}", []).append(RAW_ROW)
    return keys


def test_no_model_says_what_spark_would_answer_differently(
    nodes: dict[str, dict[str, Any]], schema: Schema, keys: dict[str, list[set[str]]]
) -> None:
    models = [node for node in nodes.values() if node["resource_type"] == "model"]
    assert len(models) >= 60
    found = {}
    for node in models:
        known = [key for parent in node["depends_on"]["nodes"] for key in keys.get(parent, ())]
        found[node["name"]] = traps(node["compiled_code"], schema, known)
    assert {name: said for name, said in found.items() if said} == {}


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("select cast(amount / 3 as integer) as x from t", "a fraction is rounded or cut"),
        ("select cast(2.5 as bigint) as x from t", "a fraction is rounded or cut"),
        ("select amount // 3 as x from t", "integer division"),
        ("select count / other as x from t", "division by zero"),
        ("select count % other as x from t", "division by zero"),
        ("select case when count > 0 then count / other end as x from t", "division by zero"),
        ("select amount / nullif(amount, 0) as x from t", "decimals are divided"),
        ("select avg(amount) as x from t", "an average of decimals"),
        ("select percentile_cont(0.9) within group (order by amount desc) as x from t", "a percentile"),
        ("select quantile_cont(amount, 0.9) as x from t", "a percentile"),
        ("select sum(amount) as x from t", "the type of a sum"),
        ("select amount * amount as x from t union all select amount from t", "the type of a sum or product"),
        ("select day + interval 1 month as x from t", "a date plus an interval"),
        ("select day - other_day as x from t", "dates apart"),
        ("select date_diff('month', day, other_day) as x from t", "months are counted"),
        ("select dayofweek(day) as x from t", "Sunday is 0 or 1"),
        ("select cast(score as varchar) as x from t", "a double as text"),
        ("select concat(name, name) as x from t", "concat() skips NULL"),
        ("select name from t where name ~ 'a'", "a function of one engine|regular expressions"),
        ("select regexp_matches(name, 'a') as x from t", "regular expressions"),
        ("select name from t where name like 'a\\b'", "a backslash"),
        ('select "name" from t', "a quoted name"),
        ("select [count] as x from t", "a list is written differently"),
        ("select list(name) as x from t", "the order of a list"),
        ("select string_agg(name, ',' order by name nulls last) as x from t", "an ordered list of texts"),
        ("select any_value(name) as x from t", "which value is taken"),
        ("select first(name) as x from t", "which row is first"),
        ("select arg_max(name, count) as x from t", "arg_max"),
        ("select count(distinct name) over (partition by day) as x from t", "a window can't count"),
        ("select count(distinct name, day) as x from t", "pairs"),
        ("select last_value(name ignore nulls) over (order by id desc) as x from t", "IGNORE NULLS"),
        ("select * exclude (name) from t", "EXCLUDE"),
        ("select distinct on (name) name from t", "DISTINCT ON"),
        ("select id from t union all by name select id from t", "BY NAME"),
        ("select t.id from t semi join t as o on t.id = o.id", "a join of one engine"),
        ("select t.id from t asof join t as o on t.id = o.id and t.day >= o.day", "a join of one engine"),
        ("select count * 2 as twice from t where twice > 1", "a name of the select list in WHERE"),
        ("select lag(day) over (partition by name order by id) as x from t", "NULL is last or first"),
        ("select lag(day) over (order by name desc) as x from t", "the order has ties"),
        ("select name from t limit 1", "which rows a limit keeps"),
        ("select row_number() over (order by id desc) as x from t", "row_number is bigint or int"),
        ("select extract(year from day) as x from t", "its type is bigint or int"),
        ("select length(name) as x from t", "its type is bigint or int"),
        ("select log(score) as x from t", "log()"),
        ("select kurtosis(score) as x from t", "population"),
        ("select sha256(name) as x from t", "sha256|a function of one engine"),
        ("select hash(name) as x from t", "a function of one engine"),
        ("select current_date as x", "today"),
        ("select random() as x from t", "random"),
    ],
)  # fmt: skip
def test_what_spark_would_answer_differently_is_found(sql: str, reason: str) -> None:
    found = traps(sql, SMALL, [{"id"}])
    assert any(part in said for said in found for part in reason.split("|")), found


@pytest.mark.parametrize(
    "sql",
    [
        "select cast(round(score / 3) as integer) as x, cast(sum(count) as bigint) as y from t group by all",
        "select cast(amount as double) / nullif(amount, 0) as x, 1 / (1 + count) as y from t",
        "select case when other > 0 then count / other end as x from t",
        "select cast(day + interval 1 month as date) as x, date_diff('day', day, other_day) as y from t",
        "select name || name as x, coalesce(name, '') as y from t where name = 'a'",
        "select cast(count as bigint) as count from t where count > 1",
        "select lag(day) over (partition by name order by id asc nulls last) as x from t",
        "select lag(total) over (order by name desc) as x "
        "from (select name, sum(count) as total from t group by name) as sums",
        "select avg(score) as x, median(score) as y, ln(score) as z from t group by score",
        "select distinct id from t where exists (select 1 from t as o where o.id = t.id)",
    ],
)
def test_what_both_answer_alike_is_let_pass(sql: str) -> None:
    assert traps(sql, SMALL, [{"id"}]) == []
