"""control.commands and control.state: people's orders on the same road as data."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.orders import OrderType, TimeInForce
from schemas.record import Message, Record
from schemas.ticks import Side


class PlaceOrder(Message):
    """A manual order; passes the same risk gate as any other."""

    kind: Literal["place_order"] = "place_order"
    venue: str
    symbol: str
    side: Side
    type: OrderType = OrderType.MARKET
    time_in_force: TimeInForce = TimeInForce.IOC
    quantity: str
    price: str | None = None


class ModifyOrder(Message):
    """New price or quantity for a resting order."""

    kind: Literal["modify_order"] = "modify_order"
    client_order_id: str
    quantity: str | None = None
    price: str | None = None


class CancelOrders(Message):
    """Cancel the orders named, or all of the account when none is."""

    kind: Literal["cancel_orders"] = "cancel_orders"
    client_order_ids: tuple[str, ...] = ()


class Approve(Message):
    """Let a held-back order go."""

    kind: Literal["approve"] = "approve"
    client_order_id: str


class Reject(Message):
    """Drop a held-back order."""

    kind: Literal["reject"] = "reject"
    client_order_id: str


class Halt(Message):
    """No new entries until Resume; outlives restarts."""

    kind: Literal["halt"] = "halt"
    why: str


class Resume(Message):
    """Ends a Halt."""

    kind: Literal["resume"] = "resume"
    why: str


class Flatten(Message):
    """Close every position of the account."""

    kind: Literal["flatten"] = "flatten"
    why: str


class SetMode(Message):
    """How orders of the account are carried out."""

    kind: Literal["set_mode"] = "set_mode"
    mode: Literal["paper", "manual", "automatic"]


class SetLimit(Message):
    """One risk limit of the account, by name."""

    kind: Literal["set_limit"] = "set_limit"
    name: str
    value: str


class StartStrategy(Message):
    """Begin to trade a strategy on symbols."""

    kind: Literal["start_strategy"] = "start_strategy"
    strategy: str
    symbols: tuple[str, ...] = ()


class StopStrategy(Message):
    """Stop a strategy; its positions stay."""

    kind: Literal["stop_strategy"] = "stop_strategy"
    strategy: str


class SetParameters(Message):
    """New parameters of a strategy."""

    kind: Literal["set_parameters"] = "set_parameters"
    strategy: str
    parameters: dict[str, str]


Command = Annotated[
    PlaceOrder
    | ModifyOrder
    | CancelOrders
    | Approve
    | Reject
    | Halt
    | Resume
    | Flatten
    | SetMode
    | SetLimit
    | StartStrategy
    | StopStrategy
    | SetParameters,
    Field(discriminator="kind"),
]


class ControlCommand(Record):
    """One command of a person for an account, with who gave it."""

    account: str
    by: str
    command: Command


class ControlState(Record):
    """control.state: what commands have set, one record a setting."""

    account: str
    setting: str
    value: str
    why: str = ""
