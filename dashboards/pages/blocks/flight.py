"""The accounts whose deposits are leaving, so that somebody can call: the largest of them first."""

from __future__ import annotations

from typing import Any

from dashboards.components.table import Cell, Row, table_html
from dashboards.dimensions import dimension
from dashboards.metrics import Filter
from dashboards.metrics.format import number
from dashboards.pages.declare import Content
from dashboards.reader import Reader
from dashboards.selection import Selection

METRIC = "balance_flight_flag"
SHOWN = 12
TITLES = ("Account", "Customer", "Branch", "Product", "5 months before", "Now", "Last payment", "6 months")

_ACCOUNTS = """
    SELECT account.account_id, account.customer_id, place.branch_name, product.product_name,
        before.balance_reporting AS before, account.balance_reporting AS now,
        account.last_customer_transaction_date AS last_day,
        (
            SELECT list(one.balance_reporting ORDER BY one.month) FROM fct_account_month AS one
            WHERE one.account_id = account.account_id
                AND one.month BETWEEN account.month - INTERVAL 5 MONTH AND account.month
        ) AS course,
        account.branch_id AS branch, account.product_id AS product,
        product.product_family AS product__product_family, account.segment_code AS segment,
        account.currency_code AS currency, place.region_id AS branch__region,
        place.level_1 AS branch__level_1, place.level_2 AS branch__level_2, place.level_3 AS branch__level_3
    FROM fct_account_month AS account
    LEFT JOIN fct_account_month AS before
        ON before.account_id = account.account_id AND before.month = account.month - INTERVAL 5 MONTH
    LEFT JOIN dim_branch_history AS place
        ON place.branch_id = account.branch_id AND account.month_end >= place.valid_from
        AND (place.valid_to IS NULL OR account.month_end < place.valid_to)
    LEFT JOIN dim_product AS product ON product.product_id = account.product_id
    WHERE account.is_balance_flight AND account.month = ?
    ORDER BY before.balance_reporting DESC NULLS LAST, account.account_id
"""
"""Amounts in the bank's currency; what the filters choose by stands under their names."""


def flight(reader: Reader, selection: Selection) -> Content:
    """The accounts behind `balance_flight_flag` at the period's end."""
    metric = reader.metric(METRIC)
    basis = f"End of {selection.period.last:%B %Y}: less than half of the six-month mean"
    found = reader.sql(_ACCOUNTS, selection.period.last)
    records = [dict(zip(found.columns, record, strict=True)) for record in found.records]
    filters = reader.where(METRIC, selection)
    unknown = [one.name for one in filters if one.name not in found.columns]
    kept = [one for one in records if _takes(one, [f for f in filters if f.name not in unknown])]
    if not kept:
        return Content(basis, missing=f"{metric.label}: none in this selection.")
    word = "amounts in " + reader.snapshot.currency
    more = f"; the {SHOWN} largest of {len(kept):,}" if len(kept) > SHOWN else ""
    left = (
        f"; not filtered by {', '.join(dimension(one).label.lower() for one in unknown)}" if unknown else ""
    )
    rows = [_row(one) for one in kept[:SHOWN]]
    return Content(f"{basis}, {word}{more}{left}", table_html(TITLES, rows, metric.label))


def _takes(record: dict[str, Any], filters: list[Filter]) -> bool:
    return all((str(record[one.name]) in one.values) == (one.op == "in") for one in filters)


def _row(one: dict[str, Any]) -> Row:
    last = one["last_day"]
    course = tuple(None if value is None else float(value) for value in one["course"])
    return Row(
        (
            Cell(str(one["account_id"])),
            Cell(str(one["customer_id"]), words=True),
            Cell(str(one["branch_name"] or one["branch"]), words=True),
            Cell(str(one["product_name"] or one["product"]), words=True),
            Cell(number(float(one["before"]) if one["before"] is not None else None, "ccy")),
            Cell(number(float(one["now"]), "ccy")),
            Cell(f"{last:%-d %b %Y}" if last else "none"),
            Cell(course=course),
        )
    )
