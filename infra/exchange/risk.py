"""What a position costs, is worth, and cannot stand."""

from __future__ import annotations

from engine.clearing.codes import Mode
from engine.clearing.state import Row
from infra.exchange.accounts import Account
from infra.exchange.house import House
from infra.exchange.listing import Market


def entry(market: Market, row: Row) -> int:
    """The average price of a linear position in 10^-8, rounded down: its cost over what its
    lots are worth at a tick; 0 of none."""
    unit = abs(row.lots) * market.contract.unit
    return abs(row.cost) * market.ladder.tick // unit if unit else 0


def notional(house: House, market: Market, row: Row) -> int:
    """A position at the mark, signed."""
    worth = market.worth(house.books.marks[market.number], abs(row.lots))
    return worth if row.lots > 0 else -worth


def liquidation(house: House, account: Account, market: Market, row: Row) -> int:
    """The mark in ticks at which a linear position would be liquidated, others unchanged; 0: none.

    money + (mark - entry) * lots = maintenance, the rate of maintenance staying as it is.
    """
    if not row.lots:
        return 0
    wallet = house.wallet(account, market.settle)
    own = wallet.money + wallet.gain - row.result - (wallet.keep - row.keep)
    buffer = row.margin if row.mode == Mode.ISOLATED else own
    worth, sign = abs(notional(house, market, row)), 1 if row.lots > 0 else -1
    rate = row.keep / worth if worth else 0.0
    price = (sign * abs(row.cost) - buffer) / (sign - rate) / (abs(row.lots) * market.contract.unit)
    return max(0, round(price))
