"""Money and positions of a simulated account: linear contracts, settled in one currency."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from executor.venues.numbers import plain
from executor.venues.venue import VenueBalance, VenueFill, VenueOrder, VenuePosition


@dataclass(slots=True)
class Position:
    """quantity: signed; entry: average price of what is open."""

    quantity: Decimal = Decimal(0)
    entry: Decimal = Decimal(0)

    def take(self, signed: Decimal, price: Decimal) -> Decimal:
        """Take a fill in; what it realises, in quote."""
        before, after = self.quantity, self.quantity + signed
        closed = min(abs(signed), abs(before)) if before * signed < 0 else Decimal(0)
        gain = (price - self.entry) * closed * (1 if before > 0 else -1)
        if not closed:
            self.entry = (self.entry * abs(before) + price * abs(signed)) / abs(after)
        elif after * before < 0:
            self.entry = price
        self.quantity = after
        return gain


@dataclass(slots=True)
class Wallet:
    """total: in `currency`. leverage: by symbol, 1 until it is set."""

    total: Decimal
    currency: str = "USDT"
    positions: dict[str, Position] = field(default_factory=dict)
    leverage: dict[str, Decimal] = field(default_factory=dict)

    def take(self, fill: VenueFill) -> None:
        """A fill's gain and fee."""
        sign = 1 if fill.side == "buy" else -1
        position = self.positions.setdefault(fill.symbol, Position())
        self.total += position.take(sign * Decimal(fill.quantity), Decimal(fill.price))
        self.total -= Decimal(fill.fee)

    def margin(self, symbol: str, notional: Decimal) -> Decimal:
        """What that much binds."""
        return notional / self.leverage.get(symbol, Decimal(1))

    def free(self, resting: list[VenueOrder]) -> Decimal:
        """What positions and orders that may open do not hold."""
        held = [(s, abs(p.quantity) * p.entry) for s, p in self.positions.items()]
        for order in resting:
            price = order.price or order.trigger
            if price is not None and not order.reduce_only:
                rest = Decimal(order.quantity) - Decimal(order.filled)
                held.append((order.symbol, rest * Decimal(price)))
        return self.total - sum(self.margin(*each) for each in held)

    def told(self, resting: list[VenueOrder]) -> VenueBalance:
        """Its money."""
        free = plain(self.free(resting))
        return VenueBalance(self.currency, plain(self.total) or "0", free)

    def position(self, symbol: str) -> VenuePosition:
        """Its position, flat ones too."""
        found = self.positions.get(symbol, Position())
        flat = found.quantity == 0
        return VenuePosition(
            symbol=symbol,
            quantity=plain(found.quantity) or "0",
            entry=None if flat else plain(found.entry),
            leverage=plain(self.leverage.get(symbol, Decimal(1))),
        )
