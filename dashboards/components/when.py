"""Days and moments in words."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from dashboards.metrics.format import MISSING


def moment(value: Any) -> str:
    """A moment from the published files, in UTC; empty where there is none."""
    if not value:
        return ""
    at = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    at = at.astimezone(UTC) if at.tzinfo else at
    return f"{at.day} {at:%b %Y, %H:%M} UTC"


def day(value: Any) -> str:
    """A day, or the day of a moment."""
    if not value:
        return MISSING
    at = value if isinstance(value, date) else date.fromisoformat(str(value)[:10])
    return f"{at.day} {at:%b %Y}"
