"""Columns of the extracts: from integer cents, day numbers and indices to typed Arrow arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
from numpy.typing import NDArray

kernels: Any = pyarrow.compute
"""Arrow's functions; they are made at import, so no type checker knows their names."""


def money(cents: NDArray[Any], digits: int = 18, missing: NDArray[np.bool_] | None = None) -> pa.Array:
    """DECIMAL(digits, 2) from integer cents, NULL where `missing`."""
    return decimal(cents, digits, 2, missing)


def decimal(
    units: NDArray[Any], digits: int, scale: int, missing: NDArray[np.bool_] | None = None
) -> pa.Array:
    """DECIMAL(digits, scale) from integers in units of 10^-scale, NULL where `missing`."""
    low = np.ascontiguousarray(units, dtype=np.int64)
    pairs = np.empty((len(low), 2), dtype=np.int64)
    pairs[:, 0] = low
    pairs[:, 1] = low >> 63
    array = pa.Array.from_buffers(pa.decimal128(digits, scale), len(low), [None, pa.py_buffer(pairs)])
    return _masked(array, missing)


def dates(days: NDArray[Any], missing: NDArray[np.bool_] | None = None) -> pa.Array:
    """DATE from day numbers, NULL where `missing`."""
    return _masked(pa.array(days.astype(np.int32)).view(pa.date32()), missing)


def timestamps(seconds: NDArray[Any], missing: NDArray[np.bool_] | None = None) -> pa.Array:
    """TIMESTAMP from seconds since 1970-01-01, NULL where `missing`."""
    return _masked(pa.array(seconds.astype(np.int64)).view(pa.timestamp("s")), missing)


def ids(prefix: str, numbers: NDArray[Any], width: int, missing: NDArray[np.bool_] | None = None) -> pa.Array:
    """Identifiers such as `A0000042`, NULL where `missing`."""
    digits = kernels.utf8_lpad(kernels.cast(pa.array(numbers.astype(np.int64)), pa.string()), width, "0")
    return _masked(kernels.binary_join_element_wise(pa.scalar(prefix), digits, ""), missing)


def lookup(values: Sequence[Any], index: NDArray[Any], missing: NDArray[np.bool_] | None = None) -> pa.Array:
    """`values[index]`, NULL where `missing`."""
    table = pa.array(list(values))
    if missing is None:
        return table.take(pa.array(index.astype(np.int64)))
    return table.take(pa.array(np.where(missing, 0, index).astype(np.int64), mask=missing))


def constant(value: Any, length: int, kind: pa.DataType | None = None) -> pa.Array:
    """The same value in every row."""
    return pa.repeat(pa.scalar(value, type=kind), length)


def nulls(length: int, kind: pa.DataType | None = None) -> pa.Array:
    """NULL in every row."""
    return pa.nulls(length, kind or pa.string())


def _masked(array: pa.Array, missing: NDArray[np.bool_] | None) -> pa.Array:
    if missing is None or not missing.any():
        return array
    return kernels.if_else(pa.array(missing), pa.scalar(None, array.type), array)
