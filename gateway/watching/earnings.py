"""What an account, or one strategy of it, earned over a span: for programs and for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, Protocol

from rich import box
from rich.table import Table
from rich.text import Text

from engine.analytics import (
    Point,
    Span,
    Traded,
    daily,
    equity_curve,
    max_drawdown,
    merged,
    sharpe,
    traded,
    trades,
    within,
)
from engine.costs import text
from engine.portfolio import PortfolioSettings
from gateway.terminal.output import Output
from gateway.terminal.span import time_text
from schemas.portfolio import Portfolio
from schemas.statuses import Status

BLOCKS = "▁▂▃▄▅▆▇█"
WIDE = 72
"""Columns of a sparkline."""

UNNAMED = "(by hand)"
"""Trading that no strategy has its name on."""


class Source(Protocol):
    """An account's records from their beginning (gateway.watching.books.Book)."""

    start: Decimal
    statuses: list[Status]
    portfolio: list[Portfolio]


@dataclass(frozen=True)
class Earnings:
    """Points of the equity within the span, and what each strategy traded of each symbol.

    last: the portfolio's last record before the span's end, None where there is none.
    """

    account: str
    strategy: str | None
    curve: list[Point]
    rows: dict[tuple[str, str], Traded]
    last: Portfolio | None

    @classmethod
    def of(
        cls, account: str, source: Source, strategy: str | None, span: Span,
        settings: PortfolioSettings,
    ) -> Earnings:  # fmt: skip
        """Those of an account, or of one strategy as if it alone had the account's start."""
        curve = within(equity_curve(source.portfolio, source.start, strategy), span)
        rows = traded(source.statuses, span, settings)
        kind = "account" if strategy is None else "strategy"
        last = [
            row for row in source.portfolio
            if row.type == kind and row.strategy == (strategy or "")
            and (span.until is None or row.seen_time < span.until)
        ]  # fmt: skip
        kept = {key: row for key, row in rows.items() if strategy in (None, key[0])}
        return cls(account, strategy, curve, kept, last[-1] if last else None)

    def as_json(self, agreement: str, curve: bool) -> dict[str, Any]:
        """Everything, money as decimal text in quote."""
        fall, ratio = max_drawdown(self.curve), sharpe(self.curve)
        told = {
            "account": self.account,
            "strategy": self.strategy,
            "from": time_text(self.curve[0][0]) if self.curve else None,
            "to": time_text(self.curve[-1][0]) if self.curve else None,
            "portfolio": agreement,
            "start": text(self.curve[0][1]) if self.curve else None,
            "equity": text(self.curve[-1][1]) if self.curve else None,
            "pnl": text(sum((won for _, won in daily(self.curve)), Decimal(0))),
            "realised": self.last.realised if self.last else "0",
            "unrealised": self.last.unrealised if self.last else "0",
            **figures(merged(self.rows.values())),
            "max_drawdown": None if fall is None else {
                "value": text(fall.value), "share": fall.share,
                "from": time_text(fall.since), "to": time_text(fall.until),
            },
            "sharpe": None if ratio is None else asdict(ratio),
            "daily": [[time_text(day)[:10], text(won)] for day, won in daily(self.curve)],
            "by": [
                {"strategy": strategy, "symbol": symbol, **figures(row)}
                for (strategy, symbol), row in self.rows.items()
            ],
        }  # fmt: skip
        if curve:
            told["curve"] = [[time_text(time), text(worth)] for time, worth in self.curve]
        return told

    def show(self, output: Output, agreement: str, curve: bool) -> None:
        """Print it: one JSON object, or tables."""
        told = self.as_json(agreement, curve)
        if output.json:
            output.object(told)
            return
        name = self.account if self.strategy is None else f"{self.account}, {self.strategy}"
        if not self.curve or not any(row.fills or row.funding for row in self.rows.values()):
            output.show(Text(f"{name}: nothing was traded in this span"))
            return
        output.show(Text(f"{name}: {told['from']} to {told['to']}", style="bold"))
        output.show(Text(f"{sparkline(self.curve)}  {told['start']} to {told['equity']}"))
        output.show(table(("", ""), _statistics(told)))
        output.show(table(BY, [_row(row) for row in told["by"]]))
        if len(told["daily"]) > 1:
            output.show(table(("day", "pnl"), [(day, money(won)) for day, won in told["daily"]]))
        if curve:
            points = [(time, money(worth)) for time, worth in told["curve"]]
            output.show(table(("time", "equity"), points))
        output.show(Text(AGREEMENT[agreement]))


AGREEMENT = {
    "agrees": "trading.portfolio tells the same, byte by byte.",
    "differs": "trading.portfolio tells otherwise than the statuses: was it set otherwise, or "
    "begun by an older version?",
    "own": "Of the portfolio that this run has made.",
    "unknown": "Not compared with trading.portfolio: the first statuses, or its records, are gone.",
}


def sparkline(curve: Sequence[Point], width: int = WIDE) -> str:
    """The equity in blocks of equal time, the last of each; a block without any has the one
    before."""
    first, last = curve[0][0], curve[-1][0]
    levels: dict[int, Decimal] = {}
    for time, worth in curve:
        levels[(time - first) * (width - 1) // max(1, last - first)] = worth
    low, high = min(levels.values()), max(levels.values())
    drawn, level = [], curve[0][1]
    for column in range(width if last > first else 1):
        level = levels.get(column, level)
        height = int((level - low) / (high - low) * (len(BLOCKS) - 1)) if high > low else 0
        drawn.append(BLOCKS[height])
    return "".join(drawn)


def figures(row: Traded) -> dict[str, Any]:
    """What was traded and what its round trips came to; money as decimal text in quote."""
    found = asdict(trades(row.trips))
    return {
        "fills": row.fills, "fees": text(row.fees), "funding": text(row.funding),
        "turnover": text(row.turnover), **found, "net": text(found["net"]),
    }  # fmt: skip


def _statistics(told: dict[str, Any]) -> list[tuple[str, str]]:
    fall, ratio = told["max_drawdown"], told["sharpe"]
    sums = ("pnl", "realised", "unrealised", "fees", "funding", "turnover")
    return [
        *((name, money(told[name])) for name in sums),
        ("fills", f"{told['fills']:,}"),
        ("round trips", f"{told['closed']:,}, {told['won']:,} won"),
        ("win rate", share(told["win_rate"])),
        ("average return on margin", share(told["average_return"])),
        ("average win, average loss", f"{money(told['average_win'])}, "
                                      f"{money(told['average_loss'])}"),
        ("profit factor", money(told["profit_factor"])),
        ("expectancy of a round trip", money(told["expectancy"])),
        ("maximum drawdown", "none" if fall is None else
         f"{money(fall['value'])} ({share(fall['share'])}), {fall['from']} to {fall['to']}"),
        ("Sharpe ratio", "-" if ratio is None else f"{ratio['ratio']:.3g} {BASIS[ratio['basis']]}"),
    ]  # fmt: skip


BASIS = {"day": "(daily, annualised)", "record": "(record to record, not annualised)"}
BY = (
    "strategy", "symbol", ">fills", ">turnover", ">fees", ">funding", ">closed", ">net",
    ">win rate", ">avg return",
)  # fmt: skip


def _row(row: dict[str, Any]) -> tuple[str, ...]:
    return (
        row["strategy"] or UNNAMED, row["symbol"], str(row["fills"]), money(row["turnover"]),
        money(row["fees"]), money(row["funding"]), str(row["closed"]), money(row["net"]),
        share(row["win_rate"]), share(row["average_return"]),
    )  # fmt: skip


def money(amount: str | float | None) -> str:
    """With two decimals and thousands apart; "-" for none."""
    return "-" if amount is None else f"{float(amount):,.2f}"


def share(part: float | None) -> str:
    """In percent; "-" for none."""
    return "-" if part is None else f"{part:.2%}"


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """Rows under their columns; one whose name begins with > is aligned to the right."""
    drawn = Table(box=box.SIMPLE, pad_edge=False, show_header=any(columns))
    for name in columns:
        drawn.add_column(name.lstrip(">"), justify="right" if name.startswith(">") else "left")
    for row in rows:
        drawn.add_row(*row)
    return drawn
