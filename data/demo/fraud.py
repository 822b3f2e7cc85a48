"""Fraud of four kinds, the day it became known, and the alerts of the rules tool that the bank has today.

stolen_card          a few payments and withdrawals within hours, at merchants that the owner does not visit
card_not_present     a burst of online payments within the hour, often at night
account_takeover     one or two large transfers to an account never paid before
mule                 stolen money that arrives on a customer's account and is drawn in cash
Some frauds look like any other payment: nothing but the label tells them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data.demo import arrow
from data.demo.accounts import account_ids
from data.demo.booking import DAY
from data.demo.kinds import ATM, CARD_ECOM, CARD_POS, MOBILE, SUSPECTED_FRAUD, WEB
from data.demo.payments import HOURS, Month, choose_merchants
from data.demo.reference import CATEGORIES
from data.demo.timeline import Timeline

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

TYPES = ("", "stolen_card", "card_not_present", "account_takeover", "mule")
STOLEN, NOT_PRESENT, TAKEOVER, MULE = 1, 2, 3, 4
EPISODES = {STOLEN: 0.0012, NOT_PRESENT: 0.0014, TAKEOVER: 0.0005}
"""Episodes a month per customer."""
HIGH_VALUE = np.array(
    [i for i, c in enumerate(CATEGORIES) if c.code in ("5732", "5651", "5944", "5999", "5541")]
)
ONLINE_VALUE = np.array(
    [i for i, c in enumerate(CATEGORIES) if c.code in ("5732", "5999", "5815", "4722", "7995", "5651")]
)
REPORT_DAYS = {STOLEN: 4.0, NOT_PRESENT: 16.0, TAKEOVER: 7.0, MULE: 24.0}
"""Mean days until the bank hears of it; exponential, at least one hour."""
RECOVERED = {STOLEN: 0.30, NOT_PRESENT: 0.62, TAKEOVER: 0.18, MULE: 0.05}


def commit(month: Month, mules: Ints) -> None:
    """Add the month's fraudulent movements."""
    people, random = month.people, month.random
    activity = people.activity[month.index]
    victims = np.flatnonzero(
        (activity > 0.4) & (people.start_day < month.first_day) & (people.leave_month > month.index)
    )
    if not len(victims):
        return
    for kind, rate in EPISODES.items():
        # Half of the count is certain, so that a small bank too sees fraud in most quarters.
        expected = rate * len(victims)
        count = int(expected + random.random())
        chosen = random.choice(victims, min(count, len(victims)), replace=False)
        if kind == TAKEOVER:
            _take_over(month, chosen, mules)
        else:
            _spree(month, chosen, kind)


def _spree(month: Month, victims: Ints, kind: int) -> None:
    """Card payments in quick succession; one episode in six is a single ordinary-looking payment."""
    random = month.random
    count = len(victims)
    subtle = random.random(count) < 0.17
    number = np.where(
        subtle, 1, random.integers(2, 6, count) if kind == STOLEN else random.integers(3, 8, count)
    )
    row = np.repeat(np.arange(count), number)
    step = np.arange(len(row)) - np.repeat(np.cumsum(number) - number, number)
    day = month.first_day + random.integers(0, month.length - 1, count)
    profile = np.where(random.random(count) < (0.30 if kind == STOLEN else 0.55), 1, 0)
    hour = np.where(
        (profile == 1) & ~subtle,
        np.searchsorted(HOURS["night"], random.random(count)),
        np.searchsorted(HOURS["day"], random.random(count)),
    )
    pause = random.integers(600, 5400, len(row)) if kind == STOLEN else random.integers(40, 700, len(row))
    offset = np.cumsum(pause) - np.repeat(np.cumsum(pause)[np.cumsum(number) - number], number)
    second = np.minimum(
        day[row] * DAY + hour[row] * 3600 + random.integers(0, 3000, count)[row] + offset,
        day[row] * DAY + 82_000,
    )
    customer = victims[row]
    pool = HIGH_VALUE if kind == STOLEN else ONLINE_VALUE
    category = np.where(
        subtle[row], random.integers(0, 9, len(row)), pool[random.integers(0, len(pool), len(row))]
    )
    median = np.array([c.median for c in CATEGORIES])[category]
    usual = month.habits.ticket_scale[customer]
    # The first payment of a stolen number tests whether the card works; later ones go for value.
    growth = np.where(
        subtle[row], 1.0, np.where((step == 0) & (kind == NOT_PRESENT), 0.35, 1.7 + 0.55 * step)
    )
    cents = (
        np.round(median * usual**0.5 * growth * np.exp(random.normal(0, 0.5, len(row))) * 100).astype(
            np.int64
        )
        + 100
    )
    cash = (kind == STOLEN) & (random.random(len(row)) < 0.18) & ~subtle[row]
    cents = np.where(cash, np.array([300, 400, 500, 600])[random.integers(0, 4, len(row))] * 100, cents)
    online = np.full(len(row), kind == NOT_PRESENT)
    merchant = choose_merchants(month, customer, category, online, 0.05)
    card = month.accounts.card_of[customer]
    usable = (
        (card >= 0)
        & (month.accounts.open_day[card] < month.first_day)
        & (month.accounts.close_day[card] > month.last_day)
    )
    on_card = np.repeat(random.random(count) < 0.5, number) & usable
    account = np.where(on_card, card, month.accounts.primary[customer])
    stopped = np.where((step >= 1) & (random.random(len(row)) < 0.15), SUSPECTED_FRAUD, 0)
    episode = month.index * 10_000 + kind * 2_000 + row
    pos = ~cash
    month.movements.add(
        "card_payment",
        account[pos],
        second[pos],
        cents[pos],
        channel=CARD_ECOM if kind == NOT_PRESENT else CARD_POS,
        merchant=merchant[pos],
        category=category[pos],
        terminal=-1 if kind == NOT_PRESENT else random.integers(0, 3, pos.sum()),
        refused=stopped[pos],
        fraud=kind,
        episode=episode[pos],
    )
    month.movements.add(
        "cash_withdrawal",
        month.accounts.primary[customer[cash]],
        second[cash],
        cents[cash],
        channel=ATM,
        terminal=random.integers(0, 160, cash.sum()),
        refused=stopped[cash],
        fraud=kind,
        episode=episode[cash],
    )


def _take_over(month: Month, victims: Ints, mules: Ints) -> None:
    """Transfers out of somebody else's account; half go to a mule of this bank, who draws the money in
    cash.
    """
    random, accounts = month.random, month.accounts
    balance = month.balance[accounts.primary[victims]]
    victims = victims[balance > 80_000]
    count = len(victims)
    day = month.first_day + random.integers(0, month.length - 3, count)
    night = random.random(count) < 0.4
    hour = np.where(
        night,
        np.searchsorted(HOURS["night"], random.random(count)),
        np.searchsorted(HOURS["office"], random.random(count)),
    )
    hour = np.minimum(hour, 21)
    amount = (month.balance[accounts.primary[victims]] * random.uniform(0.18, 0.5, count) / 1000).astype(
        np.int64
    ) * 1000
    amount = np.minimum(amount, 900_000)
    episode = month.index * 10_000 + TAKEOVER * 2_000 + np.arange(count)
    second = day * DAY + hour * 3600 + random.integers(0, 3000, count)
    channel = np.where(random.random(count) < 0.5, WEB, MOBILE)
    inside = np.full(count, len(mules) > 0) & (random.random(count) < 0.5)
    target = mules[random.integers(0, len(mules), count)] if len(mules) else np.zeros(count, dtype=np.int64)
    inside &= target != victims
    twice = random.random(count) < 0.45
    again = np.flatnonzero(twice & ~inside)
    outside = np.concatenate([np.flatnonzero(~inside), again])
    delay = np.concatenate([np.zeros((~inside).sum(), dtype=np.int64), random.integers(60, 1500, len(again))])
    month.movements.add(
        "transfer_out",
        accounts.primary[victims[outside]],
        second[outside] + delay,
        amount[outside],
        channel=channel[outside],
        counterparty=950_000 + random.integers(0, 900, len(outside)),
        fraud=TAKEOVER,
        episode=episode[outside],
    )
    rows = np.flatnonzero(inside)
    mule_account = accounts.primary[target[rows]]
    source = month.movements.add(
        "internal_transfer_out",
        accounts.primary[victims[rows]],
        second[rows],
        amount[rows],
        channel=channel[rows],
        counterparty=mule_account,
        own_bank=1,
        fraud=TAKEOVER,
        episode=episode[rows],
    )
    month.movements.add(
        "internal_transfer_in",
        mule_account,
        month.link_time(second[rows]),
        amount[rows],
        link=source,
        counterparty=accounts.primary[victims[rows]],
        own_bank=1,
    )
    for part in (0.45, 0.4):
        next_day = second[rows] // DAY + 1
        month.movements.add(
            "cash_withdrawal",
            mule_account,
            next_day * DAY + random.integers(7 * 3600, 21 * 3600, len(rows)),
            np.minimum((amount[rows] * part).astype(np.int64) // 1000 * 1000 + 1000, 200_000),
            channel=ATM,
            link=source,
            terminal=random.integers(0, 160, len(rows)),
            fraud=MULE,
            episode=episode[rows],
        )


@dataclass
class Cases:
    """Booked fraud waiting to become known, and everything known so far; columns grow month by month."""

    parts: list[dict[str, Ints]] = field(default_factory=list)

    def record(self, random: np.random.Generator, columns: dict[str, Ints], number: Ints, month: int) -> None:
        """Take the month's booked fraud and draw when each episode is reported and what comes back.

        Args:
            random: source of draws.
            columns: the month's booked movements.
            number: transaction number within the month, per movement.
            month: index of the month.
        """
        rows = np.flatnonzero((columns["fraud"] > 0) & (columns["done"] == 1))
        kind, episode = columns["fraud"][rows], columns["episode"][rows]
        case_key = episode * 10 + kind
        unique, inverse = np.unique(case_key, return_inverse=True)
        mean = np.array([REPORT_DAYS.get(k, 1.0) for k in range(len(TYPES))])[unique % 10]
        last = np.zeros(len(unique), dtype=np.int64)
        np.maximum.at(last, inverse, columns["second"][rows])
        reported = last + (np.minimum(random.exponential(mean), 88) * DAY).astype(np.int64) + 3600
        share = np.array([RECOVERED.get(k, 0.0) for k in range(len(TYPES))])[kind]
        back = (columns["amount"][rows] * np.clip(share + random.normal(0, 0.15, len(rows)), 0, 0.95)).astype(
            np.int64
        )
        self.parts.append(
            {
                "month": np.full(len(rows), month),
                "number": number[rows],
                "account": columns["account"][rows],
                "kind": kind,
                "case": unique[inverse],
                "amount": columns["amount"][rows],
                "reported": reported[inverse],
                "confirmed": reported[inverse] + random.integers(1, 9, len(unique))[inverse] * DAY,
                "recovered": back,
                "second": columns["second"][rows],
            }
        )

    def columns(self) -> dict[str, Ints]:
        """All cases so far."""
        return {name: np.concatenate([part[name] for part in self.parts]) for name in self.parts[0]}

    def refunds(self, timeline: Timeline, month: int) -> tuple[Ints, Ints, Ints, Ints]:
        """Refunds to make in a month: (account, day, amount, recovered); mules are not refunded."""
        if not self.parts:
            empty = np.zeros(0, dtype=np.int64)
            return empty, empty, empty, empty
        known = self.columns()
        day = known["confirmed"] // DAY + 1
        rows = np.flatnonzero((timeline.month_of(day) == month) & (known["kind"] != MULE))
        return known["account"][rows], day[rows], known["amount"][rows], known["recovered"][rows]


def transaction_ids(timeline: Timeline, month: Ints, number: Ints, missing: Flags | None = None) -> pa.Array:
    """`T202401000000042`: month and number within it."""
    year_month = np.array([year * 100 + m + 1 for year, m in timeline.year_months])[month]
    return arrow.ids("T", year_month * 1_000_000_000 + number, 15, missing)


def cases_extract(cases: Cases, timeline: Timeline, month: int) -> pa.Table:
    """The `fraud_case` extract: what was reported in a month."""
    known = cases.columns()
    lo, hi = (int(timeline.starts[month + i]) * DAY for i in (0, 1))
    rows = np.flatnonzero((known["reported"] >= lo) & (known["reported"] < hi))
    rows = rows[np.lexsort((known["number"][rows], known["case"][rows], known["reported"][rows]))]
    late = known["confirmed"][rows] >= (timeline.last_day + 1) * DAY
    kind = known["kind"][rows]
    card = np.isin(kind, (STOLEN, NOT_PRESENT))
    return pa.table(
        {
            "case_id": arrow.ids("F", known["case"][rows], 8),
            "transaction_id": transaction_ids(timeline, known["month"][rows], known["number"][rows]),
            "fraud_type": arrow.lookup(TYPES, kind),
            "reported_at": arrow.timestamps(known["reported"][rows]),
            "confirmed_at": arrow.timestamps(known["confirmed"][rows], late),
            "label_source": arrow.lookup(
                ("customer", "bank", "scheme"), np.select([kind == MULE, kind == NOT_PRESENT], [1, 2], 0)
            ),
            "gross_loss": arrow.money(known["amount"][rows]),
            "recovered": arrow.money(np.where(late, 0, known["recovered"][rows])),
            "liable_party": arrow.lookup(("bank", "merchant"), (kind == NOT_PRESENT).astype(int)),
            "is_chargeback": pa.array(card),
        }
    )


def alerts(
    random: np.random.Generator, columns: dict[str, Ints], usual: NDArray[np.float64]
) -> dict[str, Ints]:
    """What the rules tool raised on a month's movements, and how the analysts decided.

    Args:
        random: source of draws.
        columns: the month's movements, booked and refused.
        usual: each account's usual payment in cents.
    """
    outgoing = columns["signed"] < 0
    by_hand = np.isin(columns["channel"], (ATM, CARD_POS, CARD_ECOM, WEB, MOBILE)) & (columns["closing"] == 0)
    ratio = columns["amount"] / np.maximum(usual[columns["account"]], 2_000)
    hour = columns["second"] % DAY // 3600
    night = (hour < 6) | (hour >= 22)
    order = np.lexsort((columns["second"], columns["account"]))
    close = np.zeros(len(order), dtype=bool)
    previous, now = order[:-3], order[3:]
    close[now] = (columns["account"][now] == columns["account"][previous]) & (
        columns["second"][now] - columns["second"][previous] < 2 * 3600
    )
    card = np.isin(columns["channel"], (CARD_POS, CARD_ECOM, ATM))
    score = np.clip(0.16 * np.log2(np.maximum(ratio, 1)) + 0.22 * night + 0.3 * close, 0, 1)
    raised = (
        outgoing
        & by_hand
        & (
            (card & (score > 0.68))
            | (~card & (columns["amount"] > 250_000) & (ratio > 12) & (random.random(len(score)) < 0.5))
            | (columns["refused"] == SUSPECTED_FRAUD)
        )
    )
    # The tool misses some, and samples a few payments by chance.
    raised &= random.random(len(score)) < 0.9
    raised |= outgoing & by_hand & (random.random(len(score)) < 0.00006)
    rows = np.flatnonzero(raised)
    count = len(rows)
    fraud = columns["fraud"][rows] > 0
    judged = random.random(count)
    disposition = np.where(
        fraud, np.where(judged < 0.9, 0, np.where(judged < 0.97, 2, 1)), np.where(judged < 0.96, 1, 2)
    )
    created = columns["second"][rows] + random.integers(2, 240, count)
    return {
        "row": rows,
        "created": created,
        "score": np.round(np.maximum(score[rows], 0.05) * 10_000).astype(np.int64),
        "disposition": disposition,
        "disposed": created + (random.gamma(1.6, 1.1, count) * DAY).astype(np.int64) + 1800,
        "analyst": random.integers(1, 5, count),
    }


def alerts_extract(
    timeline: Timeline, month: int, columns: dict[str, Ints], number: Ints, raised: dict[str, Ints]
) -> pa.Table:
    """The `alert` extract of a month; decisions after the bank's last day are still open."""
    order = np.lexsort((number[raised["row"]], raised["created"]))
    raised = {name: values[order] for name, values in raised.items()}
    row = raised["row"]
    count = len(row)
    now = (timeline.last_day + 1) * DAY
    pending = raised["disposed"] >= now
    review = pending & (raised["created"] < now - 2 * DAY)
    booked_fraud = (
        (columns["fraud"][row] > 0) & (columns["done"][row] == 1) & (raised["disposition"] == 0) & ~pending
    )
    case = columns["episode"][row] * 10 + columns["fraud"][row]
    blocked = columns["refused"][row] == SUSPECTED_FRAUD
    year, calendar_month = timeline.year_months[month]
    stamp = (year * 100 + calendar_month + 1) * 100_000
    return pa.table(
        {
            "alert_id": arrow.ids("R", stamp + np.arange(count), 11),
            "transaction_id": transaction_ids(timeline, np.full(count, month), number[row]),
            "account_id": account_ids(columns["account"][row]),
            "created_at": arrow.timestamps(raised["created"]),
            "detector_id": arrow.constant("card-rules", count),
            "detector_version": arrow.constant("4.2", count),
            "score": pa.array(raised["score"] / 10_000),
            "amount_at_risk": arrow.money(columns["amount"][row]),
            "blocked": pa.array(blocked),
            "status": arrow.lookup(("closed", "open", "in_review"), np.select([review, pending], [2, 1], 0)),
            "disposition": arrow.lookup(
                ("fraud", "false_positive", "inconclusive"), raised["disposition"], pending
            ),
            "disposed_at": arrow.timestamps(raised["disposed"], pending),
            "disposed_by": arrow.lookup(
                ("", "analyst-1", "analyst-2", "analyst-3", "analyst-4"), raised["analyst"], pending
            ),
            "case_id": arrow.ids("F", np.maximum(case, 0), 8, ~booked_fraud),
        }
    )
