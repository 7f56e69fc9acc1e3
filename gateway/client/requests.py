"""A command as a request of the API: method, path and body."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import quote

from schemas import commands
from schemas.commands import Command
from schemas.errors import TapelineError

Row = dict[str, Any]


class Request(NamedTuple):
    """What is asked of a route."""

    method: str
    path: str
    body: Row


def request_of(command: Command, account: str) -> Request:
    """The request that gives a command for an account, which orders that are named have already."""
    named: Row = {"account": account}
    fields: Row = command.model_dump(mode="json", exclude={"kind"}, exclude_none=True)
    match command:
        case commands.PlaceOrder():
            left = () if command.venue else ("venue",)
            return Request("POST", "/orders", named | _without(fields, *left))
        case commands.ModifyOrder(client_order_id=id):
            given = _without(fields, "client_order_id", "symbol")
            return Request("PATCH", f"/orders/{part(id)}", given)
        case commands.CancelOrders(client_order_ids=ids):
            given = _without(fields, "client_order_ids") | {"orders": list(ids)}
            return Request("POST", "/orders/cancel", named | given)
        case commands.Approve(client_order_id=id) | commands.Reject(client_order_id=id):
            return Request("POST", f"/orders/{part(id)}/{command.kind}", {})
        case commands.Protect():
            return Request("POST", "/positions/protect", named | fields)
    return _steering(command, named, fields)


def _steering(command: Command, named: Row, fields: Row) -> Request:
    match command:
        case commands.Halt() | commands.Flatten():
            return Request("POST", f"/commands/{command.kind}", named | fields)
        case commands.Resume():
            return Request("POST", "/commands/resume", named | {"why": command.why})
        case commands.SetMode():
            return Request("POST", "/commands/mode", named | fields)
        case commands.SetLimit(name=name):
            return Request("PUT", f"/limits/{part(name)}", named | {"value": command.value})
        case commands.StartStrategy(strategy=name):
            given: Row = {"symbols": list(command.symbols)}
            return Request("POST", f"/strategies/{part(name)}/start", named | given)
        case commands.StopStrategy(strategy=name):
            return Request("POST", f"/strategies/{part(name)}/stop", named)
        case commands.SetParameters(strategy=name):
            given = {"parameters": command.parameters}
            return Request("PATCH", f"/strategies/{part(name)}", named | given)
    raise TapelineError(f"the API has no {command.kind}: --direct gives it on the desk's machine")


def _without(fields: Row, *names: str) -> Row:
    return {name: value for name, value in fields.items() if name not in names}


def part(name: str) -> str:
    """As a part of a path, whatever is in it."""
    return quote(name, safe="")
