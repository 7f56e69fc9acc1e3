"""`tapeline login` and `tapeline logout`: who uses a desk from this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.terminal.options import Json

signed = typer.Typer()


@signed.command()
def login(
    url: Annotated[
        str | None,
        typer.Argument(help="Of its gateway; default: this home's."),
    ] = None,
    user: Annotated[str | None, typer.Option(help="Your name; asked for if left out.")] = None,
    key_file: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="Keep this API key (-: of stdin) in place of signing in."
        ),
    ] = None,
    scope: Annotated[
        list[str] | None,
        typer.Option(metavar="RIGHT", help="All that it may, with read; may be repeated."),
    ] = None,
    days: Annotated[float, typer.Option(min=0.01, max=366, help="Then it ends by itself.")] = 7.0,
    json: Json = False,
) -> None:
    """Sign in at a gateway: commands of this home then go there, as you, until `logout`."""
    import os

    from gateway.client.desk import URL
    from gateway.client.login import login as sign_in
    from gateway.client.login import meant, with_key
    from gateway.server.door import address_of
    from gateway.terminal.output import Output
    from topics.settings import settings

    home, output = settings().home, Output(json)
    address = meant(url, os.environ.get(URL, ""), address_of(home))
    if key_file:
        raise typer.Exit(with_key(address, key_file, home, output))
    name = user or typer.prompt("Name", err=True)
    raise typer.Exit(sign_in(address, name, _typed, home, scope or (), days, output))


def _typed(what: str) -> str:
    return str(typer.prompt(what, hide_input=True, err=True))


@signed.command()
def logout(json: Json = False) -> None:
    """Revoke the key that `login` has made, and forget it."""
    from gateway.client.login import logout as sign_out
    from gateway.terminal.output import Output
    from topics.settings import settings

    raise typer.Exit(sign_out(settings().home, Output(json)))
