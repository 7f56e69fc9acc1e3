"""An instrument record as the engine's integers: its ladder, and what it is worth in money.

    linear, spot    unit = tick size * lot size * contract size, in units of the settle asset
    inverse         unit = lot size * contract size / tick size, in units of the coin
    spot            lot = lot size, in units of the base asset

Each must be a whole number of units: TooWide says how many decimals the asset would need.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from engine.clearing.codes import RATE
from engine.clearing.contract import Contract, Kind, Tier
from engine.costs import EXACT
from engine.matching.instrument import Instrument, TooWide
from engine.numbers import ladder_units, quantity_units
from schemas.instruments import Instrument as Record
from schemas.instruments import Kind as RecordKind

KINDS = {
    RecordKind.SPOT: Kind.SPOT,
    RecordKind.LINEAR: Kind.LINEAR,
    RecordKind.INVERSE: Kind.INVERSE,
}
MOST_DECIMALS = 18


@dataclass(frozen=True, slots=True)
class Asset:
    """A money of the engine. decimals: its smallest unit is 10^-decimals."""

    name: str
    decimals: int = 8


@dataclass(frozen=True, slots=True)
class Fees:
    """Shares of a trade's value, as decimal texts; a negative maker fee is a rebate."""

    maker: str = "0"
    taker: str = "0"
    liquidation: str = "0"


@dataclass(frozen=True, slots=True)
class Bracket:
    """A tier as venues tell it. cap: notional in the settle asset; rate: a share of it."""

    cap: str
    rate: str
    leverage: int


def instrument_of(record: Record, lowest: str, highest: str, reference: str) -> Instrument:
    """The ladder of a record between two prices; TooWide where one is between ticks, or too far."""
    tick, lot = ladder_units(record.tick_size), quantity_units(record.lot_size)
    prices = [ladder_units(price) for price in (lowest, highest, reference)]
    if any(price % tick for price in prices):
        raise TooWide(f"{lowest}, {highest}, {reference}: no multiples of {record.tick_size}")
    low, high, last = (price // tick for price in prices)
    return Instrument(low, high, last, tick=tick, lot=lot)


def contract_of(
    record: Record, assets: Sequence[Asset], fees: Fees, brackets: Sequence[Bracket] = ()
) -> Contract:
    """The terms of a record over these assets, which the engine counts in this order.

    KeyError for an asset that is not among them; brackets: of a contract, by rising cap.
    """
    kind, (base, quote) = KINDS[record.kind], record.symbol.split(":")[0].split("/")
    settle = _number(assets, base if kind is Kind.INVERSE else quote)
    spot = kind is Kind.SPOT
    money = assets[settle]
    tiers = [Tier(_units(each.cap, money), _rate(each.rate), each.leverage) for each in brackets]
    goods = _number(assets, base) if spot else 0
    return Contract(
        kind,
        settle,
        _whole(_worth(record), money),
        base=goods,
        lot=_units(record.lot_size, assets[goods]) if spot else 0,
        maker=_rate(fees.maker),
        taker=_rate(fees.taker),
        liquidation=0 if spot else _rate(fees.liquidation),
        interval=record.funding_interval or 0,
        tiers=tuple(tiers),
    )


def _worth(record: Record) -> tuple[Decimal, Decimal]:
    """What a lot is worth at a tick in the settle asset: above and below the fraction's line."""
    tick, size = Decimal(record.tick_size), Decimal(record.contract_size)
    lot = EXACT.multiply(Decimal(record.lot_size), size)
    if record.kind is RecordKind.INVERSE:
        return lot, tick
    return EXACT.multiply(lot, tick), Decimal(1)


def _whole(worth: tuple[Decimal, Decimal], asset: Asset) -> int:
    above, below = worth
    for decimals in range(asset.decimals, MOST_DECIMALS + 1):
        scaled = EXACT.scaleb(above, decimals)
        if not EXACT.remainder(scaled, below):
            if decimals == asset.decimals:
                return int(EXACT.divide_int(scaled, below))
            raise TooWide(f"{asset} needs {decimals} decimals for a lot at a tick to be whole")
    raise TooWide(f"{above} / {below} {asset.name} is no whole number of any unit")


def _units(text: str, asset: Asset) -> int:
    return _whole((Decimal(text), Decimal(1)), asset)


def _rate(text: str) -> int:
    rate = EXACT.multiply(Decimal(text), Decimal(RATE))
    if rate != rate.to_integral_value():
        raise TooWide(f"a rate of {text} is finer than 10^-8")
    return int(rate)


def _number(assets: Sequence[Asset], name: str) -> int:
    for number, asset in enumerate(assets):
        if asset.name == name:
            return number
    raise KeyError(f"{name} is not among {[asset.name for asset in assets]}")
