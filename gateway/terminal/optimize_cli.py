"""Parameter search over backtests."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.terminal.options import Candles, Files, Jobs, Json, Judged, Market, Spread, Venue
from gateway.terminal.output import Output

optimized = typer.Typer()

Lasting = str | None


@optimized.command()
def optimize(
    files: Files,
    directory: Annotated[
        Path,
        typer.Option("--into", metavar="DIR", help="Keeps trials, to go on with."),
    ],
    axes: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUES",
            help="A setting and what to try: LOW:HIGH:STEP, LOW:HIGH, or a,b,c. May be repeated.",
        ),
    ] = None,
    method: Annotated[str, typer.Option(help="grid, random or tpe (Optuna).")] = "grid",
    trials: Annotated[
        int, typer.Option(min=1, help="At most so many a split, for random and tpe.")
    ] = 100,
    objective: Annotated[
        str, typer.Option(help="sharpe, sortino, calmar, return, drawdown, expectancy, ...")
    ] = "sharpe",
    least: Annotated[
        int, typer.Option("--min-trips", min=0, help="Round trips that a choice must have closed.")
    ] = 1,
    train: Annotated[
        Lasting, typer.Option(help="Walk forward: choose on so long (90s, 15min, 4h, 30d),")
    ] = None,
    test: Annotated[Lasting, typer.Option(help="and judge the choice on so long after it.")] = None,
    embargo: Annotated[Lasting, typer.Option(help="Left out between the two.")] = None,
    anchored: Annotated[
        bool, typer.Option("--anchored", help="Every train span begins at the beginning.")
    ] = False,
    since: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="Search from this time on.")
    ] = None,
    until: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Before it.")] = None,
    candles: Candles = None,
    spread: Spread = None,
    account: Judged = None,
    seed: Annotated[int, typer.Option(min=0, help="Of random and tpe.")] = 1,
    jobs: Jobs = None,
    venue: Venue = None,
    market: Market = None,
    json: Json = False,
) -> None:
    """Try settings on recordings, choose on one span, judge on the next; goes on where it was."""
    from gateway.research.asked import Asked
    from gateway.research.optimize import optimize as run
    from gateway.terminal.span import lasting, span

    asked = Asked(
        files=tuple(files), directory=directory, axes=tuple(axes or ()), method=method,
        trials=trials, objective=objective, least=least, train=lasting(train),
        test=lasting(test), embargo=lasting(embargo) or 0, anchored=anchored,
        within=span(since, until), account=account, seed=seed, jobs=jobs, venue=venue,
        market=market, candles=candles, spread=spread,
    )  # fmt: skip
    raise typer.Exit(run(asked, Output(json)))
