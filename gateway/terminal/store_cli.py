"""`tapeline store`: the gateway's database."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.terminal.options import Json
from gateway.terminal.output import Output

store = typer.Typer(help="The gateway's database: orders, fills, decisions.", no_args_is_help=True)


@store.command()
def migrate(json: Json = False) -> None:
    """Bring the tables up to date; harmless where they are."""
    from gateway.store.commands import migrated

    raise typer.Exit(migrated(Output(json)))


@store.command()
def sink(json: Json = False) -> None:
    """Write the topics into the store, until Ctrl-C; killed at any time, it goes on from there."""
    from gateway.store.commands import sunk

    raise typer.Exit(sunk(Output(json)))


@store.command()
def rebuild(
    everything: Annotated[
        bool,
        typer.Option(
            "--everything",
            help="Give up also what the topics no longer have, or a store of other topics.",
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Make the tables of the sink anew from the topics; users and keys are left alone."""
    from gateway.store.commands import rebuilt

    raise typer.Exit(rebuilt(everything, Output(json)))
