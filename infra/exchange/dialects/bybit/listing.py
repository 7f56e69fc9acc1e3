"""Bybit's linear perpetuals that ship, and what they are worth and cost."""

from __future__ import annotations

from engine.clearing.listing import Bracket, Fees
from infra.exchange.clock import Clock
from infra.exchange.house import House
from infra.exchange.listing import Listing, listing
from infra.recordings import HERE
from topics import recording

FEES = Fees("0.0002", "0.00055", "0.00055")
"""Of an account without VIP level: https://www.bybit.com/en/help-center/article/Trading-Fee-Structure
A liquidation pays the taker's fee."""
BRACKETS = tuple(
    Bracket(str(2_000_000 * tier), str(tier / 200), 100 // tier) for tier in range(1, 11)
)
"""Risk limits of BTCUSDT as they were until 2023, for all markets: 2,000,000 USDT, 0.5 % and 1 % of
margin more with each tier."""
PRICES = {"BTCUSDT": "61700", "ETHUSDT": "2680", "SOLUSDT": "160", "XRPUSDT": "0.6"}
LEVERAGE = 10
"""Of an account until it asks for another."""


def shipped() -> Listing:
    """BTCUSDT, ETHUSDT, SOLUSDT, XRPUSDT."""
    path = HERE / "bybit.json"
    names = {each.symbol: each.venue_symbol for each in recording.listings(path)}
    records = [(names[each.symbol], each) for each in recording.instruments(path)]
    return listing(records, PRICES, FEES, BRACKETS)


def opened(clock: Clock) -> House:
    """The house of linear perpetuals."""
    return House("bybit-linear", shipped(), clock, leverage=LEVERAGE)
