"""The recordings that come with Tapeline, and what is known to be in them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import orjson

from gateway.census import Census
from gateway.playing import Span
from infra.local.errors import LocalError
from infra.recordings import HERE, MARKET

COUNTS = HERE / "usdm" / "counts.json"
"""Counted from the frames themselves, without our parsers (tests/unit/test_cli_demo.py)."""

KINDS = ("trades", "quotes", "depth_updates")


@dataclass(frozen=True)
class Expected:
    """What a play of several recordings must give."""

    span: Span
    events: dict[str, int]


def expected(files: tuple[Path, ...] = MARKET, counts: Path = COUNTS) -> Expected:
    """The sums over the files; LocalError when they did not come with this installation."""
    missing = [file.name for file in (*files, counts) if not file.is_file()]
    if missing:
        raise LocalError(f"{missing[0]} is not in {HERE}: restore it from the repository")
    rows = [orjson.loads(counts.read_bytes())[file.name] for file in files]
    return Expected(
        Span(
            min(row["first"] for row in rows),
            max(row["last"] for row in rows),
            sum(row["frames"] for row in rows),
        ),
        {kind: sum(row[kind] for row in rows) for kind in KINDS},
    )


def faults(census: Census, wanted: Expected) -> list[str]:
    """What does not hold of a run, each in a line; none when all is well."""
    told = [
        f"{census.events[kind]:,} {kind} came out of {count:,} in the recording"
        for kind, count in wanted.events.items()
        if census.events[kind] != count
    ]
    if census.letters:
        told.append(f"{len(census.letters)} dead letters, the first: {census.letters[0]}")
    if census.notices["gap"]:
        told.append(f"{census.notices['gap']} gaps in the market data")
    if not census.outcomes["approved"]:
        told.append("no order was approved")
    lost = [order for order in census.approved if order not in census.states]
    if lost:
        told.append(f"nothing is known of {len(lost)} approved orders, the first: {lost[0]}")
    return told
