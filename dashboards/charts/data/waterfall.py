"""The data of a waterfall: what moved a total from one period to another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from dashboards.charts.data.shared import (
    Shown,
    ask,
    known_value,
    needs,
    plain,
    scale_for,
    signed,
    split_by,
    subtitle,
)
from dashboards.charts.draw.waterfall import Steps
from dashboards.charts.spec import ChartSpec, Part
from dashboards.dimensions import dimension
from dashboards.metrics import Change, Filter, Metric, MetricRequest, change, steps, together
from dashboards.metrics.format import exact
from dashboards.periods import Period
from dashboards.reader import Reader
from dashboards.selection import Selection

SMALL = 0.03
"""Parts below this share of the largest one are shown together."""
CENT = 0.005
"""Less than this is left over by rounding alone."""
FINE = 20.0
"""Steps below this many of the unit are written with one more decimal."""
CUT_FROM = 0.3
"""Share of the highest level above which an axis may begin."""
AGAINST_FILTER = "variance_against"
AGAINST_VALUES = {"previous": "previous_quarter", "last_year": "last_year"}
"""What a change that is a metric itself is told against, by the name of the comparison."""


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
    if spec.by:
        return _by_value(spec, reader, selection)
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
    metrics = [spec.total.metric, *(move.part.metric for move in moves)]
    links = [f"metric:{name}" if name else "" for name in metrics]
    named = [(move.part.name, move.value) for move in moves]
    return _shown(spec, reader, selection, known, total, named, links)


def _by_value(spec: ChartSpec, reader: Reader, selection: Selection) -> Shown[Steps]:
    """What moved a total, told by a metric that is its change itself, per value of a dimension or two.

    Both are asked with the filters that both can take, so that the steps lead from one figure to the other;
    were something left over, it would be a step of its own.
    """
    assert spec.total is not None
    part, known = reader.metric(spec.parts[0].metric), reader.metric(spec.total.metric)
    split = split_by(spec, reader, selection)
    pairs = bool(spec.across) and split.name == spec.by
    keys = (split.name, spec.across) if pairs else (split.name, *((split.called,) if split.called else ()))
    period = selection.period.quarter() if spec.grain == "quarter" else selection.period
    selection = replace(selection, period=period)
    if period.last < reader.snapshot.first_month:
        reason = f"It is known by quarter, and the data begin after {period.name}."
        return Shown(spec.title, subtitle(spec, selection, ""), None, reason)
    both = selection.filters(set(part.dimensions) & set(known.dimensions), keys)
    total = _compared(known, both, reader, selection)
    against = (Filter(AGAINST_FILTER, (AGAINST_VALUES[selection.against],)),)
    where = (*both, *(against if AGAINST_FILTER in part.within else ()), *spec.where)
    table = reader.ask(MetricRequest((part.id,), keys, where, period.start, period.end))
    records = [record for record in table.records if record[-1] is not None]
    if total.value is None or total.reference is None or not records:
        reason = table.unavailable.get(part.id, "")
        reason = needs(reason) if reason else _reason(spec, reader, selection, selection.comparison)
        return Shown(spec.title, subtitle(spec, selection, ""), None, reason)
    others = dimension(spec.across)
    records.sort(key=lambda record: (split.key(str(record[0])), others.key(str(record[1])) if pairs else ()))
    found = []
    for record in records:
        word = split.word(str(record[-2] if not pairs else record[0]))
        name = f"{word}\n{others.word(str(record[1])).lower()}" if pairs else word
        if record[-1]:
            found.append(Contribution(Part(part.id, name), float(record[-1])))
    moves = _folded(found)
    ends = steps(total.reference, [move.value for move in moves])
    left = change(known, total.value, ends[-1][1] if ends else total.reference).absolute
    if left and abs(left) >= CENT:
        moves.append(Contribution(Part(part.id, "Not explained"), left))
    links = [f"metric:{spec.total.metric}", *(f"metric:{part.id}" for _ in moves)]
    return _shown(spec, reader, selection, known, total, [(one.part.name, one.value) for one in moves], links)


def _compared(
    metric: Metric, where: tuple[Filter, ...], reader: Reader, selection: Selection
) -> Change[float]:
    """A metric in the selected period beside the one it is held against."""
    request = MetricRequest((metric.id,), (), where, selection.period.start, selection.period.end)
    table = reader.compare(request, (selection.against,))
    if not table.records:
        return Change(None, None, None, None, None)
    value, reference = table.records[0][:2]
    return change(metric, known_value(value), known_value(reference))


def _shown(
    spec: ChartSpec, reader: Reader, selection: Selection, known: Metric, total: Change[float],
    moves: Sequence[tuple[str, float]], opens: Sequence[str],
) -> Shown[Steps]:  # fmt: skip
    """The steps from one period's figure to the other's; `opens` is what a click on the first figure and on
    each step opens.
    """
    period, before = selection.period, selection.comparison
    assert total.value is not None and total.reference is not None
    scale = scale_for(known, [total.value, total.reference], reader.snapshot.currency)
    levels = steps(total.reference, [value for _, value in moves])
    tips = [f"{before.name}: {exact(total.reference, known.unit)}"]
    tips += [f"{_in_a_line(name)}: {signed(exact(value, known.unit), value)}" for name, value in moves]
    tips.append(f"{period.name}: {exact(total.value, known.unit)}")
    spans = [(0.0, total.reference), *levels, (0.0, total.value)]
    values = [total.reference, *(value for _, value in moves), total.value]
    decimals = 0 if max(map(abs, values)) / scale.by >= 100 else 1
    if spec.by and max((abs(value) for _, value in moves), default=0.0) / scale.by < FINE:
        decimals += 1
    labels = [
        plain(value / scale.by, decimals, signed=0 < index < len(values) - 1)
        for index, value in enumerate(values)
    ]
    state = selection.state
    floor = _floor(spans) / scale.by if spec.by else 0.0
    names = [before.short, *(name for name, _ in moves), period.short]
    data = Steps(
        names,
        scale.of(min(span) for span in spans), scale.of(max(span) for span in spans),
        scale.of(after for _, after in spans),
        ["total", *("better" if value > 0 else "worse" for _, value in moves), "total"],
        labels, tips, [state.opening(one).query if one else "" for one in (*opens, opens[0])],
        floor=floor,
    )  # fmt: skip
    records = tuple((_in_a_line(name), value) for name, value in zip(names, values, strict=True))
    head = subtitle(spec, selection, scale.words) + ("; the axis begins above zero" if floor else "")
    return Shown(spec.title, head, data, "", ("Step", known.label), records)


def _in_a_line(name: str) -> str:
    return name.replace("\n", " ")


def _floor(spans: Sequence[tuple[float, float]]) -> float:
    """Where the axis may begin so that steps much smaller than the totals can be seen: below the lowest level
    by as much as the levels span; at zero where that is not far.
    """
    levels = [after for _, after in spans]
    lowest, highest = min(levels), max(levels)
    floor = lowest - (highest - lowest)
    return floor if floor > CUT_FROM * highest else 0.0


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
