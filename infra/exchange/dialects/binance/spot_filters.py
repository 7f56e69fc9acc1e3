"""What a spot order must keep to; whatever it breaks is -1013 with the filter's name.

https://developers.binance.com/docs/binance-spot-api-docs/filters
"""

from __future__ import annotations

from decimal import Decimal
from math import ceil
from typing import Any

from infra.exchange.accounts import Account
from infra.exchange.dialects.binance.errors import Code, Refusal
from infra.exchange.dialects.binance.filters import MOST_ORDERS
from infra.exchange.dialects.binance.section import Section
from infra.exchange.listing import Market, money_units

MOST_LOTS = 1_000_000_000
BID_UP, BID_DOWN, ASK_UP, ASK_DOWN = (Decimal(each) for each in ("1.2", "0.2", "5", "0.8"))
"""Those of the example in Binance's documents; its large markets have 5 and 0.2 for both sides."""
AVERAGE_MINUTES = 5
MOST_NOTIONAL = "9000000.00000000"
MINUTE = 60_000_000_000
FINEST = 10**10
"""Units of a quantity with eight decimals."""


def failed(name: str) -> Refusal:
    """An order that does not pass a filter."""
    return Refusal(Code.FILTER_FAILURE, f"Filter failure: {name}")


def most_lots(market: Market) -> int:
    """Most lots of one order."""
    return min(MOST_LOTS, market.contract.most_lots(market.ladder))


def price_in_ticks(market: Market, units: int) -> int:
    """A price of units of 10^-8 in ticks."""
    if units <= 0:
        raise Refusal(Code.FILTER_FAILURE, "Invalid price.")
    ticks, rest = divmod(units, market.ladder.tick)
    inside = market.ladder.lowest <= ticks <= market.ladder.highest
    if rest or ticks % market.rules.tick or not inside:
        raise failed("PRICE_FILTER")
    return ticks


def quantity_in_lots(market: Market, units: int) -> int:
    """A quantity of units of 10^-18 in lots."""
    if units <= 0:
        raise Refusal(Code.FILTER_FAILURE, "Invalid quantity.")
    if units % FINEST:
        raise Refusal(Code.BAD_PRECISION, "Parameter 'quantity' has too much precision.")
    lots, rest = divmod(units, market.ladder.lot)
    if rest or lots % market.rules.lot or not market.rules.least <= lots <= most_lots(market):
        raise failed("LOT_SIZE")
    return lots


def average(section: Section, market: Market) -> int:
    """The average price of the last five minutes' trades in ticks; without any, the last price."""
    tape, start = section.house.books.tapes[market.number], section.clock.now()
    start -= AVERAGE_MINUTES * MINUTE
    lots = tick_lots = 0
    for candle in reversed(tape.candles["1m"].values()):
        if candle.start < start:
            break
        lots, tick_lots = lots + candle.lots, tick_lots + candle.tick_lots
    return tick_lots // lots if lots else section.house.books.lasts[market.number]


def edges(section: Section, market: Market, buys: bool) -> tuple[int, int]:
    """PERCENT_PRICE_BY_SIDE: the lowest and the highest price of a side, within the ladder."""
    mean, ladder = average(section, market), market.ladder
    down, up = (BID_DOWN, BID_UP) if buys else (ASK_DOWN, ASK_UP)
    return max(ceil(mean * down), ladder.lowest), min(int(mean * up), ladder.highest)


def check_price(section: Section, market: Market, buys: bool, price: int) -> None:
    """A limit is not too far from the average price."""
    lowest, highest = edges(section, market, buys)
    if not lowest <= price <= highest:
        raise failed("PERCENT_PRICE_BY_SIDE")


def check_notional(market: Market, units: int, most: bool = True) -> None:
    """NOTIONAL: units of money are neither too few nor, where asked, too many."""
    least = market.rules.notional
    if least is not None and units < money_units(least):
        raise failed("NOTIONAL")
    if most and units > money_units(MOST_NOTIONAL):
        raise failed("NOTIONAL")


def check_count(account: Account, market: Market) -> None:
    """MAX_NUM_ORDERS."""
    if sum(order.market is market for order in account.live.values()) >= MOST_ORDERS:
        raise failed("MAX_NUM_ORDERS")


def spot_filters(market: Market) -> list[dict[str, Any]]:
    """As exchangeInfo tells them."""
    ladder, largest = market.ladder, market.quantity(most_lots(market))
    nothing = market.quantity(0)
    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": market.price(ladder.lowest),
            "maxPrice": market.price(ladder.highest),
            "tickSize": market.price(market.rules.tick),
        },
        {
            "filterType": "LOT_SIZE",
            "minQty": market.quantity(market.rules.least),
            "maxQty": largest,
            "stepSize": market.quantity(market.rules.lot),
        },
        {"filterType": "ICEBERG_PARTS", "limit": 10},
        {
            "filterType": "MARKET_LOT_SIZE",
            "minQty": nothing,
            "maxQty": largest,
            "stepSize": nothing,
        },
        _percent_price(),
        _notional(market),
        {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": MOST_ORDERS},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": 5},
    ]


def _percent_price() -> dict[str, Any]:
    return {
        "filterType": "PERCENT_PRICE_BY_SIDE",
        "bidMultiplierUp": str(BID_UP),
        "bidMultiplierDown": str(BID_DOWN),
        "askMultiplierUp": str(ASK_UP),
        "askMultiplierDown": str(ASK_DOWN),
        "avgPriceMins": AVERAGE_MINUTES,
    }


def _notional(market: Market) -> dict[str, Any]:
    return {
        "filterType": "NOTIONAL",
        "minNotional": market.rules.notional or market.price(0),
        "applyMinToMarket": True,
        "maxNotional": MOST_NOTIONAL,
        "applyMaxToMarket": False,
        "avgPriceMins": AVERAGE_MINUTES,
    }
