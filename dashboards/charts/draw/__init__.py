"""Pictures: hvPlot draws each one once, afterwards only its data sources change.

A picture is built with placeholder data, so that the first drawing and every later one take the same way
(`update`). Swapping sources costs about 1 ms per picture; drawing anew costs 100. Each session has a copy of
its own, see `charts.copying`; what a session costs grows with the number of models in it.
"""

from dashboards.charts.draw.bars import BarPicture
from dashboards.charts.draw.curves import CurvePicture
from dashboards.charts.draw.heat import HeatPicture
from dashboards.charts.draw.intervals import IntervalPicture
from dashboards.charts.draw.lines import LinePicture
from dashboards.charts.draw.stack import StackPicture
from dashboards.charts.draw.waterfall import WaterfallPicture

Picture = (
    LinePicture | WaterfallPicture | StackPicture | BarPicture | HeatPicture | CurvePicture | IntervalPicture
)

__all__ = [
    "BarPicture",
    "CurvePicture",
    "HeatPicture",
    "IntervalPicture",
    "LinePicture",
    "Picture",
    "StackPicture",
    "WaterfallPicture",
]
