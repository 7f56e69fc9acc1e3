"""What a desk holds and has done: positions, portfolio, fills, limits, orders, strategies."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.terminal.control_cli import strategies
from gateway.terminal.options import Json
from gateway.terminal.order_cli import orders

looks = typer.Typer()
OfAccount = Annotated[str | None, typer.Option("--account", help="Only this account.")]
OfSymbol = Annotated[str | None, typer.Option("--symbol", help="Only of this symbol.")]
Most = Annotated[int, typer.Option("--limit", min=1, max=10_000, help="Most rows, latest first.")]
MOST = 50


@looks.command()
def positions(account: OfAccount = None, json: Json = False) -> None:
    """What is held."""
    from gateway.terminal.output import Output
    from gateway.watching.looks import POSITIONS, listed

    raise typer.Exit(listed(POSITIONS, None, Output(json), account=account))


@looks.command()
def portfolio(account: OfAccount = None, json: Json = False) -> None:
    """Accounts, their strategies' shares and their positions, with what they are worth."""
    from gateway.terminal.output import Output
    from gateway.watching.looks import PORTFOLIO, listed

    raise typer.Exit(listed(PORTFOLIO, None, Output(json), account=account))


@looks.command()
def fills(
    account: OfAccount = None, symbol: OfSymbol = None, limit: Most = MOST, json: Json = False
) -> None:
    """The latest executions."""
    from gateway.terminal.output import Output
    from gateway.watching.looks import FILLS, listed

    raise typer.Exit(listed(FILLS, limit, Output(json), account=account, symbol=symbol))


@looks.command()
def limits(account: OfAccount = None, json: Json = False) -> None:
    """The risk limits that hold, and which of them a person has set."""
    from gateway.terminal.output import Output
    from gateway.watching.looks import LIMITS, listed

    raise typer.Exit(listed(LIMITS, None, Output(json), account=account))


@strategies.command("list")
def strategy_list(account: OfAccount = None, json: Json = False) -> None:
    """The strategies of each account, as people have set them."""
    from gateway.terminal.output import Output
    from gateway.watching.looks import STRATEGIES, listed

    raise typer.Exit(listed(STRATEGIES, None, Output(json), account=account))


@orders.command("list")
def order_list(
    account: OfAccount = None,
    symbol: OfSymbol = None,
    state: Annotated[str | None, typer.Option(help="Only in this state: open, filled ...")] = None,
    limit: Most = MOST,
    json: Json = False,
) -> None:
    """The latest orders, refused and waiting ones too."""
    from gateway.terminal.output import Output
    from gateway.watching.looks import ORDERS, listed

    asked = {"account": account, "symbol": symbol, "state": state}
    raise typer.Exit(listed(ORDERS, limit, Output(json), **asked))


@orders.command()
def show(
    order: Annotated[str, typer.Argument(metavar="ID", help="The client order id.")],
    json: Json = False,
) -> None:
    """All that is known of an order; `tapeline why` tells how it came to be."""
    from gateway.terminal.output import Output
    from gateway.watching.looks import one_order

    raise typer.Exit(one_order(order, Output(json)))
