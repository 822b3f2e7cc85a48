"""One list of contract tests for every detector, and a detector that fails them."""

from typing import Any

import numpy as np
import pytest

from ml.evaluation import auc
from ml.fraud import detector as detector_module
from ml.fraud.detector import MEMBERS, Detector, FrozenRank, FrozenScaler
from ml.fraud.train import MEMBERS as CHOSEN
from runtime.errors import BankError

NAMES = ["amount", "count", "gap", "constant"]
CHOICES = [*((name,) for name in MEMBERS), CHOSEN]


def _rows(seed: int, rows: int = 800) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.column_stack(
        [rng.lognormal(3, 1, rows), rng.poisson(2, rows), rng.exponential(3, rows), np.full(rows, 7.0)]
    )


@pytest.fixture(scope="module", params=CHOICES, ids="+".join)
def fitted(request: pytest.FixtureRequest) -> Detector:
    return Detector(request.param, seed=3).fit(_rows(0), NAMES)


def test_score_is_the_same_alone_and_in_any_batch(fitted: Detector) -> None:
    rows = _rows(1, 300)
    together = fitted.score(rows)
    order = np.random.default_rng(2).permutation(len(rows))
    assert np.array_equal(fitted.score(rows[order]), together[order])
    assert np.array_equal(
        np.concatenate([fitted.score(rows[at : at + 1]) for at in range(60)]), together[:60]
    )
    assert np.array_equal(np.concatenate([fitted.score(part) for part in np.array_split(rows, 7)]), together)
    with_others = np.vstack([rows, rows * 1000, np.zeros_like(rows)])
    assert np.array_equal(fitted.score(with_others)[: len(rows)], together)


def test_fitting_again_gives_the_same_scores(fitted: Detector) -> None:
    again = Detector(fitted.members, seed=3).fit(_rows(0), NAMES)
    assert np.array_equal(again.score(_rows(1)), fitted.score(_rows(1)))


def test_global_random_state_has_no_part_in_it(fitted: Detector) -> None:
    np.random.seed(99)
    again = Detector(fitted.members, seed=3).fit(_rows(0), NAMES)
    assert np.array_equal(again.score(_rows(1)), fitted.score(_rows(1)))


def test_scores_are_ranks_among_the_fitted_rows(fitted: Detector) -> None:
    scores = fitted.score(_rows(0))
    assert scores.min() >= 0 and scores.max() <= 1
    assert abs(np.mean(scores > 0.9) - 0.1) < 0.01


def test_far_out_rows_rank_high(fitted: Detector) -> None:
    ordinary = _rows(4, 200)
    odd = ordinary[:20] * [30, 6, 8, 1]
    labels = np.repeat([0, 1], [len(ordinary), len(odd)])
    assert (auc(labels, fitted.score(np.vstack([ordinary, odd]))) or 0) > 0.95


def test_missing_value_counts_as_the_median(fitted: Detector) -> None:
    rows = _rows(5, 10)
    missing, median = rows.copy(), rows.copy()
    missing[:, 2], median[:, 2] = np.nan, np.median(_rows(0)[:, 2])
    assert np.array_equal(fitted.score(missing), fitted.score(median))


def test_constant_column_is_left_out_and_named(fitted: Detector) -> None:
    assert fitted.ignored_features() == ["constant"]
    other = _rows(1, 50)
    other[:, 3] = 1e9
    assert np.array_equal(fitted.score(other), fitted.score(_rows(1, 50)))


def test_infinite_value_is_refused_by_name(fitted: Detector) -> None:
    rows = _rows(1, 5)
    rows[2, 1] = np.inf
    with pytest.raises(BankError, match="infinite values: count"):
        fitted.score(rows)


def test_no_rows_give_no_scores(fitted: Detector) -> None:
    assert fitted.score(np.empty((0, 4))).shape == (0,)


def test_columns_that_repeat_each_other_are_no_obstacle(fitted: Detector) -> None:
    """Collinear features leave directions without variance; PyOD's PCA alone would divide by it."""
    rows = _rows(0)
    doubled = np.column_stack([rows, rows[:, 0] * 2, rows[:, 0] + rows[:, 1]])
    scores = Detector(fitted.members, 3).fit(doubled, [*NAMES, "twice", "sum"]).score(doubled)
    assert np.isfinite(scores).all() and len(np.unique(scores)) > 100


def test_nothing_varies_is_refused() -> None:
    with pytest.raises(BankError, match="None of the 4 features has two different values"):
        Detector(CHOSEN, 1).fit(np.ones((600, 4)), NAMES)
    with pytest.raises(BankError, match="None of the 4 features"):
        Detector(CHOSEN, 1).fit(np.full((600, 4), np.nan), NAMES)


def test_ecod_would_fail_the_contract(monkeypatch: pytest.MonkeyPatch) -> None:
    """ECOD ranks a row within its batch, so the contract above is what keeps it out."""

    def ecod(_seed: int) -> Any:
        from pyod.models.ecod import ECOD

        return ECOD()

    monkeypatch.setitem(detector_module.MEMBERS, "ecod", ecod)
    fitted = Detector(("ecod",), 3).fit(_rows(0), NAMES)
    rows = _rows(1, 300)
    alone = np.concatenate([fitted.score(rows[at : at + 1]) for at in range(60)])
    assert not np.array_equal(alone, fitted.score(rows)[:60])


def test_rank_by_hand() -> None:
    """Of 1, 2, 2, 4: below 2 lies 1/4, half of the two 2s is another 1/4; 3 lies midway between 2 and 4."""
    rank = FrozenRank().fit(np.array([2.0, 1.0, 4.0, 2.0]))
    assert rank.transform(np.array([1.0, 2.0, 3.0, 4.0])).tolist() == [0.125, 0.5, 0.6875, 0.875]
    assert rank.transform(np.array([-9.0, 99.0])).tolist() == [0.125, 0.875]


def test_scaler_by_hand() -> None:
    """Quartiles of 0…4 are 1, 2, 3: (4 − 2) / (2 / 1.349) = 1.349."""
    scaler = FrozenScaler().fit(np.array([[0.0], [1.0], [2.0], [3.0], [4.0]]))
    assert scaler.transform(np.array([[4.0], [2.0], [np.nan]])).ravel().tolist() == pytest.approx(
        [1.349, 0, 0]
    )


def test_scaler_takes_the_deviation_where_half_the_values_are_equal() -> None:
    scaler = FrozenScaler().fit(np.array([[0.0], [0.0], [0.0], [0.0], [0.0], [0.0], [0.0], [8.0]]))
    assert scaler.scale_.tolist() == pytest.approx([np.std([0] * 7 + [8])])
