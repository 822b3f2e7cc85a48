"""Single transactions for those who look into fraud: which to look at first, and what is known of one.

Rows of the marts, not metrics. Every text is fixed; what a person chose or what stands in an address is bound
as a parameter. Compared is with what the account did before the transaction, never with what came after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from dashboards.metrics.request import Filter
from dashboards.metrics.table import Table
from dashboards.snapshot import Snapshot
from runtime.errors import BankError

_BELOW = "t.branch_id IN (SELECT branch_id FROM dim_branch_history WHERE valid_to IS NULL AND {level} = ?)"

TAKES: Mapping[str, str] = {
    "branch": "t.branch_id = ?",
    "branch__level_1": _BELOW.format(level="level_1"),
    "branch__level_2": _BELOW.format(level="level_2"),
    "branch__level_3": _BELOW.format(level="level_3"),
    "branch__region": "t.branch_id IN (SELECT branch_id FROM dim_branch WHERE region_id = ?)",
    "segment": "t.segment_code = ?",
    "product": "t.product_id = ?",
    "product__product_family": (
        "t.product_id IN (SELECT product_id FROM dim_product WHERE product_family = ?)"
    ),
    "currency": "t.currency_code = ?",
    "channel": "t.channel = ?",
    "direction": "t.credit_debit_indicator = ?",
    "purpose": "t.purpose_code = ?",
    "merchant_category": "t.merchant_category_code = ?",
}
"""What transactions can be filtered by: group-by names to conditions with one parameter."""

USUAL_DAYS = 90
"""So many days before a transaction say what is usual for its account."""

BEFORE, AFTER = 20, 9
"""So many movements of the account are shown around a transaction."""

_FIRST = """
    WITH known AS (
        SELECT transaction_id FROM fct_fraud_movement WHERE detector_id = 'any'
        UNION
        SELECT transaction_id FROM fct_alert WHERE is_disposed = 1 AND transaction_id IS NOT NULL
    ),
    undecided AS (
        SELECT transaction_id, min(created_at) AS alerted_at FROM fct_alert
        WHERE is_disposed = 0 AND transaction_id IS NOT NULL GROUP BY transaction_id
    ),
    first AS (
        SELECT t.*, s.score
        FROM fct_transaction_score AS s
        INNER JOIN fct_transaction AS t ON s.transaction_id = t.transaction_id
        ANTI JOIN known ON t.transaction_id = known.transaction_id
        WHERE t.booking_date BETWEEN ? AND ?{conditions}
        ORDER BY s.score DESC, t.booking_date_time, t.transaction_id
        LIMIT ?
    ),
    usual AS (
        SELECT
            first.transaction_id,
            median(p.amount) FILTER (WHERE p.booking_date >= first.booking_date - {days}) AS amount,
            count(*) FILTER (WHERE p.merchant_id = first.merchant_id) AS at_merchant
        FROM first
        INNER JOIN fct_transaction AS p
            ON first.account_id = p.account_id
            AND first.credit_debit_indicator = p.credit_debit_indicator
            AND p.initiated_by IS NOT DISTINCT FROM first.initiated_by
            AND p.booking_date_time < first.booking_date_time
        WHERE p.status <> 'RJCT'
        GROUP BY first.transaction_id
    ),
    frauds AS (
        SELECT instrument_id, count(*) AS frauds
        FROM fct_fraud_movement WHERE detector_id = 'any' GROUP BY instrument_id
    )
    SELECT
        first.transaction_id, first.booking_date_time, first.amount, first.currency_code,
        first.credit_debit_indicator AS direction, first.status, first.channel, first.account_id,
        first.customer_id, first.merchant_category_code AS merchant_category, first.purpose_code AS purpose,
        first.score, first.amount / nullif(usual.amount, 0) AS times_usual,
        first.merchant_id IS NOT NULL AND coalesce(usual.at_merchant, 0) = 0 AS is_new_merchant,
        coalesce(frauds.frauds, 0) AS frauds, undecided.alerted_at
    FROM first
    LEFT JOIN usual ON first.transaction_id = usual.transaction_id
    LEFT JOIN undecided ON first.transaction_id = undecided.transaction_id
    LEFT JOIN frauds ON coalesce(first.card_id, first.account_id) = frauds.instrument_id
    ORDER BY first.score DESC, first.booking_date_time, first.transaction_id
"""

BANDS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.99, 0.999)
"""Where the bands of scores begin; the last one ends at 1."""

_BANDS = """
    WITH scored AS (
        SELECT
            CASE {bands} END AS band,
            f.transaction_id IS NOT NULL AS is_fraud
        FROM fct_transaction_score AS s
        INNER JOIN fct_transaction AS t ON s.transaction_id = t.transaction_id
        LEFT JOIN fct_fraud_movement AS f ON s.transaction_id = f.transaction_id AND f.detector_id = 'any'
        WHERE t.booking_date BETWEEN ? AND ?{conditions}
    )
    SELECT
        band, count(*) AS scored, count(*) FILTER (WHERE is_fraud) AS frauds,
        10000.0 * count(*) FILTER (WHERE is_fraud) / count(*) AS bps,
        count(*) FILTER (WHERE is_fraud) / nullif(sum(count(*) FILTER (WHERE is_fraud)) OVER (), 0) AS share
    FROM scored GROUP BY band ORDER BY band
"""

_MOVEMENT = """
    SELECT
        t.transaction_id, t.booking_date_time, t.booking_date, t.amount, t.currency_code,
        t.credit_debit_indicator AS direction, t.status, t.reject_reason, t.channel,
        t.purpose_code AS purpose, t.merchant_category_code AS merchant_category, t.merchant_id,
        t.terminal_id, t.card_id, t.account_id, t.customer_id, t.segment_code, s.score, s.model_id,
        a.start_date AS account_since, a.status AS account_status, p.product_name, c.customer_type,
        c.age_band, c.start_date AS customer_since, b.branch_name
    FROM fct_transaction AS t
    LEFT JOIN fct_transaction_score AS s ON t.transaction_id = s.transaction_id
    LEFT JOIN dim_account AS a ON t.account_id = a.account_id
    LEFT JOIN dim_product AS p ON t.product_id = p.product_id
    LEFT JOIN dim_customer AS c ON t.customer_id = c.customer_id
    LEFT JOIN dim_branch AS b ON t.branch_id = b.branch_id
    WHERE t.transaction_id = ?
"""

_EARLIER = """
    WITH this AS (SELECT * FROM fct_transaction WHERE transaction_id = ?),
    earlier AS (
        SELECT
            p.*, this.amount AS this_amount, p.booking_date >= this.booking_date - {days} AS is_recent,
            p.booking_date_time >= this.booking_date_time - INTERVAL 1 DAY AS is_last_day,
            p.channel = this.channel AS is_same_channel, p.merchant_id = this.merchant_id AS is_same_merchant,
            p.merchant_category_code = this.merchant_category_code AS is_same_category,
            abs(hour(p.booking_date_time) - hour(this.booking_date_time)) IN (0, 1, 23) AS is_same_hour
        FROM fct_transaction AS p
        INNER JOIN this
            ON p.account_id = this.account_id
            AND p.credit_debit_indicator = this.credit_debit_indicator
            AND p.initiated_by IS NOT DISTINCT FROM this.initiated_by
            AND p.booking_date_time < this.booking_date_time
        WHERE p.account_id = ? AND p.status <> 'RJCT'
    )
"""

_HABITS = """
    {earlier}
    SELECT
        count(*) FILTER (WHERE is_recent) AS payments,
        median(amount) FILTER (WHERE is_recent) AS usual,
        min(this_amount) / nullif(median(amount) FILTER (WHERE is_recent), 0) AS times_usual,
        count(*) FILTER (WHERE is_recent AND amount < this_amount) AS smaller,
        count(*) FILTER (WHERE is_recent AND is_same_channel) AS by_channel,
        count(*) FILTER (WHERE is_recent AND is_same_hour) AS at_hour,
        count(*) FILTER (WHERE is_last_day) AS last_day,
        sum(amount) FILTER (WHERE is_last_day) AS spent_last_day,
        max(booking_date_time) AS previous,
        count(*) FILTER (WHERE is_same_merchant) AS at_merchant,
        min(booking_date) FILTER (WHERE is_same_merchant) AS merchant_since,
        count(*) FILTER (WHERE is_same_category) AS in_category
    FROM earlier
"""

_USED = """
    {earlier}
    SELECT
        p.merchant_id, p.channel, p.merchant_category_code AS merchant_category,
        CASE WHEN p.merchant_id IS NULL THEN p.purpose_code END AS purpose,
        count(*) AS times, median(p.amount) AS usual, min(p.booking_date) AS first_seen,
        max(p.booking_date) AS last_seen,
        bool_or(coalesce(p.merchant_id = this.merchant_id, p.channel = this.channel
            AND p.purpose_code IS NOT DISTINCT FROM this.purpose_code AND p.merchant_id IS NULL
            AND this.merchant_id IS NULL)) AS is_this
    FROM earlier AS p, this
    WHERE (p.merchant_id IS NULL) = (this.merchant_id IS NULL)
    GROUP BY ALL
    ORDER BY is_this DESC, times DESC, last_seen DESC, p.merchant_id, p.channel, merchant_category, purpose
    LIMIT 8
"""

_DAYS = """
    WITH this AS (SELECT * FROM fct_transaction WHERE transaction_id = ?),
    days AS (
        SELECT cast(d AS DATE) AS date_day
        FROM this, range(this.booking_date - INTERVAL {days} DAY, this.booking_date + INTERVAL 8 DAY,
            INTERVAL 1 DAY) AS spine (d)
        WHERE d <= (SELECT max(booking_date) FROM fct_transaction)
    )
    SELECT
        days.date_day,
        coalesce(sum(p.amount), 0) AS moved,
        coalesce(sum(p.amount) FILTER (WHERE p.transaction_id = this.transaction_id), 0) AS this
    FROM days CROSS JOIN this
    LEFT JOIN fct_transaction AS p
        ON days.date_day = p.booking_date
        AND this.account_id = p.account_id
        AND this.credit_debit_indicator = p.credit_debit_indicator
        AND (p.status <> 'RJCT' OR p.transaction_id = this.transaction_id)
        AND p.account_id = ?
    GROUP BY days.date_day ORDER BY days.date_day
"""

_BALANCES = """
    SELECT m.month, m.balance
    FROM fct_account_month AS m INNER JOIN fct_transaction AS t ON m.account_id = t.account_id
    WHERE t.transaction_id = ? AND m.month <= t.month AND m.month > t.month - INTERVAL 24 MONTH
    ORDER BY m.month
"""

_AROUND = """
    WITH this AS (SELECT * FROM fct_transaction WHERE transaction_id = ?),
    ordered AS (
        SELECT p.*, row_number() OVER (ORDER BY p.booking_date_time, p.transaction_id) AS place
        FROM fct_transaction AS p WHERE p.account_id = ?
    ),
    middle AS (SELECT place FROM ordered INNER JOIN this ON ordered.transaction_id = this.transaction_id),
    alerted AS (
        SELECT transaction_id, max(disposition) AS disposition FROM fct_alert
        WHERE transaction_id IS NOT NULL GROUP BY transaction_id
    )
    SELECT
        o.transaction_id, o.booking_date_time, o.amount, o.credit_debit_indicator AS direction, o.status,
        o.channel, o.purpose_code AS purpose, o.merchant_category_code AS merchant_category, o.merchant_id,
        s.score, alerted.disposition, f.transaction_id IS NOT NULL AS is_fraud
    FROM ordered AS o CROSS JOIN middle
    LEFT JOIN fct_transaction_score AS s ON o.transaction_id = s.transaction_id
    LEFT JOIN alerted ON o.transaction_id = alerted.transaction_id
    LEFT JOIN fct_fraud_movement AS f ON o.transaction_id = f.transaction_id AND f.detector_id = 'any'
    WHERE o.place BETWEEN middle.place - {before} AND middle.place + {after}
    ORDER BY o.place DESC
"""

# Whose customer is not known is told by the account alone.
_SAME_CUSTOMER = "CASE WHEN ? = 'unknown' THEN t.account_id = ? ELSE t.customer_id = ? END"

_ALERTS = f"""
    SELECT a.transaction_id, a.created_at, a.detector_id, a.score, a.amount, a.status, a.disposition
    FROM fct_alert AS a LEFT JOIN fct_transaction AS t ON a.transaction_id = t.transaction_id
    WHERE {_SAME_CUSTOMER} OR a.instrument_id = ?
    ORDER BY a.created_at DESC, a.alert_id LIMIT 20
"""

_FRAUDS = f"""
    SELECT f.transaction_id, f.booking_date, f.fraud_type, f.channel, f.amount, f.known_at
    FROM fct_fraud_movement AS f INNER JOIN fct_transaction AS t ON f.transaction_id = t.transaction_id
    WHERE f.detector_id = 'any' AND {_SAME_CUSTOMER}
    ORDER BY f.booking_date DESC, f.transaction_id LIMIT 20
"""


@dataclass(frozen=True)
class Case:
    """What is known of one transaction and of the account before it.

    Amounts are in the account's currency, those of alerts and frauds in the reporting one. `habits` compares
    it with the account's earlier movements of its direction and starter. Without earlier ones they are zero
    or None.
    """

    movement: Mapping[str, Any]
    habits: Mapping[str, Any]
    used: Table
    """Merchants it had paid before, or for what is not paid to a merchant the ways it had paid."""
    days: Table
    """What moved the same way, by day, and this transaction's part of it."""
    balances: Table
    around: Table
    """The movements before and after, the newest first."""
    alerts: Table
    frauds: Table
    """The customer's, this transaction's among them."""


def first_to_look_at(
    snapshot: Snapshot, where: Sequence[Filter], start: date, end: date, limit: int
) -> Table:
    """The highest-scored transactions of a period on which nothing has been decided, the highest first.

    `times_usual` is the amount in medians of the account's like payments of the 90 days before, `frauds` how
    many movements of the same card, or of the account where there is no card, are known to be fraud.
    """
    conditions, values = _conditions(where)
    text = _FIRST.format(conditions=conditions, days=USUAL_DAYS)
    return _rows(snapshot, text, [start, end, *values, limit])


def score_bands(snapshot: Snapshot, where: Sequence[Filter], start: date, end: date) -> Table:
    """Per band of scores, by its place in `BANDS`: how many transactions, how many of them are known to be
    fraud, these in basis points, and as a share of all known fraud that was scored.
    """
    conditions, values = _conditions(where)
    steps = [f"WHEN s.score >= {low} THEN {place}" for place, low in reversed(list(enumerate(BANDS)))]
    text = _BANDS.format(conditions=conditions, bands=" ".join(steps))
    return _rows(snapshot, text, [start, end, *values])


def case(snapshot: Snapshot, transaction_id: str) -> Case:
    """What is known of a transaction.

    Raises:
        BankError: there is none of this id.
    """
    found = _rows(snapshot, _MOVEMENT, [transaction_id])
    if not found.records:
        raise BankError(
            f"There is no transaction “{transaction_id}”.",
            "It does not stand in this snapshot, or its id is written otherwise.",
            "Close this and choose one from the list.",
        )
    movement = _record(found)
    earlier = _EARLIER.format(days=USUAL_DAYS)
    whose = [movement["customer_id"], movement["account_id"], movement["customer_id"]]
    instrument = movement["card_id"] or movement["account_id"]
    one = [transaction_id, movement["account_id"]]
    return Case(
        movement=movement,
        habits=_record(_rows(snapshot, _HABITS.format(earlier=earlier), one)),
        used=_rows(snapshot, _USED.format(earlier=earlier), one),
        days=_rows(snapshot, _DAYS.format(days=USUAL_DAYS), one),
        balances=_rows(snapshot, _BALANCES, [transaction_id]),
        around=_rows(snapshot, _AROUND.format(before=BEFORE, after=AFTER), one),
        alerts=_rows(snapshot, _ALERTS, [*whose, instrument]),
        frauds=_rows(snapshot, _FRAUDS, whose),
    )


def _conditions(where: Iterable[Filter]) -> tuple[str, list[str]]:
    """Fixed conditions for the filters' names, and the values to bind to them."""
    text, values = "", []
    for one in where:
        text += f" AND ({' OR '.join([TAKES[one.name]] * len(one.values))})"
        values += [str(value) for value in one.values]
    return text, values


def _record(table: Table) -> dict[str, Any]:
    return dict(zip(table.columns, table.records[0], strict=True))


def _rows(snapshot: Snapshot, text: str, values: Sequence[Any]) -> Table:
    with snapshot.cursor() as cursor:
        try:
            found = cursor.execute(text, list(values))
            return Table(tuple(column[0] for column in found.description or ()), found.fetchall())
        except duckdb.CatalogException as error:
            raise BankError(
                "This snapshot has no single transactions to show.",
                " ".join(str(error).split("\n\n")[0].split()),
                "Run `bank build` to publish a new one.",
            ) from error
