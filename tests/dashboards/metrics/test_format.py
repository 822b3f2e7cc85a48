"""Numbers as people read them."""

from __future__ import annotations

import pytest

from dashboards.metrics.format import change, duration, exact, number, parts, whole


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1_840_213.55, "ccy", "1.84 m"),
        (214_600_000, "ccy", "215 m"),
        (-171_204, "ccy", "−171 k"),
        (999_999, "ccy", "1.00 m"),
        (999.6, "ccy", "1.00 k"),
        (634.2, "ccy", "634"),
        (12.5, "ccy", "12.5"),
        (2_345_000_000_000, "ccy", "2,345 bn"),
        (0, "ccy", "0"),
        (-0.001, "ccy", "0.00"),
        (2_013, "n", "2,013"),
        (9_999, "n", "9,999"),
        (10_000, "n", "10.0 k"),
        (1_234_567, "n", "1.23 m"),
        (14, "n", "14"),
        (0.548, "%", "54.8 %"),
        (0.0341, "%", "3.41 %"),
        (0.0102, "%", "1.02 %"),
        (0.99996, "%", "100 %"),
        (1, "%", "100 %"),
        (0.0004, "%", "0.04 %"),
        (6.3, "bps", "6.3 bps"),
        (123.4, "bps", "123 bps"),
        (2.134, "ratio", "2.13"),
        (0.041, "ratio", "0.04"),
        (0.003913, "ratio", "0.0039"),
        (None, "ccy", "–"),
        (float("nan"), "%", "–"),
        (float("inf"), "%", "–"),
    ],
)
def test_numbers_for_people(value: float | None, unit: str, text: str) -> None:
    assert number(value, unit).replace("\N{NO-BREAK SPACE}", " ") == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (-0.019, "%", "−1.90 pp"),
        (0.0004, "%", "+0.04 pp"),
        (0, "%", "0 pp"),
        (-1.4, "bps", "−1.4 bps"),
        (412_300, "ccy", "+412 k"),
        (-3, "n", "−3"),
    ],
)
def test_changes_have_a_sign_and_their_own_unit(value: float, unit: str, text: str) -> None:
    assert change(value, unit).replace("\N{NO-BREAK SPACE}", " ") == text


def test_a_card_sets_number_and_unit_apart() -> None:
    assert parts(1_840_000, "ccy") == ("1.84", "m")
    assert parts(0.548, "%") == ("54.8", "%")
    assert parts(None, "%") == ("–", "")


def test_number_and_unit_are_never_torn_apart() -> None:
    assert number(0.548, "%") == "54.8\N{NO-BREAK SPACE}%"


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1_840_213.55, "ccy", "1,840,213.55"),
        (-0.5, "ccy", "−0.50"),
        (0.548213, "%", "54.8213 %"),
        (2_013, "n", "2,013"),
        (2.5, "n", "2.50"),
        (6.3, "bps", "6.3000 bps"),
        (None, "n", "–"),
    ],
)
def test_exact_values(value: float | None, unit: str, text: str) -> None:
    assert exact(value, unit).replace("\N{NO-BREAK SPACE}", " ") == text


@pytest.mark.parametrize(
    ("value", "text"), [(138_702.4, "138,702"), (-4_866.5, "−4,867"), (-0.4, "0"), (None, "–")]
)
def test_a_statement_has_no_decimals(value: float | None, text: str) -> None:
    assert whole(value) == text


def test_a_statement_s_change_has_its_sign() -> None:
    assert (whole(3_265, signed=True), whole(0.2, signed=True)) == ("+3,265", "0")


@pytest.mark.parametrize(
    ("hours", "text"),
    [(30.2, "30 hours"), (72, "3 days"), (8056.4, "336 days"), (286_408.25, "32.7 years"), (None, "–")],
)
def test_durations_for_people(hours: float | None, text: str) -> None:
    assert duration(hours).replace("\N{NO-BREAK SPACE}", " ") == text


def test_whole_days_have_no_decimals() -> None:
    assert number(31, "days").replace("\N{NO-BREAK SPACE}", " ") == "31 days"
    assert number(1.5, "days").replace("\N{NO-BREAK SPACE}", " ") == "1.50 days"
