"""What an order must keep to: steps, sizes, notional, distance from the mark.

https://developers.binance.com/docs/derivatives/usds-margined-futures/common-definition#filters
"""

from __future__ import annotations

from decimal import Decimal
from math import ceil
from typing import Any

from engine.matching.codes import MAX_QUANTITY
from engine.numbers import LADDER_DECIMALS, QUANTITY_DECIMALS
from infra.exchange.dialects.binance.errors import Code, Refusal, refused
from infra.exchange.listing import Market, money_units

MULTIPLIER_UP, MULTIPLIER_DOWN = Decimal("1.05"), Decimal("0.95")
MOST_NOTIONAL_LOTS = 10_000_000
MOST_ORDERS = 200
MOST_CONDITIONAL = 100


def most_lots(market: Market) -> int:
    """Most lots of one order."""
    return min(MOST_NOTIONAL_LOTS, MAX_QUANTITY, market.contract.most_lots(market.ladder))


def least_lots(market: Market) -> int:
    """Fewest lots of one order."""
    return market.rules.least


def quantity_digits(market: Market) -> int:
    """Decimals that a quantity may have: those of the step."""
    return len(market.quantity(market.rules.lot).partition(".")[2].rstrip("0"))


def price_in_ticks(market: Market, units: int) -> int:
    """A price of units of 10^-8 in ticks, checked against the ladder and the tick."""
    if units <= 0:
        raise refused(Code.PRICE_LESS_THAN_ZERO)
    ticks, rest = divmod(units, market.ladder.tick)
    if rest or ticks % market.rules.tick:
        if units % 10 ** (LADDER_DECIMALS - market.price_digits):
            raise refused(Code.BAD_PRECISION)
        raise refused(Code.PRICE_NOT_INCREASED_BY_TICK_SIZE)
    if ticks < market.ladder.lowest:
        raise refused(Code.PRICE_LESS_THAN_MIN_PRICE)
    if ticks > market.ladder.highest:
        raise Refusal(-4002, "Price greater than max price.")
    return ticks


def quantity_in_lots(market: Market, units: int) -> int:
    """A quantity of units of 10^-18 in lots, checked against the lot and the sizes."""
    if units <= 0:
        raise refused(Code.QTY_LESS_THAN_ZERO)
    lots, rest = divmod(units, market.ladder.lot)
    if rest or lots % market.rules.lot:
        if units % 10 ** (QUANTITY_DECIMALS - quantity_digits(market)):
            raise refused(Code.BAD_PRECISION)
        raise refused(Code.QTY_NOT_INCREASED_BY_STEP_SIZE)
    if lots < least_lots(market):
        raise refused(Code.QTY_LESS_THAN_MIN_QTY)
    if lots > most_lots(market):
        raise refused(Code.QTY_GREATER_THAN_MAX_QTY)
    return lots


def bound(market: Market, mark: int, buys: bool) -> int:
    """The farthest price from the mark that a limit may have, and that a market order takes."""
    if buys:
        return min(int(mark * MULTIPLIER_UP), market.ladder.highest)
    return max(ceil(mark * MULTIPLIER_DOWN), market.ladder.lowest)


def check_distance(market: Market, mark: int, buys: bool, price: int) -> None:
    """PERCENT_PRICE: a buy is not far above the mark, a sell not far below."""
    edge = bound(market, mark, buys)
    if buys and price > edge:
        raise Refusal(
            Code.PRICE_HIGHTER_THAN_MULTIPLIER_UP,
            f"Limit price can't be higher than {market.price(edge)}.",
        )
    if not buys and price < edge:
        raise Refusal(
            Code.PRICE_LOWER_THAN_MULTIPLIER_DOWN,
            f"Limit price can't be lower than {market.price(edge)}.",
        )


def check_notional(market: Market, price: int, lots: int) -> None:
    """MIN_NOTIONAL; not asked of an order that reduces."""
    least = market.rules.notional
    if least is not None and market.worth(price, lots) < money_units(least):
        raise Refusal(
            Code.MIN_NOTIONAL,
            f"Order's notional must be no smaller than {Decimal(least).normalize():f} "
            "(unless you choose reduce only).",
        )


def futures_filters(market: Market) -> list[dict[str, Any]]:
    """As exchangeInfo tells them."""
    ladder = market.ladder
    lots = {
        "minQty": market.quantity(least_lots(market)),
        "maxQty": market.quantity(most_lots(market)),
        "stepSize": market.quantity(market.rules.lot),
    }
    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": market.price(ladder.lowest),
            "maxPrice": market.price(ladder.highest),
            "tickSize": market.price(market.rules.tick),
        },
        {"filterType": "LOT_SIZE", **lots},
        {"filterType": "MARKET_LOT_SIZE", **lots},
        {"filterType": "MAX_NUM_ORDERS", "limit": MOST_ORDERS},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "limit": MOST_CONDITIONAL},
        {"filterType": "MIN_NOTIONAL", "notional": market.rules.notional or "0"},
        {
            "filterType": "PERCENT_PRICE",
            "multiplierUp": f"{MULTIPLIER_UP:.4f}",
            "multiplierDown": f"{MULTIPLIER_DOWN:.4f}",
            "multiplierDecimal": "4",
        },
    ]
