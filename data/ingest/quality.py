"""What the contract's rules examined and what broke them, by delivery: the rows of `raw.check_result`.

A row is judged rule by rule, in the contract's order, up to the first one that it breaks, which is the one
that quarantine names. So what each rule examined follows from the ledger: the rows delivered, less those that
an earlier rule had refused already.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Set

from data.ingest import ledger
from data.ingest.contracts import Contract, load_contracts
from data.ingest.mapping import known_sources, load_mapping
from data.ingest.rules import DUPLICATE, STRUCTURE, WAITS, rules_of
from runtime.settings import Settings

BCBS_239 = {
    "accuracy": "accuracy",
    "consistency": "accuracy",
    "uniqueness": "accuracy",
    "completeness": "completeness",
    "coverage": "completeness",
    "timeliness": "timeliness",
    "conformity": "adaptability",
}
"""The data contract standard's dimensions to those of BCBS 239: principle 3 (accuracy), 4 (completeness),
5 (timeliness), 6 (adaptability: what keeps to agreed shapes and codes can be put together in any way)."""

RULES = {
    STRUCTURE: "conformity",
    "required": "completeness",
    "type": "conformity",
    "valid_values": "conformity",
    "pattern": "conformity",
    "minimum": "accuracy",
    "maximum": "accuracy",
    DUPLICATE: "uniqueness",
    WAITS: "completeness",
}
"""Rules that every contract has without saying their dimension; a contract's own rules say theirs."""


def check_results(settings: Settings) -> list[tuple[str, str, str, str, int, int]]:
    """Version, table, rule, dimension of BCBS 239, examined and failed, of all live deliveries."""
    failed: dict[str, Counter[tuple[str, str | None]]] = {}
    for row in ledger.rejected_counts(settings):
        failed.setdefault(row["version_id"], Counter())[row["rule"], row["column_name"]] += row["rows"]
    batches = ledger.batch_rows(settings)
    delivered = {row["table_name"] for row in batches}
    contracts = load_contracts()
    found = []
    for row in batches:
        contract = contracts[row["table_name"]]
        checks = _checks(contract, _parents(row["source"]) | delivered)
        for rule, counts in _judged(checks, row["rows_delivered"], failed.get(row["version_id"], Counter())):
            found.append((row["version_id"], contract.table, rule, _dimension(contract, rule), *counts))
    return found


def _checks(contract: Contract, parents: Set[str]) -> list[tuple[str, str | None]]:
    """Rule and column in the order of judgement; of parents those that the bank delivers."""
    keys = ", ".join(contract.key)
    return [
        *((rule.id, rule.column) for rule in rules_of(contract)),
        (DUPLICATE, keys),
        *(
            (WAITS, column.name)
            for column in contract.parents
            if column.foreign_key and column.foreign_key.table in parents
        ),
    ]


def _judged(
    checks: list[tuple[str, str | None]], rows: int, failed: Counter[tuple[str, str | None]]
) -> Iterator[tuple[str, tuple[int, int]]]:
    """Rule to examined and failed, over the columns it looks at.

    What broke a rule that the contract no longer has stands there as examined and failed.
    """
    examined: Counter[str] = Counter()
    broken: Counter[str] = Counter()
    gone = [check for check in failed if check not in checks]
    for check in gone:
        examined[check[0]] += failed[check]
        broken[check[0]] += failed[check]
        rows -= failed[check]
    for check in checks:
        examined[check[0]] += rows
        broken[check[0]] += failed[check]
        rows -= failed[check]
    return ((rule, (examined[rule], broken[rule])) for rule in examined)


def _dimension(contract: Contract, rule: str) -> str:
    own = {one.id: one.dimension for one in contract.rules}
    return BCBS_239[own.get(rule) or RULES.get(rule, "accuracy")]


def _parents(source: str) -> Set[str]:
    return load_mapping(source).tables if source in known_sources() else frozenset()
