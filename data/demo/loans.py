"""Loans: applications, annuity schedules, and what borrowers really do with them.

A loan is due once a month. Whoever misses an instalment may catch up, keep the distance, or fall further
behind;
more than 90 days past due is a default, after which interest no longer accrues, little is paid, and after a
year
or so the rest is written off and partly recovered. Payments settle the oldest instalment first, interest
before
principal, so every figure follows from the total paid:

    instalments paid in full = total paid // instalment
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.demo.marketing import Contacts
from data.demo.parameters import Size
from data.demo.population import Population
from data.demo.reference import MORTGAGE, PERSONAL, PRODUCTS, SME_LOAN
from data.demo.timeline import MONTH_STARTS, NEVER, Timeline

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

PURPOSES = {
    PERSONAL: ("car", "furniture", "consolidation", "education"),
    MORTGAGE: ("house_purchase",),
    SME_LOAN: ("investment", "working_capital"),
}
LGD = {PERSONAL: 0.55, MORTGAGE: 0.18, SME_LOAN: 0.42}
TERMS = {PERSONAL: (24, 36, 48, 60, 72), MORTGAGE: (180, 240, 300, 360), SME_LOAN: (36, 48, 60, 84)}
RATE_PPM = {PERSONAL: 74_000, MORTGAGE: 36_000, SME_LOAN: 54_000}
LIVE_SHARE = {PERSONAL: 0.21, MORTGAGE: 0.14, SME_LOAN: 0.60}
"""Share of customers (of businesses for SME loans) with such a loan on the first day."""
DEMAND = {PERSONAL: 0.105, MORTGAGE: 0.026, SME_LOAN: 0.30}
"""Applications a year per customer of the kind."""
PREPAYMENT = {PERSONAL: 0.007, MORTGAGE: 0.003, SME_LOAN: 0.004}
"""Chance a month that a performing loan is repaid early."""
DECLINE_SCORE = 560.0

CURE, STAY = (0.0, 0.58, 0.30, 0.20), (0.0, 0.12, 0.14, 0.10)
"""Chance of catching up with, and of keeping the distance to, 1, 2 and 3 missed instalments."""
ROLL_TO_DEFAULT = 0.17
"""Chance that one missed instalment ends in default; follows from the two rows above."""
CURE_OF_DEFAULT = 0.025
"""Chance a month that a borrower in default pays everything that is due."""
DEFAULT_DAYS = 91
WARM_UP = 18
"""Months that the loans live through before the first extract, so that it already finds arrears and
defaults."""

DECLINE_REASONS = ("score_below_cut_off", "affordability", "incomplete_documents")
DECISIONS = ("approved", "declined", "withdrawn", "pending")


@dataclass
class Applications:
    """One row per application; `loan` is -1 where none came of it."""

    customer: Ints
    product: Ints
    day: Ints
    decision_day: Ints
    amount: Ints
    score: Floats
    decision: Ints
    reason: Ints
    channel: Ints
    loan: Ints
    pd: Floats


@dataclass
class Loans:
    """Column arrays, one element per loan. Money in cents, rates in millionths a year."""

    customer: Ints
    product: Ints
    branch: Ints
    start_day: Ints
    first_due: Ints
    term: Ints
    notional: Ints
    rate_ppm: Ints
    instalment: Ints
    pd: Floats
    score: Ints
    pd_estimate: Floats
    purpose: Ints
    collateral: Ints
    cumulative_interest: Ints
    """[loan, n]: interest in the first n instalments; constant after the last."""
    cumulative_total: Ints
    """[loan, n]: sum of the first n instalments."""
    applications: Applications

    @property
    def count(self) -> int:
        """How many loans there are over the whole time."""
        return len(self.customer)

    @cached_property
    def _due_month(self) -> Ints:
        """Month of the first due date, counted from January 1970."""
        return np.searchsorted(MONTH_STARTS, self.first_due, side="right") - 1

    @cached_property
    def _day_of_month(self) -> Ints:
        """Day of the month that instalments are due on, 0 for the first."""
        return self.first_due - MONTH_STARTS[self._due_month]

    @property
    def end_day(self) -> Ints:
        """Contractual last due date."""
        return self.due_day(self.term - 1)

    def due_count(self, day: int) -> Ints:
        """Instalments whose due date is at or before a day."""
        month = int(np.searchsorted(MONTH_STARTS, day, side="right")) - 1
        today = day - int(MONTH_STARTS[month])
        return np.clip(month - self._due_month + (today >= self._day_of_month), 0, self.term)

    def due_day(self, number: Ints) -> Ints:
        """Due date of the instalment with an index (0 = first)."""
        return MONTH_STARTS[self._due_month + number] + self._day_of_month

    def due_days(self, loan: Ints, number: Ints) -> Ints:
        """Due dates of instalments of chosen loans, 0 = first."""
        return MONTH_STARTS[self._due_month[loan] + number] + self._day_of_month[loan]

    def paid_in_full(self, total_paid: Ints) -> Ints:
        """How many instalments a total settles."""
        guess = np.clip(total_paid // self.instalment, 0, self.term)
        rows = np.arange(self.count)
        # The last instalment carries the rounding, so it may be larger than the others.
        too_far = (guess == self.term) & (self.cumulative_total[rows, guess] > total_paid)
        last_done = (guess == self.term - 1) & (self.cumulative_total[rows, self.term] <= total_paid)
        return guess - too_far + last_done

    def interest_within(self, total_paid: Ints) -> Ints:
        """Interest contained in a total, oldest instalment first, interest before principal."""
        rows = np.arange(self.count)
        full = self.paid_in_full(total_paid)
        rest = total_paid - self.cumulative_total[rows, full]
        following = np.minimum(full + 1, self.term)
        share = self.cumulative_interest[rows, following] - self.cumulative_interest[rows, full]
        return self.cumulative_interest[rows, full] + np.minimum(np.maximum(rest, 0), share)


def true_pd(random: np.random.Generator, strength: Floats, product: Ints) -> Floats:
    """Twelve-month probability of default; a strong customer (positive) defaults rarely."""
    level = np.select([product == PERSONAL, product == MORTGAGE], [-3.60, -4.55], -3.70)
    return 1 / (1 + np.exp(-(level - 1.05 * strength + random.normal(0, 0.25, len(strength)))))


def credit_score(random: np.random.Generator, pd: Floats) -> Floats:
    """A bureau's view: 600 at odds of 1:30, 40 points double the odds, and an error of its own."""
    return np.clip(
        600 + 40 / np.log(2) * (np.log((1 - pd) / pd) - np.log(30)) + random.normal(0, 32, len(pd)), 300, 850
    )


def lend(size: Size, people: Population, contacts: Contacts) -> Loans:
    """The loans on the books at the start and those granted later, with their schedules."""
    random = size.random("loans")
    timeline = size.timeline
    existing = _existing(size, random, people)
    applications = _apply(size, random, people, contacts)
    granted = applications.decision == 0
    book: dict[str, NDArray[Any]] = {
        "customer": np.concatenate([existing[0], applications.customer[granted]]),
        "product": np.concatenate([existing[1], applications.product[granted]]),
        "start": np.concatenate([existing[2], applications.decision_day[granted] + 2]),
        "pd": np.concatenate([existing[3], applications.pd[granted]]),
        "score": np.concatenate([existing[4], applications.score[granted]]),
        "amount": np.concatenate([existing[5], applications.amount[granted]]),
        "origin": np.concatenate([np.full(len(existing[0]), -1), np.flatnonzero(granted)]),
    }
    book["term"] = np.zeros(len(book["customer"]), dtype=np.int64)
    for kind, terms in TERMS.items():
        drawn = random.choice(terms, len(book["term"]))
        book["term"] = np.where(book["product"] == kind, drawn, book["term"])
    # What was repaid before the books of the warm-up open is nobody's loan any more.
    keep = book["start"] <= timeline.last_day
    keep &= book["start"] + book["term"] * 30 > timeline.first_day - WARM_UP * 31
    order = np.lexsort((book["customer"], book["start"]))
    order = order[keep[order]]
    customer, product, start, pd, score, amount, origin, term = (values[order] for values in book.values())
    count = len(customer)
    applications.loan[origin[origin >= 0]] = np.flatnonzero(origin >= 0)
    month_of_start = np.clip(timeline.month_of(start), 0, None)
    rate = np.array([RATE_PPM.get(p, 0) for p in range(len(PRODUCTS))])[product]
    rate = (
        rate + (pd * 350_000 * (product != MORTGAGE)).astype(np.int64) + random.integers(-8, 9, count) * 500
    )
    # First due on a day 1..28 of the month after next at the latest, at least 20 days after the payout.
    due_day = random.integers(0, 28, count)
    first_month = (start + 20).astype("datetime64[D]").astype("datetime64[M]") + 1
    first_due = first_month.astype("datetime64[D]").astype(np.int64) + due_day
    monthly = rate / 12e6
    instalment = np.ceil(amount * monthly / (1 - (1 + monthly) ** -term.astype(float))).astype(np.int64)
    interest, total = _schedule(amount, rate, instalment, term)
    return Loans(
        customer=customer,
        product=product,
        branch=people.branch[month_of_start, customer],
        start_day=start,
        first_due=first_due,
        term=term,
        notional=amount,
        rate_ppm=rate,
        instalment=instalment,
        pd=pd,
        score=np.round(score).astype(np.int64),
        pd_estimate=1 / (1 + np.exp(-(np.log(pd / (1 - pd)) + random.normal(0, 0.45, count)))),
        purpose=random.integers(0, 100, count),
        collateral=np.where(
            product == MORTGAGE,
            amount * random.uniform(1.05, 1.9, count),
            amount * random.uniform(0.3, 0.9, count),
        ).astype(np.int64)
        // 100_000
        * 100_000,
        cumulative_interest=interest,
        cumulative_total=total,
        applications=applications,
    )


def _amounts(random: np.random.Generator, people: Population, customer: Ints, product: Ints) -> Ints:
    income = people.income[0, customer] / 100
    raw = np.select(
        [product == PERSONAL, product == MORTGAGE],
        [
            np.clip(income * np.exp(random.normal(1.35, 0.5, len(customer))), 1_500, 60_000),
            np.clip(income * np.exp(random.normal(3.75, 0.35, len(customer))), 40_000, 700_000),
        ],
        np.clip(income * np.exp(random.normal(1.35, 0.6, len(customer))), 8_000, 500_000),
    )
    return (raw / 500).astype(np.int64) * 50_000


def _existing(
    size: Size, random: np.random.Generator, people: Population
) -> tuple[Ints, Ints, Ints, Floats, Floats, Ints]:
    """Loans granted before the first day and not yet repaid; (customer, product, start, pd, score,
    amount).
    """
    parts = []
    first = size.timeline.first_day
    for product, share in LIVE_SHARE.items():
        kind = people.is_sme if product == SME_LOAN else ~people.is_sme
        adult = people.birth_day < first - 26 * 365
        weight = (
            np.ones(people.count) if product == SME_LOAN else np.where(people.income[0] > 220_000, 1.35, 0.7)
        )
        who = np.flatnonzero(
            kind & adult & (people.start_day < first - 120) & (random.random(people.count) < share * weight)
        )
        longest = np.minimum(
            first - people.start_day[who], {PERSONAL: 900, MORTGAGE: 4200, SME_LOAN: 1000}[product]
        )
        parts.append(
            (
                who,
                np.full(len(who), product),
                first - 40 - (random.random(len(who)) * (longest - 60)).astype(np.int64),
            )
        )
    customer, product, start = (np.concatenate(column) for column in zip(*parts, strict=True))
    pd = true_pd(random, people.credit_strength[customer] + 0.25, product)
    return customer, product, start, pd, credit_score(random, pd), _amounts(random, people, customer, product)


def _apply(size: Size, random: np.random.Generator, people: Population, contacts: Contacts) -> Applications:
    """Applications month by month, and what the bank decided on them by score."""
    timeline = size.timeline
    parts = []
    for month in range(size.months):
        here = (
            people.present(month)
            & (people.start_day < timeline.starts[month])
            & (people.leave_month > month + 8)
        )
        for product, demand in DEMAND.items():
            kind = (
                people.is_sme
                if product == SME_LOAN
                else ~people.is_sme & (people.birth_day < timeline.starts[month] - 21 * 365)
            )
            appetite = np.exp(-0.3 * people.credit_strength) * np.where(people.behaviour == 4, 1.5, 0.95)
            who = np.flatnonzero(here & kind & (random.random(people.count) < demand / 12 * appetite))
            parts.append(
                (who, np.full(len(who), product), timeline.starts[month] + random.integers(0, 26, len(who)))
            )
    sold = (contacts.product == PERSONAL) & contacts.converted
    parts.append(
        (contacts.customer[sold], np.full(sold.sum(), PERSONAL), contacts.outcome_second[sold] // 86_400)
    )
    customer, product, day = (np.concatenate(column) for column in zip(*parts, strict=True))
    keep = day <= timeline.last_day
    order = np.lexsort((product, customer, day))
    order = order[keep[order]]
    customer, product, day = customer[order], product[order], day[order]
    count = len(customer)
    pd = true_pd(random, people.credit_strength[customer], product)
    score = credit_score(random, pd)
    low = score < DECLINE_SCORE - 60 * (product == MORTGAGE)
    # One in twenty decisions goes against the score, in either direction.
    declined = low ^ (random.random(count) < 0.05)
    withdrawn = ~declined & (random.random(count) < 0.06)
    decision_day = day + random.integers(1, 12, count) + np.where(product == PERSONAL, 0, 8)
    pending = decision_day > timeline.last_day
    return Applications(
        customer=customer,
        product=product,
        day=day,
        decision_day=decision_day,
        amount=_amounts(random, people, customer, product),
        score=score,
        decision=np.select([pending, declined, withdrawn], [3, 1, 2], 0),
        reason=np.where(low, 0, random.integers(1, 3, count)),
        channel=random.choice(3, count, p=[0.45, 0.4, 0.15]),
        loan=np.full(count, -1),
        pd=pd,
    )


def _schedule(amount: Ints, rate: Ints, instalment: Ints, term: Ints) -> tuple[Ints, Ints]:
    """Cumulative interest and cumulative instalments, [loan, n]; the last instalment clears the balance."""
    longest = int(term.max())
    interest = np.zeros((len(amount), longest + 1), dtype=np.int64)
    total = np.zeros_like(interest)
    balance = amount.copy()
    for number in range(1, longest + 1):
        live = number <= term
        # Rounded half up in integers: balance × rate / 12 000 000.
        due_interest = np.where(live, (balance * rate + 6_000_000) // 12_000_000, 0)
        pay = np.where(number == term, balance + due_interest, np.minimum(instalment, balance + due_interest))
        pay = np.where(live, pay, 0)
        balance = balance - (pay - due_interest)
        interest[:, number] = interest[:, number - 1] + due_interest
        total[:, number] = total[:, number - 1] + pay
    return interest, total


@dataclass
class Events:
    """Movements on loans. `kind` indexes EVENT_KINDS; `attempt` -1 where no account is involved."""

    parts: list[tuple[Ints, Ints, Ints, Ints]] = field(default_factory=list)

    def add(self, kind: int, loan: Ints, day: Ints, amount: Ints) -> None:
        """Record events; those of no amount are left out."""
        real = amount != 0
        self.parts.append((np.full(int(real.sum()), kind), loan[real], day[real], amount[real]))

    def columns(self, first_day: int) -> tuple[Ints, Ints, Ints, Ints]:
        """(kind, loan, day, cents) from a day on, in order of day, loan and kind."""
        kind, loan, day, amount = (np.concatenate(column) for column in zip(*self.parts, strict=True))
        late = day >= first_day
        kind, loan, day, amount = kind[late], loan[late], day[late], amount[late]
        order = np.lexsort((kind, loan, day))
        return kind[order], loan[order], day[order], amount[order]


@dataclass
class LoanLife:
    """Every loan's position at every month end, [month, loan], and everything that happened, by event."""

    balance: Ints
    paid: Ints
    arrears: Ints
    first_arrears: Ints
    dpd: Ints
    accrued: Ints
    default_day: Ints
    stage: Ints
    provision: Ints
    written_off: Ints
    recovered: Ints
    forbearance: Ints
    state: Ints
    closed_day: Ints
    opening_balance: Ints
    opening_accrued: Ints
    opening_paid: Ints
    opening_provision: Ints
    opening_written_off: Ints
    opening_recovered: Ints
    events: Events
    accruals: list[tuple[Ints, Ints, Ints]]
    """(day, branch and product as one key, cents) of interest earned, one element per day."""


(
    ADVANCE,
    INTEREST_CHARGED,
    PRINCIPAL_PAID,
    INTEREST_PAID,
    INTEREST_PAID_NONACCRUAL,
    WRITE_OFF,
    RECOVERY,
    REVERSED_ACCRUAL,
    PAYMENT,
    EXTERNAL_PAYMENT,
    MISSED_PAYMENT,
) = range(11)
"""PAYMENT is what the borrower's account is debited with, EXTERNAL_PAYMENT comes from another bank,
MISSED_PAYMENT is the instalment that a debit was tried for in vain."""

ACTIVE, CLOSED, WRITTEN_OFF, FUTURE = range(4)
STATES = ("active", "closed", "written_off")


def live(size: Size, people: Population, loans: Loans) -> LoanLife:
    """Let the borrowers live: month by month, all loans at once."""
    random = size.random("repayment")
    count, months = loans.count, size.months
    calendar = Timeline(months + WARM_UP, size.end)
    rows = np.arange(count)
    shape = (months, count)
    names = "balance paid arrears dpd accrued stage provision written_off recovered"
    life = LoanLife(
        **{name: np.zeros(shape, dtype=np.int64) for name in names.split()},
        **{name: np.full(shape, NEVER) for name in ("first_arrears", "default_day", "forbearance")},
        **{
            f"opening_{name}": np.zeros(count, dtype=np.int64)
            for name in ("balance", "accrued", "paid", "provision", "written_off", "recovered")
        },
        state=np.full(shape, FUTURE),
        closed_day=np.full(count, NEVER),
        events=Events(),
        accruals=[],
    )
    events = life.events
    first_ever = calendar.first_day
    existing = loans.start_day < first_ever
    paid = loans.cumulative_total[rows, np.where(existing, loans.due_count(first_ever - 1), 0)]
    principal_paid = paid - loans.interest_within(paid)
    extra_principal = np.zeros(count, dtype=np.int64)
    default_day = np.full(count, NEVER)
    forbearance = np.full(count, NEVER)
    written_off = np.zeros(count, dtype=np.int64)
    recovered = np.zeros(count, dtype=np.int64)
    state = np.where(existing, np.where(paid >= loans.cumulative_total[:, -1], CLOSED, ACTIVE), FUTURE)
    life.closed_day[state == CLOSED] = first_ever - 1
    lgd = np.array([LGD.get(p, 0.5) for p in range(len(PRODUCTS))])[loans.product]
    prepayment = np.array([PREPAYMENT.get(p, 0.0) for p in range(len(PRODUCTS))])[loans.product]
    new = loans.start_day >= size.timeline.first_day
    events.add(ADVANCE, rows, loans.start_day, np.where(new, loans.notional, 0))
    accrual = np.zeros(count, dtype=np.int64)
    chances = [Chances(phase) for phase in random.random(4).tolist()]
    for step in range(-WARM_UP, months):
        first, last = int(calendar.starts[step + WARM_UP]), int(calendar.ends[step + WARM_UP])
        state = np.where((state == FUTURE) & (loans.start_day <= last), ACTIVE, state)
        active = state == ACTIVE
        before, now = loans.due_count(first - 1), loans.due_count(last)
        full = loans.paid_in_full(paid)
        missed = before - full
        due_day = np.where(
            now > before,
            loans.due_day(np.maximum(now - 1, 0)),
            first + (loans.first_due % 28),
        )
        decides = active & ((now > before) | (missed > 0)) & (loans.start_day < due_day)
        cycle = 1 + 0.2 * np.sin(step / 18 * np.pi)
        slip = np.clip(loans.pd / 12 / ROLL_TO_DEFAULT * cycle, 0, 0.3)
        defaulted = default_day < NEVER
        behind = np.clip(missed, 0, 3)
        cure, stay = np.array(CURE)[behind], np.array(STAY)[behind]
        sinks = np.where(missed == 0, slip, 1 - cure - stay) * (decides & ~defaulted)
        falls_behind = np.zeros(count, dtype=bool)
        for group in range(4):
            falls_behind |= chances[group].pick(random, np.where(behind == group, sinks, 0))
        holds = decides & ~defaulted & ~falls_behind
        catches_up = random.random(count) * (cure + stay) < cure
        pays_all = np.select(
            [defaulted, missed == 0],
            [decides & (random.random(count) < CURE_OF_DEFAULT), holds],
            holds & catches_up,
        )
        pays_one = holds & (missed > 0) & ~pays_all
        plan = decides & ~defaulted & (missed == 2) & (forbearance == NEVER) & (random.random(count) < 0.25)
        forbearance = np.where(plan, due_day, forbearance)
        pays_one |= plan & ~pays_all
        partly = decides & defaulted & ~pays_all & (random.random(count) < 0.22)
        owed = loans.cumulative_total[rows, now] - paid
        payment = np.select(
            [pays_all, pays_one, partly],
            [
                owed,
                loans.cumulative_total[rows, np.minimum(full + 1, loans.term)] - paid,
                np.minimum(owed, loans.instalment * random.integers(20, 95, count) // 100),
            ],
            0,
        )
        payment = np.where(active, np.maximum(payment, 0), 0)
        cures = pays_all & defaulted & (payment > 0)
        # Interest received on a loan that was in default when the money came is income only now.
        interest_before = loans.interest_within(paid)
        paid = paid + payment
        interest_paid = loans.interest_within(paid) - interest_before
        principal = payment - interest_paid
        leaving = people.leave_month[loans.customer]
        current = active & (loans.paid_in_full(paid) >= now) & (default_day == NEVER) & (now > 0)
        prepays = (
            current
            & (now < loans.term)
            & ((random.random(count) < prepayment) | (leaving == step + 1))
            & (now > before)
        )
        # Some pay a few days late; a debit that settles the whole loan, or a long arrears, comes on the due
        # day.
        late = (random.random(count) < 0.06) & (missed == 0) & pays_all & ~prepays
        pay_day = np.minimum(due_day + np.where(late, random.integers(1, 7, count), 0), last)
        rest = loans.notional - principal_paid - principal - extra_principal - written_off
        prepaid = np.where(prepays, rest, 0)
        from_account = np.where(prepays, 0, payment)
        outside = np.where(prepays, payment + prepaid, 0)
        events.add(PAYMENT, rows, pay_day, from_account)
        events.add(EXTERNAL_PAYMENT, rows, pay_day, outside)
        events.add(
            MISSED_PAYMENT,
            rows,
            due_day,
            np.where(decides & (payment == 0) & (now > before), loans.instalment, 0),
        )
        events.add(PRINCIPAL_PAID, rows, pay_day, principal + prepaid)
        events.add(INTEREST_PAID, rows, pay_day, np.where(defaulted, 0, interest_paid))
        events.add(INTEREST_PAID_NONACCRUAL, rows, pay_day, np.where(defaulted, interest_paid, 0))
        charged = loans.cumulative_interest[rows, now] - loans.cumulative_interest[rows, before]
        events.add(INTEREST_CHARGED, rows, due_day, np.where(active & ~(written_off > 0), charged, 0))
        principal_paid = principal_paid + principal
        extra_principal = extra_principal + prepaid
        cure_day = np.where(cures, pay_day, NEVER)
        previous_default = default_day.copy()
        default_day = np.where(cures, NEVER, default_day)
        full = loans.paid_in_full(paid)
        oldest = loans.due_day(np.minimum(full, loans.term - 1))
        overdue = active & ~prepays & (full < now)
        dpd = np.where(overdue, last - oldest, 0)
        falls = overdue & (dpd >= DEFAULT_DAYS) & (default_day == NEVER)
        default_day = np.where(falls, oldest + DEFAULT_DAYS, default_day)
        balance = np.where(active, loans.notional - principal_paid - extra_principal - written_off, 0)
        finished = active & (balance == 0)
        life.closed_day = np.where(finished, pay_day, life.closed_day)
        age = np.where(default_day < NEVER, (last - default_day) // 30, 0)
        patience = 8 + (rows * 7) % 6 + 6 * (loans.product == MORTGAGE)
        gives_up = active & ~finished & (age >= patience)
        proceeds = np.where(
            gives_up & (loans.product != PERSONAL), (balance * (1 - lgd) * 0.85).astype(np.int64), 0
        )
        events.add(PRINCIPAL_PAID, rows, np.full(count, last), proceeds)
        events.add(EXTERNAL_PAYMENT, rows, np.full(count, last), proceeds)
        extra_principal = extra_principal + proceeds
        loss = np.where(gives_up, balance - proceeds, 0)
        events.add(WRITE_OFF, rows, np.full(count, last), loss)
        written_off = written_off + loss
        balance = np.where(gives_up, 0, balance)
        collects = (state == WRITTEN_OFF) & (recovered < written_off * 0.3) & (random.random(count) < 0.3)
        recovery = np.where(collects, written_off * random.integers(1, 5, count) // 100, 0)
        events.add(RECOVERY, rows, np.full(count, first + 14), recovery)
        recovered = recovered + recovery
        state = np.select([gives_up, finished], [WRITTEN_OFF, CLOSED], state)
        if step == -1:
            accrual = _accrual_position(loans, last, paid, default_day, state)
        elif step >= 0:
            accrual = _accrue(
                life,
                loans,
                (first, last),
                accrual,
                (paid - payment, paid, pay_day),
                (previous_default, cure_day, default_day),
            )
        live_now = state == ACTIVE
        dpd = np.where(live_now & (balance > 0), dpd, 0)
        stage = np.select(
            [default_day < NEVER, (dpd > 30) | ((forbearance < NEVER) & (last - forbearance < 365))],
            [3, 2],
            1,
        )
        factor = np.select(
            [stage == 3, stage == 2],
            [lgd, np.minimum(loans.pd_estimate * 5 + 0.08, 0.5) * lgd],
            loans.pd_estimate * lgd,
        )
        provision = (balance * factor).astype(np.int64)
        if step < 0:
            life.opening_balance, life.opening_accrued = balance, accrual
            life.opening_paid, life.opening_provision = paid, provision
            life.opening_written_off, life.opening_recovered = written_off, recovered
            continue
        life.balance[step], life.paid[step], life.dpd[step] = balance, paid, dpd
        life.arrears[step] = np.where(live_now, np.maximum(loans.cumulative_total[rows, now] - paid, 0), 0)
        life.first_arrears[step] = np.where(live_now & (dpd > 0), oldest, NEVER)
        life.accrued[step], life.provision[step], life.stage[step] = accrual, provision, stage
        life.default_day[step] = np.where(state == CLOSED, NEVER, default_day)
        life.written_off[step], life.recovered[step] = written_off, recovered
        life.forbearance[step], life.state[step] = forbearance, state
    return life


class Chances:
    """Picks with given chances so that the number picked stays within one of the number expected, over all
    time.

    Systematic sampling in random order, going on where the month before stopped: a bank of a few hundred
    loans
    sees about the defaults its borrowers' PDs say, not the double or none of them.
    """

    def __init__(self, phase: float) -> None:
        self.phase = phase

    def pick(self, random: np.random.Generator, chance: Floats) -> Flags:
        """True for each with its chance."""
        order = random.permutation(len(chance))
        reached = self.phase + np.cumsum(chance[order])
        picked = np.zeros(len(chance), dtype=bool)
        picked[order] = np.diff(np.floor(reached), prepend=np.floor(self.phase)) >= 1
        self.phase = float(reached[-1] % 1)
        return picked


def _running_interest(loans: Loans, day: int) -> Ints:
    """Interest accrued by schedule up to the end of a day: instalments due, and the days of the running
    one.
    """
    rows = np.arange(loans.count)
    due = loans.due_count(day)
    period_start = np.where(due == 0, loans.start_day, loans.due_day(np.maximum(due - 1, 0)))
    period_end = loans.due_day(np.minimum(due, loans.term - 1))
    next_interest = (
        loans.cumulative_interest[rows, np.minimum(due + 1, loans.term)]
        - loans.cumulative_interest[rows, due]
    )
    elapsed = np.clip(day - period_start + 1, 0, None)
    length = np.maximum(period_end - period_start, 1)
    running = np.where(due < loans.term, next_interest * np.minimum(elapsed, length) // length, 0)
    return loans.cumulative_interest[rows, due] + running


def _accrual_position(loans: Loans, day: int, paid: Ints, default_day: Ints, state: Ints) -> Ints:
    """Interest receivable at the end of a day."""
    earns = (state == ACTIVE) & (default_day > day)
    return np.where(earns, _running_interest(loans, day) - loans.interest_within(paid), 0)


def _accrue(
    life: LoanLife,
    loans: Loans,
    span: tuple[int, int],
    opening: Ints,
    payments: tuple[Ints, Ints, Ints],
    defaults: tuple[Ints, Ints, Ints],
) -> Ints:
    """Accrue a month's interest day by day; returns the receivable at its end.

    What a day earns is the change of the receivable plus what was received into it that day. On the day of a
    default the receivable is reversed.

    Args:
        life: takes the accruals and reversals.
        loans: all loans.
        span: first and last day of the month.
        opening: receivable at the end of the month before.
        payments: total paid before and after the month's payment, and the day of that payment.
        defaults: default day before the month, day of the cure, default day after the month.
    """
    paid_before, paid_after, pay_day = payments
    previous_default, cure_day, default_day = defaults
    interest_before, interest_after = loans.interest_within(paid_before), loans.interest_within(paid_after)
    key = loans.branch * len(PRODUCTS) + loans.product
    receivable = opening
    reversed_day, reversed_amount = np.full(loans.count, span[0]), np.zeros(loans.count, dtype=np.int64)
    for day in range(span[0], span[1] + 1):
        open_now = (loans.start_day <= day) & (life.closed_day > day)
        performing = open_now & ((previous_default > day) | (cure_day <= day)) & (default_day > day)
        settled = np.where(pay_day <= day, interest_after, interest_before)
        position = np.where(performing, _running_interest(loans, day) - settled, 0)
        received = np.where((pay_day == day) & (previous_default > day), interest_after - interest_before, 0)
        falls = default_day == day
        earned = np.where(falls, received, position - receivable + received)
        reversed_amount = np.where(falls, receivable, reversed_amount)
        reversed_day = np.where(falls, day, reversed_day)
        sums = np.bincount(key, weights=earned).astype(np.int64)
        keys = np.flatnonzero(sums)
        life.accruals.append((np.full(len(keys), day), keys, sums[keys]))
        receivable = position
    life.events.add(REVERSED_ACCRUAL, np.arange(loans.count), reversed_day, reversed_amount)
    return receivable
