"""The desk on a terminal: stages, last orders, positions."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from gateway.board import Board, order_in_words
from gateway.flow import FLOW
from gateway.gauge import Sample, rate, taken

COLOURS = {"approved": "green", "refused": "yellow"}
WINDOW = 6
"""Looks that a rate is taken over: offsets are committed every few seconds only."""


@dataclass
class View:
    """All that is shown: processes by stage, the last looks at the broker, and the board."""

    title: str
    board: Board
    looks: deque[Sample] = field(default_factory=lambda: deque(maxlen=WINDOW))
    pids: Mapping[str, int] = field(default_factory=dict)
    restarts: Mapping[str, int] = field(default_factory=dict)
    notes: deque[str] = field(default_factory=lambda: deque(maxlen=3))

    def __rich__(self) -> RenderableType:
        parts: list[RenderableType] = [Text(self.title, style="bold"), stages(self)]
        if self.board.orders:
            parts.append(orders(self.board))
        if self.board.accounts:
            parts.append(holdings(self.board.accounts, self.board.positions))
        if self.board.letters:
            text = f"{self.board.letters} dead letters, the last: {self.board.last_letter}"
            parts.append(Text(text, style="red"))
        return Group(*parts, *(Text(note, style="dim") for note in self.notes))


def stages(view: View) -> Table:
    """A row a stage: process, restarts, records in and out, per second, lag."""
    table = _table("stage", ">pid", ">restarts", ">in/s", ">out/s", ">out", ">lag")
    look = view.looks[-1] if view.looks else Sample(0.0)
    moving = len(view.looks) > 1
    for stop in FLOW:
        table.add_row(
            stop.stage,
            str(view.pids.get(stop.stage, "-")),
            str(view.restarts.get(stop.stage, 0)),
            f"{taken(view.looks, stop):,.0f}" if moving else "-",
            f"{rate(view.looks, stop.gives):,.0f}" if moving else "-",
            f"{look.counts.get(stop.gives, 0):,}",
            f"{look.lags[stop.stage]:,}" if stop.stage in look.lags else "-",
        )
    return table


def orders(board: Board) -> Table:
    """The last orders that were asked for, with what was said to them."""
    table = _table("time", "account", "outcome", "what")
    for record in board.orders:
        outcome = record["outcome"]
        table.add_row(
            clock(record["seen_time"]),
            record["account"],
            Text(outcome, style=COLOURS.get(outcome, "")),
            order_in_words(record),
        )
    return table


def holdings(accounts: Mapping[str, Any], positions: Mapping[str, Any]) -> Table:
    """What accounts hold and are worth, a row an account and a row a position."""
    table = _table("account", "holds", ">entry", ">mark", ">realised", ">unrealised", ">equity")
    for row in [*accounts.values(), *positions.values()]:
        table.add_row(
            row["account"],
            "*" if row["type"] == "account" else f"{row['quantity']} {row['symbol']}",
            *(_money(row.get(name)) for name in ("entry", "mark", "realised", "unrealised")),
            _money(row.get("equity")),
        )
    return table


def clock(nanoseconds: int) -> str:
    """A time of the market as people read it, UTC."""
    return datetime.fromtimestamp(nanoseconds / 1e9, UTC).strftime("%H:%M:%S.%f")[:-3]


def _money(text: str | None) -> str:
    return "-" if text is None else f"{float(text):,.2f}"


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        right = name.startswith(">")
        table.add_column(name.lstrip(">"), justify="right" if right else "left")
    return table
