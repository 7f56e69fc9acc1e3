"""Venues played from recordings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.terminal.options import Json
from gateway.terminal.output import Output

replayed = typer.Typer()


@replayed.command()
def feed(
    files: Annotated[list[Path], typer.Argument(help="Recordings of one venue.")],
    venue: Annotated[str, typer.Option("--venue", help="Whose they are.")],
    market: Annotated[str | None, typer.Option(help="Of all files, if nothing tells.")] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8766,
    speed: Annotated[float | None, typer.Option(min=0.01, help="Times as fast as it was.")] = None,
    rate: Annotated[float | None, typer.Option(min=0.01, help="Frames a second.")] = None,
    times: Annotated[int, typer.Option(min=1, help="How often it is played.")] = 1,
    faults: Annotated[Path | None, typer.Option(help="A JSON list of faults.")] = None,
    json: Json = False,
) -> None:
    """Play recordings in the venue's own protocol; as fast as clients read without a pace."""
    from gateway.recorded.feed import Played, run
    from infra.replaying.play import Pace

    played = Played(venue, files, market, Pace(speed, rate), times)
    raise typer.Exit(run(played, port, faults, Output(json)))


@replayed.command()
def record(
    out: Annotated[Path, typer.Option("--out", help="The folder of the files.")],
    venue: Annotated[
        str | None, typer.Option(help="One venue; without it all that the settings' feeds name.")
    ] = None,
    symbols: Annotated[
        list[str] | None,
        typer.Option("--symbols", "--symbol", help="Unified; by commas, or repeated."),
    ] = None,
    markets: Annotated[
        list[str] | None, typer.Option("--markets", "--market", help="All that is listed there.")
    ] = None,
    kinds: Annotated[
        list[str] | None, typer.Option("--kinds", "--kind", help="trades, quotes, book, ...")
    ] = None,
    seconds: Annotated[float | None, typer.Option(min=0, help="Then it ends.")] = None,
    megabytes: Annotated[int, typer.Option(min=1, help="Of a file; then the next.")] = 256,
    json: Json = False,
) -> None:
    """Record live feeds to files that decode, feed and replay read; until Ctrl-C."""
    from gateway.recorded.record import chosen, run
    from topics.settings import settings

    names = {"symbols": symbols, "markets": markets, "kinds": kinds}
    given = {
        name: [part for each in values for part in each.split(",") if part]
        for name, values in names.items()
        if values
    }
    feeds = chosen(settings(), venue, given)
    raise typer.Exit(run(feeds, settings(), out, seconds, megabytes * 1_000_000, Output(json)))
