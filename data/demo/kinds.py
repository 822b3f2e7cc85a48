"""Kinds of account movements: how each is coded in the extract. The kind's name is also its ledger event."""

from __future__ import annotations

from dataclasses import dataclass

CHANNELS = ("branch", "atm", "card_pos", "card_ecom", "web", "mobile", "phone", "batch", "unknown")
BRANCH, ATM, CARD_POS, CARD_ECOM, WEB, MOBILE, PHONE, BATCH, UNKNOWN = range(len(CHANNELS))
INITIATORS = ("customer", "bank", "scheduled", "unknown")
REJECT_REASONS = (
    "",
    "insufficient_funds",
    "suspected_fraud",
    "invalid_pin",
    "limit_exceeded",
    "technical_error",
    "mandate_refused",
)
INSUFFICIENT_FUNDS, SUSPECTED_FRAUD, INVALID_PIN, LIMIT_EXCEEDED, TECHNICAL_ERROR, MANDATE_REFUSED = range(
    1, 7
)


@dataclass(frozen=True)
class Kind:
    """One kind of movement; `credit` says that money comes onto the account."""

    name: str
    credit: bool
    bank_transaction_code: str
    purpose: str | None
    channel: int
    initiated_by: str


KINDS = (
    Kind("salary", True, "PMNT-RCDT-SALA", "SALA", BATCH, "scheduled"),
    Kind("pension", True, "PMNT-RCDT-SALA", "PENS", BATCH, "scheduled"),
    Kind("benefit", True, "PMNT-RCDT-ESCT", "BENE", BATCH, "scheduled"),
    Kind("sales_income", True, "PMNT-RCDT-ESCT", "SUPP", BATCH, "unknown"),
    Kind("transfer_in", True, "PMNT-RCDT-ESCT", None, BATCH, "unknown"),
    Kind("transfer_out", False, "PMNT-ICDT-ESCT", None, MOBILE, "customer"),
    Kind("supplier_payment", False, "PMNT-ICDT-ESCT", "SUPP", WEB, "customer"),
    Kind("payroll", False, "PMNT-ICDT-SALA", "SALA", WEB, "customer"),
    Kind("tax_payment", False, "PMNT-ICDT-ESCT", "TAXS", WEB, "customer"),
    Kind("internal_transfer_out", False, "PMNT-ICDT-BOOK", None, MOBILE, "customer"),
    Kind("internal_transfer_in", True, "PMNT-RCDT-BOOK", None, BATCH, "unknown"),
    Kind("standing_order", False, "PMNT-ICDT-STDO", None, BATCH, "scheduled"),
    Kind("direct_debit", False, "PMNT-RDDT-ESDD", "UTIL", BATCH, "scheduled"),
    Kind("card_payment", False, "PMNT-CCRD-POSD", "GDDS", CARD_POS, "customer"),
    Kind("cash_withdrawal", False, "PMNT-CCRD-CWDL", "CASH", ATM, "customer"),
    Kind("cash_deposit", True, "PMNT-CNTR-CDPT", "CASH", BRANCH, "customer"),
    Kind("savings_out", False, "PMNT-ICDT-BOOK", "SAVG", MOBILE, "customer"),
    Kind("savings_in", True, "PMNT-RCDT-BOOK", "SAVG", BATCH, "customer"),
    Kind("investment", False, "PMNT-ICDT-ESCT", "SECU", WEB, "customer"),
    Kind("card_settlement_out", False, "PMNT-IDDT-BOOK", "CCRD", BATCH, "scheduled"),
    Kind("card_settlement_in", True, "PMNT-RCDT-BOOK", "CCRD", BATCH, "scheduled"),
    Kind("loan_payout", True, "LDAS-CSLN-DDWN", "LOAN", BATCH, "bank"),
    Kind("loan_payment", False, "LDAS-CSLN-PPAY", "LOAR", BATCH, "scheduled"),
    Kind("account_fee", False, "ACMT-MDOP-FEES", "FEES", BATCH, "bank"),
    Kind("interest_paid", True, "ACMT-MCOP-INTR", "INTE", BATCH, "bank"),
    Kind("interest_charged", False, "ACMT-MDOP-INTR", "INTE", BATCH, "bank"),
    Kind("term_funding", True, "PMNT-RCDT-ESCT", "SAVG", BATCH, "customer"),
    Kind("term_repaid_out", False, "PMNT-ICDT-BOOK", "SAVG", BATCH, "bank"),
    Kind("term_repaid_in", True, "PMNT-RCDT-BOOK", "SAVG", BATCH, "bank"),
    Kind("closing_payout", False, "ACMT-ACOP-PSTE", "CLOS", BRANCH, "customer"),
    Kind("closing_settlement", True, "ACMT-ACOP-PSTE", "CLOS", BRANCH, "customer"),
    Kind("card_reversal", True, "PMNT-CCRD-RIMB", "GDDS", BATCH, "bank"),
    Kind("fraud_refund", True, "PMNT-CCRD-RIMB", "FRAD", BATCH, "bank"),
    Kind("exchange_out", False, "PMNT-ICDT-XBCT", "FREX", WEB, "customer"),
    Kind("exchange_in", True, "PMNT-RCDT-XBCT", "FREX", BATCH, "customer"),
    Kind("foreign_in", True, "PMNT-RCDT-XBCT", "SUPP", BATCH, "unknown"),
    Kind("foreign_out", False, "PMNT-ICDT-XBCT", "SUPP", WEB, "customer"),
)

CODE = {kind.name: index for index, kind in enumerate(KINDS)}
