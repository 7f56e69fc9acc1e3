"""Withdraw an order and place another, in one request.

https://developers.binance.com/docs/binance-spot-api-docs/rest-api/trading-endpoints#cancel-an-existing-order-and-send-a-new-order-trade
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from infra.exchange.dialects.binance.errors import Code, Refusal
from infra.exchange.dialects.binance.request import Request, illegal
from infra.exchange.dialects.binance.section import Endpoint, Section, Security, Table
from infra.exchange.dialects.binance.spot_orders import cancel, carry_out
from infra.exchange.dialects.binance.spot_wishes import wish_of

MODES = ("STOP_ON_FAILURE", "ALLOW_FAILURE")
CANCEL = {
    "symbol": "symbol",
    "cancelOrderId": "orderId",
    "cancelOrigClientOrderId": "origClientOrderId",
    "cancelNewClientOrderId": "newClientOrderId",
    "cancelRestrictions": "cancelRestrictions",
}
"""What of the request is the cancel's, under which name."""


class Unreplaced(Refusal):
    """Not both were done; data tells which."""

    def __init__(self, data: dict[str, Any]) -> None:
        both = data["cancelResult"] == "FAILURE" and data["newOrderResult"] != "SUCCESS"
        code = Code.CANCEL_REPLACE_FAILED if both else Code.CANCEL_REPLACE_PARTIALLY_FAILED
        how = "failed" if both else "partially failed"
        super().__init__(code, f"Order cancel-replace {how}.", 400 if both else 409)
        self.data = data

    def body(self) -> dict[str, object]:
        """The answer's JSON."""
        return {**super().body(), "data": self.data}


def cancel_replace(section: Section, request: Request) -> dict[str, Any]:
    """What the new order must keep to is judged before anything is done."""
    mode = request.text("cancelReplaceMode")
    if mode not in MODES:
        raise illegal("cancelReplaceMode", "|".join(MODES))
    cancels, wish = cancelling(request), wish_of(section, request)
    gone = attempt(lambda: cancel(section, cancels))
    if gone[0] == "FAILURE" and mode == "STOP_ON_FAILURE":
        made: tuple[str, Any] = ("NOT_ATTEMPTED", None)
    else:
        made = attempt(lambda: carry_out(section, request, wish))
    data: dict[str, Any] = {"cancelResult": gone[0], "newOrderResult": made[0]}
    data |= {"cancelResponse": gone[1], "newOrderResponse": made[1]}
    if (gone[0], made[0]) != ("SUCCESS", "SUCCESS"):
        raise Unreplaced(data)
    return data


def cancelling(request: Request) -> Request:
    """The cancel of a request."""
    if not (request.has("cancelOrderId") or request.has("cancelOrigClientOrderId")):
        raise Refusal(
            Code.MANDATORY_PARAM,
            "Param 'cancelOrigClientOrderId' or 'cancelOrderId' must be sent, but both were "
            "empty/null!",
        )
    params = {new: request.params[old] for old, new in CANCEL.items() if request.has(old)}
    return Request(params, request.account, request.address, request.key)


def attempt(act: Callable[[], dict[str, Any]]) -> tuple[str, dict[str, Any]]:
    """Whether it was done, and what is told of it."""
    try:
        return "SUCCESS", act()
    except Refusal as refusal:
        return "FAILURE", refusal.body()


TABLE: Table = {
    ("POST", "/api/v3/order/cancelReplace"): Endpoint(cancel_replace, Security.SIGNED, 1, orders=1),
}
