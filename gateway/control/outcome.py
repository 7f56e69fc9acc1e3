"""What became of a person's command, told in one form by whatever road it went."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import orjson
from rich.text import Text

from gateway.terminal.output import Output, plain
from schemas.commands import ControlState

Road = Literal["api", "direct"]
"""By the gateway's API, or straight onto control.commands."""


class Answer(NamedTuple):
    """A row by which an account answers; of a request the value is its number."""

    account: str
    setting: str
    value: str | int
    why: str

    @classmethod
    def of(cls, row: ControlState) -> Answer:
        """From the record; of the requests only the number of this one."""
        value = _number(row) if row.setting == "requests" else row.value
        return cls(row.account, row.setting, value, row.why)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A command that was given. silent: accounts that have not answered in time."""

    id: str
    account: str
    seq: int
    command: dict[str, Any]
    answers: Sequence[Answer]
    silent: Sequence[str]
    road: Road

    @property
    def refused(self) -> list[Answer]:
        """By whom, and why."""
        return [row for row in self.answers if row.setting == "refused"]

    @property
    def taken(self) -> bool:
        """Whether every account has taken it."""
        return not self.silent and not self.refused

    def as_json(self) -> dict[str, Any]:
        """Everything, for programs."""
        return {
            "id": self.id,
            "account": self.account,
            "seq": self.seq,
            "command": self.command,
            "taken": self.taken,
            "answers": [row._asdict() for row in self.answers],
            "silent": list(self.silent),
            "road": self.road,
        }


def tell(outcome: Outcome, wait: float, output: Output) -> int:
    """Show it; 1 where an account has refused, or has not answered yet."""
    if output.json:
        output.object(outcome.as_json())
    else:
        _say(outcome, wait, output)
    return int(not outcome.taken)


def _say(outcome: Outcome, wait: float, output: Output) -> None:
    for text in _words(outcome):
        output.show(Text(plain(text)))
    for row in outcome.refused:
        output.note(f"tapeline: {row.account} refuses: {row.why}")
    for account in outcome.silent:
        output.note(
            f"tapeline: {account} has not answered in {wait:g} s: does the stage control run? "
            "(tapeline status) The command stays on control.commands until it does"
        )


def _words(outcome: Outcome) -> Iterator[str]:
    for row in outcome.answers:
        if row.setting == "requests":
            yield f"{row.account}: request {row.value} is taken ({outcome.id})"
        elif row.setting not in ("refused", "resumed"):
            yield f"{row.account}: {row.setting} = {row.value}"


def _number(row: ControlState) -> int:
    return next(
        (each["number"] for each in orjson.loads(row.value) if each["id"] == row.cause), row.seq
    )
