"""Funding of a perpetual: what a position pays when the time that the venue announced is past."""

from __future__ import annotations

from decimal import Decimal

from engine.costs import EXACT, flow
from engine.numbers import PRICE_DECIMALS, QUANTITY_DECIMALS, text_of
from engine.venue.events import Funded
from engine.venue.market import Announced, D, Market
from engine.venue.turn import Turn
from schemas.ticks import Fundings


def announce(market: Market[D], fundings: Fundings) -> None:
    """Take in what the venue says of the next payment; one that is past or paid is not news.

    Where marks, rates and times come in rows of their own, the latest of each count together.
    """
    rows = zip(fundings.seen_time, fundings.mark, fundings.rate, fundings.due, strict=True)
    for seen_time, mark, rate, due in rows:
        known = market.announced
        if known is not None:
            mark, rate = mark or known.mark, rate or known.rate
            due = known.due if due is None else due
        if rate and due is not None and due > max(market.funded, seen_time):
            market.announced = Announced(mark or "", rate, due)


def expect(turn: Turn[D], after: int) -> None:
    """The payment that the schedule has next, where the market has announced none."""
    schedule, market = turn.rules.funding, turn.market
    if schedule is not None and market.announced is None:
        market.announced = schedule.next(turn.key, max(after, market.funded))


def pay(turn: Turn[D]) -> None:
    """Charge the position: rate * its value at the mark; a long one pays a positive rate.

    Where payments come from a schedule and no mark was told it is the mid, else the last price.

    Source: https://www.binance.com/en/support/faq/360033525031 (funding amount = nominal value of
    positions * funding rate).
    """
    market, announced = turn.market, turn.market.announced
    assert announced is not None
    market.announced, market.funded = None, announced.due
    expect(turn, announced.due)
    mark = announced.mark or _shown(turn)
    if not market.position or not mark:
        return
    quantity = EXACT.scaleb(Decimal(abs(market.position)), -QUANTITY_DECIMALS)
    worth = flow(market.contract, Decimal(mark), quantity).copy_abs()
    amount = EXACT.multiply(worth, Decimal(announced.rate))
    amount = amount if market.position > 0 else amount.copy_negate()
    told = (amount, announced.rate, market.position, market.contract, market.strategy)
    turn.say(Funded, "", *told)


def _shown(turn: Turn[D]) -> str | None:
    """What stands in for the mark of a payment by schedule."""
    if turn.rules.funding is None:
        return None
    market = turn.market
    last = None if market.last is None else text_of(market.last, PRICE_DECIMALS)
    return market.mid() or last
