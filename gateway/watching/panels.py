"""The parts of the view: each a table of figures, made from the board and the last looks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from rich.text import Text

from gateway.terminal.layout import Cell, Column, Section
from gateway.watching.board import Board
from gateway.watching.gauge import Sample, rate, taken
from gateway.watching.happenings import plain
from infra.local.desk import worker_of

STYLES = {
    "approved": "green",
    "awaiting": "bold yellow",
    "refused": "yellow",
    "rejected": "red",
    "stop hit": "bold red",
    "target hit": "bold green",
}
LONGEST = 36
"""Characters of what is said of an account; the order it refuses says it whole."""

WATCHES = {"near": "bold yellow", "breached": "bold red"}

ACCOUNTS = (
    Column("account", 9),
    Column("state", 5),
    Column("equity", 8, right=True),
    Column("realised", 7, right=True),
    Column("unrealised", 6, right=True),
    Column("fees", 2, right=True),
    Column("exposure", 3, right=True),
    Column("closed", 1, right=True),
)
POSITIONS = (
    Column("position", 9),
    Column("quantity", 8, right=True),
    Column("entry", 5, right=True),
    Column("mark", 4, right=True),
    Column("unrealised", 6, right=True),
    Column("stop", 7, right=True),
    Column("target", 7, right=True),
    Column("liquidation", 3, right=True),
    Column("strategy", 2),
)
MARKETS = (
    Column("market", 9),
    Column("book", 8),
    Column("bid", 7, right=True),
    Column("ask", 7, right=True),
    Column("last", 6, right=True),
    Column("spread", 3, right=True),
    Column("at", 2),
)
ORDERS = (
    Column("time", 3),
    Column("account", 1),
    Column("order", 4),
    Column("became", 8),
    Column("why", 9, rest=True),
)
STAGES = (
    Column("stage", 9),
    Column("in/s", 8, right=True),
    Column("out/s", 7, right=True),
    Column("lag", 8, right=True),
    Column("out", 3, right=True),
    Column("pid", 2, right=True),
    Column("restarts", 4, right=True),
)


def accounts(board: Board) -> Section:
    """A row an account, then a row a strategy, whose equity is what it has won."""
    rows: list[list[Cell]] = []
    for row in board.accounts.values():
        name = row["account"]
        rows.append([Text(name, "bold"), _state(board, name), *_worth(row), ""])
    for row in board.strategies.values():
        name, account = row["strategy"], row["account"]
        state = board.strategy(account, name) or "on"
        name = f"{account}/{name}" if len(board.accounts) > 1 else f"  {name}"
        rows.append([name, state, *_worth(row), f"{row['won']}/{row['closed']} won"])
    return Section(ACCOUNTS, rows, least=2)


def _state(board: Board, account: str) -> Text:
    halted, mode = board.halted(account), board.mode(account) or "paper"
    return Text(f"{mode}, halted: {halted}"[:LONGEST], "bold red") if halted else Text(mode)


def _worth(row: Mapping[str, Any]) -> list[Cell]:
    figures = [signed(row.get(name)) for name in ("realised", "unrealised")]
    return [money(row.get("equity")), *figures, money(row.get("fees")), money(row.get("exposure"))]


def positions(board: Board) -> Section:
    """What is held, with its protection; those that are flat are left out."""
    rows: list[list[Cell]] = []
    for row in board.positions.values():
        if not Decimal(row["quantity"]):
            continue
        name = row["symbol"]
        if len(board.accounts) > 1:
            name = f"{row['account']} {name}"
        watch = Text(row.get("liquidation") or "-", WATCHES.get(row.get("watch", ""), ""))
        rows.append(
            [
                name, plain(row["quantity"]), price(row.get("entry")), price(row.get("mark")),
                signed(row.get("unrealised")), _guard(row.get("stop")), _guard(row.get("target")),
                Text(price(watch.plain), watch.style), row.get("strategy") or "-",
            ]
        )  # fmt: skip
    return Section(POSITIONS, rows, least=2)


def _guard(text: str | None) -> Cell:
    """A price of protection; what is not there is worth a look."""
    return price(text) if text else Text("none", "yellow")


def markets(board: Board) -> Section:
    """Best prices, with whether the book may be traded on."""
    rows: list[list[Cell]] = []
    for key, row in sorted(board.markets.items()):
        bid, ask = row.get("bid"), row.get("ask")
        book = row.get("book") or "none"
        rows.append(
            [
                key, Text(book, "" if book == "ok" else "bold red"),
                *(plain(each) if each else "-" for each in _prices(bid, ask, row.get("last"))),
                _spread(bid, ask), clock(row["seen_time"])[:8],
            ]
        )  # fmt: skip
    return Section(MARKETS, rows, least=2)


def _prices(
    bid: Sequence[str] | None, ask: Sequence[str] | None, last: str | None
) -> tuple[str | None, str | None, str | None]:
    return bid[0] if bid else None, ask[0] if ask else None, last


def _spread(bid: Sequence[str] | None, ask: Sequence[str] | None) -> str:
    """Of the mid, in basis points."""
    if not bid or not ask:
        return "-"
    low, high = float(bid[0]), float(ask[0])
    return f"{(high - low) * 2e4 / (high + low):.2f} bp"


def orders(board: Board) -> Section:
    """The last things that became of orders, the newest first."""
    rows: list[list[Cell]] = []
    for each in reversed(board.happenings):
        again = f" x{each.count}" if each.count > 1 else ""
        outcome = Text(each.outcome + again, STYLES.get(each.outcome, ""))
        rows.append([clock(each.time)[:8], each.account, each.name, outcome, each.text])
    return Section(ORDERS, rows, least=3, counts=False)


def stages(
    looks: Sequence[Sample], pids: Mapping[str, int], restarts: Mapping[str, int]
) -> Section:
    """A row a stage: records a second in and out, lag, records out, process, restarts."""
    look = looks[-1] if looks else Sample(0.0)
    moving = len(looks) > 1
    rows: list[list[Cell]] = [
        [
            stop.stage,
            f"{taken(looks, stop):,.0f}" if moving else "-",
            f"{rate(looks, stop.gives):,.0f}" if moving else "-",
            f"{look.lags[stop.stage]:,}" if stop.stage in look.lags else "-",
            f"{look.counts.get(stop.gives, 0):,}",
            str(pids.get(worker_of(stop.stage, pids), "-")),
            _restarts(restarts.get(worker_of(stop.stage, pids), 0)),
        ]
        for stop in look.stops
    ]
    return Section(STAGES, rows, least=len(rows))


def _restarts(count: int) -> Text:
    return Text(str(count), "red" if count else "")


def clock(nanoseconds: int) -> str:
    """A time of the market as people read it, UTC."""
    return datetime.fromtimestamp(nanoseconds / 1e9, UTC).strftime("%H:%M:%S.%f")[:-3]


def money(text: str | None) -> str:
    """An amount to two decimals, "-" for none."""
    return "-" if text is None else f"{float(text):,.2f}".replace("-0.00", "0.00")


def signed(text: str | None) -> Text:
    """A result; a loss is red."""
    told = money(text)
    return Text(told, "red" if told.startswith("-") and told != "-" else "")


def price(text: str | None) -> str:
    """A price in at most eight digits, as averages have many."""
    return "-" if text in (None, "-") else f"{float(text or 0):.8g}"
