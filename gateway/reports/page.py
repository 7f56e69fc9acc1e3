"""A report as one HTML page that needs nothing else: no script, no network."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from engine.analytics import Point
from engine.performance.attribution import Journey
from engine.performance.drawdowns import underwater
from gateway.document import document, table
from gateway.earnings import UNNAMED, money, share
from gateway.reports.plots import area, bars, line, thinned
from gateway.reports.tables import TRADE, trade
from gateway.span import time_text

BARS = 480
"""Of the plot of round trips."""

SHOWN = 500
"""Round trips in the page's table; JSON and CSV have all."""


def page(told: dict[str, Any], curve: Sequence[Point], trips: Sequence[Journey]) -> str:
    """The whole page; every name in it is escaped."""
    title = f"Report: {told['account']}"
    body = [
        f"<h1>{escape(title)}</h1><p>{_of(told['from'])} to {_of(told['to'])}; equity "
        f"{money(told['start'])} to {money(told['equity'])}</p>",
        f'<div class="figures">{_figures(told)}</div>',
        *_plots(curve, trips),
        *_certainty(told),
        *_costs(told),
        *_groups(told, trips),
    ]
    return document(title, "".join(body))


def _figures(told: dict[str, Any]) -> str:
    exposed = told["exposure"] or {}
    period = told["period"]["name"]
    rows = [
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
    ]  # fmt: skip
    half = (len(rows) + 1) // 2
    return table(("", ">"), rows[:half]) + table(("", ">"), rows[half:])


def _plots(curve: Sequence[Point], trips: Sequence[Journey]) -> Iterable[str]:
    if len(curve) < 2:
        yield "<p>Nothing was traded.</p>"
        return
    ends = time_text(curve[0][0]), time_text(curve[-1][0])
    worths = [float(worth) for _, worth in curve]
    dots = thinned([(float(time), worth) for (time, _), worth in zip(curve, worths, strict=True)])
    labels = money(min(worths)), money(max(worths))
    yield f"<h2>Equity</h2>{line(dots, labels, ends, 'Equity over time')}"
    lost = thinned([(float(time), -part) for time, part in underwater(curve)])
    low = min(part for _, part in lost)
    plot = area(lost, (share(low), "0%"), ends, "Drawdown over time")
    yield f"<h2>Drawdown</h2>{plot}"
    if trips:
        yield from _results(trips)


def _results(trips: Sequence[Journey]) -> Iterable[str]:
    """A bar a round trip; of many, one for several that follow one another."""
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
    yield f"<h2>{what}</h2>{bars(won, titles, labels, what)}"


def _certainty(told: dict[str, Any]) -> Iterable[str]:
    boot, edge, worth = told["bootstrap"], told["no_edge"], told["deflated_sharpe"]
    rows = [
        (name.replace("_", " "), *(_bound(name, each[part]) for part in ("value", "low", "high")))
        for name, each in boot["intervals"].items()
    ]
    yield "<h2>How sure</h2>"
    yield (
        f"<p>{boot['confidence']:.0%} intervals of {told['period']['count']:,} returns of one "
        f"{told['period']['name']} each: stationary bootstrap, {boot['draws']:,} draws of blocks "
        f"of {boot['block']:.3g} on average, seed {boot['seed']}.</p>"
    )
    yield (
        table(("of one period", ">value", ">low", ">high"), rows) if rows else _few("an interval")
    )
    if edge is None:
        yield _few("a world without an edge")
    else:
        yield _edge(edge)
    if worth is not None:
        yield (
            f"<p>Deflated Sharpe ratio, the best of {worth['tries']:,} tries: the true ratio is "
            f"above what luck shows with a probability of {worth['probability']:.2%} (above 0, had "
            f"it been the only try: {worth['alone']:.2%}).</p>"
        )


def _edge(of: dict[str, Any]) -> str:
    return (
        f"<p>Worlds without an edge: the same positions at other times, by each of "
        f"{of['count']:,} shifts. Before costs this one won {money(of['won'])}, they "
        f"{money(of['mean'])} on average and 95% of them {money(of['low'])} to "
        f"{money(of['high'])}; the share that won as much: p = {of['p_value']:.3g}.</p>"
    )


def _few(what: str) -> str:
    return f"<p>Too few periods with a result for {what}.</p>"


def _costs(told: dict[str, Any]) -> Iterable[str]:
    costs = told["costs"]
    rows = [(name, money(costs[name])) for name in ("fees", "funding", "spread", "impact", "delay")]
    yield f"<h2>Costs</h2>{table(('in quote', '>'), rows)}"
    yield (
        f"<p>Of {costs['fills']:,} fills, {costs['fills_without_mid']:,} have no mid, and of "
        f"{costs['fills_without_decision']:,} no decision is known. Not told: "
        f"{escape('; '.join(costs['untold']))}.</p>"
    )


def _groups(told: dict[str, Any], trips: Sequence[Journey]) -> Iterable[str]:
    falls = [
        (share(each["share"]), money(each["value"]), each["peak"], each["trough"],
         each["recovered"] or "not yet") for each in told["drawdowns"]
    ]  # fmt: skip
    yield f"<h2>Drawdowns</h2>{table(('>depth', '>quote', 'peak', 'trough', 'recovered'), falls)}"
    yield f"<h2>Months</h2>{_months(told['monthly'])}"
    for title, noun, rows in (
        ("By strategy", "strategy", told["by_strategy"]),
        ("By symbol", "symbol", told["by_symbol"]),
        ("By reason of the entry", "reason", told["by_reason"]),
        ("By way out", "way_out", told["by_way_out"]),
    ):
        yield f"<h2>{title}</h2>{_grouped(noun, rows)}"
    yield "<p>A round trip counts for each of its reasons: their rows do not add up.</p>"
    shown = [trade(each) for each in trips[:SHOWN]]
    yield f"<h2>Round trips{f', the first {SHOWN}' if len(trips) > SHOWN else ''}</h2>"
    yield table([NUMBERS.get(name, name) for name in TRADE], shown)


NUMBERS = {"net": ">net", "return": ">return"}


def _grouped(noun: str, rows: Sequence[dict[str, Any]]) -> str:
    parts = ("fees", "funding", "spread", "impact")
    more = [name for name in parts if rows and name in rows[0]]
    heading = (noun.replace("_", " "), ">trips", ">won", ">net", ">profit factor",
               *(f">{name}" for name in more))  # fmt: skip
    return table(heading, [
        (row[noun] or UNNAMED, f"{row['closed']:,}", share(row["win_rate"]), money(row["net"]),
         _ratio(row["profit_factor"]), *(money(row[name]) for name in more))
        for row in rows
    ])  # fmt: skip


def _months(rows: Sequence[tuple[str, float | None]]) -> str:
    """A row a year, a column a month."""
    years: dict[str, dict[str, float | None]] = {}
    for month, won in rows:
        years.setdefault(month[:4], {})[month[5:]] = won
    columns = [f"{number:02}" for number in range(1, 13)]
    lines = [
        f"<tr><td>{year}</td>{''.join(_month(months, name) for name in columns)}</tr>"
        for year, months in years.items()
    ]
    heading = "".join(f'<th class="number">{name}</th>' for name in columns)
    return f'<div class="wide"><table><tr><th></th>{heading}</tr>{"".join(lines)}</table></div>'


def _month(months: dict[str, float | None], name: str) -> str:
    won = months.get(name)
    side = "" if not won else " up" if won > 0 else " down"
    return f'<td class="number{side}">{share(won) if name in months else ""}</td>'


def _deepest(told: dict[str, Any]) -> float | None:
    return told["drawdowns"][0]["share"] if told["drawdowns"] else None


def _ratio(value: float | None) -> str:
    return "-" if value is None else f"{value:,.3g}"


def _bound(name: str, value: float) -> str:
    return _ratio(value) if name == "sharpe" else f"{100 * value:.3g}%"


def _of(time: str | None) -> str:
    return "-" if time is None else escape(time)
