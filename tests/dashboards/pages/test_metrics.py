"""The list of metrics, and what opens of one, on the hand-made bank with a small project behind its marts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dashboards.metrics import registry, sql
from dashboards.pages import PAGES
from dashboards.pages.beside import beside
from dashboards.pages.declare import BlockSpec
from dashboards.pages.metrics import PAGE, count_cards, tell
from dashboards.pages.overview import PAGE as OVERVIEW
from dashboards.pages.uses import uses
from dashboards.pages.words import group_words, time_words, within_words
from dashboards.reader import Reader, reader_of
from dashboards.snapshot import Builds, Status, current
from runtime.files import write_json_atomic
from tests.dashboards.bank import select
from tests.dashboards.metrics.test_lineage import delivery

SPACE = "\N{NO-BREAK SPACE}"
(REGISTRY,) = (part for row in PAGE.rows for part in row if isinstance(part, BlockSpec))


def node(name: str, layer: str, reads: list[str], **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "resource_type": "model",
        "fqn": ["bank", layer, name],
        "description": f"What {name} holds.",
        "columns": {},
        "depends_on": {"nodes": reads},
        **more,
    }


MANIFEST: dict[str, Any] = {
    "nodes": {
        "model.bank.kpi_finance_month": node("kpi_finance_month", "marts", ["model.bank.stg_gl_balance"]),
        "model.bank.stg_gl_balance": node("stg_gl_balance", "staging", ["source.bank.raw.gl_balance"]),
        "test.bank.foots": node(
            "profit_foots", "tests", ["model.bank.kpi_finance_month"], resource_type="test"
        ),
    },
    "sources": {
        "source.bank.raw.gl_balance": node(
            "gl_balance",
            "raw",
            [],
            resource_type="source",
            source_name="raw",
            config={"meta": {"kind": "event"}},
        ),
    },
    "unit_tests": {"unit.bank.tax": {"name": "a_loss_pays_no_tax", "model": "kpi_finance_month"}},
}

CHECKS = [
    {
        "name": "one_row_<each>",
        "asset": "kpi_finance_month",
        "passed": True,
        "blocking": True,
        "failed_rows": 0,
    },
    {"name": "elsewhere", "asset": "kpi_fraud_month", "passed": True, "blocking": True, "failed_rows": 0},
]


@pytest.fixture
def reader(published: Path) -> Iterator[Reader]:
    build = published / "current"
    write_json_atomic(build / "manifest.json", MANIFEST)
    write_json_atomic(
        build / "deliveries.json",
        [
            delivery("gl_balance", "2025-11-30", ["2025-11"]),
            delivery("gl_balance", "2025-12-31", ["2025-12"]) | {"file_name": "gl_<december>.csv"},
        ],
    )
    write_json_atomic(build / "checks.json", CHECKS)
    snapshot = current(published)
    assert snapshot is not None
    with snapshot:
        yield reader_of(snapshot, builds=Builds(Status("ok"), dagster="http://127.0.0.1:3000"))


def opened(reader: Reader, metric: str, **said: str) -> str:
    return beside(PAGE, reader, select(reader, open=f"metric:{metric}", **said))


def plain(html: str) -> str:
    return re.sub(r"\n+", "\n", re.sub(r"<[^>]+>", "\n", html)).strip()


# ---------------------------------------------------------------- the list


def test_every_metric_stands_in_the_list_once(reader: Reader) -> None:
    html = REGISTRY.render(reader, select(reader)).html
    names = re.findall(r"<code>(\w+)</code>", html)
    assert sorted(names) == sorted(one.id for one in registry(reader.snapshot))
    assert html.count("open=metric:") == len(names)
    assert 'data-narrow="tr.item"' in html


def test_the_list_is_narrowed_to_a_domain_or_to_what_is_lacking(reader: Reader) -> None:
    finance = REGISTRY.render(reader, select(reader, **{"by.registry": "finance"})).html
    assert {reader.metric(name).domain for name in re.findall(r"<code>(\w+)</code>", finance)} == {"finance"}
    lacking = REGISTRY.render(reader, select(reader, **{"by.registry": "not-available"})).html
    assert "Available</span>" not in lacking
    assert "<code>loan_allowance</code>" in lacking
    assert "Needs loan.provision_amount" in lacking, "which the bank does not deliver"


def test_the_headline_counts_what_the_list_shows(reader: Reader) -> None:
    every = [*registry(reader.snapshot)]
    finance = [one for one in every if one.domain == "finance"]
    assert tell(reader, select(reader))[0].startswith(f"{len(every)} metrics, ")
    narrowed = tell(reader, select(reader, **{"by.registry": "finance"}))[0]
    assert narrowed.startswith(f"{len(finance)} metrics of finance, ")
    lacking = tell(reader, select(reader, **{"by.registry": "not-available"}))[0]
    count = int(lacking.split()[0])
    able = int(tell(reader, select(reader))[0].split(", ")[1].split()[0])
    assert able + count == len(every)


def test_the_cards_count_metrics_checks_tests_and_tables(reader: Reader) -> None:
    metrics, available, checks, tables = count_cards(reader, select(reader))
    assert metrics.value == str(len([*registry(reader.snapshot)]))
    assert available.share is not None
    assert 0 < available.share < 1
    assert (checks.value, checks.unit, checks.share) == ("2", " of 2", 1)
    assert checks.note == "1 data test and 1 unit test guard a change"
    assert (tables.value, tables.note) == ("1", "2 files in force, from 1 source")


# ---------------------------------------------------------------- one of them


def test_a_metric_opens_with_its_figure_for_the_period_and_the_filters(reader: Reader) -> None:
    """Net profit 5,840 in December 2025; deposits 1,730,000, of them 1,230,000 of Old Town."""
    html = plain(opened(reader, "net_profit"))
    assert html.startswith("Net profit")
    assert "December 2025\n5.84\nk" in html
    assert f"▲ 19.7{SPACE}%" in html
    assert "December 2025\nmonth end\n1.73\nm" in plain(opened(reader, "total_deposits"))
    old_town = plain(opened(reader, "total_deposits", branch="B01"))
    assert "December 2025, Old Town\nmonth end\n1.23\nm" in old_town
    assert "Year 2025" in plain(opened(reader, "net_profit", period="2025-12-ytd"))


def test_the_sql_gives_the_figure_that_is_shown(reader: Reader) -> None:
    html = opened(reader, "total_deposits", branch="B01")
    found = re.search(r"<pre[^>]*>(.*?)</pre>", html, re.DOTALL)
    assert found is not None
    text = found[1].replace("&#x27;", "'").replace("&quot;", '"').replace("&gt;", ">").replace("&lt;", "<")
    assert sql(reader.snapshot, text).records[0][0] == 1_230_000
    assert 'data-copy="pre"' in html


def test_a_formula_is_made_of_links_to_its_parts(reader: Reader) -> None:
    html = opened(reader, "cost_to_income")
    (formula,) = re.findall(r'<p class="formula">(.*?)</p>', html)
    assert plain(formula) == "Cost to income cost\n ÷ \nTotal operating income"
    assert "open=metric:cost_to_income_cost" in formula
    hidden = plain(opened(reader, "cost_to_income_cost"))
    assert hidden.startswith("Cost to income cost")
    assert "sum(administrative_expenses + depreciation) of kpi_finance_month" in hidden


def test_a_figure_is_walked_back_to_files_checks_and_run(reader: Reader) -> None:
    html = opened(reader, "net_profit")
    walk = plain(html)
    for step in (
        "Read from 1 mart\nkpi_finance_month\n What kpi_finance_month holds.",
        "1 model\n behind it",
        "stg_gl_balance",
        "1 source table",
        "gl_balance.closing",
        "1 file\n that December 2025 was made of",
        "gl_&lt;december&gt;.csv\ngl_balance from demo\n31 Dec 2025\n9\nabababababab",
        "1 check\n on the way, all passed; 2 tests more guard a change of it",
        "one row &lt;each&gt;",
        "a loss pays no tax",
    ):
        assert step in walk
    assert 'href="http://127.0.0.1:3000/runs/run-1"' in html
    assert "elsewhere" not in walk, "a check of another mart"


def test_a_check_that_failed_lies_open(reader: Reader, published: Path) -> None:
    write_json_atomic(published / "current" / "checks.json", [CHECKS[0] | {"passed": False}])
    html = opened(reader, "net_profit")
    assert '<li class="bad"><details open>' in html
    assert "1 did not pass" in html


def test_a_year_is_walked_back_to_all_its_files(reader: Reader) -> None:
    assert "2 file" in plain(opened(reader, "net_profit", period="2025-12-ytd")).replace("\n", " ")


def test_a_target_is_told_with_its_light(reader: Reader) -> None:
    """Cost-to-income has a target of 55 %."""
    html = plain(opened(reader, "cost_to_income"))
    assert f"Target\n55.0{SPACE}%" in html
    assert "of the target" in html


def test_what_is_always_told_singly_has_a_row_per_value(reader: Reader) -> None:
    html = plain(opened(reader, "forecast_value", period="2025-12"))
    assert "one figure per series" in html


def test_what_is_not_available_says_what_it_needs(reader: Reader, published: Path) -> None:
    (mart,) = reader.metric("loan_allowance").marts
    read = node(mart, "marts", ["source.bank.raw.gl_balance"])
    nodes = {**MANIFEST["nodes"], f"model.bank.{mart}": read}
    write_json_atomic(published / "current" / "manifest.json", {**MANIFEST, "nodes": nodes})
    html = plain(opened(reader, "loan_allowance"))
    assert "Not available: needs loan.provision_amount." in html
    assert "Needs loan.provision_amount" in html
    assert "loan.provision_amount\nMissing" in html


def test_a_name_that_does_not_exist_is_said_and_escaped(reader: Reader) -> None:
    html = opened(reader, "<script>")
    assert "There is no metric &lt;script&gt;" in html
    assert "<script>" not in html


@pytest.mark.parametrize(
    "metric", ["net_profit", "model_gini_ks", "data_freshness", "nim", "lcr", "peer_banks"]
)
def test_metrics_of_every_kind_open(reader: Reader, metric: str) -> None:
    html = opened(reader, metric)
    assert "Where it comes from" in html
    assert "<pre" in html


# ---------------------------------------------------------------- where it is shown, words


def test_uses_are_what_the_pages_declare() -> None:
    overview = [one.what for one in uses("net_profit", PAGES) if one.slug == "overview"]
    assert overview == ["headline", "card Net profit", "What moved net profit", "Branches"]
    assert [one.what for one in uses("gross_loans", [OVERVIEW])] == [
        "headline",
        "card Gross loans",
        "Branches",
    ]
    assert [one.what for one in uses("loan_balance", [OVERVIEW])] == [
        "headline", "card Gross loans", "Deposits and loans", "Branches",
    ]  # fmt: skip
    assert uses("nowhere", PAGES) == []


def test_uses_lead_to_the_same_period_on_their_page(reader: Reader) -> None:
    html = opened(reader, "net_profit", period="2025-11", branch="B01")
    assert '<a href="/overview?period=2025-11&amp;branch=B01"><em>Overview</em>headline</a>' in html


def test_words_for_time_and_splits(reader: Reader) -> None:
    assert time_words(reader.metric("net_profit")) == "Added up over time"
    assert time_words(reader.metric("total_deposits")) == "A position: of several months the last one counts"
    assert time_words(reader.metric("cost_to_income")) == "Its parts are added up first, then put together"
    assert group_words(reader.metric("net_profit")) == "branch, region, level of the organisation"
    assert within_words(reader.metric("nim")) == "one basis, daily average unless chosen"
    assert within_words(reader.metric("product_penetration")) == "one product family"


def test_a_drawer_without_dagster_names_the_run(reader: Reader) -> None:
    html = opened(replace(reader, builds=Builds()), "net_profit")
    assert "run-1" in html
    assert "/runs/" not in html
