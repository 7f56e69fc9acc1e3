"""A position is taken over by the venue: at the price that is watched, all of it at once."""

from __future__ import annotations

from decimal import Decimal

from engine.costs import EXACT, text
from engine.identity import client_order_id
from engine.numbers import PRICE_DECIMALS, QUANTITY_DECIMALS, price_units
from engine.venue.commands import Order
from engine.venue.events import Created
from engine.venue.margins import Watched, exact
from engine.venue.market import D, Live, Market
from engine.venue.protection import settle
from engine.venue.turn import Turn
from schemas.orders import OrderType, TimeInForce
from schemas.refusals import Reason


def watches(turn: Turn[D]) -> bool:
    """Whether there is a position that could be liquidated."""
    market = turn.market
    return turn.rules.margin is not None and bool(market.position) and market.cost is not None


def watched(turn: Turn[D], kind: Watched) -> bool:
    """Whether that is the price to look at: the mid stands in for a mark that was never told."""
    if turn.rules.margin is None or not watches(turn):
        return False
    chosen = turn.rules.margin.price
    if chosen == "mark" and not turn.market.marked:
        chosen = "mid"
    return chosen == kind


def look(turn: Turn[D], price: Decimal) -> None:
    """The price that is watched: a position whose margin it has used up is taken over."""
    market, model = turn.market, turn.rules.margin
    if model is None or market.cost is None or not market.position:
        return
    quantity = exact(market.position, QUANTITY_DECIMALS)
    limit = model.liquidation(market.contract, quantity, market.cost)
    end = model.bankruptcy(market.contract, quantity, market.cost)
    side = 1 if quantity > 0 else -1
    if limit is not None and end is not None and side * (price - limit) <= 0:
        _take_over(turn, price_units(text(end)))


def mid(turn: Turn[D]) -> Decimal | None:
    """The middle of the book, exactly; None where there is none."""
    twice = turn.market.twice_mid()
    return None if twice is None else EXACT.multiply(exact(twice, PRICE_DECIMALS), Decimal("0.5"))


def _take_over(turn: Turn[D], price: int) -> None:
    """Withdraw the account's orders of the market, and close the position at a price."""
    market = turn.market
    for live in list(market.resting.values()):
        turn.cancel(live, Reason.LIQUIDATED)
    order = _order(turn, market)
    market.protected += 1
    turn.say(Created, order.order_id, order)
    share = Decimal(0) if turn.rules.margin is None else turn.rules.margin.clearance
    turn.fill(Live(order), price, order.quantity, "taker", share)
    settle(turn)


def _order(turn: Turn[D], market: Market[D]) -> Order:
    """The venue's own order, of the order that last added to the position."""
    return Order(
        order_id=client_order_id(market.opener, "liquidation", market.protected),
        due=turn.at,
        side="sell" if market.position > 0 else "buy",
        type=OrderType.MARKET,
        time_in_force=TimeInForce.IOC,
        quantity=abs(market.position),
        limit=None,
        reduce_only=True,
        contract=market.contract,
        strategy=market.strategy,
        parent=market.opener,
    )
