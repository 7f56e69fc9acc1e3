"""What an order is worth, binds and may lose; how figures are told.

Units: prices in quote per base, quantities in base (or contracts), money in quote. With contract
size c, entry p and stop s, one unit of quantity has

    notional  c * p  (inverse contracts: c, which is in quote already)
    loss      c * |p - s|  (inverse: c * |p - s| / p, the loss in base valued at the stop:
              c * |1/p - 1/s| * s)
    margin    notional / leverage  (spot: notional)
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal

from schemas.instruments import Instrument, Kind
from schemas.orders import Check, Contract

MONEY = Context(prec=40, rounding=ROUND_HALF_EVEN)
"""Whatever else in the process does with Decimal's own context, money is reckoned in this one."""

TOLD = Context(prec=12, rounding=ROUND_HALF_EVEN)
ZERO = Decimal(0)


def contract_of(instrument: Instrument, leverage: Decimal) -> Contract:
    """What one unit of quantity is, bought on `leverage` (spot has none)."""
    spot = instrument.kind is Kind.SPOT
    return Contract.own(
        kind=instrument.kind,
        size=instrument.contract_size,
        leverage="1" if spot else format(leverage, "f"),
        maintenance=instrument.maintenance or "0",
    )


def margin_of(notional: Decimal, kind: Kind, leverage: Decimal) -> Decimal:
    """Initial margin of a notional: all of it for spot."""
    return notional if kind is Kind.SPOT else MONEY.divide(notional, leverage)


def notional_of(quantity: Decimal, price: Decimal, traded: Instrument | Contract) -> Decimal:
    """Value in quote of an unsigned quantity."""
    size = traded.size if isinstance(traded, Contract) else traded.contract_size
    value = MONEY.multiply(quantity, Decimal(size))
    return value if traded.kind is Kind.INVERSE else MONEY.multiply(value, price)


def loss_of(
    quantity: Decimal, price: Decimal, stop: Decimal, traded: Instrument | Contract
) -> Decimal:
    """What an unsigned quantity loses in quote between a price and a stop."""
    size = traded.size if isinstance(traded, Contract) else traded.contract_size
    loss = MONEY.multiply(MONEY.multiply(quantity, Decimal(size)), abs(price - stop))
    return MONEY.divide(loss, price) if traded.kind is Kind.INVERSE else loss


def at_least(name: str, value: Decimal, limit: Decimal) -> Check:
    """Passed when the value is the limit or more."""
    return check(name, value, limit, value >= limit)


def at_most(name: str, value: Decimal, limit: Decimal) -> Check:
    """Passed when the value is the limit or less."""
    return check(name, value, limit, value <= limit)


def check(name: str, value: Decimal, limit: Decimal, passed: bool) -> Check:
    """One figure beside its bound."""
    return Check.whole({"name": name, "value": told(value), "limit": told(limit), "passed": passed})


def told(value: Decimal) -> str:
    """A figure in plain digits, at most 12 significant ones."""
    return format(TOLD.plus(value), "f")
