"""The one exception a person sees."""

from __future__ import annotations


class BankError(Exception):
    """Something a person can mend: one sentence what happened, one why, one what to do next."""

    def __init__(self, what: str, why: str, fix: str) -> None:
        super().__init__(f"{what} {why} {fix}")
        self.what = what
        self.why = why
        self.fix = fix
