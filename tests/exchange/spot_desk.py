"""A spot market for tests: what Bob displays, and what anybody has."""

from __future__ import annotations

from engine.matching.codes import BUY, SELL
from infra.exchange.accounts import Account, Key
from infra.exchange.listing import money_units
from infra.exchange.orders import Order, Type, Wish
from tests.exchange.conftest import BOB, Venue

SYMBOL = "BTC/USDT"
LOT = 10**-5


def account(venue: Venue, key: Key = BOB) -> Account:
    return venue.exchange.spot.keys[key.name]


def rest(venue: Venue, side: int, price: str, amount: float, key: Key = BOB) -> Order:
    """An order in BTCUSDT that another account has."""
    market = venue.exchange.spot.listing.markets[0]
    ticks = round(float(price) * 10**8) // market.ladder.tick
    venue.orders += 1
    wish = Wish(market, side, Type.LIMIT, round(amount / LOT), ticks, f"rest-{venue.orders}")
    order = venue.exchange.spot.place(account(venue, key), wish)
    assert isinstance(order, Order)
    return order


def quote(venue: Venue) -> None:
    """A market: 5 BTC at 61,699 and at 61,701, by Bob."""
    spot = venue.exchange.spot
    spot.pay(account(venue), "BTC", money_units("100"))
    spot.pay(account(venue), "USDT", money_units("10000000"))
    rest(venue, BUY, "61699", 5)
    rest(venue, SELL, "61701", 5)


def money(venue: Venue, asset: str, key: Key = BOB) -> tuple[float, float]:
    """Free and locked, as the house has it."""
    wallet = venue.exchange.spot.wallet(account(venue, key), asset)
    return wallet.money / 10**8, wallet.held / 10**8
