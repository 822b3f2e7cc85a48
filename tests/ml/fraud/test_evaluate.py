"""The evaluation protocol finds planted frauds, and knows when there is nothing to find."""

import json

import pandas as pd
import pytest

from ml.fraud.evaluate import evaluate, evaluate_scores
from runtime.errors import BankError
from tests.ml.fraud.frames import feature_frame


def test_planted_frauds_are_found_out_of_time() -> None:
    frame, frauds = feature_frame()
    result = json.loads(json.dumps(evaluate(frame, frauds, seed=5)))
    assert sorted(result["months"]) == ["2024-07", "2024-08", "2024-09", "2024-10"]
    assert result["overall"]["auc"] > 0.9
    assert result["overall"]["average_precision"] > 10 * result["overall"]["fraud_share"]


def test_figures_by_hand() -> None:
    """Two days; the day's top five hold one of one fraud and none of one."""
    scores = pd.DataFrame(
        {
            "transaction_id": [f"T{number}" for number in range(14)],
            "booking_date_time": pd.to_datetime(["2024-07-01"] * 7 + ["2024-07-02"] * 7),
            "score": [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3] * 2,
        }
    )
    found = evaluate_scores(scores, {"T0", "T13"})["months"]["2024-07"]
    assert found == {
        "transactions": 14,
        "frauds": 2,
        "fraud_share": pytest.approx(1 / 7),
        "auc": pytest.approx(0.5),  # T0 beats all but its tie (11.5 of 12), T13 only its tie (0.5 of 12)
        "average_precision": pytest.approx(0.5 * 1 / 2 + 0.5 * 2 / 14),
        "precision_at_5_a_day": pytest.approx((1 / 5 + 0) / 2),
        "precision_at_5_a_day_at_best": pytest.approx(1 / 5),
    }


def test_month_without_frauds_has_no_auc() -> None:
    frame, _ = feature_frame()
    result = evaluate(frame[frame["booking_date_time"] < "2024-08-01"], set(), seed=5)
    assert result["months"]["2024-07"]["auc"] is None
    assert result["months"]["2024-07"]["frauds"] == 0


def test_too_short_a_table_is_refused() -> None:
    frame, frauds = feature_frame()
    with pytest.raises(BankError, match="needs 6 months and then at least one more"):
        evaluate(frame[frame["booking_date_time"] < "2024-06-01"], frauds, seed=5)
