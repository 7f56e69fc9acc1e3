"""`tapeline audit` and `tapeline users`: the gateway's audit log, and who cannot sign in."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.terminal.options import Json

trusted = typer.Typer()
users = typer.Typer(help="Users of the gateway.", no_args_is_help=True)
trusted.add_typer(users, name="users")


@trusted.command()
def audit(
    verify: Annotated[
        bool, typer.Option("--verify", help="Prove that no entry was changed or removed.")
    ] = False,
    alone: Annotated[
        bool, typer.Option("--alone", help="Without the hashes that system.events has.")
    ] = False,
    json: Json = False,
) -> None:
    """The gateway's audit log: proves it whole against its own chain and system.events."""
    from gateway.auth.commands import verify as proved
    from gateway.terminal.output import Output

    if not verify:
        raise typer.BadParameter("say --verify; entries are shown at /v1/audit and on the page")
    raise typer.Exit(proved(alone, Output(json)))


@users.callback()
def _common() -> None:
    pass


@users.command()
def link(
    name: Annotated[str, typer.Argument(help="The user.")],
    json: Json = False,
) -> None:
    """A one-time link by which a user sets a new password; what was asked of an app is dropped."""
    from gateway.auth.commands import link as made
    from gateway.terminal.output import Output

    raise typer.Exit(made(name, Output(json)))
