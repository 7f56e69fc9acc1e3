"""What came of trading: earnings, and how the orders fared."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.terminal.options import Json
from gateway.terminal.output import Output

results = typer.Typer()
OfAccount = Annotated[str | None, typer.Option("--account", help="Only this account.")]


@results.command()
def pnl(
    account: OfAccount = None,
    strategy: Annotated[str | None, typer.Option(help="Only this strategy's trading.")] = None,
    since: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="From a date or RFC 3339 time on.")
    ] = None,
    until: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Before it.")] = None,
    curve: Annotated[bool, typer.Option("--curve", help="Every point of the equity.")] = False,
    json: Json = False,
) -> None:
    """What was earned: PnL, round trips, drawdown, Sharpe, by strategy and symbol."""
    from gateway.watching.pnl import pnl as tell

    raise typer.Exit(tell(account, strategy, since, until, curve, Output(json)))


@results.command()
def statistics(
    account: OfAccount = None,
    venue: Annotated[str | None, typer.Option(help="Only this venue.")] = None,
    symbol: Annotated[str | None, typer.Option(help="Only this symbol.")] = None,
    day: Annotated[
        str | None, typer.Option(metavar="DATE", help="Only this day, in UTC: 2024-08-09.")
    ] = None,
    latency: Annotated[
        bool, typer.Option(help="How long orders took to the venue and back, of all days instead.")
    ] = False,
    json: Json = False,
) -> None:
    """How orders fared: fill rate, volume, fees, slippage, success, by symbol, venue and day."""
    from gateway.watching.tallies import Wanted
    from gateway.watching.tallies import statistics as tell

    wanted = Wanted.of(account, venue, symbol, day)
    raise typer.Exit(tell(wanted, Output(json), latency=latency))
