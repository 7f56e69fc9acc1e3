"""A symbol as the engine sees it: its ladder of prices, and the scale of its ticks and lots."""

from __future__ import annotations

from dataclasses import dataclass

from engine.matching.codes import MAX_ORDERS, MAX_PRICE, MAX_QUANTITY, MAX_WIDTH, Phase
from engine.numbers import LADDER_DECIMALS, QUANTITY_DECIMALS, text_of


class TooWide(ValueError):
    """A number that the engine's integers do not hold; the message names the remedy."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """lowest, highest, reference: prices in ticks; reference stands in for the last trade.

    tick: units of 10^-8 quote a tick; lot: units of 10^-18 base a lot. TooWide where the ladder
    would be wider than the engine's.
    """

    lowest: int
    highest: int
    reference: int
    phase: Phase = Phase.OPEN
    tick: int = 1
    lot: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.lowest <= self.reference <= self.highest <= MAX_PRICE:
            raise TooWide(f"prices must rise from 1 by lowest, reference, highest: {self}")
        if self.highest - self.lowest >= MAX_WIDTH:
            raise TooWide(f"{self} spans over {MAX_WIDTH} ticks: narrow it, or take a larger tick")
        if self.tick < 1 or self.lot < 1:
            raise TooWide(f"tick and lot must be positive: {self}")

    def ticks(self, price: int) -> int:
        """A price in units of 10^-8 as ticks; TooWide where it is between ticks or beyond 2^40."""
        return _scaled(price, self.tick, MAX_PRICE, "price", LADDER_DECIMALS)

    def lots(self, quantity: int) -> int:
        """A quantity in units of 10^-18 as lots; TooWide where it is between lots or beyond 2^42.

        At a lot of 10^-18 an order is at most 4.4 * 10^-6: an instrument is scaled by its lot.
        """
        return _scaled(quantity, self.lot, MAX_QUANTITY, "quantity", QUANTITY_DECIMALS)


def _scaled(value: int, unit: int, most: int, what: str, decimals: int) -> int:
    whole, rest = divmod(value, unit)
    if rest:
        raise TooWide(f"{what} {text_of(value, decimals)} is no multiple of the instrument's step")
    if not 0 <= whole <= most:
        raise TooWide(f"{what} {text_of(value, decimals)} is {whole} steps, over {most}")
    return whole


def checked(max_orders: int, accounts: int, symbols: int) -> None:
    """Refuse, with TooWide, an engine that could not hold its own numbers."""
    if not 1 <= max_orders <= MAX_ORDERS:
        raise TooWide(f"{max_orders} live orders: choose 1 to {MAX_ORDERS}")
    if accounts < 1 or symbols < 1 or accounts * symbols > 1 << 24:
        raise TooWide(f"{accounts} accounts in {symbols} symbols: choose at most {1 << 24} in all")
