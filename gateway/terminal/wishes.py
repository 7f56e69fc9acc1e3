"""What is asked of every command, before its name: `tapeline --direct halt`."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.terminal.output import Output

if TYPE_CHECKING:
    from topics.settings import Settings

Direct = Annotated[
    bool, typer.Option("--direct", help="Use the desk's topics, also where its gateway is up.")
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say by which road it goes.")]


@dataclass(frozen=True, slots=True)
class Wishes:
    """direct: not by a gateway. verbose: more is told, on stderr."""

    direct: bool = False
    verbose: bool = False

    def detail(self, text: str, output: Output) -> None:
        """Tell what is of interest to few."""
        if self.verbose:
            output.note(text)


def of_this_home(known: Settings, output: Output) -> None:
    """Say, where commands of this home go to a desk far away, that this one does not."""
    from gateway.client.desk import chosen

    desk = chosen(known, wished().direct)
    if desk is not None and not desk.own:
        output.note(f"this is of the desk of {known.home}, not of {desk.address}")


_wishes: ContextVar[Wishes | None] = ContextVar("wishes", default=None)


def wished() -> Wishes:
    """Those of the command line that runs; none where there is no command line."""
    return _wishes.get() or Wishes()


def wish(given: Wishes) -> None:
    """From now on these."""
    _wishes.set(given)
