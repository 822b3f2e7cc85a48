"""Pictures: what their sources, ranges and labels hold, after the first drawing and after other data."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from bokeh.models import GlyphRenderer, MultiLine, Plot, Segment, Text, VBar

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
from dashboards.charts.draw.bars import Bars
from dashboards.charts.draw.curves import FAINT, SHADES, Curve, Curves
from dashboards.charts.draw.heat import LETTERS, Heat
from dashboards.charts.draw.intervals import Interval
from dashboards.charts.draw.lines import Lines, Strand, StrandStyle
from dashboards.charts.draw.shared import LABEL_GAP, LINK, PLOT_HEIGHT, source_of
from dashboards.charts.draw.stack import Stack
from dashboards.charts.draw.waterfall import Steps
from dashboards.charts.picture import picture
from dashboards.metrics.request import add_months
from dashboards.pages.overview import PROFIT

MONTHS = [add_months(date(2025, 1, 1), index) for index in range(6)]


def glyphs(figure: Plot, kind: type) -> list[GlyphRenderer]:
    return [one for one in figure.renderers if isinstance(one, GlyphRenderer) and isinstance(one.glyph, kind)]


def words(figure: Plot) -> list[str]:
    found: list[str] = []
    for renderer in glyphs(figure, Text):
        data: Any = renderer.data_source
        found += list(data.data["text"])
    return found


def data_of(renderer: Any) -> dict[str, Any]:
    source: Any = renderer.data_source
    return dict(source.data)


def range_of(picture: Picture, axis: str) -> Any:
    return getattr(picture.figure, f"{axis}_range")


@pytest.fixture
def steps() -> Steps:
    return Steps(
        names=["2024", "Interest", "Tax", "2025"],
        bottoms=[0, 10, 11, 0],
        tops=[10, 14, 14, 11],
        ends=[10, 14, 11, 11],
        tones=["total", "better", "worse", "total"],
        labels=["10", "+4", "−3", "11"],
        tips=["a", "b", "c", "d"],
    )


def test_a_waterfall_hangs_each_step_on_the_one_before(steps: Steps) -> None:
    picture = WaterfallPicture("light")
    picture.update(steps)
    (bars,) = glyphs(picture.figure, VBar)
    data = data_of(bars)
    assert list(data["bottom"]) == [0, 10, 11, 0]
    assert list(data["top"]) == [10, 14, 14, 11]
    assert bars.glyph.bottom == "bottom"
    assert range_of(picture, "x").factors == ["2024", "Interest", "Tax", "2025"]
    assert range_of(picture, "y").start == 0


def test_a_waterfall_whose_axis_begins_above_zero_stands_on_it(steps: Steps) -> None:
    picture = WaterfallPicture("light")
    picture.update(replace(steps, bottoms=[0, 100, 101, 0], tops=[100, 104, 104, 101], floor=96.0))
    (bars,) = glyphs(picture.figure, VBar)
    start = range_of(picture, "y").start
    assert 90 < start <= 96
    assert list(data_of(bars)["bottom"]) == [start, 100, 101, start]


def test_a_waterfall_takes_fewer_steps_without_a_rest(steps: Steps) -> None:
    picture = WaterfallPicture("light")
    picture.update(steps)
    fewer = Steps(["a", "b"], [0, -5], [10, 10], [10, -5], ["total", "worse"], ["10", "−15"], ["", ""])
    picture.update(fewer)
    (bars,) = glyphs(picture.figure, VBar)
    assert {len(column) for column in data_of(bars).values()} == {2}
    assert range_of(picture, "x").factors == ["a", "b"]
    assert range_of(picture, "y").start < 0


def test_a_line_ends_in_its_name_and_a_vanished_one_leaves_nothing() -> None:
    styles = {"own": StrandStyle("series-1", dot=True), "peers": StrandStyle("neutral", band="band")}
    picture = LinePicture(styles, "dark")
    own = Strand(MONTHS, [3.0, 3.1, 3.2, 3.3, 3.4, 3.5], ["tip"] * 6, "us 3.50")
    peers = Strand(MONTHS, [3.2] * 6, ["tip"] * 6, "peers 3.20", [3.1] * 6, [3.3] * 6)
    picture.update(Lines({"own": own, "peers": peers}))
    assert sorted(words(picture.figure)) == ["peers 3.20", "us 3.50"]
    assert (range_of(picture, "y").start, range_of(picture, "y").end) == (3.0, 3.5)
    picture.update(Lines({"own": own}))
    assert words(picture.figure) == ["us 3.50"]


def test_a_band_runs_forth_on_top_and_back_below() -> None:
    picture = LinePicture({"a": StrandStyle("series-1", band="band")}, "light")
    picture.update(Lines({"a": Strand(MONTHS[:2], [1, 2], ["", ""], "", [0, 1], [2, 3])}))
    band = data_of(picture.figure.renderers[0])
    assert list(band["y"]) == [2, 3, 1, 0]
    assert list(band["x"]) == [np.datetime64(day, "ms") for day in (*MONTHS[:2], *reversed(MONTHS[:2]))]


def test_where_the_forecast_begins_is_marked() -> None:
    picture = LinePicture({"a": StrandStyle("series-1")}, "light")
    picture.update(Lines({"a": Strand(MONTHS, range(6), [""] * 6)}, since=MONTHS[3]))
    assert words(picture.figure) == ["forecast"]


def test_stacked_bars_stand_on_each_other_and_zero_parts_have_no_name() -> None:
    picture = StackPicture({"90+": "fill-bad", "30–89": "fill-warn", "1–29": "fill-neutral"}, "light")
    parts = {"90+": [1.0, 2.0], "30–89": [3.0, 4.0], "1–29": [1.0, 0.0]}
    picture.update(
        Stack(MONTHS[:2], parts, {name: ["", ""] for name in parts}, {name: name for name in parts})
    )
    (bars,) = glyphs(picture.figure, VBar)
    data = data_of(bars)
    assert list(data["bottom"]) == [0, 0, 1, 2, 4, 6]
    assert list(data["top"]) == [1, 2, 4, 6, 5, 6]
    assert words(picture.figure) == ["90+", "30–89"]
    assert range_of(picture, "y").start == 0


def test_the_names_of_thin_bars_stand_apart() -> None:
    picture = StackPicture({"90+": "fill-bad", "30–89": "fill-warn", "1–29": "fill-neutral"}, "light")
    parts = {"90+": [0.004], "30–89": [0.002], "1–29": [5.0]}
    picture.update(Stack(MONTHS[:1], parts, {name: [""] for name in parts}, {name: name for name in parts}))
    top = range_of(picture, "y").end
    heights = []
    for renderer in glyphs(picture.figure, Text):
        data = data_of(renderer)
        heights.append(data["y"][0] / top * PLOT_HEIGHT - data["shift"][0])
    assert heights == sorted(heights)
    assert all(above - below >= LABEL_GAP - 1e-6 for below, above in pairwise(heights))
    assert heights[0] >= 0


def test_each_session_changes_its_own_copy_of_a_picture(steps: Steps) -> None:
    one, other = (picture(PROFIT, "light") for _ in range(2))
    assert isinstance(one, WaterfallPicture)
    one.update(steps)
    assert range_of(one, "x").factors == ["2024", "Interest", "Tax", "2025"]
    assert range_of(other, "x").factors == []
    assert not {model.id for model in one.figure.references()} & {
        model.id for model in other.figure.references()
    }


def _bars(picture: Picture) -> Any:
    return next(one for one in picture.figure.renderers if isinstance(one, GlyphRenderer))


@pytest.mark.parametrize("lying", [True, False])
def test_bars_follow_their_data_and_lead_on(lying: bool) -> None:
    picture = BarPicture("light", lying=lying)
    data = Bars(
        ["a", "b", "c"], [3.0, -1.0, 2.0], ["own"] * 3, ["3", "-1", "2"], ["", "", ""], ["?x=a", "?x=b", ""]
    )
    picture.update(data)
    source = source_of(_bars(picture)).data
    assert list(source["value"]) == [3.0, -1.0, 2.0]
    assert list(source[LINK]) == ["?x=a", "?x=b", ""]
    figure: Any = picture.figure
    names = figure.y_range if lying else figure.x_range
    assert list(names.factors) == (["c", "b", "a"] if lying else ["a", "b", "c"])
    values = figure.x_range if lying else figure.y_range
    assert values.start <= -1.0
    assert values.end >= 3.0
    assert picture.figure.toolbar.active_tap is not None


def test_a_heat_map_writes_light_on_dark() -> None:
    picture = HeatPicture("light")
    at = [("Mon", "0"), ("Mon", "1"), ("Tue", "1")]
    picture.update(
        Heat(["Mon", "Tue"], ["0", "1"], at, [1.0, 4.0, 2.0], ["1", "4", "2"], ["", "", ""], ["", "", ""])
    )
    dark, light = [
        one
        for one in picture.figure.renderers
        if isinstance(one, GlyphRenderer) and isinstance(one.glyph, Text)
    ]
    assert list(source_of(dark).data["label"]) == ["1", "2"]
    assert list(source_of(light).data["label"]) == ["4"]
    figure: Any = picture.figure
    assert list(figure.y_range.factors) == ["Tue", "Mon"]


def test_a_few_bars_are_no_thicker_than_many() -> None:
    picture = BarPicture("light", lying=True)
    thick = []
    for count in (1, 2, 8):
        names = [str(index) for index in range(count)]
        blank = [""] * count
        picture.update(Bars(names, [1.0] * count, ["own"] * count, blank, blank, blank))
        thick.append(_bars(picture).glyph.height / count)  # of the whole picture
    assert thick[0] == pytest.approx(thick[1])
    assert thick[2] < thick[0]


def test_what_is_lost_hangs_below_zero_and_keeps_its_name() -> None:
    picture = StackPicture({"new": "fill-good", "lost": "fill-bad"}, "light")
    parts = {"new": [3.0, 4.0], "lost": [2.0, 0.0]}
    picture.update(
        Stack(
            MONTHS[:2], parts, {name: ["", ""] for name in parts}, {name: name for name in parts},
            hanging={"lost"},
        )
    )  # fmt: skip
    (bars,) = glyphs(picture.figure, VBar)
    data = data_of(bars)
    assert list(data["bottom"]) == [0, 0, -2, 0]
    assert list(data["top"]) == [3, 4, 0, 0]
    assert range_of(picture, "y").start <= -2
    assert words(picture.figure) == ["new", "lost"]


def heat_of(values: list[float], columns: list[str]) -> Heat:
    blank = [""] * len(values)
    return Heat(["a"], columns, [("a", column) for column in columns], values, blank, blank, blank)


def test_rates_close_to_each_other_are_told_apart_by_colour() -> None:
    picture = HeatPicture("light")
    mapper = _bars(picture).glyph.fill_color.transform
    picture.update(heat_of([90.0, 100.0], ["x", "y"]))
    assert (mapper.low, mapper.high) == (90, 100)
    picture.update(heat_of([10.0, 100.0], ["x", "y"]))
    assert (mapper.low, mapper.high) == (0, 100)
    picture.update(heat_of([7.0, 7.0], ["x", "y"]))
    assert (mapper.low, mapper.high) == (0, 7)


def test_names_of_many_columns_are_cut_to_their_share() -> None:
    picture = HeatPicture("light")
    figure: Any = picture.figure
    picture.update(heat_of([1.0] * 13, [f"column {index}" for index in range(13)]))
    assert figure.xaxis[0].formatter.args == {"room": LETTERS // 13}


def curve(name: str, months: int, height: float, *, faint: bool = False) -> Curve:
    x = range(months + 1)
    return Curve(
        name, x, [height * at / months for at in x], [f"{name} {at}" for at in x], f"?v={name}", faint
    )


def test_curves_grow_darker_and_are_named_where_there_is_room() -> None:
    picture = CurvePicture("light")
    picture.update(Curves([curve("old", 30, 5.0), curve("near", 30, 4.99), curve("new", 6, 1.0)]))
    (lines,) = glyphs(picture.figure, MultiLine)
    data = data_of(lines)
    assert list(data["xs"][2]) == list(range(7))
    shades = [SHADES.index(tone) for tone in data["tone"]]
    assert shades == sorted(shades)
    assert shades[-1] == len(SHADES) - 1
    assert words(picture.figure) == ["old", "new"], "the second would cover the first"
    assert range_of(picture, "x").end > 30
    ticks: Any = picture.figure
    assert ticks.xaxis[0].ticker.ticks == [0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30]


def test_a_point_of_a_curve_leads_on_and_others_than_the_chosen_are_faint() -> None:
    picture = CurvePicture("dark")
    picture.update(Curves([curve("a", 2, 1.0, faint=True), curve("b", 2, 2.0)]))
    (lines,) = glyphs(picture.figure, MultiLine)
    assert data_of(lines)["tone"][0] == FAINT
    points = data_of(_bars(picture))
    assert list(points[LINK]) == ["?v=a"] * 3 + ["?v=b"] * 3
    assert list(points["tip"])[-1] == "b 2"
    picture.update(Curves([]))
    assert len(data_of(_bars(picture))["x"]) == 0


def test_an_interval_lies_between_its_ends() -> None:
    picture = IntervalPicture("light")
    picture.update(
        [
            Interval("new", 3.0, 1.0, 5.0, "good", "+3.0", "tip", "?c=new"),
            Interval("old", 1.0, -2.0, 4.0, "rest", "+1.0", "tip"),
        ]
    )
    (whiskers,) = glyphs(picture.figure, Segment)
    data = data_of(whiskers)
    assert (list(data["lower"]), list(data["upper"])) == ([1, -2], [5, 4])
    points = data_of(_bars(picture))
    assert list(points["value"]) == [3, 1]
    assert list(points["tone"]) == ["good", "rest"]
    assert list(points[LINK]) == ["?c=new", ""]
    figure: Any = picture.figure
    assert list(figure.y_range.factors) == ["old", "new"], "the first on top"
    assert range_of(picture, "x").start <= -2
    assert range_of(picture, "x").end >= 5
