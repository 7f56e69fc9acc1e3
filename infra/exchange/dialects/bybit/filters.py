"""What an order must keep to: steps, sizes, notional, the price limit.

https://bybit-exchange.github.io/docs/v5/market/instrument
https://bybit-exchange.github.io/docs/v5/account/set-price-limit
"""

from __future__ import annotations

from decimal import Decimal
from math import ceil

from engine.matching.codes import MAX_QUANTITY
from infra.exchange.accounts import Account
from infra.exchange.dialects.bybit.errors import Code, Refusal, refused, wrong
from infra.exchange.listing import Market, money_units

MOST_ORDERS = 500
MOST_LOTS = 10_000_000
RATIOS = {"BTCUSDT": (Decimal("0.01"), Decimal("0.02"))}
USUAL_RATIOS = Decimal("0.05"), Decimal("0.1")
"""priceLimitRatioX and Y as the documentation's samples have them."""
REFUSES = "reject beyond the price limit"
"""Setting of an account that does not want its prices adjusted."""


def ratios(market: Market) -> tuple[Decimal, Decimal]:
    """priceLimitRatioX and priceLimitRatioY."""
    return RATIOS.get(market.name, USUAL_RATIOS)


def most_lots(market: Market) -> int:
    """Most lots of one order."""
    return min(MOST_LOTS, MAX_QUANTITY, market.contract.most_lots(market.ladder))


def price_in_ticks(market: Market, units: int) -> int:
    """A price of units of 10^-8 in ticks, checked against the ladder and the tick."""
    ticks, rest = divmod(units, market.ladder.tick)
    if rest or ticks <= 0 or ticks % market.rules.tick:
        raise wrong("params error: price invalid")
    if not market.ladder.lowest <= ticks <= market.ladder.highest:
        raise refused(Code.PRICE_OUT_OF_RANGE)
    return ticks


def quantity_in_lots(market: Market, units: int) -> int:
    """A quantity of units of 10^-18 in lots, checked against the lot and the sizes."""
    lots, rest = divmod(units, market.ladder.lot)
    if rest or lots < market.rules.least or lots % market.rules.lot:
        raise wrong("Qty invalid")
    if lots > most_lots(market):
        raise wrong("The number of contracts exceeds maximum limit allowed: too large")
    return lots


def limit(market: Market, mark: int, buys: bool) -> int:
    """The highest price of a buy, the lowest of a sell.

    min(mark * (1 + Y), max(index, mark * (1 + X))), and below likewise; the index is the mark here,
    and the premium 0, so that X alone counts.
    """
    ratio = ratios(market)[0]
    if buys:
        return min(int(mark * (1 + ratio)), market.ladder.highest)
    return max(ceil(mark * (1 - ratio)), market.ladder.lowest)


def within_limit(account: Account, market: Market, mark: int, buys: bool, price: int) -> int:
    """A price, or the nearest that is allowed: Bybit adjusts it, unless the account wants it
    refused (110003)."""
    edge = limit(market, mark, buys)
    if not (price > edge if buys else price < edge):
        return price
    if REFUSES in account.settings:
        raise refused(Code.PRICE_OUT_OF_RANGE)
    return edge


def check_notional(market: Market, price: int, lots: int) -> None:
    """110094; not asked of an order that reduces."""
    least = market.rules.notional
    if least is not None and market.worth(price, lots) < money_units(least):
        told = f"Order does not meet minimum order value {Decimal(least).normalize():f}"
        raise Refusal(Code.LEAST_NOTIONAL, f"{told}{market.settle}")
