"""The picture of a chart specification: which mark it is, and in what it is painted."""

from __future__ import annotations

from functools import lru_cache

from dashboards.charts.copying import Original
from dashboards.charts.data.forecast import STRANDS
from dashboards.charts.data.lines import LINES
from dashboards.charts.draw import (
    BarPicture,
    CurvePicture,
    HeatPicture,
    IntervalPicture,
    LinePicture,
    Picture,
    StackPicture,
    WaterfallPicture,
)
from dashboards.charts.draw.lines import StrandStyle
from dashboards.charts.spec import ChartSpec
from dashboards.charts.style import Theme


def picture(spec: ChartSpec, theme: Theme) -> Picture:
    """A new picture without data, for one session, under the specification's id."""
    made = _original(spec, theme).copy()
    made.figure.name = spec.id
    return made


@lru_cache(maxsize=256)
def _original(spec: ChartSpec, theme: Theme) -> Original[Picture]:
    return Original(_drawn(spec, theme))


def _drawn(spec: ChartSpec, theme: Theme) -> Picture:
    if spec.mark == "waterfall":
        return WaterfallPicture(theme)
    if spec.mark == "stack":
        return StackPicture({part.name: part.colour for part in spec.parts}, theme)
    if spec.mark in ("bars", "columns"):
        return BarPicture(theme, lying=spec.mark == "bars")
    if spec.mark == "heat":
        return HeatPicture(theme)
    if spec.mark == "curves":
        return CurvePicture(theme)
    if spec.mark == "intervals":
        return IntervalPicture(theme)
    if spec.mark == "forecast":
        return LinePicture(STRANDS, theme, right=72 if spec.grain == "day" else 104)
    if spec.by:
        styles = {str(slot): StrandStyle(f"series-{slot + 1}", bold=slot == 0) for slot in range(LINES)}
        return LinePicture(styles, theme, right=136)
    first = spec.parts[0]
    strands: dict[str, StrandStyle] = {}
    if spec.beside == "peers":
        strands["peers"] = StrandStyle("neutral", dashed=True, width=1.4, band="band")
    if spec.beside == "forecast":
        strands["forecast"] = StrandStyle(
            first.colour, first.text, dashed=True, width=1.8, band="band", bold=True
        )
    if spec.beside == "target":
        strands["target"] = StrandStyle("neutral", dashed=True, width=1.4)
    for part in spec.parts:
        strands[part.metric] = StrandStyle(part.colour, part.text, dot=spec.beside == "peers", bold=True)
    return LinePicture(strands, theme)
