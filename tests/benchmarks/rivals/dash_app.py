"""The page in Dash with Plotly and its data table."""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from urllib.parse import parse_qs

import pandas as pd
import plotly.express as px
import plotly.graph_objects as go
from dash import Dash, Input, Output, State, dash_table, dcc, html

from tests.benchmarks.rivals.questions import BARS, CARD_TITLES, Bank, Board

ALL = "all"

bank = Bank(os.environ["BANK_FILE"])
app = Dash(__name__)
server = app.server


@lru_cache(4096)
def board(branch: str | None, month: str) -> Board:
    return bank.board(branch, month)


def spark(values: list[float]) -> html.Img:
    low, high = min(values), max(values)
    points = " ".join(
        f"{3 + index * 10} {38 - (value - low) / ((high - low) or 1) * 32}"
        for index, value in enumerate(values)
    )
    line = f"<polyline points='{points}' fill='none' stroke='teal' stroke-width='2'/>"
    picture = f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 240 42'>{line}</svg>"
    return html.Img(src=f"data:image/svg+xml;utf8,{picture}", style={"width": "100%"})


CHARTS = 2 + len(BARS)
COLUMNS = {
    "branch_name": "Branch", "txn_value": "Value", "change": "Change", "txn_volume": "Transactions",
    "digital_share": "Digital", "decline_rate": "Declined", "reversal_rate": "Reversed",
}  # fmt: skip

app.layout = html.Div(
    [
        dcc.Location(id="address"),
        dcc.RadioItems({ALL: "All branches", **bank.branches()}, ALL, id="branch", inline=True),
        html.Div(id="cards", style={"display": "grid", "gridTemplateColumns": "repeat(6, 1fr)"}),
        html.Div(
            [dcc.Graph(id=f"chart-{number}") for number in range(CHARTS)],
            style={"display": "grid", "gridTemplateColumns": "7fr 5fr"},
        ),
        dash_table.DataTable(
            id="table", columns=[{"id": key, "name": name} for key, name in COLUMNS.items()]
        ),
        html.P(id="shown"),
    ]
)


@app.callback(
    Output("cards", "children"),
    *(Output(f"chart-{number}", "figure") for number in range(CHARTS)),
    Output("table", "data"),
    Output("shown", "children"),
    Input("branch", "value"),
    State("address", "search"),
)
def show(branch: str, search: str) -> tuple[object, ...]:
    """The page of a branch."""
    shown = board(None if branch == ALL else branch, parse_qs(search.lstrip("?"))["period"][0])
    now, _, last_year = shown.cards.to_dict("records")
    cards = [
        html.Div(
            [
                html.B(title), html.Div(f"{now[name]:,.4g}"),
                html.Div(f"{now[name] - last_year[name]:+,.3g}"), spark(list(shown.course[name])),
            ]
        )
        for name, title in CARD_TITLES.items()
    ]  # fmt: skip
    rates = shown.rates.melt("month", var_name="rate", value_name="share")
    by_channel, by_reason, *others = (_bars(title, frame) for title, frame in shown.bars.items())
    figures = [
        _lines("Value by channel", shown.channels, "txn_value", "channel"), by_channel,
        _lines("Declined and reversed", rates, "share", "rate"), by_reason,
        *others,
    ]  # fmt: skip
    return cards, *figures, _table(shown.branches), branch


def _lines(title: str, frame: pd.DataFrame, value: str, series: str) -> go.Figure:
    return px.line(frame, title=title, x="month", y=value, color=series, height=290)


def _bars(title: str, frame: pd.DataFrame) -> go.Figure:
    return px.bar(
        frame, title=title, x="value", y="name", orientation="h", hover_data=["value_last_year"], height=290
    )


def _table(branches: pd.DataFrame) -> list[dict[str, str]]:
    branches = branches.assign(change=branches["txn_value"] - branches["txn_value_last_year"])
    return [
        {key: value if isinstance(value, str) else f"{value:,.4g}" for key, value in row.items()}
        for row in branches[list(COLUMNS)].to_dict("records")
    ]


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=int(sys.argv[1]), debug=False)
