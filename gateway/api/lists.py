"""Pages of what the hub keeps, newest first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gateway.api.moments import parsed, told
from gateway.api.paging import Asked, written
from gateway.live.orders import Body


def listed(rows: Iterable[Body], asked: Asked, time: str = "seen_time") -> dict[str, Any]:
    """A page of rows by the text of their field `time`, and their id."""

    def place(row: Body) -> tuple[str, str]:
        return row[time] or "", str(row.get("id") or row["key"])

    found = sorted(rows, key=place, reverse=True)
    if asked.after is not None:
        after = (told(asked.after[0]) if asked.after[0] >= 0 else "", asked.after[1])
        found = [row for row in found if place(row) < after]
    page = found[: asked.limit]
    more = len(found) > len(page)
    return {"items": page, "next": _cursor(*place(page[-1])) if more else None}


def _cursor(time: str, id: str) -> str:
    return written((parsed(time) if time else -1, id))
