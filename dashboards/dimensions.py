"""How pages speak of dimensions: their labels, the order and words of their values, where a click leads.

A dimension that is not listed is shown under its own name, its values as delivered, in their natural order.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Dimension:
    """A group-by name of metrics, as a person sees it."""

    name: str
    label: str
    plural: str = ""
    filter: str = ""
    """The name of its filter in the address, which dimensions of the same meaning share."""
    called: str = ""
    """The group-by name of what its values are called; empty where they speak for themselves."""
    below: str = ""
    """The dimension one level down, where a second click leads."""
    order: tuple[str, ...] = ()
    """Its values in their own order; without it they stand in order of size, or of time."""
    ordered: bool = False
    """Whether its values have an order of their own, though not one that can be listed."""
    words: Mapping[str, str] = field(default_factory=dict)
    whole: bool = False
    """Whether its values are ways to count the same whole, as bases are, and no parts of it."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "plural", self.plural or f"{self.label}s")
        object.__setattr__(self, "filter", self.filter or self.name)

    def word(self, value: str) -> str:
        """A value as people say it."""
        return self.words.get(value, value)

    @property
    def in_order(self) -> bool:
        """Whether its values are shown in an order of their own."""
        return self.ordered or bool(self.order)

    def key(self, value: str) -> tuple[int, tuple[tuple[int, int, str], ...]]:
        """What values are sorted by: their listed order, else numbers as numbers."""
        place = self.order.index(value) if value in self.order else len(self.order)
        parts = re.findall(r"\d+|\D+", value)
        return place, tuple((0, int(one), "") if one.isdigit() else (1, 0, one) for one in parts)


CHANNELS = {
    "atm": "ATM",
    "batch": "Bank's own",
    "branch": "Branch",
    "card_ecom": "Card online",
    "card_pos": "Card in shops",
    "mobile": "Mobile app",
    "phone": "Phone",
    "unknown": "Unknown",
    "web": "Web bank",
}
FAMILIES = {
    "card": "Cards",
    "current": "Current accounts",
    "mortgage": "Mortgages",
    "personal_loan": "Personal loans",
    "savings": "Savings",
    "sme_loan": "Business loans",
    "standing_order": "Standing orders",
    "term": "Term deposits",
    "unallocated": "Not allocated",
    "unknown": "Unknown",
    "insurance": "Insurance",
    "investment": "Investments",
    "overdraft": "Overdrafts",
}
MERCHANTS = {
    "4111": "Transport",
    "4722": "Travel",
    "4899": "Television",
    "5200": "Home and garden",
    "5411": "Groceries",
    "5541": "Fuel",
    "5651": "Clothing",
    "5732": "Electronics",
    "5812": "Restaurants",
    "5814": "Fast food",
    "5815": "Digital goods",
    "5912": "Pharmacies",
    "5944": "Jewellery",
    "5999": "Other shops",
    "7011": "Hotels",
    "7832": "Cinemas",
    "7995": "Betting",
    "6011": "Cash",
    "unknown": "No merchant",
    "none": "No merchant",
}
PURPOSES = {
    "BENE": "Benefits",
    "CASH": "Cash",
    "CCRD": "Card bill",
    "CLOS": "Closing",
    "FEES": "Fees",
    "FREX": "Currency",
    "GDDS": "Goods",
    "GDSV": "Goods and services",
    "INSU": "Insurance",
    "INTE": "Interest",
    "LOAN": "Loan",
    "LOAR": "Loan repayment",
    "OTHR": "Other",
    "PENS": "Pension",
    "PINT": "Penalty interest",
    "RENT": "Rent",
    "SALA": "Salary",
    "SAVG": "Savings",
    "SECU": "Securities",
    "SUPP": "Suppliers",
    "TAXS": "Tax",
    "UBIL": "Utilities",
    "UTIL": "Utilities",
    "unknown": "Unknown",
    "FRAD": "Fraud refunds",
    "TRAD": "Trade",
    "SUBS": "Subscriptions",
}
DAYS = {"1": "Mon", "2": "Tue", "3": "Wed", "4": "Thu", "5": "Fri", "6": "Sat", "7": "Sun"}

_LISTED = (
    Dimension("branch", "Branch", "Branches", called="branch__branch_name"),
    Dimension("branch__region", "Region", filter="region", below="branch"),
    Dimension("customer_region", "Region", filter="region", below="branch"),
    Dimension("segment", "Segment"),
    Dimension("product", "Product", called="product__product_name"),
    Dimension(
        "product__product_family", "Product family", "Product families", below="product", words=FAMILIES
    ),
    Dimension("family", "Product family", "Product families", words=FAMILIES),
    Dimension("currency", "Currency", "Currencies"),
    Dimension(
        "basis",
        "Basis",
        "Bases",
        words={
            "daily": "Daily average",
            "fdic_ytd": "FDIC YTD",
            "fdic_qtr": "FDIC quarter",
            "ubpr": "UBPR",
        },
        order=("daily", "fdic_ytd", "fdic_qtr", "ubpr"),
        whole=True,
    ),
    Dimension("channel", "Channel", words=CHANNELS),
    Dimension("direction", "Direction", words={"CRDT": "In", "DBIT": "Out"}),
    Dimension("purpose", "Purpose", words=PURPOSES),
    Dimension("merchant_category", "Merchant category", "Merchant categories", words=MERCHANTS),
    Dimension(
        "reject_reason",
        "Reason",
        words={
            "insufficient_funds": "Insufficient funds",
            "invalid_pin": "Wrong PIN",
            "limit_exceeded": "Over the limit",
            "none": "No reason",
            "suspected_fraud": "Suspected fraud",
            "technical_error": "Technical error",
            "card_expired": "Card expired",
        },
    ),
    Dimension("hour_of_day", "Hour", order=tuple(str(hour) for hour in range(24))),
    Dimension("day_of_week", "Weekday", words=DAYS, order=tuple(DAYS)),
    Dimension("age_band", "Age", "Ages", ordered=True),
    Dimension(
        "dpd_bucket",
        "Days past due",
        "Days past due",
        order=("0", "1-29", "30-59", "60-89", "90-119", "120-179", "180+"),
    ),
    Dimension(
        "stage",
        "Stage",
        order=("1", "2", "3", "unknown"),
        words={
            "1": "Stage 1",
            "2": "Stage 2",
            "3": "Stage 3",
            "unknown": "No stage",
        },
    ),
    Dimension("internal_rating", "Rating", ordered=True),
    Dimension("vintage", "Vintage", ordered=True),
    Dimension("cohort", "Cohort", ordered=True),
    Dimension("months_on_book", "Months on book", "Months on book", ordered=True),
    Dimension("months_since", "Months since", "Months since", ordered=True),
    Dimension(
        "concentration",
        "Concentration",
        words={
            "borrower": "By borrower",
            "industry": "By industry",
            "product": "By product",
            "region": "By region",
        },
    ),
    Dimension(
        "interest_line",
        "Line",
        order=("loans", "securities", "banks", "deposits", "borrowings"),
        words={
            "banks": "Banks",
            "borrowings": "Borrowings",
            "deposits": "Deposits",
            "loans": "Loans",
            "securities": "Securities",
        },
    ),
    Dimension(
        "nii_effect",
        "Effect",
        words={"volume": "Volume", "rate": "Rate", "mix": "Mix"},
        order=("volume", "rate", "mix"),
    ),
    Dimension(
        "fraud_movement__fraud_type",
        "Fraud type",
        words={
            "account_takeover": "Account takeover",
            "card_not_present": "Card not present",
            "mule": "Mule account",
            "stolen_card": "Stolen card",
            "unknown": "Not classified",
        },
    ),
    Dimension(
        "alert__disposition",
        "Decision",
        words={
            "false_positive": "False alarm",
            "fraud": "Fraud",
            "inconclusive": "Inconclusive",
            "none": "Undecided",
        },
    ),
    Dimension("open_alert__alert_age", "Days open", "Days open", ordered=True),
    Dimension("detector", "Detector", words={"any": "Any detector"}),
    Dimension("campaign", "Campaign", ordered=True),
    Dimension("series", "Series", "Series"),
    Dimension("delivered_table", "Table"),
    Dimension("source", "Source"),
    Dimension(
        "dq_dimension",
        "Quality",
        "Quality dimensions",
        words={
            "accuracy": "Accuracy",
            "adaptability": "Adaptability",
            "completeness": "Completeness",
            "timeliness": "Timeliness",
        },
    ),
    Dimension("dq_rule", "Rule"),
    Dimension(
        "recon_kind",
        "Kind of break",
        "Kinds of break",
        words={
            "exchange_rate": "Exchange rate",
            "kpi_line": "Line of the statements",
            "movement": "Movement",
            "opening": "Opening balance",
            "subledger": "Subledger",
            "trial_balance": "Trial balance",
        },
    ),
    Dimension("ledger_code", "Ledger account", called="ledger_code__ledger_name"),
    Dimension(
        "ledger_code__kpi_line", "Line of the statements", "Lines of the statements", below="ledger_code"
    ),
)

UNTOLD = frozenset({"unknown", "unallocated", "none"})
"""Values that stand for what nobody said."""

_BY_NAME = {one.name: one for one in _LISTED}


def dimension(name: str) -> Dimension:
    """The dimension of a group-by name."""
    known = _BY_NAME.get(name)
    if known is not None:
        return known
    label = name.rpartition("__")[2].replace("_", " ").capitalize()
    return Dimension(name, label, ordered=True)


def dimensions_of(name: str) -> tuple[str, ...]:
    """The group-by names that a filter of the address stands for."""
    return tuple(one.name for one in _LISTED if one.filter == name) or (name,)
