"""The numbers that decide how the demo bank behaves, each with its unit. Rates are yearly unless said."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np

from data.demo.timeline import Timeline


@dataclass(frozen=True)
class Size:
    """How large a bank to make. `customers` is the number at the start."""

    customers: int
    months: int
    end: date
    seed: int
    timeline: Timeline = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "timeline", Timeline(self.months, self.end))

    def random(self, module: str) -> np.random.Generator:
        """A generator of one module's own, so that a change in one module leaves the others' draws alone."""
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence([self.seed, *module.encode()])))


SME_SHARE = 0.08
JOIN_RATE = 0.095
LEAVE_RATE = 0.075
MOVE_RATE = 0.06
JOB_CHANGE_RATE = 0.10
JOB_LOSS_RATE = 0.025
MARRIAGE_RATE = 0.02
CONSENT_SHARE = 0.62
CONSENT_CHANGE_RATE = 0.05
WAGE_GROWTH = 0.03
INFLATION = 0.025

RATE_PPM = {"SAV-EUR": 10_000, "TRM-EUR": 23_000, "overdraft": 109_000, "CRD-EUR": 159_000}
"""Interest rates on accounts in millionths a year."""

MONTHLY_FEE = {"CUR-EUR": 390, "CUR-SME": 1490, "CUR-USD": 250}
"""Account fees in cents a month."""

TERM_MONTHS = 12
