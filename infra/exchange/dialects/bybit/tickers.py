"""The last day of a market, its best prices, mark and funding: REST and stream tell the same."""

from __future__ import annotations

from infra.exchange.dialects.bybit.section import Section, milliseconds
from infra.exchange.dialects.bybit.shapes import value
from infra.exchange.listing import Market
from infra.exchange.tape import Candle

HOUR = 3_600_000_000_000
DAY = 24 * HOUR
RATE = "0.0001"


def ticker(section: Section, market: Market) -> dict[str, str]:
    """A market of /v5/market/tickers. Funding is told at its usual rate, the index as the mark."""
    books, now = section.house.books, section.clock.now()
    mark, interval = market.price(books.marks[market.number]), market.contract.interval
    return {
        "symbol": market.name,
        **day(section, market, now),
        **best(section, market),
        "indexPrice": mark,
        "markPrice": mark,
        **open_interest(section, market),
        "fundingRate": RATE,
        "fundingIntervalHour": str(interval // HOUR),
        "fundingCap": "0.005",
        "nextFundingTime": str(milliseconds(now - now % interval + interval)),
        "predictedDeliveryPrice": "",
        "basisRate": "",
        "basis": "",
        "deliveryFeeRate": "",
        "deliveryTime": "0",
        "preOpenPrice": "",
        "preQty": "",
        "curPreListingPhase": "",
    }


def day(section: Section, market: Market, now: int) -> dict[str, str]:
    """The last 24 hours, or as much as the candles hold."""
    tape, last = section.house.books.tapes[market.number], section.house.books.lasts[market.number]
    found = tape.since(now - DAY) or Candle(now, last, last, last, last)
    hour = tape.since(now - HOUR) or found
    return {
        "lastPrice": market.price(last),
        "prevPrice24h": market.price(found.open),
        "price24hPcnt": f"{(last - found.open) / found.open:.6f}",
        "highPrice24h": market.price(found.high),
        "lowPrice24h": market.price(found.low),
        "prevPrice1h": market.price(hour.open),
        "turnover24h": value(market, found.tick_lots),
        "volume24h": market.quantity(found.lots),
    }


def best(section: Section, market: Market) -> dict[str, str]:
    """The best prices; "" of an empty side."""
    book, told = section.house.books.depths[market.number], {}
    for name, buys in (("bid1", True), ("ask1", False)):
        level = book.best(buys)
        told[f"{name}Price"] = market.price(level[0]) if level else ""
        told[f"{name}Size"] = market.quantity(level[1]) if level else ""
    return told


def open_interest(section: Section, market: Market) -> dict[str, str]:
    """Lots that accounts are long, and their worth at the mark."""
    books = section.house.books
    accounts = books.accounts.values()
    held = (each.positions.get(market.number) for each in accounts)
    lots = sum(each.lots for each in held if each is not None and each.lots > 0)
    return {
        "openInterest": market.quantity(lots),
        "openInterestValue": value(market, lots * books.marks[market.number]),
    }
