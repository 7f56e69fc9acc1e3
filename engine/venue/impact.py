"""Market impact: how far an order that takes moves the prices it gets, beside walking the depth.

The recorded market goes on as if our orders had not been there; where what it shows is not all that
an order of ours would have done to it, a model makes each fill of a taker worse by a share of the
price. With Q what the order has taken, this fill included, and V what the market trades a day, both
in base or contracts:

square_root      Y * sigma * sqrt(Q / V), sigma the daily volatility and Y a number near one
almgren_chriss   fixed + temporary * Q / V, and permanent * X / V for whoever buys, its negative for
                 whoever sells, X the account's signed position at the middle of the fill

The permanent part is linear and goes by the position, so a round trip pays for it nothing on the
whole: nobody earns by pushing prices to and fro. A limit order takes no more than what its limit
allows at the worse prices. What rests, stops, marks and funding see the recorded prices.

Sources: B. Toth et al., Anomalous price impact and the critical nature of liquidity in financial
markets, Physical Review X 1, 021006 (2011), for the square root; R. Almgren and N. Chriss, Optimal
execution of portfolio transactions, Journal of Risk 3 (2000), sections 1.3 and 2.1, for linear
temporary and permanent impact; G. Huberman and W. Stanzl, Price manipulation and quasi-arbitrage,
Econometrica 72 (2004), for why the permanent part must be linear.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal
from typing import Annotated, Literal, NamedTuple, Protocol

from pydantic import BaseModel, ConfigDict, Field

from engine.costs import EXACT
from engine.numbers import LADDER_DECIMALS, PRICE_DECIMALS, QUANTITY_DECIMALS
from engine.venue.market import D, Live, Market
from engine.venue.parts import Take

WORKING = Context(prec=40, rounding=ROUND_HALF_EVEN)
COARSE = int(10 ** (PRICE_DECIMALS - LADDER_DECIMALS))
"""10^-8, to which worse prices are rounded where the displayed ones are no finer."""

Share = Annotated[Decimal, Field(ge=0)]


class Deal(NamedTuple):
    """A fill to be: the level that is taken from, the price that is paid, the quantity."""

    level: int
    price: int
    quantity: int


class ImpactModel(Protocol):
    """By what share of the price a fill is worse."""

    def share(self, taken: int, before: int, after: int) -> Decimal:
        """Positive where it costs. Units of 10^-18: taken by the order, this fill included, and the
        signed position before and after this fill.
        """
        ...


class SquareRootImpact(BaseModel):
    """y * volatility * sqrt(taken / volume); volatility: daily, a share of the price (0.03);
    volume: daily, base or contracts.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Literal["square_root"] = "square_root"
    y: Share = Decimal(1)
    volatility: Share
    volume: Decimal = Field(gt=0)

    def share(self, taken: int, before: int, after: int) -> Decimal:
        """To 40 digits; the position does not matter."""
        root = WORKING.sqrt(WORKING.divide(_whole(taken), self.volume))
        return WORKING.multiply(WORKING.multiply(self.y, self.volatility), root)


class AlmgrenChrissImpact(BaseModel):
    """fixed + (temporary * taken + sign * permanent * mean position) / volume; volume: daily, base
    or contracts, the others shares of the price for an order, or a position, of a day's volume.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Literal["almgren_chriss"] = "almgren_chriss"
    volume: Decimal = Field(gt=0)
    temporary: Share
    permanent: Share = Decimal(0)
    fixed: Share = Decimal(0)

    def share(self, taken: int, before: int, after: int) -> Decimal:
        """To 40 digits."""
        twice = before + after if after > before else -before - after
        mean = WORKING.multiply(_whole(twice), Decimal("0.5"))
        moved = WORKING.add(
            WORKING.multiply(self.temporary, _whole(taken)),
            WORKING.multiply(self.permanent, mean),
        )
        return WORKING.add(self.fixed, WORKING.divide(moved, self.volume))


AnyImpact = Annotated[SquareRootImpact | AlmgrenChrissImpact, Field(discriminator="name")]
"""An impact model as settings have it: a table with its name and parameters."""


def deals(
    model: ImpactModel | None, market: Market[D], live: Live, takes: Iterable[Take]
) -> Iterator[Deal]:
    """What an order gets of levels that it takes, as far as its limit goes."""
    if model is None:
        yield from (Deal(price, price, quantity) for price, quantity in takes)
        return
    taken = 0
    for level, quantity in takes:
        dealt = _within(model, market, live, taken, Deal(level, level, quantity))
        if dealt.quantity:
            yield dealt
        if dealt.quantity < quantity:
            return
        taken += quantity


def _within(model: ImpactModel, market: Market[D], live: Live, taken: int, wish: Deal) -> Deal:
    """As much of a level as the limit allows; what is worse the more is taken is found by halves.

    taken: of this order, in this moment, before the level.
    """
    order, limit = live.order, live.order.limit

    def at(quantity: int) -> int:
        begun, before = live.filled + taken, market.position + taken * order.sign
        share = model.share(begun + quantity, before, before + quantity * order.sign)
        return _worse(wish.level, share, order.sign)

    def allowed(quantity: int) -> bool:
        return limit is None or (at(quantity) - limit) * order.sign <= 0

    low, high = 0, wish.quantity
    if allowed(high):
        low = high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if allowed(middle) else (low, middle)
    return Deal(wish.level, at(low) if low else wish.level, low)


def _worse(price: int, share: Decimal, sign: int) -> int:
    """A price moved against a buyer (1) or seller (-1), and rounded that way; a step at the
    least."""
    step = 1 if price % COARSE else COARSE
    moved = WORKING.multiply(
        Decimal(price), WORKING.add(1, share if sign > 0 else share.copy_negate())
    )
    against = ROUND_CEILING if sign > 0 else ROUND_FLOOR
    steps = WORKING.divide(moved, Decimal(step)).to_integral_value(against)
    return max(step, int(steps) * step)


def _whole(units: int) -> Decimal:
    return EXACT.scaleb(Decimal(units), -QUANTITY_DECIMALS)
