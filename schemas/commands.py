"""control.commands and control.state: people's orders on the same road as data."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.orders import OrderType, TimeInForce
from schemas.record import Message, Record
from schemas.ticks import Side

DESK = "desk"
"""In place of an account: what holds for the whole desk. No account may be called that."""


class PlaceOrder(Message):
    """A manual order; passes the same risk gate as any other.

    trailing, activation, lasts: of its protection, as in schemas.orders.OrderCommand.
    visible: shows no more than that of itself at a time (an iceberg); variance: a share by which
    what it shows varies.
    """

    kind: Literal["place_order"] = "place_order"
    venue: str
    symbol: str
    side: Side
    type: OrderType = OrderType.MARKET
    time_in_force: TimeInForce = TimeInForce.IOC
    quantity: str
    price: str | None = None
    trigger: str | None = None
    stop: str | None = None
    target: str | None = None
    trailing: str | None = None
    activation: str | None = None
    lasts: int | None = None
    reduce_only: bool = False
    post_only: bool = False
    visible: str | None = None
    variance: str = "0"


class ModifyOrder(Message):
    """New price, trigger or quantity for a resting order."""

    kind: Literal["modify_order"] = "modify_order"
    client_order_id: str
    symbol: str
    quantity: str | None = None
    price: str | None = None
    trigger: str | None = None


class Protect(Message):
    """New protection for the position of a symbol; None leaves a part of it as it is.

    A stop without trailing is a fixed one, and ends the trailing that was there.
    """

    kind: Literal["protect"] = "protect"
    symbol: str
    stop: str | None = None
    target: str | None = None
    trailing: str | None = None
    activation: str | None = None
    lasts: int | None = None


class CancelOrders(Message):
    """Cancel the orders named (of the symbol), or all of the symbol, or all of the account."""

    kind: Literal["cancel_orders"] = "cancel_orders"
    symbol: str | None = None
    client_order_ids: tuple[str, ...] = ()


class Approve(Message):
    """Let a held-back order go."""

    kind: Literal["approve"] = "approve"
    client_order_id: str
    symbol: str


class Reject(Message):
    """Drop a held-back order."""

    kind: Literal["reject"] = "reject"
    client_order_id: str
    symbol: str


class Halt(Message):
    """No new entries until Resume; outlives restarts."""

    kind: Literal["halt"] = "halt"
    why: str


class Resume(Message):
    """Ends a Halt. lifts: by account, the sequence of the stages' own `halt` row that the person
    has seen, and that is ended too.
    """

    kind: Literal["resume"] = "resume"
    why: str
    lifts: dict[str, int] = {}


class Flatten(Message):
    """Close every position of the account, or that of the symbol, and cancel its orders."""

    kind: Literal["flatten"] = "flatten"
    symbol: str | None = None
    why: str


class SetMode(Message):
    """Whose orders go: paper and automatic, strategies' and people's; semi_automatic, strategies'
    once a person approves them in time; manual, people's only.
    """

    kind: Literal["set_mode"] = "set_mode"
    mode: Literal["paper", "manual", "semi_automatic", "automatic"]


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


class SelectModel(Message):
    """The version of a model, and its digest, that seats which follow it ask from now on.

    role: of those that follow its champion, or of those that try its challenger. It is for the
    account DESK: a model is the whole desk's.
    """

    kind: Literal["select_model"] = "select_model"
    model: str
    role: Literal["champion", "challenger"] = "champion"
    version: str
    digest: str
    why: str = ""


Command = Annotated[
    PlaceOrder
    | ModifyOrder
    | Protect
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
    | SetParameters
    | SelectModel,
    Field(discriminator="kind"),
]


class ControlCommand(Record):
    """One command of a person for an account, with who gave it."""

    account: str
    by: str
    command: Command


OWN = ("halt", "drawdown")
"""Settings in control.state that no person sets: a stage that gave up, and the account itself."""


class ControlState(Record):
    """control.state: what commands have set, one record a setting; those of OWN are the desk's."""

    account: str
    setting: str
    value: str
    why: str = ""
