"""What an order must keep to: steps, sizes, price limits.

https://www.okx.com/docs-v5/en/#public-data-rest-api-get-instruments
https://www.okx.com/docs-v5/en/#public-data-rest-api-get-limit-price
"""

from __future__ import annotations

from decimal import Decimal
from math import ceil

from engine.matching.codes import MAX_QUANTITY
from infra.exchange.dialects.okx.errors import Code, Refusal, wrong
from infra.exchange.dialects.okx.shapes import price
from infra.exchange.listing import Market

HIGHEST, LOWEST = Decimal("1.05"), Decimal("0.95")
"""Of the mark; OKX takes a few per cent of an index and a premium, by instrument."""
MOST_LOTS = 100_000_000 * 100


def most_lots(market: Market) -> int:
    """Most lots of one order."""
    return min(MOST_LOTS, MAX_QUANTITY, market.contract.most_lots(market.ladder))


def limits_of(market: Market, mark: int) -> tuple[int, int]:
    """The lowest price of a sell and the highest of a buy, in ticks."""
    lowest = max(ceil(mark * LOWEST), market.ladder.lowest)
    return lowest, min(int(mark * HIGHEST), market.ladder.highest)


def price_in_ticks(market: Market, units: int, mark: int, buys: bool) -> int:
    """A price of units of 10^-8 in ticks, checked against the tick and the limits."""
    if units <= 0:
        raise wrong("px")
    ticks, rest = divmod(units, market.ladder.tick)
    if rest or ticks % market.rules.tick:
        raise Refusal(Code.PRECISION)
    lowest, highest = limits_of(market, mark)
    beyond = ticks > highest if buys else ticks < lowest
    if beyond or not market.ladder.lowest <= ticks <= market.ladder.highest:
        raise Refusal(Code.PRICE_LIMIT, price(market, highest), price(market, lowest))
    return ticks


def size_in_lots(market: Market, units: int) -> int:
    """A size of units of 10^-18 contracts in lots, checked against the lot and the sizes."""
    if units <= 0:
        raise wrong("sz")
    lots, rest = divmod(units, market.ladder.lot)
    if lots < market.rules.least:
        raise Refusal(Code.TOO_SMALL)
    if rest or lots % market.rules.lot:
        raise Refusal(Code.LOT)
    if lots > most_lots(market):
        raise Refusal(Code.TOO_LARGE)
    return lots
