"""Rows of the gateway's bench: ours, with the bare server beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median
from typing import Any

NAME = "gateway"
PEER = "bare FastAPI and uvicorn"

Row = dict[str, Any]
Pairs = Sequence[tuple[Row, Row]]
"""What ours and the peer did, by round."""


def row(
    case: str, unit: str, ours: float, bare: float | None = None,
    level: dict[str, float] | None = None,
) -> Row:  # fmt: skip
    """One row, with the bare server beside it where it was measured."""
    peers = {} if bare is None else {PEER: round(bare, 3)}
    told = {"bench": NAME, "case": case, "unit": unit, "ours": round(ours, 3), "peers": peers}
    ratio = round(ours / bare, 3) if bare else None
    return {**told, "ratio": ratio, **({"level": level} if level else {})}


def medians(pairs: Pairs, what: str) -> tuple[float, float]:
    """Ours and the peer's, over the rounds."""
    return median(ours[what] for ours, _ in pairs), median(bare[what] for _, bare in pairs)


def waits(pairs: Pairs, case: str, most: float) -> Iterator[Row]:
    """p50, p99 (which has a level) and the longest, and what one costs of a processor."""
    for what, level in (("p50", None), ("p99", {"at_most": most}), ("longest", None)):
        yield row(f"{case}, {what}", "ms", *medians(pairs, what), level)
    yield row(f"{case}, processor time of one", "us", *medians(pairs, "cost"))
