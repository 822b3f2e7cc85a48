"""What counts as a feature, and hashes that see content only."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from ml.fraud.features import content_hash, feature_columns, feature_matrix, sample
from runtime.errors import BankError
from tests.ml.fraud.frames import feature_frame

NAMES = ["always_one", "amount", "count_1_day", "days_since_last", "is_night"]


def test_every_column_but_ids_and_times_is_a_feature() -> None:
    assert feature_columns(feature_frame(20)[0]) == NAMES


def test_feature_that_is_no_number_is_refused_not_dropped() -> None:
    """A DECIMAL column arrives as objects."""
    frame = feature_frame(20)[0]
    frame = frame.assign(exact=frame["amount"].map(lambda value: Decimal(str(value))), channel="web")
    with pytest.raises(BankError, match="not numbers: channel, exact"):
        feature_columns(frame)


def test_hash_ignores_order_and_types_but_no_value() -> None:
    frame, _ = feature_frame(20)
    expected = content_hash(frame)
    assert content_hash(frame.sample(frac=1, random_state=1)) == expected
    assert content_hash(frame[frame.columns[::-1]]) == expected
    assert content_hash(frame.astype({"transaction_id": object, "count_1_day": "float64"})) == expected
    changed = frame.copy()
    changed["amount"] = np.where(frame.index == 7, np.nextafter(frame["amount"], 0), frame["amount"])
    assert content_hash(changed) != expected
    assert content_hash(frame.iloc[1:]) != expected
    assert content_hash(frame.rename(columns={"amount": "value"})) != expected


def test_sample_depends_on_each_id_alone() -> None:
    frame, _ = feature_frame(100)
    drawn = sample(frame, 50)
    assert len(drawn) == 50 and drawn["transaction_id"].is_monotonic_increasing
    assert drawn.equals(sample(frame.sample(frac=1, random_state=2), 50))
    not_drawn = frame.index[~frame["transaction_id"].isin(drawn["transaction_id"])]
    assert drawn.equals(sample(frame.drop(index=not_drawn[0]), 50))
    assert len(sample(frame, 10_000)) == len(frame)


def test_other_columns_than_the_fitted_ones_are_refused_by_name() -> None:
    frame, _ = feature_frame(20)
    renamed = frame.rename(columns={"amount": "value"})
    with pytest.raises(BankError, match="Missing: amount; not known to the model: value"):
        feature_matrix(renamed, NAMES)


def test_nullable_columns_become_nan() -> None:
    frame = pd.DataFrame({"transaction_id": ["a", "b"], "n": pd.array([1, None], dtype="Int64")})
    assert np.isnan(feature_matrix(frame, ["n"])[1, 0])
