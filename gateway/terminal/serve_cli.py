"""`tapeline gateway`: the API for people and programs, until Ctrl-C."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.terminal.options import Json

served = typer.Typer()


@served.command()
def gateway(
    host: Annotated[str | None, typer.Option(help="Default: as the settings have it.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="0 takes a free one; default: 8765.")
    ] = None,
    json: Json = False,
) -> None:
    """Serve the API of this home's desk, until Ctrl-C; prints its address."""
    from gateway.server.serve import serve
    from gateway.terminal.output import Output

    raise typer.Exit(serve(host, port, Output(json)))
