"""What advisors that are asked have said last, as people see it."""

from __future__ import annotations

from typing import Any

from rich.text import Text

from engine.advice.budget import added, dollars, of_calls
from gateway.terminal.layout import Cell, Column, Section
from gateway.watching.board import Board
from gateway.watching.panels import clock
from topics.advised import recent
from topics.settings import Settings

COLUMNS = (
    Column("advice", 9),
    Column("market", 8),
    Column("says", 7),
    Column("confidence", 4, right=True),
    Column("asked", 3),
    Column("until", 2),
    Column("why", 6, rest=True),
)


def as_json(board: Board) -> list[dict[str, Any]]:
    """The latest opinion of each advisor on each market; times in ns of the market's."""
    return [
        {
            "market": key, "advisor": name, "asked_time": row["asked_time"],
            "seen_time": row["seen_time"], "calls": len(row["calls"]), **_said(row["opinion"]),
        }
        for (key, name), row in sorted(board.advice.items())
    ]  # fmt: skip


def _said(opinion: dict[str, Any]) -> dict[str, Any]:
    names = ("verdict", "confidence", "stop", "target", "expires", "void", "detail")
    return {name: opinion.get(name) for name in names}


def section(board: Board) -> Section:
    """A row an advisor and market."""
    rows = [
        _row(name, key, row["asked_time"], row["opinion"])
        for (key, name), row in sorted(board.advice.items())
    ]
    return Section(COLUMNS, rows, least=2)


def _row(name: str, key: str, asked: int, opinion: dict[str, Any]) -> list[Cell]:
    if opinion["void"]:
        says, why = Text(str(opinion["void"]), "yellow"), opinion["detail"]
    else:
        says, why = Text(str(opinion["verdict"])), " ".join(opinion["reasons"][:1])
    until = clock(opinion["expires"])[:8] if opinion["expires"] else "-"
    sure = f"{opinion['confidence']:.2f}"
    return [name, key, says, sure, clock(asked)[:8], until, Text(why)]


def hour(settings: Settings) -> dict[str, Any]:
    """What was spent in the last hour, by the clock of the wall: calls, tokens, cost in USD."""
    rows, _ = recent(settings, 3600.0)
    total = added(0, (of_calls(advice.calls, at) for at, advice in rows))
    return {"calls": total.calls, "tokens": total.tokens, "cost": dollars(total.cost)}
