"""Market makers on recorded level events."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.terminal.options import Files, Json, Market, Venue
from gateway.terminal.output import Output

levels = typer.Typer()


@levels.command("backtest-depth")
def backtest_depth(
    files: Files,
    strategy: Annotated[
        str, typer.Option(help="grid, avellaneda, or a file of yours that ends in .py.")
    ] = "grid",
    given: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="A setting of the strategy; several."),
    ] = None,
    venue: Venue = None,
    market: Market = None,
    symbol: Annotated[
        str | None, typer.Option(help="Which market, where the files hold several.")
    ] = None,
    kept: Annotated[
        Path | None,
        typer.Option("--columns", metavar="FILE", help="Keep the columns there, or take them."),
    ] = None,
    curve: Annotated[bool, typer.Option("--curve", help="Every point of the profit.")] = False,
    json: Json = False,
) -> None:
    """A market maker on recorded books and trades: queues, latencies and fills, compiled."""
    from gateway.backtests.depth import depth

    told = (given or [], venue, market, symbol, kept, curve, Output(json))
    raise typer.Exit(depth(files, strategy, *told))
