"""Markets of an exchange: names, steps, brackets, and texts to integers and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal

from engine.clearing.codes import RATE
from engine.clearing.contract import Contract, Terms
from engine.clearing.listing import Asset, Bracket, Fees, contract_of, instrument_of
from engine.matching.codes import MAX_WIDTH
from engine.matching.instrument import Instrument as Ladder
from engine.numbers import LADDER_DECIMALS, QUANTITY_DECIMALS, ladder_units, quantity_units, units
from infra.recordings import instruments, listings
from schemas.errors import Poison
from schemas.instruments import Instrument, Kind

MONEY_DECIMALS = 8
BRACKETS = (
    Bracket("50000", "0.004", 125),
    Bracket("600000", "0.005", 100),
    Bracket("3000000", "0.01", 50),
    Bracket("12000000", "0.025", 20),
    Bracket("70000000", "0.05", 10),
    Bracket("100000000", "0.1", 5),
    Bracket("230000000", "0.125", 4),
    Bracket("480000000", "0.15", 3),
    Bracket("600000000", "0.25", 2),
    Bracket("1200000000", "0.5", 1),
)
"""Of BTCUSDT and ETHUSDT, rounded: Binance's leverage brackets of 2024-10 (freqtrade,
binance_leverage_tiers.json)."""
FUTURES_FEES = Fees("0.0002", "0.0005", "0.0125")
SPOT_FEES = Fees("0.001", "0.001")
"""Binance's, without discounts: https://www.binance.com/en/fee/schedule"""


@dataclass(slots=True)
class Rules:
    """What an order must keep to, which the venue may change while it runs: steps of the price in
    ticks and of the quantity in lots, fewest lots, least notional as text (None: any)."""

    tick: int = 1
    lot: int = 1
    least: int = 1
    notional: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Market:
    """One market of a house; number: its symbol there. name: the venue's, as BTCUSDT.

    Prices are ticks, quantities lots, money is in units of 10^-8. maker, taker: fees in 10^-8 of
    what is received, by the house in spot and by the engine of contracts.
    """

    number: int
    name: str
    record: Instrument
    ladder: Ladder
    contract: Contract
    base: str
    quote: str
    settle: str
    price_digits: int
    lot_digits: int
    maker: int
    taker: int
    rules: Rules = field(default_factory=Rules)

    def price(self, ticks: int) -> str:
        """A price as text, with as many decimals as the tick has."""
        return fixed(ticks * self.ladder.tick, LADDER_DECIMALS, self.price_digits)

    def quantity(self, lots: int) -> str:
        """A quantity as text, with as many decimals as the lot has."""
        return fixed(lots * self.ladder.lot, QUANTITY_DECIMALS, self.lot_digits)

    def average(self, tick_lots: int, lots: int, digits: int = LADDER_DECIMALS) -> str:
        """The average price of so many lots, rounded down; 0 of none."""
        units = tick_lots * self.ladder.tick // lots if lots else 0
        return fixed(units, LADDER_DECIMALS, digits)

    def worth(self, ticks: int, lots: int) -> int:
        """What lots are worth at a price, in units of what the market settles in."""
        if self.record.kind is Kind.INVERSE:
            return lots * self.contract.unit // ticks
        return lots * self.contract.unit * ticks

    def charged(self, buys: bool) -> str:
        """The asset that a trade's fee is paid in: what spot brings, else what settles."""
        return self.base if buys and self.record.kind is Kind.SPOT else self.settle

    def fee(self, buys: bool, as_maker: bool, ticks: int, lots: int) -> int:
        """The fee of a trade in units of what it is charged in, rounded towards zero."""
        rate = self.maker if as_maker else self.taker
        goods = buys and self.record.kind is Kind.SPOT
        worth = lots * self.contract.lot if goods else self.worth(ticks, lots)
        return worth * rate // RATE if rate > 0 else -(worth * -rate // RATE)

    def rule(self, rules: Rules) -> None:
        """Let other rules hold from now on."""
        for each in fields(Rules):
            setattr(self.rules, each.name, getattr(rules, each.name))

    def ruled(
        self, tick: str | None, lot: str | None, least: str | None, notional: str | None
    ) -> Rules:
        """Other rules of texts; None as it is. ValueError where a step is none of the ladder's."""
        rules, ladder = self.rules, self.ladder
        return Rules(
            _steps(tick, LADDER_DECIMALS, ladder.tick) if tick else rules.tick,
            _steps(lot, QUANTITY_DECIMALS, ladder.lot) if lot else rules.lot,
            _steps(least, QUANTITY_DECIMALS, ladder.lot) if least else rules.least,
            fixed(_units(notional, MONEY_DECIMALS), MONEY_DECIMALS) if notional else rules.notional,
        )


def _units(text: str, decimals: int) -> int:
    try:
        return units(text, decimals)
    except Poison as error:
        raise ValueError(str(error)) from error


def _steps(text: str, decimals: int, step: int) -> int:
    count, rest = divmod(_units(text, decimals), step)
    if rest or count < 1:
        raise ValueError("a step must be a multiple of the one that the market was made with")
    return count


def fixed(value: int, decimals: int, digits: int = MONEY_DECIMALS) -> str:
    """Units of 10^-decimals as text with so many digits behind the point, towards zero."""
    sign, size = ("-", -value) if value < 0 else ("", value)
    size = size // 10 ** (decimals - digits) if digits < decimals else size
    digits = min(digits, decimals)
    if digits == 0:
        return f"{sign if size else ''}{size}"
    whole, fraction = divmod(size, 10**digits)
    return f"{sign if size else ''}{whole}.{fraction:0{digits}d}"


def money(units: int) -> str:
    """Units of money as text."""
    return fixed(units, MONEY_DECIMALS)


def money_units(text: str) -> int:
    """A text as units of money, which may be negative."""
    return int(Decimal(text).scaleb(MONEY_DECIMALS))


@dataclass(frozen=True, slots=True)
class Listing:
    """All markets of a house, and the assets that its accounts may have."""

    markets: tuple[Market, ...]
    assets: tuple[str, ...]
    brackets: tuple[Bracket, ...] = BRACKETS

    def terms(self) -> Terms:
        """What the engine is to clear."""
        return Terms(tuple(market.contract for market in self.markets), len(self.assets))

    def named(self, name: str) -> Market | None:
        """The market of a venue's name."""
        return next((market for market in self.markets if market.name == name), None)

    def asset(self, name: str) -> int:
        """The engine's number of an asset; ValueError where there is none such."""
        return self.assets.index(name)


def listing(
    records: Sequence[tuple[str, Instrument]],
    prices: Mapping[str, str],
    fees: Fees,
    brackets: Sequence[Bracket] = BRACKETS,
    digits: int | None = None,
) -> Listing:
    """Markets from (venue's name, record) in the order given. prices: a reference of each name.

    digits: with how many decimals prices and quantities are told; None: as many as the steps have.

    A ladder goes from a quarter of its reference to four times that, or as far as the engine's.
    """
    names = sorted({part for _, each in records for part in _parts(each)})
    assets = tuple(names)
    found = [
        _market(number, name, record, prices[name], assets, fees, brackets, digits)
        for number, (name, record) in enumerate(records)
    ]
    return Listing(tuple(found), assets, tuple(brackets))


def _market(
    number: int,
    name: str,
    record: Instrument,
    price: str,
    assets: Sequence[str],
    fees: Fees,
    brackets: Sequence[Bracket],
    digits: int | None,
) -> Market:
    base, quote = _parts(record)
    contract, rates = _terms(record, assets, fees, brackets)
    settle, ladder = assets[contract.settle], _ladder(record, price)
    steps = _digits(record.tick_size), _digits(record.lot_size)
    told = steps if digits is None else (digits, digits)
    least = max(1, quantity_units(record.minimum_quantity) // ladder.lot)
    rules = Rules(least=least, notional=record.minimum_notional)
    about = (number, name, record, ladder, contract, base, quote, settle)
    return Market(*about, *told, *rates, rules)


def _terms(
    record: Instrument, assets: Sequence[str], fees: Fees, brackets: Sequence[Bracket]
) -> tuple[Contract, tuple[int, int]]:
    """What the engine is to clear, and the maker's and the taker's rate: of spot the engine
    charges nothing, for it would want a buyer's fee in the quote."""
    spot = record.kind is Kind.SPOT
    moneys = [Asset(each) for each in assets]
    rated = contract_of(record, moneys, fees, () if spot else tuple(brackets))
    contract = replace(rated, maker=0, taker=0) if spot else rated
    return contract, (rated.maker, rated.taker)


def _ladder(record: Instrument, price: str) -> Ladder:
    tick = ladder_units(record.tick_size)
    reference = ladder_units(price) // tick
    lowest = max(1, reference // 4)
    highest = min(4 * reference, lowest + MAX_WIDTH - 1)
    texts = [fixed(each * tick, LADDER_DECIMALS) for each in (lowest, highest, reference)]
    return instrument_of(record, *texts)


def _parts(record: Instrument) -> tuple[str, str]:
    base, quote = record.symbol.split(":")[0].split("/")
    return base, quote


def _digits(step: str) -> int:
    quantity_units(step)
    text = step.rstrip("0") if "." in step else step
    return len(text.partition(".")[2])


def shipped(market: str) -> list[tuple[str, Instrument]]:
    """What infra/recordings lists of Binance's spot, usdm or cm, with the venue's names."""
    named = {
        each.symbol: each.venue_symbol
        for each in listings()
        if each.venue == "binance" and each.market == market
    }
    return [
        (named[record.symbol], record)
        for record in instruments()
        if record.venue == "binance" and record.symbol in named
    ]
