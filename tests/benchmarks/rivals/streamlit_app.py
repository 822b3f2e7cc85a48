"""The page in Streamlit with Altair."""

from __future__ import annotations

import os

import altair as alt
import streamlit as st

from tests.benchmarks.rivals.questions import CARD_TITLES, Bank, Board

ALL = "All branches"

st.set_page_config(layout="wide")


@st.cache_resource
def bank() -> Bank:
    return Bank(os.environ["BANK_FILE"])


@st.cache_data(max_entries=4096)
def board(branch: str | None, month: str) -> Board:
    return bank().board(branch, month)


@st.cache_data
def branches() -> dict[str, str]:
    return bank().branches()


ids = {name: branch for branch, name in branches().items()}
chosen = st.sidebar.radio("Branch", [ALL, *ids])
shown = board(ids.get(chosen or ALL), st.query_params["period"])

now, _, last_year = shown.cards.to_dict("records")
for column, (name, title) in zip(st.columns(6), CARD_TITLES.items(), strict=True):
    change = now[name] - last_year[name]
    column.metric(title, f"{now[name]:,.4g}", f"{change:,.3g}", chart_data=list(shown.course[name]))


def lines(title: str, frame: object, value: str, series: str) -> alt.Chart:
    told = ["month:T", f"{series}:N", f"{value}:Q"]
    return (
        alt.Chart(frame, title=title, height=250).mark_line()
        .encode(x="month:T", y=f"{value}:Q", color=f"{series}:N", tooltip=told)
    )  # fmt: skip


def bars(title: str) -> alt.Chart:
    return (
        alt.Chart(shown.bars[title], title=title, height=250).mark_bar()
        .encode(x="value:Q", y=alt.Y("name:N", sort="-x"), tooltip=["name", "value", "value_last_year"])
    )  # fmt: skip


rates = shown.rates.melt("month", var_name="rate", value_name="share")
charts = [
    lines("Value by channel", shown.channels, "txn_value", "channel"), bars("Transactions by channel"),
    lines("Declined and reversed", rates, "share", "rate"), bars("Why payments are declined"),
    bars("What for"), bars("Where cards are used"),
]  # fmt: skip
for pair in (charts[:2], charts[2:4], charts[4:]):
    for column, chart in zip(st.columns([7, 5]), pair, strict=True):
        column.altair_chart(chart, width="stretch")

st.dataframe(
    shown.branches.drop(columns="branch_id"),
    hide_index=True,
    column_config={
        "txn_value": st.column_config.ProgressColumn(
            format="compact", max_value=float(shown.branches["txn_value"].max())
        ),
        "course": st.column_config.LineChartColumn(),
    },
)
st.html(f'<p id="shown">{chosen}</p>')
