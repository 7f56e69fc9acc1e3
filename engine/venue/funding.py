"""Funding of a perpetual: what a position pays when the time that the venue announced is past."""

from __future__ import annotations

from decimal import Decimal

from engine.costs import EXACT, flow
from engine.numbers import QUANTITY_DECIMALS
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


def pay(turn: Turn[D]) -> None:
    """Charge the position: rate * its value at the mark; a long one pays a positive rate.

    Source: https://www.binance.com/en/support/faq/360033525031 (funding amount = nominal value of
    positions * funding rate).
    """
    market, announced = turn.market, turn.market.announced
    assert announced is not None
    market.announced, market.funded = None, announced.due
    if not market.position or not announced.mark:
        return
    quantity = EXACT.scaleb(Decimal(abs(market.position)), -QUANTITY_DECIMALS)
    worth = flow(market.contract, Decimal(announced.mark), quantity).copy_abs()
    amount = EXACT.multiply(worth, Decimal(announced.rate))
    amount = amount if market.position > 0 else amount.copy_negate()
    told = (amount, announced.rate, market.position, market.contract, market.strategy)
    turn.say(Funded, "", *told)
