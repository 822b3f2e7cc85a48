"""Every figure of merit against values worked out by hand."""

import numpy as np
import pytest

from ml.evaluation import auc, average_precision, coverage, mase, precision_at


def test_auc_counts_pairs_in_the_right_order() -> None:
    """Positives .8 and .4 against negatives .6 and .2: three of four pairs are in order."""
    assert auc([1, 0, 1, 0], [0.8, 0.6, 0.4, 0.2]) == 0.75


def test_auc_gives_half_a_pair_to_a_tie() -> None:
    assert auc([1, 0, 0], [0.5, 0.5, 0.1]) == 0.75
    assert auc([1, 0], [0.3, 0.3]) == 0.5


def test_auc_agrees_with_counting_all_pairs() -> None:
    rng = np.random.default_rng(7)
    labels, scores = rng.random(200) < 0.2, rng.integers(0, 20, 200) / 20
    pairs = [(p > n) + (p == n) / 2 for p in scores[labels] for n in scores[~labels]]
    assert auc(labels, scores) == pytest.approx(np.mean(pairs), abs=1e-12)


@pytest.mark.parametrize("labels", [[], [0, 0], [1, 1]])
def test_auc_does_not_exist_for_one_class(labels: list[int]) -> None:
    assert auc(labels, [0.1, 0.2][: len(labels)]) is None


def test_average_precision_steps_through_the_thresholds() -> None:
    """Hits at ranks 1 and 3: 1/2 · 1/1 + 1/2 · 2/3 = 5/6."""
    assert average_precision([1, 0, 1, 0], [0.9, 0.8, 0.7, 0.6]) == pytest.approx(5 / 6)


def test_average_precision_of_equal_scores_is_the_share_of_positives() -> None:
    assert average_precision([1, 0, 0, 0], [0.5] * 4) == 0.25
    assert average_precision([0, 0, 0, 1], [0.5] * 4) == 0.25


def test_average_precision_needs_a_positive() -> None:
    assert average_precision([0, 0], [0.1, 0.2]) is None


def test_precision_at_counts_the_top() -> None:
    labels, scores = [1, 0, 1, 1], [0.9, 0.8, 0.7, 0.1]
    assert precision_at(labels, scores, 1) == 1.0
    assert precision_at(labels, scores, 2) == 0.5
    assert precision_at(labels, scores, 3) == pytest.approx(2 / 3)
    assert precision_at(labels, scores, 100) == 0.75


def test_precision_at_shares_the_edge_between_ties() -> None:
    """One place left for two tied rows, one of them positive: half a hit on top of the sure one."""
    assert precision_at([1, 1, 0], [0.9, 0.5, 0.5], 2) == 0.75
    assert precision_at([1, 0, 1], [0.9, 0.5, 0.5], 2) == 0.75


def test_precision_at_none_does_not_exist() -> None:
    assert precision_at([], [], 5) is None
    assert precision_at([1], [0.5], 0) is None


def test_mase_scales_by_the_seasonal_steps_of_the_history() -> None:
    """Season 2: steps |3−1|, |6−2|, |5−3| have mean 8/3; errors 1 and 3 have mean 2: 2 / (8/3) = 0.75."""
    assert mase([1, 2, 3, 6, 5], [7, 8], [6, 11], season=2) == pytest.approx(0.75)


def test_mase_does_not_exist_without_a_scale() -> None:
    assert mase([1, 2, 1, 2, 1], [1], [1], season=2) is None
    assert mase([1, 2], [1], [1], season=2) is None
    assert mase([1, 2, 3], [], [], season=1) is None


def test_coverage_includes_the_bounds() -> None:
    assert coverage([1, 2, 3, 4], [1, 0, 4, 0], [2, 2, 5, 3.9]) == 0.5
    assert coverage([], [], []) is None


def test_labels_and_scores_must_pair_up() -> None:
    with pytest.raises(ValueError, match="2 labels for 1 scores"):
        auc([0, 1], [0.5])
