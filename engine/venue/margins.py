"""Margin at the simulated venue: what a position has cost, and the price at which it is taken over.

isolated   each position stands for itself, with its initial margin |K| / L (K: cost, L: leverage).
           It is liquidated when the price that is watched reaches engine.margin's liquidation
           price, where margin and unrealised result are worth the maintenance margin. All of it
           is then taken over at its bankruptcy price, where that margin is used up:

               entry * (1 - 1 / L) of a long, entry * (1 + 1 / L) of a short linear one
               (inverse: entry / (1 + 1 / L) and entry / (1 - 1 / L))

           so the account loses its margin, to the cent, and the taker's fee with the clearance.

Source: Binance, "liquidation protocols": https://www.binance.com/en/support/faq/360033525271 (what
the book does not take of a liquidated position is taken over at the bankruptcy price), at second
hand. What the book would have paid above it is not reckoned with: no venue gives it back for sure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import ROUND_DOWN, ROUND_UP, Context, Decimal
from typing import Annotated, Any, Literal, Protocol

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from engine.costs import EXACT
from engine.margin import ZERO, Terms
from engine.numbers import PRICE_DECIMALS, QUANTITY_DECIMALS, SIGNIFICANT
from engine.position import cost_after
from engine.venue.commands import Order
from engine.venue.market import D, Market
from schemas.instruments import Kind
from schemas.orders import Contract

Watched = Literal["mark", "trade", "mid"]


class MarginModel(Protocol):
    """When a position is liquidated, and for what. Quantities are signed."""

    @property
    def clearance(self) -> Decimal:
        """Share of the value that a liquidation costs beside the taker's fee."""
        ...

    @property
    def price(self) -> Watched:
        """The price that is watched: where it is the mark, the mid until one was told."""
        ...

    def liquidation(self, contract: Contract, quantity: Decimal, cost: Decimal) -> Decimal | None:
        """The price at which it is liquidated; None where none does that."""
        ...

    def bankruptcy(self, contract: Contract, quantity: Decimal, cost: Decimal) -> Decimal | None:
        """The price at which it is taken over."""
        ...


class IsolatedMargin(BaseModel):
    """See the module. maintenance: rate of contracts that name none (as `[portfolio]` has it);
    clearance: Binance's `liquidationFee` of exchangeInfo, 0 unless set.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Literal["isolated"] = "isolated"
    price: Watched = "mark"
    maintenance: Mapping[Kind, Decimal] = {
        Kind.LINEAR: Decimal("0.004"),
        Kind.INVERSE: Decimal("0.004"),
    }
    clearance: Decimal = Field(default=ZERO, ge=0)

    def liquidation(self, contract: Contract, quantity: Decimal, cost: Decimal) -> Decimal | None:
        """As engine.margin has it, to 20 significant digits."""
        terms = Terms.of(contract)
        if not terms.rate:
            terms = replace(terms, rate=self.maintenance.get(terms.kind, ZERO))
        return terms.liquidation(quantity, cost)

    def bankruptcy(self, contract: Contract, quantity: Decimal, cost: Decimal) -> Decimal | None:
        """Where no maintenance margin is left either; to 12 significant digits, in the account's
        favour: it loses no more than its margin."""
        exact = replace(Terms.of(contract), rate=ZERO).liquidation(quantity, cost)
        if exact is None:
            return None
        rounding = ROUND_UP if quantity > 0 else ROUND_DOWN
        return Context(prec=SIGNIFICANT, rounding=rounding).plus(exact)


def carry(market: Market[D], order: Order, price: int, quantity: int) -> None:
    """Take a fill into the cost of a position that has moved by it already."""
    signed = quantity * order.sign
    after, before = market.position, market.position - signed
    if after * signed > 0:
        market.opener = order.order_id
    if not after:
        market.cost, market.opener = None, ""
        return
    known = market.cost if before * after > 0 else ZERO
    if known is not None:
        held, moved = exact(before, QUANTITY_DECIMALS), exact(signed, QUANTITY_DECIMALS)
        dealt = exact(price, PRICE_DECIMALS)
        market.cost = cost_after(order.contract, held, known, dealt, moved)


def exact(units: int, decimals: int) -> Decimal:
    """Units of 10^-decimals as they are."""
    return EXACT.scaleb(Decimal(units), -decimals)


def _named(given: Any) -> Any:
    return {"name": given} if isinstance(given, str) else given


AnyMargin = Annotated[IsolatedMargin, BeforeValidator(_named)]
"""A margin model as settings have it: `margin = "isolated"`, or a table with its parameters."""
