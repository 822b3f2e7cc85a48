"""A change of a page's state changes properties of the models there are, and no models."""

from __future__ import annotations

import pytest
from bokeh.document import Document

from dashboards.pages import PAGES, Page
from dashboards.pages.body import PageBody
from dashboards.reader import reader_of
from dashboards.snapshot import Snapshot
from dashboards.state import State


@pytest.mark.parametrize("page", PAGES, ids=[page.slug for page in PAGES])
def test_a_change_makes_no_models(page: Page, snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    """For each one the server would walk through all models of the page, 30 ms a time."""
    reader = reader_of(snapshot)
    body, document = PageBody(page, "light"), Document()
    body.show(reader, reader.select(State()))
    body.view.server_doc(document)
    walks: list[str] = []
    monkeypatch.setattr(document.models, "recompute", lambda: walks.append("one more"))
    for period in ("2025-11", "2025-q4"):
        body.show(reader, reader.select(State(period)))
    assert not walks
