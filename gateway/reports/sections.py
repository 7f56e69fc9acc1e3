"""What a report says, in the order in which it says it: texts, tables and plots for any paper.

Texts are plain here; whoever draws them escapes them for where they go.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from engine.analytics import Point
from engine.performance.attribution import Journey
from engine.performance.drawdowns import underwater
from gateway.reports.plots import Dot, thinned
from gateway.reports.tables import TRADE, trade
from gateway.terminal.span import time_text
from gateway.watching.earnings import UNNAMED, money, share

BARS = 480
"""Of the plot of round trips."""

SHOWN = 500
"""Round trips in the report's table; JSON, CSV and Excel have all."""


@dataclass(frozen=True)
class Heading:
    """What follows it is about."""

    text: str


@dataclass(frozen=True)
class Words:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Figures:
    """Names and values, in two columns."""

    rows: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Grid:
    """Rows under a heading; a name that begins with > is of numbers. signed: a gain is seen."""

    heading: Sequence[str]
    rows: Sequence[Sequence[str]]
    signed: bool = False


@dataclass(frozen=True)
class Curve:
    """Values over time in steps: a line, or an area below zero. labels: lowest and highest."""

    shape: Literal["line", "area"]
    dots: Sequence[Dot]
    labels: tuple[str, str]
    ends: tuple[str, str]
    what: str


@dataclass(frozen=True)
class Columns:
    """A column a value, from zero up or down; titles: what is told of each."""

    values: Sequence[float]
    titles: Sequence[str]
    labels: tuple[str, str]
    what: str


Block = Heading | Words | Figures | Grid | Curve | Columns


def title(told: dict[str, Any]) -> str:
    """The report's name."""
    return f"Report: {told['account']}"


def sections(
    told: dict[str, Any], curve: Sequence[Point], trips: Sequence[Journey]
) -> Iterator[Block]:
    """All of the report but its title."""
    yield Words(
        f"{told['from'] or '-'} to {told['to'] or '-'}; equity {money(told['start'])} to "
        f"{money(told['equity'])}"
    )
    yield _figures(told)
    yield from _plots(curve, trips)
    yield from _certainty(told)
    yield from _costs(told)
    yield from _groups(told, trips)
    yield from _advised(told["advisors"])


def _figures(told: dict[str, Any]) -> Figures:
    exposed = told["exposure"] or {}
    period = told["period"]["name"]
    return Figures([
        ("PnL", money(told["pnl"])),
        ("total return", share(told["total_return"])),
        ("CAGR", share(told["cagr"])),
        ("volatility, a year", share(told["volatility"])),
        ("Sharpe ratio, a year", _ratio(told["sharpe_annual"])),
        (f"Sharpe ratio, of one {period}", _ratio(told["sharpe"])),
        ("Sortino ratio, a year", _ratio(told["sortino_annual"])),
        (f"Sortino ratio, of one {period}", _ratio(told["sortino"])),
        ("Calmar ratio", _ratio(told["calmar"])),
        ("deepest drawdown", share(_deepest(told))),
        ("round trips, won", f"{told['closed']:,}, {told['won']:,}"),
        ("win rate", share(told["win_rate"])),
        ("profit factor", _ratio(told["profit_factor"])),
        ("expectancy of a round trip", money(told["expectancy"])),
        ("time in the market", share(exposed.get("in_market"))),
        ("mean leverage, largest", f"{_ratio(exposed.get('leverage'))}, "
                                   f"{_ratio(exposed.get('leverage_max'))}"),
        ("turnover", money(told["turnover"])),
        ("turnover over mean equity", _ratio(told["turnover_times"])),
    ])  # fmt: skip


def _plots(curve: Sequence[Point], trips: Sequence[Journey]) -> Iterator[Block]:
    if len(curve) < 2:
        yield Words("Nothing was traded.")
        return
    ends = time_text(curve[0][0]), time_text(curve[-1][0])
    worths = [float(worth) for _, worth in curve]
    dots = thinned([(float(time), worth) for (time, _), worth in zip(curve, worths, strict=True)])
    labels = money(min(worths)), money(max(worths))
    yield Heading("Equity")
    yield Curve("line", dots, labels, ends, "Equity over time")
    lost = thinned([(float(time), -part) for time, part in underwater(curve)])
    low = min(part for _, part in lost)
    yield Heading("Drawdown")
    yield Curve("area", lost, (share(low), "0%"), ends, "Drawdown over time")
    if trips:
        yield from _results(trips)


def _results(trips: Sequence[Journey]) -> Iterator[Block]:
    """A column a round trip; of many, one for several that follow one another."""
    size = -(-len(trips) // BARS)
    groups = [trips[at : at + size] for at in range(0, len(trips), size)]
    won = [math.fsum(float(each.trip.worth) for each in group) for group in groups]
    titles = [
        ", ".join(trade(group[0])) if size == 1 else money(sum_)
        for group, sum_ in zip(groups, won, strict=True)
    ]
    labels = money(min(0.0, *won)), money(max(0.0, *won))
    what = (
        "Net result of each round trip" if size == 1 else f"Net result of {size} round trips each"
    )
    yield Heading(what)
    yield Columns(won, titles, labels, what)


def _certainty(told: dict[str, Any]) -> Iterator[Block]:
    boot, edge, worth = told["bootstrap"], told["no_edge"], told["deflated_sharpe"]
    rows = [
        (name.replace("_", " "), *(_bound(name, each[part]) for part in ("value", "low", "high")))
        for name, each in boot["intervals"].items()
    ]
    yield Heading("How sure")
    yield Words(
        f"{boot['confidence']:.0%} intervals of {told['period']['count']:,} returns of one "
        f"{told['period']['name']} each: stationary bootstrap, {boot['draws']:,} draws of blocks "
        f"of {boot['block']:.3g} on average, seed {boot['seed']}."
    )
    yield Grid(("of one period", ">value", ">low", ">high"), rows) if rows else _few("an interval")
    yield _few("a world without an edge") if edge is None else _edge(edge)
    if worth is not None:
        yield Words(
            f"Deflated Sharpe ratio, the best of {worth['tries']:,} tries: the true ratio is "
            f"above what luck shows with a probability of {worth['probability']:.2%} (above 0, had "
            f"it been the only try: {worth['alone']:.2%})."
        )


def _edge(of: dict[str, Any]) -> Words:
    return Words(
        f"Worlds without an edge: the same positions at other times, by each of "
        f"{of['count']:,} shifts. Before costs this one won {money(of['won'])}, they "
        f"{money(of['mean'])} on average and 95% of them {money(of['low'])} to "
        f"{money(of['high'])}; the share that won as much: p = {of['p_value']:.3g}."
    )


def _few(what: str) -> Words:
    return Words(f"Too few periods with a result for {what}.")


def _costs(told: dict[str, Any]) -> Iterator[Block]:
    costs = told["costs"]
    yield Heading("Costs")
    names = ("fees", "funding", "spread", "impact", "delay")
    yield Grid(("in quote", ">"), [(name, money(costs[name])) for name in names])
    yield Words(
        f"Of {costs['fills']:,} fills, {costs['fills_without_mid']:,} have no mid, and of "
        f"{costs['fills_without_decision']:,} no decision is known. Not told: "
        f"{'; '.join(costs['untold'])}."
    )


def _groups(told: dict[str, Any], trips: Sequence[Journey]) -> Iterator[Block]:
    falls = [
        (share(each["share"]), money(each["value"]), each["peak"], each["trough"],
         each["recovered"] or "not yet") for each in told["drawdowns"]
    ]  # fmt: skip
    yield Heading("Drawdowns")
    yield Grid((">depth", ">quote", "peak", "trough", "recovered"), falls)
    yield Heading("Months")
    yield _months(told["monthly"])
    for name, noun, rows in (
        ("By strategy", "strategy", told["by_strategy"]),
        ("By symbol", "symbol", told["by_symbol"]),
        ("By reason of the entry", "reason", told["by_reason"]),
        ("By way out", "way_out", told["by_way_out"]),
    ):
        yield Heading(name)
        yield _grouped(noun, rows)
    yield Words("A round trip counts for each of its reasons: their rows do not add up.")
    shown = [_trade(each) for each in trips[:SHOWN]]
    yield Heading(f"Round trips{f', the first {SHOWN}' if len(trips) > SHOWN else ''}")
    yield Grid([NUMBERS.get(name, name) for name in TRADE], shown)


def _advised(rows: Sequence[dict[str, Any]]) -> Iterator[Block]:
    """What advisors said, and how many decisions their models may have known the end of."""
    if not rows:
        return
    yield Heading("Advisors")
    heading = ("advisor", ">answers", ">void", ">tokens", ">USD", ">silences", ">decisions",
               ">tainted", "knowledge cut-off")  # fmt: skip
    yield Grid(heading, [
        (row["advisor"], f"{row['answers']:,}", f"{row['void']:,}", f"{row['tokens']:,}",
         row["cost"], f"{row['silences']:,}", f"{row['heard']:,}", f"{row['tainted']:,}",
         row["cutoff"] or "not stated")
        for row in rows
    ])  # fmt: skip
    yield Words(
        "Tainted: an advisor spoke for or against the decision whose model knows what came after "
        "it; what a backtest shows of these is no evidence. Where no cut-off is stated, all may be."
    )


def _trade(each: Journey) -> tuple[str, ...]:
    """A round trip for people: its return in percent."""
    row = dict(zip(TRADE, trade(each), strict=True))
    return tuple({**row, "return": f"{float(row['return']):.4%}"}.values())


NUMBERS = {"net": ">net", "return": ">return"}


def _grouped(noun: str, rows: Sequence[dict[str, Any]]) -> Grid:
    parts = ("fees", "funding", "spread", "impact")
    more = [name for name in parts if rows and name in rows[0]]
    heading = (noun.replace("_", " "), ">trips", ">won", ">net", ">profit factor",
               *(f">{name}" for name in more))  # fmt: skip
    return Grid(heading, [
        (row[noun] or UNNAMED, f"{row['closed']:,}", share(row["win_rate"]), money(row["net"]),
         _ratio(row["profit_factor"]), *(money(row[name]) for name in more))
        for row in rows
    ])  # fmt: skip


def _months(rows: Sequence[tuple[str, float | None]]) -> Grid:
    """A row a year, a column a month."""
    years: dict[str, dict[str, float | None]] = {}
    for month, won in rows:
        years.setdefault(month[:4], {})[month[5:]] = won
    columns = [f"{number:02}" for number in range(1, 13)]
    told = [
        (year, *(share(months[name]) if name in months else "" for name in columns))
        for year, months in years.items()
    ]
    return Grid(("", *(f">{name}" for name in columns)), told, signed=True)


def _deepest(told: dict[str, Any]) -> float | None:
    return told["drawdowns"][0]["share"] if told["drawdowns"] else None


def _ratio(value: float | None) -> str:
    return "-" if value is None else f"{value:,.3g}"


def _bound(name: str, value: float) -> str:
    return _ratio(value) if name == "sharpe" else f"{100 * value:.3g}%"
