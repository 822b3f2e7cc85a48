"""What the page asks, as SQL over the published file. Needs DuckDB and pandas only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb
import pandas as pd

_SUMS = """
    sum(txn_volume) as txn_volume, sum(txn_value) as txn_value,
    sum(case credit_debit_indicator when 'CRDT' then txn_value else -txn_value end) as net_flow,
    sum(digital_txn_volume) / sum(customer_txn_volume) as digital_share,
    sum(declined_volume) / sum(attempted_volume) as decline_rate,
    sum(reversed_volume) / sum(txn_volume) as reversal_rate
"""
_DAYS = "date_day between $start and $end and ($branch is null or branch_id = $branch)"
_MONTHS = "month between $start and $end and ($branch is null or branch_id = $branch)"

CARDS = f"""
    select *, txn_volume / accounts_active as txns_per_active_account
    from (select {_SUMS} from kpi_transactions_day where {_DAYS}),
        (select sum(accounts_active) as accounts_active from kpi_accounts_month where {_MONTHS})
"""
COURSE = f"""
    select *, txn_volume / accounts_active as txns_per_active_account
    from (
        select date_trunc('month', date_day) as month, {_SUMS}
        from kpi_transactions_day where {_DAYS} group by all
    )
    left join (
        select month, sum(accounts_active) as accounts_active
        from kpi_accounts_month where {_MONTHS} group by all
    ) using (month)
    order by month
"""
BRANCHES = f"""
    select branch_id, branch_name, {_SUMS} from kpi_transactions_day join dim_branch using (branch_id)
    where date_day between $start and $end group by all order by txn_value desc
"""
BRANCH_COURSES = """
    select branch_id, date_trunc('month', date_day) as month, sum(txn_value) as txn_value
    from kpi_transactions_day where date_day between $start and $end group by all order by all
"""
VALUE_BY_CHANNEL = f"""
    select channel, date_trunc('month', date_day) as month, sum(txn_value) as txn_value
    from kpi_transactions_day where {_DAYS} group by all order by all
"""
RATES = f"""
    select date_trunc('month', date_day) as month, sum(declined_volume) / sum(attempted_volume) as declined,
        sum(reversed_volume) / sum(txn_volume) as reversed
    from kpi_transactions_day where {_DAYS} group by all order by all
"""
BARS = {
    "Transactions by channel": ("channel", f"""
        select channel, sum(txn_volume) as value from kpi_transactions_day where {_DAYS} group by all"""),
    "Why payments are declined": ("reject_reason", f"""
        select reject_reason, sum(declined_volume) as value
        from kpi_transactions_category_month where {_MONTHS} group by all"""),
    "What for": ("purpose_code", f"""
        select purpose_code, sum(txn_value) as value from kpi_transactions_day where {_DAYS} group by all"""),
    "Where cards are used": ("merchant_category", f"""
        select merchant_category, sum(txn_value) as value
        from kpi_transactions_category_month where {_MONTHS} group by all"""),
}  # fmt: skip
CARD_TITLES = {
    "txn_volume": "Transactions",
    "txn_value": "Value",
    "net_flow": "Net account inflow",
    "digital_share": "Digital share",
    "txns_per_active_account": "Per active account",
    "decline_rate": "Declined",
}
TOP = 10


@dataclass(frozen=True)
class Board:
    """All that the page shows."""

    cards: pd.DataFrame
    """This month, the one before, and the same a year ago."""
    course: pd.DataFrame
    branches: pd.DataFrame
    """With what they had a year ago, and the course of 24 months."""
    channels: pd.DataFrame
    rates: pd.DataFrame
    bars: dict[str, pd.DataFrame]
    """By title: name, value, and the value a year ago; the largest on top."""


class Bank:
    """The published file, opened once."""

    def __init__(self, file: str) -> None:
        self._connection = duckdb.connect(file, read_only=True)
        self._connection.execute("use marts")

    def branches(self) -> dict[str, str]:
        """Names by id, of branches that book."""
        rows = self._ask(
            "select branch_id, branch_name from dim_branch where branch_id in "
            "(select branch_id from kpi_transactions_day) order by 2"
        )
        return dict(zip(rows["branch_id"], rows["branch_name"], strict=True))

    def board(self, branch: str | None, month: str) -> Board:
        """The page of a branch, or of all, in a month `YYYY-MM`."""
        period = pd.Period(month)
        now, before, last_year = (_span(one, one, branch) for one in (period, period - 1, period - 12))
        long = _span(period - 23, period, branch)
        cards = pd.concat([self._ask(CARDS, **one) for one in (now, before, last_year)])
        table = self._ask(BRANCHES, **_without(now))
        earlier = self._ask(BRANCHES, **_without(last_year))[["branch_id", "txn_value"]]
        courses = self._ask(BRANCH_COURSES, **_without(long)).groupby("branch_id")["txn_value"].agg(list)
        table = table.merge(earlier, on="branch_id", how="left", suffixes=("", "_last_year"))
        table = table.merge(courses.rename("course"), on="branch_id", how="left")
        bars = {}
        for title, (name, sql) in BARS.items():
            both = self._ask(sql, **now).merge(
                self._ask(sql, **last_year), on=name, how="left", suffixes=("", "_last_year")
            )
            both = both.rename(columns={name: "name"}).sort_values("value", ascending=False)
            bars[title] = both.head(TOP)
        return Board(
            cards, self._ask(COURSE, **long), table, self._ask(VALUE_BY_CHANNEL, **long),
            self._ask(RATES, **long), bars,
        )  # fmt: skip

    def _ask(self, sql: str, **values: date | str | None) -> pd.DataFrame:
        with self._connection.cursor() as cursor:
            cursor.execute("use marts")
            return cursor.execute(sql, values).df()


def _span(first: pd.Period, last: pd.Period, branch: str | None) -> dict[str, date | str | None]:
    return {"start": first.start_time.date(), "end": last.end_time.date(), "branch": branch}


def _without(span: dict[str, date | str | None]) -> dict[str, date | str | None]:
    return {name: value for name, value in span.items() if name != "branch"}
