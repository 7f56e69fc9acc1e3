"""What trading costs and what money is exactly: decimals that never round without being told to.

Prices have up to 8 decimals, quantities 18, fee rates a few more: their products need more digits
than Python's default of 28. EXACT holds them all and raises Inexact rather than round.
"""

from __future__ import annotations

from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict

EXACT = Context(prec=600, traps=[Inexact, InvalidOperation, DivisionByZero, Overflow])
"""Sums and products only; a result that would have to be rounded raises."""

Liquidity = Literal["maker", "taker"]
"""Whether the order rested in the book (maker) or met one that did (taker)."""


def text(amount: Decimal) -> str:
    """Plain notation: no exponent, no trailing zeros, no minus before zero."""
    return format(amount.normalize(EXACT), "f") if amount else "0"


def value(price: Decimal, quantity: Decimal) -> Decimal:
    """Quote that `quantity` (base, signed) is worth: spot and linear contracts of one base each.

    An inverse contract is worth -quantity * contract_size / price in base: its formula goes here.
    """
    return EXACT.multiply(price, quantity)


class Fees(Protocol):
    """A venue's fees."""

    def fee(self, price: Decimal, quantity: Decimal, liquidity: Liquidity) -> Decimal:
        """Quote to pay for a fill of `quantity` (base, unsigned); negative for a rebate."""
        ...


class ProportionalFees(BaseModel):
    """A share of the value traded. Defaults: Binance USD-M futures, regular user (VIP 0).

    Source: https://www.binance.com/en/fee/futureFee, maker 0.0200 %, taker 0.0500 %.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    maker: Decimal = Decimal("0.0002")
    taker: Decimal = Decimal("0.0005")

    def fee(self, price: Decimal, quantity: Decimal, liquidity: Liquidity) -> Decimal:
        """Exactly rate * price * quantity."""
        rate = self.maker if liquidity == "maker" else self.taker
        return EXACT.multiply(rate, value(price, quantity))
