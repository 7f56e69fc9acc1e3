"""What trading costs and what money is exactly: decimals that never round without being told to.

Prices have up to 20 decimals, quantities 18, fee rates a few more: their products need more digits
than Python's default of 28. EXACT holds them all and raises Inexact rather than round. The one
division is an inverse contract's: `flow` alone does it, so that fee, cash and cost agree.
"""

from __future__ import annotations

from decimal import (
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
)
from functools import lru_cache
from typing import Annotated, Any, Literal, Protocol

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from schemas.instruments import Kind
from schemas.orders import Contract

EXACT = Context(prec=600, traps=[Inexact, InvalidOperation, DivisionByZero, Overflow])
"""Sums and products only; a result that would have to be rounded raises."""

ZERO = Decimal(0)

LAST_UNIT = Decimal("1e-18")
"""To which the base that an inverse contract is worth is rounded, half to even."""

KNOWN = 1 << 12
"""Amounts whose texts are kept."""

_DIVISION = Context(prec=200, rounding=ROUND_HALF_EVEN)

Liquidity = Literal["maker", "taker"]
"""Whether the order rested in the book (maker) or met one that did (taker)."""


@lru_cache(KNOWN)
def text(amount: Decimal) -> str:
    """Plain notation: no exponent, no trailing zeros, no minus before zero.

    Equal amounts have one text, and the same ones are told again and again: a tenth of the time.
    """
    return format(amount.normalize(EXACT), "f") if amount else "0"


def value(price: Decimal, quantity: Decimal) -> Decimal:
    """Quote that `quantity` (base, signed) is worth: spot and linear contracts of one base each."""
    return EXACT.multiply(price, quantity)


def flow(contract: Contract, price: Decimal, quantity: Decimal) -> Decimal:
    """Signed money, in what the contract settles in, that a signed quantity is worth at a price.

    Spot and linear: price * quantity * size in quote, exactly. Inverse: -size * quantity / price
    in base, rounded to 10^-18 half to even. So quantity bought at p and sold at q wins
    flow(q) - flow(p), which for an inverse one is size * quantity * (1/p - 1/q).
    """
    units = EXACT.multiply(Decimal(contract.size), quantity)
    if contract.kind is not Kind.INVERSE:
        return EXACT.multiply(price, units)
    divided = _DIVISION.divide(units.copy_negate(), price)
    return divided.quantize(LAST_UNIT, context=_DIVISION)


class Rates(BaseModel):
    """Shares of the value traded; negative for a rebate."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    maker: Decimal
    taker: Decimal


class Fees(Protocol):
    """A venue's fees."""

    def by_volume(self) -> bool:
        """Whether the fees go by what the account has traded."""
        ...

    def fee(
        self, contract: Contract, price: Decimal, quantity: Decimal, liquidity: Liquidity,
        traded: Decimal,
    ) -> Decimal:  # fmt: skip
        """Money to pay for a fill of `quantity` (unsigned), in what the contract settles in;
        negative for a rebate. traded: quote that the account has traded in contracts of this kind
        in the 30 UTC days before today (engine.venue.volume); 0 where `by_volume` is false."""
        ...


class ProportionalFees(BaseModel):
    """A share of the value traded, by kind of market. Defaults: Binance, regular user (VIP 0).

    As known on 2026-11-21, at second hand: the venue's own pages (binance.com/en/fee) could not be
    read. Spot, 0.1 %: the default of nautilus-binance 0.61.0 (docs.rs, src/common/fees.rs). USD-M,
    maker 0.02 % and taker 0.05 %: the loweef Crypto Futures Fee Index of 2026-10-16, which names
    binance.com/en/fee/futureFee as read on 2026-10-12. COIN-M, the same rates: not confirmed; an
    example in Binance's FAQ 360033544231, of an older date, reckons with 0.015 % and 0.04 %. Fees
    are settings (`execution.fees`): whoever knows better ones sets them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    spot: Rates = Rates(maker=Decimal("0.001"), taker=Decimal("0.001"))
    linear: Rates = Rates(maker=Decimal("0.0002"), taker=Decimal("0.0005"))
    inverse: Rates = Rates(maker=Decimal("0.0002"), taker=Decimal("0.0005"))
    name: Literal["proportional"] = "proportional"

    def by_volume(self) -> bool:
        """No."""
        return False

    def fee(
        self, contract: Contract, price: Decimal, quantity: Decimal, liquidity: Liquidity,
        traded: Decimal = ZERO,
    ) -> Decimal:  # fmt: skip
        """Exactly rate * |flow|."""
        rates = {Kind.SPOT: self.spot, Kind.LINEAR: self.linear, Kind.INVERSE: self.inverse}
        return charged(rates[contract.kind], contract, price, quantity, liquidity)


class Tier(Rates):
    """Rates of whoever has traded that much quote, or more, in 30 days."""

    volume: Decimal = Field(default=ZERO, ge=0)


class TieredFees(BaseModel):
    """A share of the value traded that falls with what the account has traded of that kind.

    The tier of a UTC day is the last one whose volume is reached by the account's trades of the 30
    days before it, `elsewhere` included: quote that it trades in any 30 days outside this run. A
    kind without tiers has the rates of ProportionalFees. The rule is that of Binance's fee schedule
    (binance.com/en/fee/schedule, at second hand); the tiers are the venue's own and change, so none
    is built in.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Literal["tiered"] = "tiered"
    spot: tuple[Tier, ...] = ()
    linear: tuple[Tier, ...] = ()
    inverse: tuple[Tier, ...] = ()
    elsewhere: Decimal = Field(default=ZERO, ge=0)

    @model_validator(mode="after")
    def _ascending(self) -> TieredFees:
        for tiers in (self.spot, self.linear, self.inverse):
            volumes = [tier.volume for tier in tiers]
            if volumes and (volumes[0] or volumes != sorted(set(volumes))):
                raise ValueError("tiers begin at volume 0 and ascend")
        return self

    def by_volume(self) -> bool:
        """Yes."""
        return True

    def fee(
        self, contract: Contract, price: Decimal, quantity: Decimal, liquidity: Liquidity,
        traded: Decimal = ZERO,
    ) -> Decimal:  # fmt: skip
        """Exactly rate * |flow|."""
        tiers = {Kind.SPOT: self.spot, Kind.LINEAR: self.linear, Kind.INVERSE: self.inverse}
        if not tiers[contract.kind]:
            return ProportionalFees().fee(contract, price, quantity, liquidity)
        whole = EXACT.add(traded, self.elsewhere)
        reached = [tier for tier in tiers[contract.kind] if tier.volume <= whole]
        return charged(reached[-1], contract, price, quantity, liquidity)


def charged(
    rates: Rates, contract: Contract, price: Decimal, quantity: Decimal, liquidity: Liquidity
) -> Decimal:
    """The rate's share of what was traded, exactly."""
    rate = rates.maker if liquidity == "maker" else rates.taker
    return EXACT.multiply(rate, flow(contract, price, quantity).copy_abs())


def _named(given: Any) -> Any:
    """A section without a name is that of the first version."""
    return {"name": "proportional", **given} if isinstance(given, dict) else given


AnyFees = Annotated[
    Annotated[ProportionalFees | TieredFees, Field(discriminator="name")],
    BeforeValidator(_named),
]
"""Fees as settings have them."""
