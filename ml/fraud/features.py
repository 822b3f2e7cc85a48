"""What the detector reads of the feature table, and the hash of what it has read."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from runtime.errors import BankError

if TYPE_CHECKING:
    import pandas as pd

ID = "transaction_id"
TIME = "booking_date_time"


NOT_FEATURES = (ID, TIME, "account_id", "month")
"""Columns of the feature table that say which transaction it is; every other column is a feature."""


def feature_columns(frame: pd.DataFrame) -> list[str]:
    """Names of the feature columns, sorted.

    Raises:
        BankError: a feature is not a number or truth value. Left out silently, nobody would miss it.
    """
    from pandas.api.types import is_numeric_dtype

    names = sorted(set(frame.columns) - set(NOT_FEATURES))
    strange = [name for name in names if not is_numeric_dtype(frame[name])]
    if strange:
        raise BankError(
            "The transaction features cannot be read.",
            f"These columns are not numbers: {', '.join(strange)}.",
            "Cast them to double in feat_transaction, and build it again.",
        )
    return names


def feature_matrix(frame: pd.DataFrame, names: list[str]) -> NDArray[np.float64]:
    """The named columns as numbers, missing as NaN.

    Raises:
        BankError: the table has other features than the model was fitted on.
    """
    found = feature_columns(frame)
    if found != names:
        missing, extra = sorted(set(names) - set(found)), sorted(set(found) - set(names))
        raise BankError(
            "The transaction features are not those the model was fitted on.",
            f"Missing: {', '.join(missing) or 'none'}; not known to the model: {', '.join(extra) or 'none'}.",
            "Materialize the model's training asset for all months, then score again.",
        )
    return frame[names].to_numpy(dtype=np.float64, na_value=np.nan)


def row_hashes(frame: pd.DataFrame) -> NDArray[np.uint64]:
    """A 64-bit hash of each row's id, time and features, the same in any row and column order."""
    import pandas as pd

    columns = [ID, TIME, *feature_columns(frame)]
    typed = frame[columns].astype(
        {
            TIME: "datetime64[us]",
            **dict.fromkeys(columns[2:], "float64"),
        }  # one hash, whatever the reader's types
    )
    return np.asarray(pd.util.hash_pandas_object(typed, index=False), dtype=np.uint64)


def content_hash(frame: pd.DataFrame) -> str:
    """SHA-256 of a feature table's content (names and rows), the same in any row and column order."""
    digest = hashlib.sha256("\n".join(feature_columns(frame)).encode())
    digest.update(np.sort(row_hashes(frame)).tobytes())
    return digest.hexdigest()


def sample(frame: pd.DataFrame, rows: int) -> pd.DataFrame:
    """At most `rows` rows, in order of transaction id, chosen by a hash of the id.

    A draw that depends on each id alone: one more transaction changes at most one row of it.
    """
    import pandas as pd

    if len(frame) > rows:
        drawn = pd.util.hash_pandas_object(frame[ID], index=False).to_numpy()
        frame = frame.iloc[np.argpartition(drawn, rows)[:rows]]
    return frame.sort_values(ID, kind="stable", ignore_index=True)
