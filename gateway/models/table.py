"""The table of who was judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.terminal.output import Output
from gateway.watching.earnings import table

HEADINGS = (
    "set", "advisor", ">return", ">95 %", ">Sharpe", ">95 %", ">drawdown", ">trips", ">won",
    ">no edge", ">log loss", ">base", ">Brier", ">base", ">hits",
)  # fmt: skip


def show(rows: Sequence[Mapping[str, Any]], output: Output) -> None:
    """For people; a program has had its rows."""
    output.show(table(HEADINGS, [_cells(row) for row in rows]))


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    bounds, told = row["intervals"], row.get("probabilities") or {}
    whole = bounds.get("total_return")
    return (
        row["set"], row["advisor"], _share(row["total_return"]),
        f"{_share(whole['low'])} to {_share(whole['high'])}" if whole else "-",
        _number(row["sharpe"]),
        " to ".join(map(_number, row["sharpe_interval"])) if row["sharpe_interval"] else "-",
        _share(row["max_drawdown"]), str(row["closed"] or "-"),
        _share(row["won"] / row["closed"]) if row["closed"] else "-",
        _number(row["no_edge_p"]), _number(told.get("log_loss"), 4),
        _number(told.get("base_log_loss"), 4), _number(told.get("brier"), 4),
        _number(told.get("base_brier"), 4), _share(told.get("hit_rate")),
    )  # fmt: skip


def _share(part: float | None) -> str:
    return "-" if part is None else f"{part:+.1%}".removeprefix("+")


def _number(value: float | None, digits: int = 2) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
