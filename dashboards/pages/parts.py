"""The parts of a page as they stand on it: built once per session, then only their contents change."""

from __future__ import annotations

from typing import Any, Protocol

import panel as pn

from dashboards.charts.data import chart_data
from dashboards.charts.data.shared import CURRENCY_WORDS, split_by
from dashboards.charts.picture import picture
from dashboards.charts.spec import ChartSpec
from dashboards.charts.style import Theme
from dashboards.components.html import block
from dashboards.components.panels import Entry, Group, PanelCard, menu_html
from dashboards.components.table import table_html
from dashboards.dimensions import dimension
from dashboards.pages.declare import BlockSpec, PartSpec, TableSpec
from dashboards.pages.figures import table_rows
from dashboards.reader import Reader
from dashboards.selection import Selection
from runtime.errors import BankError


class Part(Protocol):
    """Something that shows a selection."""

    view: Any

    def show(self, reader: Reader, selection: Selection) -> None: ...


class ChartPart:
    """A chart in its panel, with its menu."""

    def __init__(self, spec: ChartSpec, page: str, theme: Theme) -> None:
        self._spec = spec
        self._page = page
        self._picture = picture(spec, theme)
        pane = pn.pane.Bokeh(self._picture.figure, sizing_mode="stretch_width", margin=0)
        self._panel = PanelCard(pane)
        self.view = self._panel.view

    def show(self, reader: Reader, selection: Selection) -> None:
        """Show the chart of a selection."""
        spec = self._spec
        try:
            shown = chart_data(spec, reader, selection)
        except BankError as error:
            self._panel.show(spec.title, "", in_a_line(error))
            return
        if shown.data is not None:
            self._picture.update(shown.data)  # pyright: ignore[reportArgumentType]
        menu = chart_menu(spec, self._page, reader, selection) if shown.data is not None else ""
        self._panel.show(shown.title, shown.subtitle, shown.missing, menu)


def chart_menu(spec: ChartSpec, page: str, reader: Reader, selection: Selection) -> str:
    """What can be done with a chart: split it otherwise, see what is behind it, take it away."""
    state = selection.state
    groups = []
    offered = [
        name for name in (spec.split, *spec.also) if name in reader.metric(spec.parts[0].metric).dimensions
    ]
    if spec.also and len(offered) > 1:
        current = split_by(spec, reader, selection).name
        entries = [
            Entry(
                _split_words(spec, name),
                state.drilled(spec.id, name).query,
                current=name == current,
            )
            for name in offered
        ]
        groups.append(Group("Split by", entries))
    lead = spec.total.metric if spec.total else spec.parts[0].metric
    behind = [
        Entry("Figures as a table", state.opening(f"data:{spec.id}").query),
        Entry("Rows behind", state.opening(f"rows:{lead}").query),
        Entry(f"Definition of {reader.metric(lead).label}", state.opening(f"metric:{lead}").query),
    ]
    groups.append(Group("Behind it", behind))
    file = f"/export/{page}/{spec.id}"
    keep = [
        Entry("Picture (PNG)", picture="png"),
        Entry("Picture (SVG)", picture="svg"),
        Entry("Data (CSV)", f"{file}.csv{state.query}", download=True),
        Entry("Data (Excel)", f"{file}.xlsx{state.query}", download=True),
    ]
    groups.append(Group("Take away", keep))
    return menu_html(spec.title, spec.id, groups)


def _split_words(spec: ChartSpec, name: str) -> str:
    """What a chart is split by, in words."""
    label = dimension(name).label
    paired = spec.mark == "waterfall" and spec.across and name == spec.by
    return f"{label} and {dimension(spec.across).label.lower()}" if paired else label


class TablePart:
    """A table with a row per value of a dimension."""

    def __init__(self, spec: TableSpec) -> None:
        self._spec = spec
        self._html = block("table")
        self._panel = PanelCard(self._html)
        self.view = self._panel.view

    def show(self, reader: Reader, selection: Selection) -> None:
        """Show the table of a selection."""
        try:
            titles, rows, absent = table_rows(self._spec, reader, selection)
        except BankError as error:
            self._panel.show(self._spec.title, "", in_a_line(error))
            return
        currency = reader.snapshot.currency
        subtitle = f"{selection.period.name} against {selection.comparison.name}"
        if any(reader.metric(column.metric).unit == "ccy" for column in self._spec.columns):
            subtitle += f"; amounts in {CURRENCY_WORDS.get(currency, currency)}"
        if not rows:
            self._panel.show(
                self._spec.title, subtitle, f"{absent}." if absent else "No figures for this selection."
            )
            return
        self._html.object = table_html(titles, rows, f"{self._spec.title}, {subtitle}")
        self._panel.show(self._spec.title, f"{subtitle}; {absent}" if absent else subtitle)


class BlockPart:
    """A part that makes its own HTML."""

    def __init__(self, spec: BlockSpec) -> None:
        self._spec = spec
        self._html = block(spec.style)
        self._panel = PanelCard(self._html)
        self.view = self._panel.view

    def show(self, reader: Reader, selection: Selection) -> None:
        """Show what it makes of a selection."""
        try:
            content = self._spec.render(reader, selection)
        except BankError as error:
            self._panel.show(self._spec.title, "", in_a_line(error))
            return
        self._html.object = content.html
        self._panel.show(self._spec.title, content.subtitle, content.missing)


def part(spec: PartSpec, page: str, theme: Theme) -> Part:
    """The part of a page that a specification declares."""
    if isinstance(spec, ChartSpec):
        return ChartPart(spec, page, theme)
    return TablePart(spec) if isinstance(spec, TableSpec) else BlockPart(spec)


def in_a_line(problem: BankError) -> str:
    """For a panel. The usual reason is a snapshot of an earlier version, so the way out is a build."""
    return f"{problem.what} The next build brings what is missing."
