"""Forecasts already made, so that a refresh fits the new origin only.

A forecast is a function of history, horizon, seed and the library's version; each is kept in a file named by
the hash of these. The answer is the same with or without the file; a damaged one is made anew.
"""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ml.forecast.models import METHOD, Forecaster, Vector
from runtime.files import write_json_atomic

if TYPE_CHECKING:
    import pandas as pd


class Memory:
    """A folder of one forecaster's results."""

    def __init__(self, folder: Path, library: str) -> None:
        self.folder = folder
        self.made_by = f"{library} {version(library)}, method {METHOD}"
        self.used: set[str] = set()
        self.fits = 0

    def remember(self, forecaster: Forecaster) -> Forecaster:
        """The same forecaster, which looks here first."""

        def recall(history: pd.Series[float], horizon: int, seed: int) -> Vector:
            path = self.folder / f"{self._key(history, horizon, seed)}.json"
            self.used.add(path.name)
            values = _read(path)
            if values is None:
                self.fits += 1
                values = forecaster(history, horizon, seed)
                write_json_atomic(path, {"values": values.tolist(), "sha256": _sha256(values)})
            return values

        return recall

    def forget_unused(self) -> None:
        """Remove what this run had no use for: origins that have grown old, histories since corrected."""
        for path in self.folder.glob("*.json"):
            if path.name not in self.used:
                path.unlink()

    def _key(self, history: pd.Series[float], horizon: int, seed: int) -> str:
        head = f"{self.made_by}|{history.index[0]}|{horizon}|{seed}|"
        return hashlib.sha256(head.encode() + np.asarray(history, dtype=np.float64).tobytes()).hexdigest()


def _sha256(values: Vector) -> str:
    return hashlib.sha256(values.tobytes()).hexdigest()


def _read(path: Path) -> Vector | None:
    """Values of a sound file; None where there is none."""
    try:
        stored = json.loads(path.read_text())
        values = np.asarray(stored["values"], dtype=np.float64)
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    return values if _sha256(values) == stored.get("sha256") else None
