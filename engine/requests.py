"""What people ask of orders: the row `requests` of control.state, and which of it are due.

The row is one JSON list an account, of the latest requests (see `engine.control`). Each has a
number that counts up from 0, so that whoever carries them out keeps one figure a market: how far.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

import orjson
from pydantic import Field, TypeAdapter, ValidationError

from schemas.commands import (
    Approve,
    CancelOrders,
    ControlState,
    Flatten,
    ModifyOrder,
    PlaceOrder,
    Protect,
    Reject,
)
from schemas.orders import OrderType, TimeInForce
from schemas.record import Message
from schemas.refusals import Reason

LIFETIME = 60_000_000_000
"""ns after which a request must not be carried out any more: nobody expects it by then."""

AMOUNT = re.compile(r"\d{1,20}(\.\d{1,18})?", re.ASCII)
"""Plain digits, as venues take them: no sign, no exponent, at most 18 decimals."""

MOST_PARTS = 100
"""Of an order that shows a part of itself at a time: as Binance's ICEBERG_PARTS filter."""

LIMITED = (OrderType.LIMIT, OrderType.STOP_LIMIT)
TRIGGERED = (OrderType.STOP, OrderType.STOP_LIMIT)

Wanted = PlaceOrder | ModifyOrder | Protect | CancelOrders | Approve | Reject | Flatten
"""Commands that ask for an effect on orders; all others change a setting."""

WANTED = (PlaceOrder, ModifyOrder, Protect, CancelOrders, Approve, Reject, Flatten)


class Asked(Message):
    """One request as the row holds it. number: counts up from 0 an account; id: of the command.

    seen: ns of wall time at which the gateway took it; by: who gave it.
    """

    number: int
    id: str
    seen: int
    by: str
    command: Annotated[Wanted, Field(discriminator="kind")]


ROW: TypeAdapter[tuple[Asked, ...]] = TypeAdapter(tuple[Asked, ...])


@dataclass(frozen=True, slots=True)
class Request:
    """One request that is due. reason: why it must be refused whatever the market says, or None.

    command is None only where the row's text cannot be understood; `why` says what is wrong.
    """

    number: int
    id: str
    seen: int
    by: str
    command: Wanted | None
    reason: Reason | None = None
    why: str = ""


def told(requests: Sequence[Asked]) -> str:
    """The row's value: the requests as a JSON list."""
    return ROW.dump_json(tuple(requests)).decode()


def due(handled: int, row: ControlState | None, symbol: str, venue: str, now: int) -> list[Request]:
    """The requests after number `handled` that concern a market, oldest first.

    An order to be placed concerns its venue and symbol; approvals, rejections, changes and
    protection every venue of their symbol; a cancellation or flattening without a symbol every
    market. One older than its lifetime at `now`, the market's time in ns, or at the time of the
    latest request, is given as EXPIRED; one that makes no sense as BAD_COMMAND.
    """
    if row is None:
        return []
    try:
        raw = orjson.loads(row.value)
    except orjson.JSONDecodeError:
        raw = None
    if not isinstance(raw, list):
        broken = _bad({}, row.seq, row.seen_time, "the row is no JSON list")
        return [broken] if row.seq > handled else []
    latest = max(now, row.seen_time)
    found = (_parsed(each, row) for each in raw if _concerns(each, symbol, venue))
    return [_aged(each, latest) for each in found if each.number > handled]


def natural(price: str | None, trigger: str | None) -> OrderType:
    """The type of an order that has just these prices, decimal strings."""
    if trigger is None:
        return OrderType.MARKET if price is None else OrderType.LIMIT
    return OrderType.STOP if price is None else OrderType.STOP_LIMIT


def fault(command: Wanted) -> str:
    """What is wrong with a request in words, whatever the market says; "" where nothing is."""
    return next(_faults(command), "")


def _faults(command: Wanted) -> Iterator[str]:
    for name in ("quantity", "price", "trigger", "stop", "target", "activation", "visible"):
        text = getattr(command, name, None)
        if text is not None and not _amount(text):
            yield f"{name} {text[:40]!r} is no positive number in plain digits"
    for name in ("venue", "symbol", "client_order_id"):
        if getattr(command, name, None) == "":
            yield f"its {name} is empty"
    match command:
        case PlaceOrder():
            yield from _prices(command)
            yield from _parts(command)
            yield from _protection(command)
        case ModifyOrder() if not (command.quantity or command.price or command.trigger):
            yield "neither quantity nor price nor trigger is given"
        case Protect():
            if not (command.stop or command.target or command.trailing or command.lasts):
                yield "neither stop nor target nor trailing nor lasts is given"
            yield from _protection(command)
        case CancelOrders() if command.client_order_ids and command.symbol is None:
            yield "orders are named without their symbol"


def _prices(order: PlaceOrder) -> Iterator[str]:
    """An order has the prices that its type asks for, and no others."""
    for name, price, types in (
        ("price", order.price, LIMITED),
        ("trigger", order.trigger, TRIGGERED),
    ):
        if (order.type in types) != (price is not None):
            need = "needs a" if price is None else "has no"
            yield f"an order of type {order.type} {need} {name}"
    if order.post_only and order.type is not OrderType.LIMIT:
        yield f"an order of type {order.type} cannot be post-only"


def _protection(command: PlaceOrder | Protect) -> Iterator[str]:
    """A stop that follows the price needs a distance, and time goes forward."""
    distance, share = (
        (command.trailing or "").removesuffix("%"),
        (command.trailing or "")[-1:] == "%",
    )
    if command.trailing is not None and not _amount(distance):
        yield f"trailing {command.trailing[:40]!r} is no distance: 150 or 1.5% is one"
    elif share and Decimal(distance) >= 100:
        yield f"trailing {command.trailing} is not less than the price"
    if command.activation is not None and command.trailing is None:
        yield "there is an activation and nothing that trails"
    if command.lasts is not None and command.lasts <= 0:
        yield f"lasts {command.lasts} ns is no time"


def _parts(order: PlaceOrder) -> Iterator[str]:
    """Only a limit order that waits can show a part of itself at a time."""
    if AMOUNT.fullmatch(order.variance) is None or Decimal(order.variance) >= 1:
        yield f"variance {order.variance[:40]!r} is no share from 0 to below 1"
    if order.visible is None or not (_amount(order.visible) and _amount(order.quantity)):
        return
    if order.type is not OrderType.LIMIT or order.time_in_force is not TimeInForce.GTC:
        yield "only a limit order that is good till cancelled can be visible in part"
    parts = Decimal(order.quantity) / Decimal(order.visible)
    if not 1 <= parts <= MOST_PARTS:
        yield f"visible {order.visible} is not from a {MOST_PARTS}th of the quantity to all of it"


def _amount(text: str) -> bool:
    return AMOUNT.fullmatch(text) is not None and text.strip("0.") != ""


def _concerns(raw: Any, symbol: str, venue: str) -> bool:
    """What does not say which market it is about concerns every one."""
    command = raw.get("command") if isinstance(raw, dict) else None
    if not isinstance(command, dict):
        return True
    same = command.get("symbol") in (None, symbol)
    return same and (command.get("kind") != "place_order" or command.get("venue") == venue)


def _parsed(raw: Any, row: ControlState) -> Request:
    try:
        asked = Asked.model_validate(raw)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in problem["loc"])
        return _bad(raw, row.seq, row.seen_time, f"{place or 'request'}: {problem['msg']}")
    why = fault(asked.command)
    reason = Reason.BAD_COMMAND if why else None
    return Request(asked.number, asked.id, asked.seen, asked.by, asked.command, reason, why)


def _bad(raw: Any, number: int, seen: int, why: str) -> Request:
    """A request of which only some fields can be told; the row's own figures where they cannot."""
    known = raw if isinstance(raw, dict) else {}
    given = known.get("number")
    return Request(
        given if type(given) is int else number,
        str(known.get("id") or ""),
        seen,
        str(known.get("by") or ""),
        None,
        Reason.BAD_COMMAND,
        why,
    )


def _aged(request: Request, now: int) -> Request:
    if request.reason is not None or now <= request.seen + LIFETIME:
        return request
    why = f"older than {LIFETIME // 1_000_000_000} s"
    return Request(
        request.number, request.id, request.seen, request.by, request.command, Reason.EXPIRED, why
    )
