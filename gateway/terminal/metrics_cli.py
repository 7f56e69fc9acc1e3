"""`tapeline metrics`."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.terminal.options import Json
from gateway.terminal.output import Output

watched = typer.Typer()


@watched.command()
def metrics(
    name: Annotated[
        str, typer.Argument(metavar="[NAME]", help="Only values whose name has this in it.")
    ] = "",
    every: Annotated[
        bool, typer.Option("--all", help="Also memory, processor time and open files.")
    ] = False,
    json: Json = False,
) -> None:
    """What each process of the running desk tells Prometheus; exit code 1 when one is not ready."""
    from gateway.watching.metrics import metrics as tell

    raise typer.Exit(tell(name, every, Output(json)))
