"""Actions as the commands that stand in the journal."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.costs import text
from engine.protection.actions import Cancel, CloseNow, Place, Replace
from schemas.orders import Intent, OrderCommand, OrderType, TimeInForce


def command_of(
    action: Place | Replace | Cancel | CloseNow, like: OrderCommand, expires: int
) -> OrderCommand:
    """The command of an action.

    like: the command of the order that is protected (Place, CloseNow), or of the one that is to be
    changed or withdrawn: account, market, strategy, contract and side are its own. A close stands
    as the half that it does the work of.
    """
    return OrderCommand(
        account=like.account,
        venue=like.venue,
        symbol=like.symbol,
        strategy=like.strategy,
        contract=like.contract,
        expires=expires,
        **_fields(action, like),
    )


def _fields(action: Place | Replace | Cancel | CloseNow, like: OrderCommand) -> dict[str, Any]:
    match action:
        case Place(order):
            return {
                "client_order_id": order.name, "parent": order.parent, "role": order.role,
                "intent": Intent.CLOSE, "side": order.side, "type": order.type,
                "time_in_force": TimeInForce.GTC, "quantity": text(order.quantity),
                "price": _price(order.price), "trigger": _price(order.trigger),
                "reduce_only": order.reduce_only,
            }  # fmt: skip
        case CloseNow():
            return {
                "client_order_id": action.name, "parent": action.parent,
                "role": "target" if action.why == "target" else "stop",
                "intent": Intent.CLOSE, "side": action.side, "type": OrderType.MARKET,
                "quantity": text(action.quantity), "reduce_only": action.reduce_only,
            }  # fmt: skip
        case Replace():
            return {
                "client_order_id": action.change, **_changes(like, action.name, "modify"),
                "quantity": text(action.quantity), "price": _price(action.price),
                "trigger": _price(action.trigger),
            }  # fmt: skip
        case Cancel():
            ends = _changes(like, action.name, "cancel")
            return {"client_order_id": action.command, **ends, "quantity": "0"}


def _changes(like: OrderCommand, name: str, action: str) -> dict[str, Any]:
    adjusts = {"intent": Intent.ADJUST, "side": like.side, "reduce_only": True}
    return {"action": action, "orders": (name,), "type": like.type, **adjusts}


def _price(price: Decimal | None) -> str | None:
    return None if price is None else text(price)
