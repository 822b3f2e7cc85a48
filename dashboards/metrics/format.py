"""Numbers for people: the only place where a number becomes text.

Three significant digits, a no-break space before the unit, a true minus. Percentages come as fractions.
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal

MINUS = "−"
MISSING = "–"
"""What stands where there is no number."""

_SPACE = "\N{NO-BREAK SPACE}"
_SCALES = ((Decimal(10) ** 9, "bn"), (Decimal(10) ** 6, "m"), (Decimal(10) ** 3, "k"))
_PLAIN_BELOW = {"n": Decimal(10_000), "ccy": Decimal(1_000)}  # counts are exact while they are short


def number(value: float | None, unit: str = "n", *, signed: bool = False) -> str:
    """A value of a metric's unit as text: `1.84 m`, `54.8 %`, `6.3 bps`, `−171 k`, `+0.04 pp`, `2,013`."""
    text, suffix = parts(value, unit, signed=signed)
    return f"{text}{_SPACE}{suffix}" if suffix else text


def parts(value: float | None, unit: str = "n", *, signed: bool = False) -> tuple[str, str]:
    """The number and what follows it apart, for a card that sets them in two sizes."""
    if value is None or math.isnan(value) or math.isinf(value):
        return MISSING, ""
    amount = Decimal(repr(float(value)))
    if unit in ("%", "pp"):
        digits, suffix = _significant(amount * 100, most=2), unit
    elif unit == "bps":
        digits, suffix = _significant(amount, most=1), unit
    elif unit in _PLAIN_BELOW:
        digits, suffix = _scaled(amount, _PLAIN_BELOW[unit])
    elif unit in ("hours", "days") and amount == amount.to_integral():
        digits, suffix = _fixed(amount, 0), unit
    else:
        # an index of concentration is small where all is well
        most = 4 if unit == "ratio" and abs(amount) < Decimal("0.01") else 2
        digits, suffix = _significant(amount, most=most), "" if unit == "ratio" else unit
    return _sign(digits, signed), suffix


def change(value: float | None, unit: str) -> str:
    """A difference of two values of a unit, with its sign: percentages differ by percentage points."""
    return number(value, change_unit(unit), signed=True)


def change_unit(unit: str) -> str:
    """The unit of a difference."""
    return "pp" if unit == "%" else unit


def exact(value: float | None, unit: str = "n") -> str:
    """Every digit that means something, for hover texts: `1,840,213.55`, `54.8213 %`, `2,013`."""
    if value is None or math.isnan(value) or math.isinf(value):
        return MISSING
    amount = Decimal(repr(float(value)))
    if unit in ("%", "pp"):
        return f"{_sign(_fixed(amount * 100, 4))}{_SPACE}{unit}"
    places = {"n": 0 if amount == amount.to_integral() else 2, "ccy": 2}.get(unit, 4)
    suffix = "" if unit in ("n", "ccy", "ratio") else f"{_SPACE}{unit}"
    return _sign(_fixed(amount, places)) + suffix


def whole(value: float | None, *, signed: bool = False) -> str:
    """A number without decimals, as statements print amounts: `138,702`, `−4,867`."""
    if value is None or math.isnan(value) or math.isinf(value):
        return MISSING
    return _sign(_fixed(Decimal(repr(float(value))), 0), signed)


def duration(hours: float | None) -> str:
    """Hours as people say them: `30 hours`, `336 days`, `32.7 years`."""
    if hours is None or math.isnan(hours):
        return MISSING
    if abs(hours) < 72:
        return number(round(hours), "hours")
    days = hours / 24
    return number(round(days), "days") if days < 1000 else number(days / 365.25, "years")


def _scaled(amount: Decimal, plain_below: Decimal) -> tuple[Decimal, str]:
    whole = _fixed(amount, 0)
    if abs(whole) < plain_below:
        return (whole if amount == whole or abs(amount) >= 100 else _significant(amount, most=2)), ""
    for scale, name in reversed(_SCALES):
        rounded = _significant(amount / scale, most=2)
        if abs(rounded) < 1000 or name == "bn":
            return rounded, name
    raise AssertionError("the largest scale takes everything")


def _significant(amount: Decimal, most: int) -> Decimal:
    """Three significant digits, at most `most` of them behind the point."""
    if amount == 0:
        return Decimal(0)
    places = min(most, max(0, 2 - amount.adjusted()))
    rounded = _fixed(amount, places)
    # 9.996 has become 10.00: one digit fewer
    return _fixed(amount, max(0, places - 1)) if rounded.adjusted() > amount.adjusted() >= 0 else rounded


def _fixed(amount: Decimal, places: int) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def _sign(digits: Decimal, signed: bool = False) -> str:
    text = f"{abs(digits):,f}"
    if digits < 0:
        return MINUS + text
    return f"+{text}" if signed and digits > 0 else text
