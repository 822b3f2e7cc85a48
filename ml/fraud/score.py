"""Apply one fitted detector to the transactions of a month."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from ml.fraud.detector import Detector
from ml.fraud.features import ID, TIME, feature_matrix
from ml.tables import TRANSACTION_SCORE

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


def score(model: Detector, model_id: str, cut_off: date, frame: pd.DataFrame) -> pa.Table:
    """One row of `transaction_score` for each row of features.

    Raises:
        BankError: other features than the model was fitted on, or infinite values.
    """
    import pyarrow as pa

    scores = model.score(feature_matrix(frame, model.features_))
    return pa.table(
        {
            "transaction_id": pa.array(frame[ID].astype("str"), pa.string()),
            "booking_date_time": pa.array(frame[TIME].astype("datetime64[us]"), pa.timestamp("us")),
            "model_id": pa.array([model_id] * len(frame), pa.string()),
            "cut_off": pa.array([cut_off] * len(frame), pa.date32()),
            "score": pa.array(scores, pa.float64()),
        },
        schema=TRANSACTION_SCORE.schema(),
    )
