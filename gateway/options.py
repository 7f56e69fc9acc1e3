"""Options that several commands have."""

from __future__ import annotations

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Machine-readable: JSON objects on stdout.")]
Account = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Which account; '*': all of them. Default: the only one."),
]
Wait = Annotated[float, typer.Option(min=0, help="Seconds to wait for the desk's answer.")]
WAIT = 5.0
Why = Annotated[str, typer.Option(help="The reason, kept with the command.")]
WHY = "by hand"
