"""Orders: asked for, changed, cancelled by people; what became of all of them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from engine.requests import fault, natural
from gateway.api.access import Account, Reader, market_of, order_of, owned, seen
from gateway.api.bodies import Cancel, Id, Modify, Place, Symbol
from gateway.api.commander import Given, Key
from gateway.api.lists import listed
from gateway.api.paging import Page, Paged
from gateway.api.problems import Problem
from gateway.api.services import Given as Services
from gateway.api.views import Fill, Order
from gateway.auth.guard import require
from gateway.auth.rights import Principal, Right
from schemas.commands import Approve, CancelOrders, ModifyOrder, PlaceOrder, Reject
from schemas.orders import OrderType, TimeInForce

router = APIRouter(tags=["orders"])

Trader = Annotated[Principal, Depends(require(Right.TRADE))]
Canceller = Annotated[Principal, Depends(require(Right.CANCEL))]
Approver = Annotated[Principal, Depends(require(Right.APPROVE))]
State = Annotated[str | None, Query(max_length=32, description="Only orders in that state.")]
OfSymbol = Annotated[Symbol | None, Query(description="Only of that symbol.")]


@router.get("/orders", response_model=Page[Order])
async def orders(
    services: Services, who: Reader, asked: Paged, account: Account = None,
    symbol: OfSymbol = None, state: State = None,
) -> Any:  # fmt: skip
    """The latest orders first, refused and waiting ones too."""
    rows = (
        row
        for name in seen(services, who, account)
        for row in services.live.hub.items("orders", name).values()
        if row["action"] in (None, "place")
        and symbol in (None, row["symbol"])
        and state in (None, row["state"])
    )
    return listed(rows, asked, "created")


@router.post("/orders", status_code=202)
async def place(services: Services, who: Trader, key: Key, body: Place) -> Given:
    """Ask for an order; the account's risk gate has the last word on it."""
    account = owned(services, who, body.account)
    kind = body.type or natural(body.price, body.trigger)
    force = TimeInForce.IOC if kind is OrderType.MARKET else TimeInForce.GTC
    told = body.model_dump(exclude={"account", "venue", "type", "time_in_force"})
    command = PlaceOrder(
        venue=market_of(services, body.symbol, body.venue), type=kind,
        time_in_force=body.time_in_force or force, **told,
    )  # fmt: skip
    return await _given(services, who, account, command, key)


@router.post("/orders/cancel", status_code=202)
async def cancel_some(services: Services, who: Canceller, key: Key, body: Cancel) -> Given:
    """Cancel the orders named, all of a symbol, or all of the account."""
    account = owned(services, who, body.account)
    command = CancelOrders(symbol=body.symbol, client_order_ids=body.orders)
    return await _given(services, who, account, command, key)


@router.get("/orders/{id}", response_model=Order)
async def order(services: Services, who: Reader, id: Id) -> Any:
    """One order, whatever it asks for."""
    return order_of(services, who, id)


@router.patch("/orders/{id}", status_code=202)
async def modify(services: Services, who: Trader, key: Key, id: Id, body: Modify) -> Given:
    """A new price, trigger or quantity for an order that rests."""
    found = order_of(services, who, id)
    command = ModifyOrder(client_order_id=id, symbol=found["symbol"], **body.model_dump())
    return await _given(services, who, found["account"], command, key)


@router.delete("/orders/{id}", status_code=202)
async def cancel(services: Services, who: Canceller, key: Key, id: Id) -> Given:
    """Cancel one order."""
    found = order_of(services, who, id)
    command = CancelOrders(symbol=found["symbol"], client_order_ids=(id,))
    return await _given(services, who, found["account"], command, key)


@router.post("/orders/{id}/approve", status_code=202)
async def approve(services: Services, who: Approver, key: Key, id: Id) -> Given:
    """Let an order go that waits for a person."""
    found = order_of(services, who, id)
    command = Approve(client_order_id=id, symbol=found["symbol"])
    return await _given(services, who, found["account"], command, key)


@router.post("/orders/{id}/reject", status_code=202)
async def reject(services: Services, who: Approver, key: Key, id: Id) -> Given:
    """Drop an order that waits for a person."""
    found = order_of(services, who, id)
    command = Reject(client_order_id=id, symbol=found["symbol"])
    return await _given(services, who, found["account"], command, key)


@router.get("/fills", response_model=Page[Fill])
async def fills(
    services: Services, who: Reader, asked: Paged, account: Account = None, symbol: OfSymbol = None
) -> Any:
    """The latest executions first."""
    rows = (
        row
        for name in seen(services, who, account)
        for row in services.live.hub.items("fills", name).values()
        if symbol in (None, row["symbol"])
    )
    return listed(rows, asked)


async def _given(
    services: Services, who: Principal, account: str,
    command: PlaceOrder | ModifyOrder | CancelOrders | Approve | Reject, key: str,
) -> Given:  # fmt: skip
    """Given, unless it makes no sense whatever the market says: 422."""
    if why := fault(command):
        raise Problem(422, "senseless", why)
    return await services.commander.give(who, account, command, key)
