"""Commands by which people steer the desk while it runs: halts, modes, limits, strategies."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from gateway.terminal.options import WAIT, WHY, Account, Json, Wait, Why
from gateway.terminal.order_cli import Activation, Lasts, Trailing, give, orders

people = typer.Typer()
strategies = typer.Typer(help="Start, stop and tune strategies.", no_args_is_help=True)
people.add_typer(strategies, name="strategy")
people.add_typer(orders, name="order")

Name = Annotated[str, typer.Argument(help="The strategy.")]


@people.command()
def halt(why: Why = WHY, account: Account = None, wait: Wait = WAIT, json: Json = False) -> None:
    """No new entries until `resume`; what is held can still be closed."""
    from schemas.commands import Halt

    give(Halt(why=why), account, wait, json)


@people.command()
def resume(why: Why = WHY, account: Account = None, wait: Wait = WAIT, json: Json = False) -> None:
    """End a halt: that of a person, and that which the desk itself has set by now."""
    from schemas.commands import Resume

    give(Resume(why=why), account, wait, json)


@people.command()
def flatten(
    symbol: Annotated[str | None, typer.Option(help="Only this one.")] = None,
    why: Why = WHY,
    account: Account = None,
    wait: Wait = WAIT,
    json: Json = False,
) -> None:
    """Cancel orders and close positions."""
    from schemas.commands import Flatten

    give(Flatten(symbol=symbol, why=why), account, wait, json)


@people.command()
def mode(
    mode: Annotated[
        Literal["paper", "manual", "semi_automatic", "automatic"], typer.Argument(help="How.")
    ],
    account: Account = None,
    wait: Wait = WAIT,
    json: Json = False,
) -> None:
    """Whose orders go. manual: people's; semi_automatic: a strategy's waits for `order approve`."""
    from schemas.commands import SetMode

    give(SetMode(mode=mode), account, wait, json)


@people.command()
def limit(
    name: Annotated[str, typer.Argument(help="A risk limit, as in [risk] of tapeline.toml.")],
    value: Annotated[str, typer.Argument(help="Its new value.")],
    account: Account = None,
    wait: Wait = WAIT,
    json: Json = False,
) -> None:
    """Set a risk limit of an account."""
    from schemas.commands import SetLimit

    give(SetLimit(name=name, value=value), account, wait, json)


@people.command()
def protect(
    symbol: Annotated[str, typer.Argument(help="Whose position.")],
    stop: Annotated[str | None, typer.Option(help="Price of the stop loss.")] = None,
    target: Annotated[str | None, typer.Option(help="Price of the take profit.")] = None,
    trailing: Trailing = None,
    activation: Activation = None,
    lasts: Lasts = None,
    account: Account = None,
    wait: Wait = WAIT,
    json: Json = False,
) -> None:
    """A new stop loss and take profit for a position; what is not given stays."""
    from gateway.terminal.span import lasting
    from schemas.commands import Protect

    command = Protect(
        symbol=symbol, stop=stop, target=target, trailing=trailing, activation=activation,
        lasts=lasting(lasts),
    )  # fmt: skip
    give(command, account, wait, json)


@strategies.command()
def start(
    name: Name,
    symbol: Annotated[
        list[str] | None, typer.Option(help="Only on this one; may be repeated.")
    ] = None,
    account: Account = None,
    wait: Wait = WAIT,
    json: Json = False,
) -> None:
    """Let an account trade a strategy."""
    from schemas.commands import StartStrategy

    give(StartStrategy(strategy=name, symbols=tuple(symbol or ())), account, wait, json)


@strategies.command()
def stop(name: Name, account: Account = None, wait: Wait = WAIT, json: Json = False) -> None:
    """Let it trade no more; its positions stay."""
    from schemas.commands import StopStrategy

    give(StopStrategy(strategy=name), account, wait, json)


@strategies.command("set")
def tune(
    name: Name,
    parameters: Annotated[list[str], typer.Argument(metavar="KEY=VALUE...", help="To be set.")],
    account: Account = None,
    wait: Wait = WAIT,
    json: Json = False,
) -> None:
    """Set parameters of a strategy; those that are not named stay."""
    from schemas.commands import SetParameters

    pairs = [text.partition("=") for text in parameters]
    if not all(key and equals for key, equals, _ in pairs):
        raise typer.BadParameter("parameters are of the form KEY=VALUE", param_hint="KEY=VALUE")
    given = {key: value for key, _, value in pairs}
    give(SetParameters(strategy=name, parameters=given), account, wait, json)
