"""Intervals from earlier errors, by hand and by the share they cover."""

import numpy as np

from ml.forecast import intervals


def half_widths(errors: list[np.ndarray], horizon: int, level: float) -> np.ndarray:
    """The widths where there are any."""
    widths = intervals.half_widths(errors, horizon, level)
    assert widths is not None
    return widths


def test_half_width_is_the_conformal_quantile() -> None:
    """Nine errors 1…9: the ⌈10 · 0.8⌉ = 8th smallest is 8, whatever their signs and order."""
    errors = [np.array([9.0, -1.0, 3.0, -7.0, 5.0, 2.0, -8.0, 4.0, 6.0])]
    assert half_widths(errors, 10, 0.8).tolist() == [8.0] * 10


def test_few_errors_give_the_largest_one() -> None:
    assert half_widths([np.array([1.0, -3.0])], 2, 0.8).tolist() == [3.0, 3.0]


def test_farther_bands_are_never_narrower() -> None:
    errors = [np.concatenate([np.full(30, 4.0), np.full(30, 2.0), np.full(30, 6.0)])]
    widths = half_widths(errors, 90, 0.8)
    assert [widths[0], widths[30], widths[60]] == [4.0, 4.0, 6.0]


def test_band_without_errors_takes_the_nearer_one() -> None:
    assert half_widths([np.full(30, 4.0)], 90, 0.8).tolist() == [4.0] * 90


def test_no_errors_no_interval() -> None:
    assert intervals.half_widths([], 90, 0.8) is None
    assert intervals.half_widths([np.empty(0)], 90, 0.8) is None


def test_covers_what_it_promises_where_errors_are_alike() -> None:
    """Independent errors: 200 intervals at 80 % from 90 errors each cover 80 % ± 2 of new ones."""
    rng = np.random.default_rng(0)
    inside = [
        np.abs(rng.standard_t(3, 30)) <= half_widths([rng.standard_t(3, 30) for _ in range(3)], 30, 0.8)
        for _ in range(200)
    ]
    assert abs(np.mean(inside) - 0.8) < 0.02
