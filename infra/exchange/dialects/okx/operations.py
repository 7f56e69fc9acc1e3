"""Orders over WebSocket: the commands of REST by other names, with the same limits.

https://www.okx.com/docs-v5/en/#order-book-trading-trade-ws-place-order
"""

from __future__ import annotations

from typing import Any

from infra.exchange.accounts import Account
from infra.exchange.dialects.okx import orders, rest
from infra.exchange.dialects.okx.errors import Code, Refusal
from infra.exchange.dialects.okx.request import Request, texts
from infra.exchange.dialects.okx.section import Section

PATHS = {
    "order": "/trade/order",
    "batch-orders": "/trade/batch-orders",
    "cancel-order": "/trade/cancel-order",
    "batch-cancel-orders": "/trade/cancel-batch-orders",
    "amend-order": "/trade/amend-order",
    "batch-amend-orders": "/trade/amend-batch-orders",
}


def answer(section: Section, account: Account, asked: dict[str, Any], address: str) -> Any:
    """What is said to an operation, with its id."""
    operation, began = asked["op"], section.clock.now() // 1_000
    number = asked.get("id")
    told: dict[str, Any] = {"id": number if isinstance(number, str | int) else "", "op": operation}
    try:
        told |= carried_out(section, account, operation, asked.get("args"), address)
    except Refusal as refusal:
        told |= refusal.body()
    return {**told, "inTime": str(began), "outTime": str(section.clock.now() // 1_000)}


def carried_out(
    section: Section, account: Account, operation: str, args: Any, address: str
) -> dict[str, Any]:
    """The rows of an operation in their envelope."""
    if not isinstance(args, list) or not args:
        raise Refusal(Code.BAD_JSON)
    path = PATHS[operation]
    if "batch" in operation:
        request = Request({}, account, address, tuple(args))
    else:
        if len(args) > 1:
            raise Refusal(Code.BAD_JSON)
        request = Request(texts(args[0]), account, address)
    found = rest.carried_out(section, orders.TABLE["POST", path], f"POST {path}", request)
    return rest.enveloped(found)
