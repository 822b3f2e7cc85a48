"""The data of bars and columns: one metric in the selected period, per value of a dimension."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboards.charts.data.shared import (
    Shown,
    about,
    known_value,
    nothing,
    scale_for,
    split_by,
    subtitle,
    value_link,
    where,
)
from dashboards.charts.draw.bars import Bars
from dashboards.charts.spec import ChartSpec
from dashboards.dimensions import Dimension
from dashboards.metrics import Change, Filter, Metric, MetricRequest, change
from dashboards.metrics.format import change as change_number
from dashboards.metrics.format import exact, number
from dashboards.reader import Reader
from dashboards.selection import Selection


def bars(spec: ChartSpec, reader: Reader, selection: Selection) -> Shown[Bars]:
    """Values in their own order, or the largest on top; what does not fit stands together if it adds up."""
    part, split = spec.parts[0], split_by(spec, reader, selection)
    selection = about(spec, reader, selection)
    metric = reader.metric(part.metric)
    filters = where(spec, part.metric, reader, selection, [split.name])
    keys = (split.name, *((split.called,) if split.called else ()))
    request = MetricRequest((part.metric,), keys, filters, selection.period.start, selection.period.end)
    table = reader.compare(request, (selection.against,))
    by = split.label.lower()
    frame = table.frame.dropna(subset=[part.metric])
    if frame.empty:
        reason = nothing(metric, table.unavailable.get(part.metric))
        return Shown(spec.title, subtitle(spec, selection, "", by=by), None, reason)
    rows = [_Row(split, one, metric, selection) for one in frame.to_dict("records")]
    if not any(row.value for row in rows):
        reason = f"{metric.label}: zero in {selection.period.name} for every {by} there is."
        return Shown(spec.title, subtitle(spec, selection, "", by=by), None, reason)
    rows = sorted(rows, key=lambda row: split.key(row.key) if split.in_order else (-abs(row.value), row.name))
    shown, rest = _kept(rows, spec.top, selection.chosen.get(split.filter))
    scale = scale_for(metric, [row.value for row in rows], reader.snapshot.currency)
    names, values = [row.name for row in shown], [row.value for row in shown]
    tones = [_tone(row, split, selection) for row in shown]
    tips = [row.tip(metric, selection) for row in shown]
    links = [value_link(spec, selection, split, row.key) for row in shown]
    note = ""
    if rest:
        together = _together(request, metric, split, shown, reader)
        if together is None:
            note = f"; {len(shown)} of {len(rows)} {split.plural.lower()}"
        else:
            names.append(f"{len(rest)} others")
            values.append(together)
            tones.append("rest")
            tips.append(f"{len(rest)} other {split.plural.lower()}: {exact(together, metric.unit)}")
            links.append("")
    labels = [number(value, metric.unit) for value in values]
    data = Bars(_apart(names), scale.of(values), tones, labels, tips, links)
    columns = (split.label, metric.label, selection.comparison.short)
    records = tuple((row.name, row.value, row.moved.reference) for row in rows)
    head = subtitle(spec, selection, scale.words, by=by) + note
    return Shown(spec.title, head, data, "", columns, records)


class _Row:
    """One value of the dimension with its figure."""

    def __init__(
        self, split: Dimension, record: dict[Any, Any], metric: Metric, selection: Selection
    ) -> None:
        self.key = str(record[split.name])
        called = record[split.called] if split.called else self.key
        self.name = split.word(str(called))
        self.value = float(record[metric.id])
        reference = known_value(record[f"{metric.id}__{selection.against}"])
        self.moved: Change[float] = change(metric, self.value, reference)

    def tip(self, metric: Metric, selection: Selection) -> str:
        """Every digit, and how far it moved."""
        text = f"{self.name}: {exact(self.value, metric.unit)}"
        if self.moved.absolute is None:
            return text
        return f"{text}, {change_number(self.moved.absolute, metric.unit)} on {selection.comparison.short}"


def _kept(rows: list[_Row], top: int, chosen: str | None) -> tuple[list[_Row], list[_Row]]:
    """As many as fit, the chosen one among them, and the others; one alone is worth its own bar."""
    if len(rows) <= top + 1:
        return rows, []
    kept = rows[:top]
    if chosen is not None and chosen not in {row.key for row in kept}:
        kept = kept[:-1] + [row for row in rows if row.key == chosen]
    return kept, [row for row in rows if row not in kept]


def _tone(row: _Row, split: Dimension, selection: Selection) -> str:
    chosen = selection.chosen.get(split.filter)
    return "own" if chosen is None or chosen == row.key else "faint"


def _together(
    request: MetricRequest, metric: Metric, split: Dimension, shown: Sequence[_Row], reader: Reader
) -> float | None:
    """The figure of all values that are not shown; None for what is no sum."""
    if metric.denominator is not None or metric.inputs or not metric.additive:
        return None
    others = Filter(split.name, tuple(row.key for row in shown), "not in")
    asked = MetricRequest(request.metrics, (), (*request.where, others), request.start, request.end)
    records = reader.ask(asked).records
    return known_value(records[0][0]) if records else None


def _apart(names: Sequence[str]) -> list[str]:
    """Names that are all different, because each stands at a place of its own."""
    seen: dict[str, int] = {}
    found = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return found
