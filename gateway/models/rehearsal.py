"""The quick world that a policy is searched for in: bars, and what the desk does about an action.

A search asks for millions of steps, and a step of BacktestEnv takes a millisecond or two. So here
the desk is told in numbers, for one unit of money a trade:

    the action of a bar is carried out at the next bar's first price: it opens what is not held,
    closes what is no longer wanted, and needs a bar for each; spot is never sold short
    a stop and a target at their share of the entry, met within a bar in the order in which a candle
    of a backtest goes (engine.columns.candles), beyond them at the open where it lies there already
    a taker's fee on each fill

Sizes, spread, refusals and latency are not here. Policies are chosen and judged by the desk itself;
tests/unit/test_rehearsal.py holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.columns.compiled import compiled, part
from engine.research.splits import Window
from gateway.models.series import Matrix, Series

REHEARSE = (
    "void(float64[:, ::1], float64[:, ::1], float64[:, ::1], float64, float64, float64, boolean,"
    " float64[:, ::1], int64[:, ::1])"
)


@part
def ended(price, held, entry, stop, target):  # type: ignore[no-untyped-def]
    """Where a stop or target is met within a bar; 0: nowhere. price: open, high, low, close."""
    first, high, low, close = price
    stopped, met = entry * (1 - held * stop), entry * (1 + held * target)
    if held * (first - stopped) <= 0 or held * (first - met) >= 0:
        return first
    worst, best = (low, high) if held > 0 else (high, low)
    below, beyond = held * (worst - stopped) <= 0, held * (best - met) >= 0
    adverse_first = (close >= first) == (held > 0)
    if below and (adverse_first or not beyond):
        return stopped
    return met if beyond else 0.0


@part
def acted(inputs, numbers, way):  # type: ignore[no-untyped-def]
    """The action of a policy with these numbers: coefficients, bias and stay."""
    count, score = len(inputs), 0.0
    for k in range(count):
        score += numbers[k] * inputs[k]
    score += numbers[count] + numbers[count + 1] * way
    return 1 if score >= 1 else (-1 if score <= -1 else 0)


def rehearse(inputs, prices, given, fee, stop, target, short, rows, ways):  # type: ignore[no-untyped-def]
    """Into `rows`, by policy and bar, what it earned, net; into `ways` its action at each close.

    inputs: scaled, a row a bar; prices: open, high, low, close of each; given: coefficients, bias
    and stay of each policy.
    """
    bars = len(inputs)
    for n in range(len(given)):
        way, held, entry, mark = 0, 0, 1.0, 1.0
        for t in range(bars):
            first, earned = prices[t, 0], 0.0
            wanted = way if short or way > 0 else 0
            if held != 0 and wanted != held:
                earned = held * (first - mark) / entry - fee * first / entry
                held = 0
            elif held == 0 and wanted != 0:
                held, entry, mark = wanted, first, first
                earned = -fee
            if held != 0:
                at = ended(prices[t], held, entry, stop, target)  # type: ignore[no-untyped-call]
                last = prices[t, 3] if at == 0 else at
                earned += held * (last - mark) / entry
                mark = last
                if at != 0 or t == bars - 1:
                    earned -= fee * last / entry
                    held = 0
            rows[n, t] = earned
            way = acted(inputs[t], given[n], way)  # type: ignore[no-untyped-call]
            ways[n, t] = way


@dataclass(frozen=True, slots=True)
class Rules:
    """fee: of what is traded, each way; stop, target: shares of the entry; short: whether it may
    sell short."""

    fee: float
    stop: float
    target: float
    short: bool


@dataclass(frozen=True, slots=True)
class Scale:
    """Mean and deviation by input, of the span that is trained on."""

    mean: Matrix
    deviation: Matrix

    def scaled(self, inputs: Matrix) -> Matrix:
        """What is not known is 0, its mean."""
        return np.ascontiguousarray(np.nan_to_num((inputs - self.mean) / self.deviation, nan=0.0))


class World:
    """Bars of several series whose closes are in a span, each played by itself."""

    def __init__(self, found: Sequence[Series], span: Window, rules: Rules, scale: Scale) -> None:
        self.rules, self._parts = rules, list[tuple[Matrix, Matrix]]()
        for each in found:
            here = inside(each, span)
            of = each.bars
            prices = np.column_stack([of.opened, of.high, of.low, of.close])[here]
            if len(prices) > 1:
                self._parts.append((scale.scaled(each.inputs[here]), np.ascontiguousarray(prices)))
        self.bars = sum(len(prices) for _, prices in self._parts)

    @property
    def variance(self) -> float:
        """Sum of the squared returns of the markets, bar by bar."""
        steps = [np.diff(np.log(prices[:, 3])) for _, prices in self._parts]
        return float(sum((each**2).sum() for each in steps))

    def played(self, given: Matrix) -> tuple[Matrix, NDArray[np.int64]]:
        """What policies earned, and what they did, rows of all series' bars one after the other.
        given: coefficients, bias and stay of each."""
        run, of = compiled(rehearse, REHEARSE), self.rules
        given, rows, ways = np.ascontiguousarray(given, dtype=float), [], []
        for inputs, prices in self._parts:
            earned = np.zeros((len(given), len(prices)))
            did = np.zeros((len(given), len(prices)), dtype=np.int64)
            run(inputs, prices, given, of.fee, of.stop, of.target, of.short, earned, did)
            rows.append(earned)
            ways.append(did)
        return np.concatenate(rows, axis=1), np.concatenate(ways, axis=1)


def inside(one: Series, span: Window) -> NDArray[np.bool_]:
    """The bars that close in a span and whose inputs, most of them, are known."""
    known = np.isfinite(one.inputs).mean(axis=1) >= 0.75
    return np.asarray((one.close_time >= span.since) & (one.close_time < span.until) & known)
