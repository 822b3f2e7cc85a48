"""The address of an open page and the state behind it, kept the same without loading the page anew.

The frame's script takes every link within the page (`?…`), and the browser's way back and forward, here; what
the state then says, it writes into the browser's address.
"""

from __future__ import annotations

from collections.abc import Callable

from dashboards.frame.prompt import PromptText
from dashboards.state import State

TAG = "address"
"""By which the frame's script finds it."""


class Address:
    """A text that both sides change: the browser to where a person wants, the server to where that led."""

    def __init__(self, go: Callable[[State], None]) -> None:
        self.view = PromptText(visible=False, tags=[TAG], label="")
        self._showing = False
        self.view.param.watch(lambda event: None if self._showing else go(State.of(event.new)), "value")

    def show(self, state: State) -> None:
        """Put a state into the browser's address."""
        self._showing = True
        try:
            self.view.value = state.query
        finally:
            self._showing = False
