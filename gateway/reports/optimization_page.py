"""The page of a parameter search."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from engine.analytics import Point
from engine.performance.drawdowns import underwater
from engine.research.spaces import Value, text
from gateway.reports.document import document, table
from gateway.reports.plots import area, line, thinned
from gateway.terminal.span import time_text
from gateway.watching.earnings import share

SHOWN = 500
"""Trials in the page; JSON and CSV have all."""


def page(told: dict[str, Any], curve: Sequence[Point]) -> str:
    """The whole page; every name in it is escaped."""
    title = f"Search: {', '.join(told['files'])}"
    seed = "" if told["seed"] is None else f", seed {told['seed']}"
    body = [
        f"<h1>{escape(title)}</h1><p>{escape(told['method'])}{seed}: {told['trials_count']:,} "
        f"trials in {len(told['splits']):,} split(s), chosen by {escape(told['objective'])} with "
        f"{told['min_trips']} round trips or more; account {escape(told['account'])}. Ratios are "
        f"of one {told['period']} unless they are called annual.</p>",
        *_forward(told["out_of_sample"], curve),
        *_splits(told["splits"]),
        *_certainty(told["splits"]),
        *_stability(told["stability"]),
        *_trials(told),
    ]
    return document(title, "".join(body))


def _forward(ahead: dict[str, Any] | None, curve: Sequence[Point]) -> Iterable[str]:
    yield "<h2>Out of sample</h2>"
    if ahead is None:
        yield (
            "<p>Nothing was judged out of sample (--train and --test do). The best of many tries "
            "shows more than it will keep.</p>"
        )
        return
    ends = time_text(curve[0][0]), time_text(curve[-1][0])
    worths = [float(worth) for _, worth in curve]
    dots = thinned([(float(time), worth) for (time, _), worth in zip(curve, worths, strict=True)])
    yield (
        "<p>The test spans one after the other: what searching, choosing, trading and searching "
        "again would have earned. Each begins without a position, and what is open at its end is "
        "worth its mark.</p>"
    )
    yield line(dots, (f"{min(worths):.4g}", f"{max(worths):.4g}"), ends, "Equity out of sample")
    lost = thinned([(float(time), -part) for time, part in underwater(curve)])
    yield area(lost, (share(min(part for _, part in lost)), "0%"), ends, "Drawdown out of sample")
    rows = [(name.replace("_", " "), _cell(name, value)) for name, value in ahead.items()]
    yield f'<div class="figures">{table(("", ">"), rows)}</div>'


def _splits(splits: Sequence[dict[str, Any]]) -> Iterable[str]:
    yield "<h2>In sample and out of it</h2>"
    heading = ("chosen on", "judged on", "parameters", ">trips", ">Sharpe", ">tested Sharpe",
               ">return", ">tested return")  # fmt: skip
    rows = []
    for each in splits:
        inside, outside = each["train_outcome"] or {}, each["test_outcome"] or {}
        rows.append((
            _window(each["train"]), _window(each["test"]), parameters(each["parameters"]),
            f"{inside.get('trips', '-')}, {outside.get('trips', '-')}",
            _number(inside.get("sharpe")), _number(outside.get("sharpe")),
            share(inside.get("return")), share(outside.get("return")),
        ))  # fmt: skip
    yield table(heading, rows)


def _certainty(splits: Sequence[dict[str, Any]]) -> Iterable[str]:
    yield "<h2>How much of it is luck</h2>"
    yield (
        "<p>Deflated: the probability that the chosen one's true Sharpe ratio is above what the "
        "best of so many tries shows without skill. Overfitting: the share of ways to halve the "
        "span in which the best of one half was not better than the median in the other. "
        "Neighbours differ in one parameter by one step: a peak that stands alone is luck.</p>"
    )
    heading = ("chosen on", ">tries", ">deflated", ">overfitting", ">loss after",
               ">value", ">neighbours", ">their median", ">their worst")  # fmt: skip
    rows = []
    for each in splits:
        worth, over, near = each["deflated_sharpe"], each["overfitting"], each["plateau"] or {}
        rows.append((
            _window(each["train"]), f"{each['trials']:,}",
            share(worth["probability"] if worth else None),
            share(over["probability"] if over else None), share(over["loss"] if over else None),
            _number(near.get("value")), str(near.get("neighbours", "-")),
            _number(near.get("median")), _number(near.get("worst")),
        ))  # fmt: skip
    yield table(heading, rows)


def _stability(rows: Sequence[dict[str, Any]]) -> Iterable[str]:
    yield "<h2>Parameters over the splits</h2>"
    yield table(
        ("parameter", "chosen", ">different", ">changes", ">extent of its range"),
        [
            (row["name"], ", ".join(map(text, row["chosen"])), str(row["different"]),
             str(row["changes"]), share(row["range"]))
            for row in rows
        ],
    )  # fmt: skip
    for row in rows:
        if len(row["means"]) > 1:
            means = [(text(value), _number(mean)) for value, mean in row["means"]]
            yield f"<p>{escape(row['name'])}: the mean of what it was chosen by</p>"
            yield table(("value", ">mean over trials"), means)


def _trials(told: dict[str, Any]) -> Iterable[str]:
    found, names = told["trials"], list(told["space"])
    kept = sorted(found, key=lambda row: (row["value"] is None, -(row["value"] or 0.0)))[:SHOWN]
    yield f"<h2>Trials{f', the best {SHOWN}' if len(found) > SHOWN else ''}</h2>"
    figures = ("value", "return", "sharpe", "drawdown", "trips")
    rows = [
        (str(row["split"]), row["role"], *(text(row[name]) for name in names),
         *(_cell(name, row.get(name)) for name in figures), row["problem"])
        for row in kept
    ]  # fmt: skip
    yield table(
        ("split", "span", *names, *(f">{name}" for name in figures), "why it was not run"), rows
    )


def parameters(chosen: dict[str, Value] | None) -> str:
    """Of a choice, short."""
    if chosen is None:
        return "none is to be chosen"
    return ", ".join(f"{name.split('.')[-1]}={text(value)}" for name, value in chosen.items())


SHARES = ("return", "drawdown", "cagr", "volatility", "probability_above_zero", "efficiency")


def _cell(name: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    if name in SHARES:
        return share(value)
    return f"{value:,}" if isinstance(value, int) else _number(value)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.3g}"


def _window(window: dict[str, str] | None) -> str:
    return "-" if window is None else f"{window['from'][:19]} to {window['to'][:19]}"
