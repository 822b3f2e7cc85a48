"""The tokens of both themes, and how figures wear them."""

from __future__ import annotations

import pytest
from bokeh.models import CategoricalColorMapper, LinearAxis

from dashboards.charts.style import TOKENS, Theme, css_variables, paint

TEXT = ("ink", "ink-2", "ink-3", "accent", "good", "bad", "series-2-text", "warn-text")
THEMES: tuple[Theme, ...] = ("light", "dark")


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_of_black_on_white_is_21() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("token", TEXT)
def test_text_is_readable_on_paper_and_card(theme: Theme, token: str) -> None:
    tokens = TOKENS[theme]
    assert min(contrast(tokens[token], tokens[surface]) for surface in ("paper", "card")) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_the_open_page_is_readable_in_the_navigation(theme: Theme) -> None:
    assert contrast(TOKENS[theme]["accent"], TOKENS[theme]["accent-soft"]) >= 4.5


def test_both_themes_have_the_same_tokens_and_all_become_variables() -> None:
    assert TOKENS["light"].keys() == TOKENS["dark"].keys()
    css = css_variables()
    assert all(css.count(f"--{name}:") == 2 for name in TOKENS["light"])


def test_painting_sets_the_colour_and_remembers_the_token() -> None:
    axis = LinearAxis()
    paint(axis, "dark", axis_line_color="rule")
    assert axis.axis_line_color == TOKENS["dark"]["rule"]
    assert axis.tags == ["paint:axis_line_color=rule"]


def test_a_list_of_tokens_is_a_palette() -> None:
    mapper = CategoricalColorMapper(factors=["a", "b"], palette=["#000000", "#000000"])
    paint(mapper, "light", palette="good,bad")
    assert mapper.palette == [TOKENS["light"]["good"], TOKENS["light"]["bad"]]


def test_a_palette_may_have_one_colour() -> None:
    mapper = CategoricalColorMapper(factors=["files"])
    paint(mapper, "light", palette="series-1,")
    assert list(mapper.palette) == [TOKENS["light"]["series-1"]]
