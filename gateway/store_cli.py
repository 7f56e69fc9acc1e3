"""`tapeline store`: the gateway's database."""

from __future__ import annotations

import typer

from gateway.options import Json
from gateway.output import Output

store = typer.Typer(help="The gateway's database: orders, fills, decisions.", no_args_is_help=True)


@store.callback()
def _common() -> None:
    pass


@store.command()
def migrate(json: Json = False) -> None:
    """Bring the tables up to date; harmless where they are."""
    from gateway.store.commands import migrated

    raise typer.Exit(migrated(Output(json)))
