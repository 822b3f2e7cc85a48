"""Where a metric is shown, as the pages declare it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dashboards.charts.spec import ChartSpec
from dashboards.pages.declare import HeadSpec, Page, PartSpec, StorySpec, TableSpec


@dataclass(frozen=True)
class Use:
    """A place that shows a metric: the page, and what it is there."""

    slug: str
    page: str
    what: str


def uses(metric: str, pages: Iterable[Page]) -> list[Use]:
    """Every place, page by page from the top down."""
    return [use for page in pages for use in dict.fromkeys(_on(metric, page))]


def _on(metric: str, page: Page) -> Iterator[Use]:
    def use(what: str) -> Use:
        return Use(page.slug, page.title, what)

    if metric in _told(page):
        yield use("headline")
    for card in page.cards:
        if metric in (card.metric, card.instead):
            yield use(f"card {card.title}")
    for row in page.rows:
        for part in row:
            if metric in shown_by(part):
                yield use(part.title)


def _told(page: Page) -> set[str]:
    story = page.story
    if isinstance(story, StorySpec):
        groups = (story.explains.metrics, *story.otherwise)
    else:
        groups = story.metrics if isinstance(story, HeadSpec) else ()
    return {name for names in groups for name in names}


def shown_by(part: PartSpec) -> set[str]:
    """The metrics that a part of a page declares."""
    if isinstance(part, ChartSpec):
        return set(part.metrics) | {one.metric for one in part.parts}
    if isinstance(part, TableSpec):
        return {name for one in part.columns for name in (one.metric, one.instead) if name}
    return set()
