"""The recordings that come with Tapeline, and what is known to be in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from gateway.recorded.files import Span
from gateway.running.census import Census
from infra.local.errors import LocalError
from infra.recordings import DEMO

COUNTS = "counts.json"
"""Beside the recordings: counted from the frames themselves, without our parsers
(tests/unit/test_cli_demo.py)."""

TRADING: Mapping[str, int] = {"orders": 20, "fills": 20, "stops": 1, "targets": 1}
"""What the demo's own settings come to at the least, however late the feedback is."""

TOLD = {"stops": "stops fired", "targets": "targets fired", "fills": "fills", "orders": "orders"}

SLOWER = ": where the machine is too slow for the pace, play with a smaller --speed"

KINDS = ("trades", "quotes", "depth_updates")


@dataclass(frozen=True)
class Expected:
    """What a play of several recordings must give. trading: the fewest of each, whoever traded."""

    span: Span
    events: dict[str, int]
    trading: Mapping[str, int]


def expected(files: tuple[Path, ...] = DEMO, trading: Mapping[str, int] = TRADING) -> Expected:
    """The sums over the files; LocalError when they did not come with this installation."""
    for file in (*files, *(file.parent / COUNTS for file in files)):
        if not file.is_file():
            raise LocalError(f"{file} is missing: restore it from the repository")
    rows = [orjson.loads((file.parent / COUNTS).read_bytes())[file.name] for file in files]
    return Expected(
        Span(
            min(row["first"] for row in rows),
            max(row["last"] for row in rows),
            sum(row["frames"] for row in rows),
        ),
        {kind: sum(row[kind] for row in rows) for kind in KINDS},
        trading,
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
    told += [
        f"{census.total(name):,} {TOLD[name]}, and there must be {least} at least{SLOWER}"
        for name, least in wanted.trading.items()
        if census.total(name) < least
    ]
    told += [
        f"the portfolio of {account} is not what its statuses come to"
        for account, said in census.agreements.items()
        if said != "agrees"
    ]
    lost = [order for order in census.approved if order not in census.states]
    if lost:
        told.append(f"nothing is known of {len(lost)} approved orders, the first: {lost[0]}")
    return told
