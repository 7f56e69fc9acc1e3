"""What trading was worth over a span of time, from records of the portfolio and the statuses.

Money is Decimal in quote and sums are exact; ratios are floats of 12 significant digits, None where
there is nothing to divide by. Times are ns of seen_time; a span holds since <= time < until.

    drawdown        (peak - equity) / peak, of the highest equity before it
                    (Magdon-Ismail & Atiya, Maximum Drawdown, Risk 17(10), 2004)
    win rate        won / closed; a round trip is won when its net is above zero
    profit factor   sum of wins / |sum of losses|
    expectancy      mean net result of a round trip, which is
                    win rate * average win + (1 - win rate) * average loss
    Sharpe          mean(r) / stdev(r) with the sample's n - 1, riskless rate 0
                    (Sharpe, The Sharpe Ratio, J. of Portfolio Management 21(1), 1994):
                    of daily returns, times sqrt(365) since crypto trades every day, where there
                    are two or more; else of the returns from record to record, not annualised
    turnover        sum of the notionals of all fills
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import pairwise
from operator import attrgetter
from typing import Literal

from engine.costs import EXACT
from engine.figures import ZERO
from engine.margin import Terms
from engine.portfolio import PortfolioSettings, apply
from engine.position import Position, RoundTrip
from engine.spans import DAY
from schemas.portfolio import Portfolio
from schemas.statuses import Status

YEAR = 365
"""Trading days of a year."""

Point = tuple[int, Decimal]
"""A time and the equity after what happened at it."""


@dataclass(frozen=True, slots=True)
class Span:
    """From a time on, and before another; None: without that bound."""

    since: int | None = None
    until: int | None = None

    def holds(self, time: int) -> bool:
        """Whether a time is in it."""
        after = self.since is None or time >= self.since
        return after and (self.until is None or time < self.until)


@dataclass(frozen=True, slots=True)
class Drawdown:
    """The deepest fall, by share of the peak: from the peak's time to the lowest's."""

    value: Decimal
    share: float
    since: int
    until: int


@dataclass(frozen=True, slots=True)
class Trades:
    """Statistics of round trips. Results in quote: after fees, and funding while open."""

    closed: int
    won: int
    win_rate: float | None
    average_return: float | None
    net: Decimal
    average_win: float | None
    average_loss: float | None
    profit_factor: float | None
    expectancy: float | None


@dataclass(slots=True)
class Traded:
    """What was traded over a span: in quote, base valued at the price of its own status."""

    fills: int = 0
    fees: Decimal = ZERO
    funding: Decimal = ZERO
    turnover: Decimal = ZERO
    trips: list[RoundTrip] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Sharpe:
    """A Sharpe ratio and what its returns are of: annualised when daily."""

    ratio: float
    basis: Literal["day", "record"]


def equity_curve(
    records: Iterable[Portfolio], start: Decimal, strategy: str | None = None
) -> list[Point]:
    """The account's equity, or `start` and what the strategy has won, after each record that
    changed it; begins with the start, at the first record. A time that goes back (markets have
    clocks of their own) counts as the latest so far."""
    curve: list[Point] = []
    kind = "account" if strategy is None else "strategy"
    for record in records:
        if not curve:
            curve.append((record.seen_time, start))
        if record.type != kind or record.strategy != (strategy or "") or record.equity is None:
            continue
        worth = Decimal(record.equity)
        worth = worth if strategy is None else EXACT.add(start, worth)
        if worth != curve[-1][1]:
            curve.append((max(record.seen_time, curve[-1][0]), worth))
    return curve


def within(curve: Sequence[Point], span: Span) -> list[Point]:
    """The curve in a span; its first point is the equity with which the span began."""
    before = [] if span.since is None else [point for point in curve if point[0] < span.since]
    kept = [point for point in curve if span.holds(point[0])]
    return [(span.since or 0, before[-1][1]), *kept] if before else kept


def daily(curve: Sequence[Point]) -> list[Point]:
    """What each UTC day (its beginning in ns) won; their sum is the curve's last - first."""
    ends: dict[int, Decimal] = {}
    for time, worth in curve:
        ends[time // DAY * DAY] = worth
    before = curve[0][1] if curve else ZERO
    won = []
    for day, worth in ends.items():
        won.append((day, EXACT.subtract(worth, before)))
        before = worth
    return won


def max_drawdown(curve: Sequence[Point]) -> Drawdown | None:
    """The deepest fall from a peak above zero; None when the equity never fell."""
    deepest: Drawdown | None = None
    peak: Point | None = None
    most = ZERO, Decimal(1)
    for time, worth in curve:
        if peak is None or worth > peak[1]:
            peak = time, worth
        elif worth < peak[1] and peak[1] > 0:
            fall = EXACT.subtract(peak[1], worth)
            if EXACT.multiply(fall, most[1]) <= EXACT.multiply(most[0], peak[1]):
                continue  # as a fraction, and so as a rounded share, it is no more
            most, share = (fall, peak[1]), _ratio(fall, peak[1])
            if deepest is None or share > deepest.share:
                deepest = Drawdown(fall, share, peak[0], time)
    return deepest


def sharpe(curve: Sequence[Point]) -> Sharpe | None:
    """The Sharpe ratio of the curve; None with fewer than two returns, or all alike."""
    days = list({time // DAY: worth for time, worth in curve}.values())
    worths = [curve[0][1], *days] if curve else []
    by_day = len(days) >= 2
    if not by_day:
        worths = [worth for _, worth in curve]
    returns = [
        float(Fraction(after) / Fraction(before) - 1)
        for before, after in pairwise(worths)
        if before > 0
    ]
    if len(returns) < 2:
        return None
    mean = math.fsum(returns) / len(returns)
    spread = math.sqrt(math.fsum((one - mean) ** 2 for one in returns) / (len(returns) - 1))
    if not spread:
        return None
    ratio = mean / spread * (math.sqrt(YEAR) if by_day else 1)
    return Sharpe(_told(ratio), "day" if by_day else "record")


def trades(trips: Iterable[RoundTrip]) -> Trades:
    """Statistics of round trips, by their worth in quote when they were closed."""
    kept = list(trips)
    wins = [trip.worth for trip in kept if trip.worth > 0]
    losses = [trip.worth for trip in kept if trip.worth <= 0]
    lost, net = _sum(losses), _sum(trip.worth for trip in kept)
    return Trades(
        closed=len(kept),
        won=len(wins),
        win_rate=_mean(Decimal(len(wins)), len(kept)),
        average_return=_mean(_sum(trip.returned for trip in kept), len(kept)),
        net=net,
        average_win=_mean(_sum(wins), len(wins)),
        average_loss=_mean(lost, len(losses)),
        profit_factor=_ratio(_sum(wins), lost.copy_abs()) if lost else None,
        expectancy=_mean(net, len(kept)),
    )


def traded(
    statuses: Iterable[Status], span: Span, settings: PortfolioSettings
) -> dict[tuple[str, str], Traded]:
    """What each strategy traded of each symbol of one account. `statuses` are all from the
    beginning, so that positions are known; what happened within the span is counted."""
    positions: dict[str, Position] = {}
    found: dict[tuple[str, str], Traded] = {}
    for status in statuses:
        position = positions.get(status.symbol)
        if position is None:
            position = positions[status.symbol] = Position(status.symbol, status.venue)
        ended = apply(position, status, settings)
        if status.type in ("fill", "funding") and span.holds(status.seen_time):
            row = found.setdefault((position.strategy, status.symbol), Traded())
            _count(row, status, position)
        if ended is not None and span.holds(ended.closed):
            found.setdefault((ended.strategy, status.symbol), Traded()).trips.append(ended)
    return found


def _count(row: Traded, status: Status, position: Position) -> None:
    """Fees, funding and notional of a status, counted for the position's strategy after it."""
    at = Decimal(status.price or 0) if status.type == "fill" else position.mark or ZERO
    rate = at if position.terms.inverse else Decimal(1)
    if status.type == "funding":
        row.funding = EXACT.add(row.funding, EXACT.multiply(Decimal(status.amount or 0), rate))
        return
    row.fills += 1
    row.fees = EXACT.add(row.fees, EXACT.multiply(Decimal(status.fee or 0), rate))
    notional = Terms.of(position.means).notional(at, Decimal(status.quantity or 0))
    row.turnover = EXACT.add(row.turnover, notional)


def merged(rows: Iterable[Traded]) -> Traded:
    """All rows as one; round trips in order of their closing."""
    whole = Traded()
    with localcontext(EXACT):
        for row in rows:
            whole.fills += row.fills
            whole.fees += row.fees
            whole.funding += row.funding
            whole.turnover += row.turnover
            whole.trips += row.trips
    whole.trips.sort(key=attrgetter("closed"))
    return whole


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    with localcontext(EXACT):
        return sum(amounts, ZERO)


def _mean(amount: Decimal, count: int) -> float | None:
    return _ratio(amount, Decimal(count)) if count else None


def _ratio(amount: Decimal, whole: Decimal) -> float:
    return _told(float(Fraction(amount) / Fraction(whole)))


def _told(value: float) -> float:
    """To 12 significant digits; no negative zero."""
    return float(f"{value:.12g}") + 0.0
