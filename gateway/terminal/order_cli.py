"""Orders by hand: they pass the same risk gate as those of strategies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from gateway.terminal.options import WAIT, Account, Json, Wait

if TYPE_CHECKING:
    from schemas.commands import Command

orders = typer.Typer(help="Place, change, cancel, approve and reject.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(metavar="ID", help="The client order id.")]
Of = Annotated[str, typer.Option(help="The symbol that the order is for.")]
Type = Literal["market", "limit", "stop", "stop_limit"]
Force = Literal["gtc", "ioc", "fok"]
Price = Annotated[str | None, typer.Option(help="Limit price.")]
Trailing = Annotated[
    str | None, typer.Option(help="The stop follows the price at that distance: 150 or 1.5%.")
]
Activation = Annotated[str | None, typer.Option(help="Price from which on it follows.")]
Lasts = Annotated[str | None, typer.Option(help="Close what is held after 90s, 15min, 4h or 2d.")]
Trigger = Annotated[str | None, typer.Option(help="Price that wakes a stop order up.")]


def give(command: Command, account: str | None, wait: float, json: bool) -> None:
    """Ask the desk and end with its answer's exit code."""
    from gateway.control.asking import ask
    from gateway.terminal.output import Output

    raise typer.Exit(ask(command, account, Output(json), wait))


@orders.command()
def place(
    symbol: Annotated[str, typer.Argument(help="For example BTC/USDT:USDT.")],
    side: Annotated[Literal["buy", "sell"], typer.Argument(help="Which side.")],
    quantity: Annotated[str, typer.Argument(help="In base, or contracts.")],
    type: Annotated[Type | None, typer.Option(help="Default: as its prices ask for.")] = None,
    price: Price = None,
    trigger: Trigger = None,
    tif: Annotated[
        Force | None, typer.Option(help="How long it lives; default: ioc for market, else gtc.")
    ] = None,
    stop: Annotated[str | None, typer.Option(help="Stop loss that comes with its fills.")] = None,
    target: Annotated[str | None, typer.Option(help="Take profit, likewise.")] = None,
    trailing: Trailing = None,
    activation: Activation = None,
    lasts: Lasts = None,
    reduce_only: Annotated[bool, typer.Option("--reduce-only", help="Never opens.")] = False,
    post_only: Annotated[bool, typer.Option("--post-only", help="Never takes.")] = False,
    visible: Annotated[
        str | None, typer.Option(help="Show no more than that at a time: an iceberg.")
    ] = None,
    variance: Annotated[
        str, typer.Option(help="Share by which what it shows varies, below 1.")
    ] = "0",
    venue: Annotated[str | None, typer.Option(help="Default: the only one that has it.")] = None,
    account: Account = None,
    wait: Wait = WAIT,
    json: Json = False,
) -> None:
    """Ask for an order; trading.orders tells what the risk gate says to it."""
    from engine.requests import natural
    from gateway.terminal.span import lasting
    from schemas.commands import PlaceOrder
    from schemas.orders import OrderType, TimeInForce

    kind = OrderType(type) if type else natural(price, trigger)
    force = tif or ("ioc" if kind is OrderType.MARKET else "gtc")
    command = PlaceOrder(
        venue=venue or "", symbol=symbol, side=side, quantity=quantity, type=kind,
        time_in_force=TimeInForce(force), price=price, trigger=trigger, stop=stop, target=target,
        trailing=trailing, activation=activation, lasts=lasting(lasts),
        reduce_only=reduce_only, post_only=post_only, visible=visible, variance=variance,
    )  # fmt: skip
    give(command, account, wait, json)


@orders.command()
def modify(
    order: Id,
    symbol: Of,
    quantity: Annotated[str | None, typer.Option(help="The whole of it.")] = None,
    price: Price = None,
    trigger: Trigger = None,
    account: Account = None,
    wait: Wait = WAIT,
    json: Json = False,
) -> None:
    """A new price, trigger or quantity for an order that rests."""
    from schemas.commands import ModifyOrder

    command = ModifyOrder(
        client_order_id=order, symbol=symbol, quantity=quantity, price=price, trigger=trigger
    )
    give(command, account, wait, json)


@orders.command()
def cancel(
    order: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Default: all of the symbol.")
    ] = None,
    symbol: Annotated[str | None, typer.Option(help="Default: all of the account.")] = None,
    account: Account = None,
    wait: Wait = WAIT,
    json: Json = False,
) -> None:
    """Cancel the orders named, all of a symbol, or all of the account."""
    from schemas.commands import CancelOrders

    give(CancelOrders(symbol=symbol, client_order_ids=tuple(order or ())), account, wait, json)


@orders.command()
def approve(
    order: Id, symbol: Of, account: Account = None, wait: Wait = WAIT, json: Json = False
) -> None:
    """Let an order go that waits for a person."""
    from schemas.commands import Approve

    give(Approve(client_order_id=order, symbol=symbol), account, wait, json)


@orders.command()
def reject(
    order: Id, symbol: Of, account: Account = None, wait: Wait = WAIT, json: Json = False
) -> None:
    """Drop an order that waits for a person."""
    from schemas.commands import Reject

    give(Reject(client_order_id=order, symbol=symbol), account, wait, json)
