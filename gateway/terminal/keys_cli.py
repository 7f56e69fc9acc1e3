"""Keys of exchanges and of providers: made, sealed and shown.

The private key is seen by the code of who uses them only.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.terminal.options import Json
from gateway.terminal.output import Output

keys = typer.Typer(help="Keys of live accounts and of advisors' providers.", no_args_is_help=True)
Of = Annotated[
    str, typer.Argument(metavar="ACCOUNT", help="The account, or advice:NAME of a provider.")
]


@keys.command()
def new(account: Of, json: Json = False) -> None:
    """Make the account's key pair if it has none, and print the public key."""
    from gateway.terminal.keys import new as make

    raise typer.Exit(make(account, Output(json)))


@keys.command()
def seal(
    account: Of,
    exchange: Annotated[
        str | None, typer.Option(help="Of an account: ccxt's id, binance, okx, bybit ...")
    ] = None,
    to: Annotated[
        str | None, typer.Option(metavar="PUBLIC_KEY", help="Default: the pair of this home.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option(help="Where to write it; default: this home's keys/.")
    ] = None,
    stdin: Annotated[
        bool,
        typer.Option("--stdin", help='Read {"key", "secret", "passphrase"}, or {"key"}, as JSON.'),
    ] = False,
    json: Json = False,
) -> None:
    """Ask for key, secret and passphrase, and seal them to the one process that uses them."""
    from gateway.terminal.keys import seal as close

    raise typer.Exit(close(account, exchange, to, file, stdin, Output(json)))


@keys.command()
def show(
    account: Of,
    file: Annotated[Path | None, typer.Option(help="The sealed file, if it is elsewhere.")] = None,
    json: Json = False,
) -> None:
    """Exchange and fingerprints of a sealed key; exit code 1 if it cannot be opened here."""
    from gateway.terminal.keys import show as tell

    raise typer.Exit(tell(account, file, Output(json)))
