"""What proves the desk: an order explained, a past run made again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.terminal.options import Archive, Json, LookAhead
from gateway.terminal.output import Output

proof = typer.Typer()


@proof.command()
def verify(
    run: Annotated[
        str | None,
        typer.Argument(help="The prefix of the run's topics; else that of the settings."),
    ] = None,
    archive: Archive = None,
    look_ahead: LookAhead = False,
    json: Json = False,
) -> None:
    """Make a past run again from its raw records; names the first byte that differs."""
    from gateway.proof.verify import verify as run_again

    raise typer.Exit(run_again(run, archive, Output(json), look_ahead))


@proof.command()
def why(
    order: Annotated[str, typer.Argument(help="A client order id, or the beginning of one.")],
    full: Annotated[bool, typer.Option("--full", help="Frames in full length.")] = False,
    archive: Archive = None,
    page: Annotated[
        Path | None, typer.Option("--page", metavar="FILE", help="Write it as an HTML page too.")
    ] = None,
    text: Annotated[
        Path | None, typer.Option("--text", metavar="FILE", help="Write what is shown too.")
    ] = None,
    json: Json = False,
) -> None:
    """Explain an order back to the raw frames, re-computed and compared."""
    from gateway.proof.why import why as explain

    raise typer.Exit(explain(order, full, Output(json), page, archive, text))


@proof.command()
def compare(
    run: Annotated[
        str | None,
        typer.Argument(help="The prefix of the run's topics; else that of the settings."),
    ] = None,
    other: Annotated[
        str | None,
        typer.Option("--with", metavar="RUN", help="Another run's prefix; else its own backtest."),
    ] = None,
    archive: Archive = None,
    account: Annotated[str | None, typer.Option("--account", help="Only this account.")] = None,
    json: Json = False,
) -> None:
    """What a run earned beside its own backtest, the difference split by cause."""
    from gateway.proof.compare import compare as beside

    raise typer.Exit(beside(run, other, archive, account, Output(json)))
