"""Pictures by the copy: each is drawn once per process, and every session gets a copy of its own.

hvPlot takes 80 to 170 ms to draw one; a copy by way of Bokeh's own serialisation takes 20 to 35.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Generic, TypeVar

from bokeh.core.serialization import Deserializer, Serializer
from bokeh.util.serialization import make_id

from dashboards.charts.draw import Picture

P = TypeVar("P", bound=Picture)


class Original(Generic[P]):
    """A picture that nobody sees; it must not be changed once it is handed over."""

    def __init__(self, picture: P) -> None:
        self._picture = picture
        self._models = picture.figure.references()
        self._content = Serializer().serialize(picture.figure).content

    def copy(self) -> P:
        """A picture like it, with models of its own."""
        ids = {model.id: make_id() for model in self._models}
        reader = Deserializer()
        reader.deserialize(_renamed(self._content, ids))
        made = reader._references  # by id; walking the new figure for its models costs as much as making them
        # parts that are as Bokeh makes them by default are not written: the copy has made its own
        known = {id(model): made[ids[model.id]] for model in self._models if ids[model.id] in made}
        return deepcopy(self._picture, known)


def _renamed(content: Any, ids: dict[Any, Any]) -> Any:
    """Serialised models under other ids."""
    if isinstance(content, dict):
        return {
            key: ids.get(part, part) if key == "id" and isinstance(part, str) else _renamed(part, ids)
            for key, part in content.items()
        }
    return [_renamed(part, ids) for part in content] if isinstance(content, list) else content
