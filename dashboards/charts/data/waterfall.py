"""The data of a waterfall: what moved a total from one period to another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dashboards.charts.data.shared import Shown, ask, known_value, needs, plain, scale_for, signed, subtitle
from dashboards.charts.draw.waterfall import Steps
from dashboards.charts.spec import ChartSpec, Part
from dashboards.metrics import Change, Filter, MetricRequest, change, steps, together
from dashboards.metrics.format import exact
from dashboards.periods import Period
from dashboards.reader import Reader
from dashboards.selection import Selection

SMALL = 0.03
"""Parts below this share of the largest one are shown together."""


@dataclass(frozen=True)
class Contribution:
    """What a part did to the total's change: signed, in the total's unit."""

    part: Part
    value: float


def changes(
    metrics: Sequence[str], reader: Reader, selection: Selection, extra: tuple[Filter, ...] = ()
) -> dict[str, Change]:
    """Metrics that take the same filters, in the selected period beside the one it is held against."""
    filters = reader.where(metrics[0], selection, [one.name for one in extra]) + extra
    request = MetricRequest(tuple(metrics), (), filters, selection.period.start, selection.period.end)
    table = reader.compare(request, (selection.against,))
    if not table.records:
        return {name: Change(None, None, None, None, None) for name in metrics}
    row = dict(zip(table.columns, table.records[0], strict=True))
    return {
        name: change(metric, known_value(row[name]), known_value(row[f"{name}__{selection.against}"]))
        for name, metric in table.metrics.items()
    }


def contributions(spec: ChartSpec, moved: Mapping[str, Change]) -> list[Contribution]:
    """What each part did to the total's change; parts that did not move are left out.

    They sum to the change as far as the parts make up the total.
    """
    found = []
    for part in spec.parts:
        value = moved[part.metric].absolute
        if value:
            found.append(Contribution(part, value if part.adds else -value))
    return _folded(found)


def _folded(found: list[Contribution]) -> list[Contribution]:
    """Parts too small to be seen as one, so that the sum stays what it was."""
    largest = max((abs(one.value) for one in found), default=0.0)
    small = [one for one in found if abs(one.value) < SMALL * largest]
    if len(small) < 2:
        return found
    other = Contribution(Part("", "Other"), together(one.value for one in small))
    return [one for one in found if one not in small] + [other]


def waterfall(spec: ChartSpec, reader: Reader, selection: Selection) -> Shown[Steps]:
    """What moved a total: its parts' changes from one period to the other."""
    assert spec.total is not None
    period, before = selection.period, selection.comparison
    moved = changes(spec.metrics, reader, selection)
    total = moved[spec.total.metric]
    known = reader.metric(spec.total.metric)
    if total.value is None or total.reference is None:
        reason = _reason(spec, reader, selection, before)
        return Shown(spec.title, subtitle(spec, selection, ""), None, reason)
    moves = contributions(spec, moved)
    if total.value == total.reference == 0 and not moves:
        sentence = f"{known.label} is zero in {period.name} and in {before.name}."
        return Shown(spec.title, subtitle(spec, selection, ""), None, sentence)
    scale = scale_for(known, [total.value, total.reference], reader.snapshot.currency)
    names, bottoms, tops, ends, tones, labels, tips = [before.short], [], [], [], ["total"], [], []
    bottoms.append(min(0.0, total.reference))
    tops.append(max(0.0, total.reference))
    ends.append(total.reference)
    tips.append(f"{before.name}: {exact(total.reference, known.unit)}")
    values = [total.reference]
    levels = steps(total.reference, [move.value for move in moves])
    for move, (before_it, after_it) in zip(moves, levels, strict=True):
        bottoms.append(min(before_it, after_it))
        tops.append(max(before_it, after_it))
        ends.append(after_it)
        names.append(move.part.name)
        tones.append("better" if move.value > 0 else "worse")
        tips.append(f"{move.part.name}: {signed(exact(move.value, known.unit), move.value)}")
        values.append(move.value)
    names.append(period.short)
    bottoms.append(min(0.0, total.value))
    tops.append(max(0.0, total.value))
    ends.append(total.value)
    tones.append("total")
    tips.append(f"{period.name}: {exact(total.value, known.unit)}")
    values.append(total.value)
    decimals = 0 if max(map(abs, values)) / scale.by >= 100 else 1
    labels = [
        plain(value / scale.by, decimals, signed=0 < index < len(values) - 1)
        for index, value in enumerate(values)
    ]
    state = selection.state
    metrics = [spec.total.metric, *(move.part.metric for move in moves), spec.total.metric]
    links = [state.opening(f"metric:{name}").query if name else "" for name in metrics]
    data = Steps(names, scale.of(bottoms), scale.of(tops), scale.of(ends), tones, labels, tips, links)
    records = tuple(zip(names, values, strict=True))
    return Shown(spec.title, subtitle(spec, selection, scale.words), data, "", ("Step", known.label), records)


def _reason(spec: ChartSpec, reader: Reader, selection: Selection, before: Period) -> str:
    """Why a comparison has no two figures."""
    unavailable = ask(
        spec, spec.metrics[:1], reader, selection, selection.period.start, selection.period.end
    )[1]
    if unavailable:
        return needs(unavailable)
    if before.first < reader.snapshot.first_month:
        return f"There is nothing to hold it against: the data begin in {reader.snapshot.first_month:%B %Y}."
    return "There are no figures for this selection."
