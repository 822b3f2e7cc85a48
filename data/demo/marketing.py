"""Campaigns with control groups. A contact raises the chance of opening a product, more for some than
others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data.demo import arrow
from data.demo.parameters import Size
from data.demo.population import Population, customer_ids
from data.demo.reference import CARD, PERSONAL, PRODUCTS, SAVINGS, TERM

Ints = NDArray[np.int64]

CAMPAIGN_PRODUCTS = (SAVINGS, CARD, PERSONAL, TERM)
CONTROL_SHARE = 0.25
REACH = 0.22
BASE_RATE = {SAVINGS: 0.025, CARD: 0.020, PERSONAL: 0.012, TERM: 0.015}
"""Share of a campaign's audience that takes the product within 30 days without being contacted."""
UPLIFT = {SAVINGS: 0.16, CARD: 0.14, PERSONAL: 0.07, TERM: 0.10}
"""Added by a contact to a customer who is persuaded with certainty; the mean customer has 0.23 of it."""
CHANNELS = ("email", "phone", "app", "letter")
COST_CENTS = (8, 640, 3, 95)


@dataclass
class Contacts:
    """One row per contact or control assignment, in order of time."""

    customer: Ints
    campaign: Ints
    treated: NDArray[np.bool_]
    channel: Ints
    second: Ints
    product: Ints
    converted: NDArray[np.bool_]
    outcome_second: Ints
    uplift: NDArray[np.float64]
    campaign_names: list[str]


def campaigns(size: Size, people: Population) -> Contacts:
    """One campaign in the second month of every quarter, to consenting customers only."""
    random = size.random("marketing")
    parts: list[tuple[NDArray[np.int64] | NDArray[np.float64] | NDArray[np.bool_], ...]] = []
    names: list[str] = []
    for month in range(size.months):
        if size.timeline.calendar_month(month) % 3 != 2:
            continue
        product = CAMPAIGN_PRODUCTS[len(names) % len(CAMPAIGN_PRODUCTS)]
        year, _ = size.timeline.year_months[month]
        names.append(
            f"{year}Q{(size.timeline.calendar_month(month) + 2) // 3}-{PRODUCTS[product].product_id}"
        )
        audience = np.flatnonzero(
            people.consent[month]
            & (people.start_day < size.timeline.starts[month])
            & (people.leave_month > month + 2)
            & (people.kind == 0)
        )
        chosen = np.sort(random.choice(audience, int(len(audience) * REACH), replace=False))
        count = len(chosen)
        treated = random.random(count) >= CONTROL_SHARE
        uplift = UPLIFT[product] * people.persuadable[chosen]
        converted = random.random(count) < BASE_RATE[product] + uplift * treated
        start = (int(size.timeline.starts[month]) + 2) * 86_400
        second = (
            start
            + np.sort(random.integers(0, 20, count)) * 86_400
            + random.integers(8 * 3600, 19 * 3600, count)
        )
        parts.append(
            (
                chosen,
                np.full(count, len(names) - 1),
                treated,
                random.choice(len(CHANNELS), count, p=[0.5, 0.15, 0.3, 0.05]),
                second,
                np.full(count, product),
                converted,
                second + (random.gamma(1.5, 5.0, count) * 86_400).astype(np.int64).clip(3600, 29 * 86_400),
                uplift,
            )
        )
    columns = [
        np.concatenate(column) if parts else np.zeros(0, np.int64) for column in zip(*parts, strict=True)
    ]
    if not parts:
        columns = [np.zeros(0, dtype) for dtype in (int, int, bool, int, int, int, bool, int, float)]
    order = np.lexsort((columns[0], columns[4]))
    return Contacts(*(column[order] for column in columns), campaign_names=names)  # type: ignore[arg-type]


def extract(size: Size, contacts: Contacts, month: int) -> pa.Table:
    """The `contact` extract of a month; outcomes that lie after the bank's last day are not known yet."""
    lo, hi = (int(size.timeline.starts[month + i]) * 86_400 for i in (0, 1))
    rows = np.flatnonzero((contacts.second >= lo) & (contacts.second < hi))
    control = ~contacts.treated[rows]
    known = contacts.outcome_second[rows] < (size.timeline.last_day + 1) * 86_400
    converted = contacts.converted[rows] & known
    return pa.table(
        {
            "contact_id": arrow.ids("M", rows, 7),
            "customer_id": customer_ids(contacts.customer[rows]),
            "campaign_id": arrow.lookup(contacts.campaign_names or [""], contacts.campaign[rows]),
            "arm": arrow.lookup(("treated", "control"), control.astype(int)),
            "channel": arrow.lookup(CHANNELS, contacts.channel[rows], control),
            "contacted_at": arrow.timestamps(contacts.second[rows]),
            "product_id": arrow.lookup([p.product_id for p in PRODUCTS], contacts.product[rows]),
            "outcome": arrow.lookup(("no_response", "converted"), converted.astype(int)),
            "outcome_at": arrow.timestamps(contacts.outcome_second[rows], ~converted),
            "cost": arrow.money(
                np.where(control, 0, np.array(COST_CENTS)[contacts.channel[rows]]), digits=12
            ),
        }
    )
