"""Who the customers are and what happens to them month by month: moves, income, marriages, leaving."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data.demo import arrow, parameters
from data.demo.parameters import Size
from data.demo.reference import BRANCHES, FEMALE_NAMES, LAST_NAMES, MALE_NAMES, REGIONS, TRADES
from data.demo.timeline import NEVER, day_number

TYPES = ("individual", "sme")
SEGMENTS = ("youth", "mass", "affluent", "private", "senior", "sme")
BEHAVIOURS = ("digital_native", "everyday_spender", "saver", "cash_user", "credit_user", "business")
RATINGS = ("A", "B", "C", "D", "E")

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

BRANCH_REGION = np.array([REGIONS.index(row[1]) for row in BRANCHES])
_BRANCH_WEIGHT = np.array([float(row[2]) for row in BRANCHES])


@dataclass
class Population:
    """Column arrays, one element per customer who ever is one; `[month, customer]` where it changes."""

    kind: Ints
    sex: Ints
    birth_day: Ints
    first_name: Ints
    trade: Ints
    start_day: Ints
    join_month: Ints
    leave_month: Ints
    behaviour: Ints
    credit_strength: Floats
    persuadable: Floats
    spouse: Ints
    wealth: Floats
    kyc_day: Ints
    last_name: Ints
    region: Ints
    branch: Ints
    postal: Ints
    income: Ints
    employed: Flags
    consent: Flags
    segment: Ints
    activity: Floats

    @property
    def count(self) -> int:
        """How many customers there are over the whole time."""
        return len(self.kind)

    @property
    def is_sme(self) -> Flags:
        """Businesses."""
        return self.kind == 1

    def present(self, month: int) -> Flags:
        """Customers at the end of a month, those that left in it included."""
        return (self.join_month <= month) & (self.leave_month >= month)


def populate(size: Size) -> Population:
    """Draw the customers and their lives."""
    random = size.random("population")
    timeline, months = size.timeline, size.months
    joiners = random.poisson(size.customers * parameters.JOIN_RATE / 12, months)
    count = size.customers + int(joiners.sum())
    join_month = np.concatenate([np.full(size.customers, -1), np.repeat(np.arange(months), joiners)])
    fresh = join_month >= 0
    kind = (random.random(count) < parameters.SME_SHARE).astype(np.int64)
    sme = kind == 1
    start_day = timeline.first_day - 30 - (random.gamma(1.6, 2200, count)).astype(np.int64)
    joined = timeline.starts[np.clip(join_month, 0, None)] + random.integers(0, 28, count)
    start_day = np.where(fresh, joined, start_day)
    age = np.clip(np.where(fresh, random.normal(34, 13, count), random.normal(47, 17, count)), 18, 92)
    birth_day = timeline.first_day - (age * 365.25).astype(np.int64) - random.integers(0, 365, count)
    birth_day = np.maximum(birth_day, day_number_of_year(1925))
    start_day = np.where(fresh, start_day, np.maximum(start_day, birth_day + 16 * 366))
    behaviour = np.where(sme, 5, _behaviour(random, age))
    branch = _draw(random, _BRANCH_WEIGHT, count)
    lives = _lives(size, random, sme, age, branch, join_month)
    leave_month = _leave_months(random, months, join_month, age)
    wealth = np.exp(random.normal(0, 0.9, count)) * np.where(age > 60, 1.5, 1.0) * (behaviour == 2) + np.exp(
        random.normal(-0.2, 0.9, count)
    ) * (behaviour != 2)
    people = Population(
        kind=kind,
        sex=random.integers(0, 2, count),
        birth_day=birth_day,
        first_name=random.integers(0, len(FEMALE_NAMES), count),
        trade=random.integers(0, len(TRADES), count),
        start_day=start_day,
        join_month=join_month,
        leave_month=leave_month,
        behaviour=behaviour,
        credit_strength=random.normal(0, 1, count),
        persuadable=random.beta(1.2, 4, count),
        spouse=np.full(count, -1),
        wealth=wealth,
        kyc_day=timeline.first_day + random.integers(0, 1500, count),
        activity=np.ones((months, count)),
        segment=np.zeros((months, count), dtype=np.int64),
        **lives,
    )
    people.kyc_day = np.maximum(people.kyc_day, people.start_day + 365)
    _marry(size, random, people)
    fade(people)
    for month in range(months):
        people.segment[month] = _segments(people, month, int(timeline.ends[month]))
    return people


def day_number_of_year(year: int) -> int:
    """1 January of a year."""
    from datetime import date

    return day_number(date(year, 1, 1))


def _draw(random: np.random.Generator, weights: Floats, count: int) -> Ints:
    return np.searchsorted(np.cumsum(weights / weights.sum()), random.random(count), side="right").clip(
        max=len(weights) - 1
    )


def _behaviour(random: np.random.Generator, age: Floats) -> Ints:
    """Digital natives are young, cash users old."""
    young = np.clip((45 - age) / 45, 0.05, 0.6)
    old = np.clip((age - 45) / 60, 0.03, 0.5)
    rest = 1 - young - old
    bounds = np.cumsum(np.stack([young, rest * 0.5, rest * 0.28, old, rest * 0.22]), axis=0)
    return (random.random(len(age)) > bounds[:4]).sum(axis=0)


def _leave_months(random: np.random.Generator, months: int, join_month: Ints, age: Floats) -> Ints:
    """Month at whose end each customer is gone; young customers leave more easily."""
    hazard = parameters.LEAVE_RATE / 12 * np.clip(1.5 - age / 90, 0.6, 1.4)
    waited = np.ceil(np.log(1 - random.random(len(age))) / np.log(1 - hazard)).astype(np.int64)
    # A bank sees nobody leave in the same quarter he came; the first three months belong to those leaving
    # since before the first extract.
    leave = np.where(join_month >= 0, join_month + 3, -1) + waited
    return np.where(leave >= months, NEVER, leave)


def _lives(
    size: Size, random: np.random.Generator, sme: Flags, age: Floats, branch: Ints, join_month: Ints
) -> dict[str, NDArray[Any]]:
    """Monthly matrices: where people live, what they earn, what they consent to."""
    months, count = size.months, len(sme)
    young_or_old = np.where(age < 25, 0.55, np.where(age > 66, 0.72, 1.0))
    income = np.where(
        sme,
        np.exp(random.normal(np.log(14_000), 0.75, count)),
        np.exp(random.normal(np.log(2_450), 0.42, count)) * young_or_old,
    )
    salaried = ~sme & (age < 66)
    employed = random.random(count) > 0.04 * salaried
    consent = random.random(count) < parameters.CONSENT_SHARE
    last_name = random.integers(0, len(LAST_NAMES), count)
    here, post = branch.copy(), random.integers(0, 900, count)
    out: dict[str, list[NDArray[Any]]] = {
        name: [] for name in ("income", "employed", "consent", "branch", "postal", "region", "last_name")
    }
    for month in range(months):
        if size.timeline.calendar_month(month) == 1:
            income = income * (1 + np.clip(random.normal(parameters.WAGE_GROWTH, 0.012, count), 0, None))
        changed = (random.random(count) < parameters.JOB_CHANGE_RATE / 12) & salaried
        income = np.where(changed, income * np.exp(random.normal(0.05, 0.13, count)), income)
        lost = random.random(count) < parameters.JOB_LOSS_RATE / 12
        found = random.random(count) < 0.16
        employed = np.where(employed, ~(lost & salaried), found)
        flipped = random.random(count) < parameters.CONSENT_CHANGE_RATE / 12
        consent = consent ^ flipped
        moved = random.random(count) < parameters.MOVE_RATE / 12
        target = _draw(random, _BRANCH_WEIGHT, count)
        # Most moves stay in the region; the others bring a new home branch.
        far = moved & (random.random(count) < 0.4)
        here = np.where(far, target, here)
        post = np.where(moved, random.integers(0, 900, count), post)
        out["income"].append(np.round(income * 100).astype(np.int64))
        out["employed"].append(employed | ~salaried)
        out["consent"].append(consent)
        out["branch"].append(here)
        out["postal"].append(post)
        out["region"].append(BRANCH_REGION[here])
        out["last_name"].append(last_name)
    return {name: np.stack(rows) for name, rows in out.items()}


def _marry(size: Size, random: np.random.Generator, people: Population) -> None:
    """Couples: some are married from the start, others marry; they then live together and share accounts."""
    single = np.flatnonzero((people.kind == 0) & (people.leave_month == NEVER) & (people.join_month < 0))
    pairs = random.permutation(single)
    pairs = pairs[: len(pairs) // 2 * 2].reshape(-1, 2)
    similar = np.abs(people.birth_day[pairs[:, 0]] - people.birth_day[pairs[:, 1]]) < 12 * 365
    pairs = pairs[similar]
    wedding = np.where(
        random.random(len(pairs)) < 0.3,
        -1,
        np.floor(random.exponential(12 / parameters.MARRIAGE_RATE, len(pairs))),
    ).astype(np.int64)
    changes_name = random.random(len(pairs)) < 0.6
    for (one, two), month, renamed in zip(
        pairs.tolist(), wedding.tolist(), changes_name.tolist(), strict=True
    ):
        if month >= size.months:
            continue
        since = max(month, 0)
        people.spouse[one], people.spouse[two] = two, one
        for name in ("branch", "postal", "region"):
            values = getattr(people, name)
            values[since:, two] = values[since:, one]
        if renamed:
            people.last_name[since:, two] = people.last_name[since, one]


def fade(people: Population) -> None:
    """Before leaving, activity falls over the last five months: the sign that an attrition model can find."""
    months = people.activity.shape[0]
    for month in range(months):
        left = people.leave_month - month
        people.activity[month] = np.select(
            [left < 0, left == 0, left == 1, left == 2, left == 3, left == 4],
            [0.0, 0.10, 0.25, 0.45, 0.65, 0.85],
            1.0,
        ) * (people.join_month <= month)


def _segments(people: Population, month: int, last_day: int) -> Ints:
    """House segmentation at a month end: by type, age, income and wealth."""
    age = (last_day - people.birth_day) / 365.25
    income = people.income[month] / 100
    return np.select(
        [
            people.kind == 1,
            (income > 6500) | ((people.wealth > 4.5) & (income > 3500)),
            income > 3700,
            age < 27,
            age >= 65,
        ],
        [5, 3, 2, 0, 4],
        1,
    )


def customer_ids(index: Ints, missing: Flags | None = None) -> pa.Array:
    """`C000042`."""
    return arrow.ids("C", index, 6, missing)


def snapshot(people: Population, month: int, day: int, rating: Ints) -> pa.Table:
    """The `customer` extract of a month end."""
    who = np.flatnonzero(people.present(month))
    count = len(who)
    sme = people.is_sme[who]
    first = np.where(people.sex[who] == 0, people.first_name[who], people.first_name[who] + len(FEMALE_NAMES))
    given = arrow.lookup(FEMALE_NAMES + MALE_NAMES, first)
    family = arrow.lookup(LAST_NAMES, people.last_name[month, who])
    trade = arrow.lookup([name for _, name in TRADES], people.trade[who])

    is_sme = pa.array(sme)
    name = arrow.kernels.if_else(
        is_sme,
        arrow.kernels.binary_join_element_wise(trade, family, " "),
        arrow.kernels.binary_join_element_wise(given, family, " "),
    )
    region = people.region[month, who]
    income = people.income[month, who]
    return pa.table(
        {
            "id": customer_ids(who),
            "date": arrow.dates(np.full(count, day)),
            "type": arrow.lookup(TYPES, people.kind[who]),
            "name": name,
            "birth_date": arrow.dates(people.birth_day[who], sme),
            "sex": arrow.lookup(("F", "M"), people.sex[who], sme),
            "start_date": arrow.dates(people.start_day[who]),
            "status": arrow.lookup(("active", "closed"), (people.leave_month[who] == month).astype(int)),
            "postal_code": arrow.ids("", (region + 1) * 10_000 + people.postal[month, who] * 11, 5),
            "region_id": arrow.lookup(REGIONS, region),
            "country_code": arrow.constant("DE", count),
            "nace_code": arrow.lookup([code for code, _ in TRADES], people.trade[who], ~sme),
            "turnover": arrow.money(income * 12, missing=~sme),
            "income_amount": arrow.money(np.where(people.employed[month, who], income, 0), missing=sme),
            "internal_rating": arrow.lookup(RATINGS, rating[who]),
            "risk_profile": pa.array(1 + rating[who], type=pa.int32()),
            "national_id": arrow.ids("ID", (who * 7919 + 104_729) % 90_000_000 + 10_000_000, 8, sme),
            "segment_code": arrow.lookup(SEGMENTS, people.segment[month, who]),
            "kyc_review_date": arrow.dates(
                people.kyc_day[who] + 1096 * ((day - people.kyc_day[who]) // 1096 + 1).clip(0)
            ),
            "marketing_consent": pa.array(people.consent[month, who]),
            "branch_id": arrow.ids("B", people.branch[month, who], 2),
        }
    )
