"""A report's tables: figures, equity, drawdowns, round trips, what they are grouped by; as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from engine.analytics import Point
from engine.costs import text
from engine.performance.attribution import Journey
from engine.performance.drawdowns import underwater
from gateway.terminal.span import time_text

GROUPS = ("drawdowns", "by_strategy", "by_symbol", "by_reason", "by_way_out")


@dataclass(frozen=True)
class Table:
    """Rows under a heading; times are RFC 3339, money decimal text."""

    heading: Sequence[str]
    rows: Sequence[Sequence[Any]]


def tables(
    told: dict[str, Any], curve: Sequence[Point], trips: Sequence[Journey]
) -> dict[str, Table]:
    """Every table by its name."""
    found = {
        "figures": Table(("figure", "value"), [*_flat(told)]),
        "equity": Table(("time", "equity", "drawdown"), [*_equity(curve)]),
        "trades": Table(TRADE, [trade(each) for each in trips]),
        "months": Table(("month", "return"), told["monthly"]),
    }
    for name in GROUPS:
        rows = told[name]
        heading = tuple(rows[0]) if rows else ("none",)
        found[name] = Table(heading, [tuple(row.values()) for row in rows])
    if advisors := told["advisors"]:
        found["advisors"] = Table(tuple(advisors[0]), [tuple(row.values()) for row in advisors])
    return found


TRADE = (
    "symbol", "strategy", "side", "opened", "closed", "net", "return", "way_out", "reasons",
)  # fmt: skip


def trade(each: Journey) -> tuple[str, ...]:
    """A round trip in the columns of TRADE; net in quote, return on its largest margin."""
    trip = each.trip
    return (
        trip.symbol, trip.strategy, each.side, time_text(trip.opened), time_text(trip.closed),
        text(trip.worth), text(trip.returned), each.way_out, "; ".join(each.reasons),
    )  # fmt: skip


def _equity(curve: Sequence[Point]) -> Iterable[tuple[str, str, float]]:
    for (time, worth), (_, lost) in zip(curve, underwater(curve), strict=True):
        yield time_text(time), text(worth), lost


def _flat(told: dict[str, Any], before: str = "") -> Iterable[tuple[str, Any]]:
    """Every figure that is no list, with the names that lead to it apart by dots."""
    for name, value in told.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{name}.")
        elif not isinstance(value, list):
            yield f"{before}{name}", value


def as_csv(of: Table) -> str:
    """The table as a file of its own."""
    made = io.StringIO()
    writer = csv.writer(made, lineterminator="\n")
    writer.writerow(of.heading)
    writer.writerows([_cell(value) for value in row] for row in of.rows)
    return made.getvalue()


def _cell(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula is quoted; a number is none
    (OWASP, CSV Injection)."""
    return f"'{value}" if is_formula(value) else value


def is_formula(value: Any) -> bool:
    """Whether a spreadsheet would run it."""
    starts = isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r")
    return starts and not is_number(value)


def is_number(value: str) -> bool:
    """Whether a text is a plain decimal number."""
    return value.removeprefix("-").replace(".", "", 1).isdecimal()
