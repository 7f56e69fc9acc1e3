"""Margin of a position, isolated at its leverage and in the venue's lowest tier.

With signed quantity q, contract size c, cost K (signed, in settle money: q * c * entry, for an
inverse contract -q * c / entry), leverage L and maintenance rate m:

    notional      |q| * c * price    inverse: |q| * c, which is in quote already
    initial       notional / L       maintenance   notional * m
    liquidation   (K - |K| / L) / (q * c - |q| * c * m)
                  inverse: c * (q + |q| * m) / (|K| / L - K)

The last is Binance's formula with wallet balance |K| / L, maintenance amount 0 and no other
position: the mark at which the wallet and the unrealised result are worth the maintenance margin.
Fees and funding are paid from the rest of the account. Spot is owned: no margin, no liquidation.
Sources: https://www.binance.com/en/support/faq/b3c689c1f50a44cabb3a84e663b81d93 (USD-M),
https://www.binance.com/en/support/faq/ceccfcfb4e3a45e3b48b0b1bb1a8ae46 (COIN-M).

Sums and products are exact; what is divided has 40 significant digits and is told with 20.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Literal

from engine.costs import EXACT
from engine.values import value
from schemas.instruments import Kind
from schemas.orders import Contract

ZERO = Decimal(0)
DIVISION = Context(prec=40, rounding=ROUND_HALF_EVEN)
TOLD = Context(prec=20, rounding=ROUND_HALF_EVEN)

Watch = Literal["ok", "near", "breached"]


@value(frozen=True, slots=True)
class Terms:
    """A contract as numbers. Margins are in quote unless said otherwise."""

    kind: Kind
    size: Decimal
    leverage: Decimal
    rate: Decimal

    @classmethod
    def of(cls, contract: Contract) -> Terms:
        """The contract's figures; a leverage below 1 counts as 1."""
        leverage = max(Decimal(contract.leverage), Decimal(1))
        return cls(contract.kind, Decimal(contract.size), leverage, Decimal(contract.maintenance))

    @property
    def inverse(self) -> bool:
        """Whether it settles in base."""
        return self.kind is Kind.INVERSE

    def notional(self, price: Decimal, quantity: Decimal) -> Decimal:
        """Quote value of a quantity, never negative, exactly."""
        units = EXACT.multiply(quantity.copy_abs(), self.size)
        return units if self.inverse else EXACT.multiply(units, price)

    def initial(self, notional: Decimal) -> Decimal:
        """Quote bound by a notional, to 20 significant digits."""
        return ZERO if self.kind is Kind.SPOT else TOLD.divide(notional, self.leverage)

    def maintenance(self, notional: Decimal) -> Decimal:
        """Quote below which the venue liquidates."""
        return ZERO if self.kind is Kind.SPOT else EXACT.multiply(notional, self.rate)

    def invested(self, cost: Decimal) -> Decimal:
        """Settle money put in for a cost: its initial margin at entry; spot: all of it."""
        whole = cost.copy_abs()
        return whole if self.kind is Kind.SPOT else DIVISION.divide(whole, self.leverage)

    def entry(self, quantity: Decimal, cost: Decimal) -> Decimal | None:
        """Average price of a cost to 20 significant digits; None when flat, or worth nothing."""
        if not quantity or not cost:
            return None
        units = DIVISION.multiply(quantity, self.size)
        return TOLD.divide(units.copy_negate(), cost) if self.inverse else TOLD.divide(cost, units)

    def liquidation(self, quantity: Decimal, cost: Decimal) -> Decimal | None:
        """The mark at which the venue closes it, 20 significant digits; None where none does."""
        if not quantity or self.kind is Kind.SPOT:
            return None
        wallet, units = self.invested(cost), DIVISION.multiply(quantity, self.size)
        kept = DIVISION.multiply(units.copy_abs(), self.rate)
        if self.inverse:
            above, below = DIVISION.add(units, kept), DIVISION.subtract(wallet, cost)
        else:
            above, below = DIVISION.subtract(cost, wallet), DIVISION.subtract(units, kept)
        if not below:
            return None
        price = TOLD.divide(above, below)
        return price if price > 0 else None


def watch(
    quantity: Decimal, entry: Decimal | None, liquidation: Decimal | None, mark: Decimal | None,
    share: Decimal,
) -> Watch:  # fmt: skip
    """How near the mark is: "near" when it has gone more than `share` of the way from entry to
    liquidation, "breached" when it is there or beyond."""
    if entry is None or liquidation is None or mark is None:
        return "ok"
    side = 1 if quantity > 0 else -1
    if side * (mark - liquidation) <= 0:
        return "breached"
    threshold = DIVISION.multiply(share, DIVISION.subtract(entry, liquidation))
    gone = DIVISION.subtract(entry, mark)
    return "near" if side * (gone - threshold) > 0 else "ok"
