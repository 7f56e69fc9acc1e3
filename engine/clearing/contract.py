"""What a symbol is worth: its money, fees, margin tiers, and the scale of each in integers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from engine.clearing.codes import MAX_MONEY, MAX_VALUE, RATE
from engine.matching.instrument import Instrument, TooWide

MAX_TIERS = 12
MAX_LEVERAGE = 1_000


class Kind(IntEnum):
    """What is exchanged, and which money a contract settles in."""

    SPOT = 0
    LINEAR = 1
    INVERSE = 2


@dataclass(frozen=True, slots=True)
class Tier:
    """A bracket of notional: up to `cap` units of the settle asset.

    rate: maintenance, in 10^-8 of the notional; leverage: most. As Binance's brackets:
    https://developers.binance.com/docs/derivatives/usds-margined-futures/account/rest-api/Notional-and-Leverage-Brackets
    """

    cap: int
    rate: int
    leverage: int


@dataclass(frozen=True, slots=True)
class Contract:
    """Terms of one symbol. Rates are in 10^-8; a negative maker fee is a rebate.

    settle: the asset that is paid: quote, of an inverse contract the coin. base: the asset that
    spot delivers. unit: units of settle that one lot is worth at one tick; of an inverse contract
    q lots are worth q * unit // price. lot: units of base a lot, spot only. liquidation: fee, to
    the insurance fund. interval: ns between fundings. tiers: by rising cap; none for spot.
    """

    kind: Kind
    settle: int
    unit: int
    base: int = 0
    lot: int = 0
    maker: int = 0
    taker: int = 0
    liquidation: int = 0
    interval: int = 0
    tiers: tuple[Tier, ...] = ()

    def __post_init__(self) -> None:
        if min(self.settle, self.base, self.lot, self.liquidation, self.interval) < 0:
            raise TooWide(f"these are not negative: {self}")
        if self.unit < 1 or (self.kind is Kind.SPOT) != (self.lot > 0):
            raise TooWide(f"a lot must be worth something, and only spot has units of base: {self}")
        fees = -self.taker <= self.maker <= self.taker < RATE
        if not fees or self.liquidation >= RATE or self.interval >= MAX_MONEY:
            raise TooWide(f"fees are under the whole, a rebate is not over the taker's: {self}")
        if (self.kind is Kind.SPOT) == bool(self.tiers) or len(self.tiers) > MAX_TIERS:
            raise TooWide(f"a contract has 1 to {MAX_TIERS} tiers, spot none: {self}")
        if self.kind is Kind.SPOT and self.settle == self.base:
            raise TooWide(f"spot exchanges two assets: {self}")
        self._check_tiers()

    def _check_tiers(self) -> None:
        cap, rate, leverage = 0, 0, MAX_LEVERAGE
        for tier in self.tiers:
            rises = tier.cap > cap and tier.rate >= rate and 1 <= tier.leverage <= leverage
            if not rises or tier.cap > MAX_VALUE or tier.rate > RATE:
                raise TooWide(f"tiers rise in cap and rate and fall in leverage: {self.tiers}")
            cap, rate, leverage = tier.cap, tier.rate, tier.leverage

    def most_lots(self, instrument: Instrument) -> int:
        """Most lots of a position and its orders, so that no value overflows at any price.

        TooWide where not even one lot does.
        """
        if self.kind is Kind.INVERSE:
            most = min(MAX_VALUE * instrument.lowest, 1 << 62) // self.unit
        else:
            most = MAX_VALUE // max(instrument.highest * self.unit, self.lot)
        if most < 1:
            raise TooWide(f"one lot of {self} overflows at {instrument}: take a larger unit")
        return min(most, MAX_VALUE)

    def amounts(self) -> list[int]:
        """What is taken off each tier's maintenance, so that it has no jump at a tier's end.

        Binance's `cum`: https://www.binance.com/en/support/faq/b3c689c1f50a44cabb3a84e663b81d93
        """
        found, before = [0], self.tiers[:1]
        for tier in self.tiers[1:]:
            found.append(found[-1] + before[0].cap * (tier.rate - before[0].rate) // RATE)
            before = (tier,)
        return found


@dataclass(frozen=True, slots=True)
class Terms:
    """What an engine clears: a contract for each of its symbols, over so many assets."""

    contracts: tuple[Contract, ...]
    assets: int

    def checked(self, instruments: Sequence[Instrument]) -> None:
        """TooWide where these are not the instruments' terms."""
        if len(self.contracts) != len(instruments):
            raise TooWide(f"{len(self.contracts)} contracts for {len(instruments)} instruments")
        for contract, instrument in zip(self.contracts, instruments, strict=True):
            contract.most_lots(instrument)
            if max(contract.settle, contract.base) >= self.assets:
                raise TooWide(f"{contract} has an asset beyond the {self.assets} that there are")
