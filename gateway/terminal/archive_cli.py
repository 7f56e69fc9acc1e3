"""What deals with the archive of topics: its catalog, and what is imported into it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.terminal.options import Files, Json, Market, Venue
from gateway.terminal.output import Output

archived = typer.Typer()


@archived.command()
def catalog(
    directory: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="The archive; else that of the settings.")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Do not read values, so that damage there is not seen.")
    ] = False,
    compact: Annotated[
        bool, typer.Option("--compact", help="Merge small files, and clear away unfinished ones.")
    ] = False,
    json: Json = False,
) -> None:
    """What is archived: spans, counts, gaps and bytes; exit code 1 when a file is damaged."""
    from gateway.archive.archived import catalog as tell

    raise typer.Exit(tell(directory, quick, compact, Output(json)))


@archived.command(name="import")
def imported(
    files: Files,
    trades: Annotated[
        str | None,
        typer.Option("--trades", metavar="KEY", help="They are tables of this market's trades."),
    ] = None,
    candles: Annotated[
        str | None,
        typer.Option("--candles", metavar="KEY", help="They are tables of this market's candles."),
    ] = None,
    directory: Annotated[
        Path | None, typer.Option("--archive", metavar="DIR", help="Else that of the settings.")
    ] = None,
    run: Annotated[
        str, typer.Option("--run", metavar="PREFIX", help="Put before the topics' names.")
    ] = "",
    venue: Venue = None,
    market: Market = None,
    json: Json = False,
) -> None:
    """Recordings, or tables of trades or candles (CSV, Parquet), into an archive."""
    from gateway.archive import importing

    into = importing.Into(directory, run, Output(json))
    if trades is not None:
        code = importing.traded(files, into, importing.market_key(trades))
    elif candles is not None:
        code = importing.candled(files, into, importing.market_key(candles))
    else:
        code = importing.recorded(files, into, venue, market)
    raise typer.Exit(code)
