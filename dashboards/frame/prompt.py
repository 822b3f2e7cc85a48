"""Controls that act at once. Panel's own wait 50 ms for more of the same, as while a slider is dragged."""

from __future__ import annotations

from typing import ClassVar

import panel as pn


class PromptText(pn.widgets.TextInput):
    """A text."""

    _debounce: ClassVar[int] = 0


class PromptSelect(pn.widgets.Select):
    """A choice."""

    _debounce: ClassVar[int] = 0
