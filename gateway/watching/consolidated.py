"""The consolidated books as people see them: which venues count, and how old their books are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.text import Text

from gateway.terminal.layout import Cell, Column, Section
from gateway.watching.board import Board
from gateway.watching.happenings import plain
from gateway.watching.panels import clock

SHORT = b'"full":false'
"""In records that leave out the venues."""

QUIET = 5.0
"""Seconds without a record of a symbol after which that is said."""

COLUMNS = (
    Column("over venues", 9),
    Column("state", 8),
    Column("age", 7, right=True),
    Column("heard", 4, right=True),
    Column("bid", 6, right=True),
    Column("ask", 6, right=True),
    Column("at", 2),
)


def as_json(board: Board) -> dict[str, dict[str, Any]]:
    """Each symbol's best prices and venues; ages in ns of the symbol's time (`now`), as of the
    last record that told the venues; quiet: seconds since that was written.
    """
    names = ("now", "touch", "bid", "ask", "spread")
    return {
        symbol: {
            **{name: row.get(name) for name in names},
            "quiet": _quiet(board, row),
            "venues": {
                each["venue"]: {
                    "state": each["state"],
                    "age": _age(row, each["fresh"]),
                    "heard": _age(row, each["heard"]),
                    "bid": each["bid"],
                    "ask": each["ask"],
                }
                for each in row["venues"]
            },
        }
        for symbol, row in sorted(board.books.items())
    }


def section(board: Board) -> Section:
    """A row a symbol, then a row each of its venues."""
    rows = [cells for _, row in sorted(board.books.items()) for cells in _rows(board, row)]
    return Section(COLUMNS, rows, least=3)


def _rows(board: Board, row: dict[str, Any]) -> Iterator[list[Cell]]:
    touch, quiet = row["touch"], _quiet(board, row)
    yield [
        Text(row["symbol"], "bold"),
        Text(touch, "" if touch == "normal" else "bold yellow"),
        Text(f"{quiet:,.0f} s ago", "bold red") if quiet >= QUIET else "",
        "",
        *_prices(row),
        clock(row["now"])[:8],
    ]
    for each in row["venues"]:
        state = each["state"]
        yield [
            f"  {each['venue']}",
            Text(state, "" if state == "ok" else "bold red"),
            _seconds(_age(row, each["fresh"])),
            _seconds(_age(row, each["heard"])),
            *_prices(each),
            "",
        ]


def _prices(row: dict[str, Any]) -> tuple[str, str]:
    bid, ask = (plain(row[name][0]) if row[name] else "-" for name in ("bid", "ask"))
    return bid, ask


def _quiet(board: Board, row: dict[str, Any]) -> float:
    return max(0.0, round(board.looked - float(row["written"]), 3))


def _age(row: dict[str, Any], at: int | None) -> int | None:
    """ns of the symbol's time; clocks of collectors differ, so it is zero at the least."""
    return None if at is None else max(0, row["now"] - at)


def _seconds(age: int | None) -> str:
    return "-" if age is None else f"{age / 1e9:,.2f} s"
