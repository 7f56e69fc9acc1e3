"""A person's command from the terminal: given, answered by the desk, shown."""

from __future__ import annotations

import difflib
import getpass
import time
from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from gateway.broker import require
from gateway.commanding import CommandTopic, give
from gateway.follower import Follower
from gateway.options import WAIT
from gateway.output import Output
from schemas import names
from schemas.codec import decode
from schemas.commands import DESK, Command, ControlCommand, ControlState, Resume
from schemas.errors import TapelineError
from schemas.record import symbol_of, venue_of
from topics.reading import latest, read_all
from topics.settings import Settings, settings

EVERY = "*"


class NotTaken(TapelineError):
    """A command that cannot be given as it was typed."""


def ask(command: Command, account: str | None, output: Output, wait: float = WAIT) -> int:
    """Give the command and wait for the desk's answer; 0 only when every account has taken it."""
    known = settings()
    chosen = account_of(account, known.accounts)
    addressed = known.accounts if chosen == EVERY else (chosen,)
    require(known)
    if isinstance(command, Resume):
        command = command.model_copy(update={"lifts": halts(known, addressed)})
    return _given(known, chosen, addressed, command, output, wait)


def of_desk(command: Command, output: Output, wait: float = WAIT) -> int:
    """The same of a command for the whole desk."""
    known = settings()
    require(known)
    return _given(known, DESK, (DESK,), command, output, wait)


def _given(
    known: Settings, chosen: str, addressed: Sequence[str], command: Command, output: Output,
    wait: float,
) -> int:  # fmt: skip
    with Follower(known, [names.STATE]) as follower, CommandTopic(known) as road:
        record = give(road, chosen, command, getpass.getuser())
        rows = answers(follower, record.id, addressed, wait)
    return tell(record, addressed, rows, wait, output)


def account_of(given: str | None, accounts: Sequence[str]) -> str:
    """The account that is meant; NotTaken, naming those there are, where that is not clear."""
    if given is None and len(accounts) == 1:
        return accounts[0]
    known = ", ".join(accounts)
    if given is None:
        raise NotTaken(f"there are several accounts: name one with --account ({known}, or '*')")
    if given != EVERY and given not in accounts:
        raise NotTaken(f"there is no account {given}: choose from {known}, or '*' for all")
    return given


def halts(known: Settings, accounts: Sequence[str]) -> dict[str, int]:
    """The sequence of each account's own halt that the desk has set, where there is one."""
    found = latest(known, names.STATE, [f"{account}:halt" for account in accounts])
    rows = [decode(ControlState, bytes(each.value() or b"")) for each in found.values()]
    return {row.account: row.seq for row in rows if row.value == "true"}


def answers(
    follower: Follower, cause: str, accounts: Sequence[str], wait: float
) -> list[ControlState]:
    """The rows that answer a command, by the time that every account has or `wait` s are over."""
    until, rows = time.monotonic() + wait, list[ControlState]()
    while set(accounts) - {row.account for row in rows}:
        left = until - time.monotonic()
        if left <= 0:
            break
        rows += _come(follower, cause, min(left, 0.2))
    return rows + _come(follower, cause, 0.05) if rows else rows


def _come(follower: Follower, cause: str, wait: float) -> list[ControlState]:
    wanted = cause.encode()
    values = [bytes(message.value() or b"") for _, message in follower.poll(wait)]
    found = [decode(ControlState, value) for value in values if wanted in value]
    return [row for row in found if row.cause == cause]


def tell(
    record: ControlCommand,
    accounts: Sequence[str],
    rows: Sequence[ControlState],
    wait: float,
    output: Output,
) -> int:
    """Show the answers; 1 where an account has refused, or has not answered yet."""
    silent = [each for each in accounts if each not in {row.account for row in rows}]
    refused = [row for row in rows if row.setting == "refused"]
    if output.json:
        output.object(
            {
                "id": record.id,
                "account": record.account,
                "seq": record.seq,
                "command": record.command.model_dump(mode="json"),
                "taken": not silent and not refused,
                "answers": [_row(row) for row in rows],
                "silent": silent,
            }
        )
    else:
        for text in _words(rows):
            output.show(text)
        for row in refused:
            output.note(f"tapeline: {row.account} refuses: {row.why}")
        for account in silent:
            output.note(
                f"tapeline: {account} has not answered in {wait:g} s: does the stage control run? "
                "(tapeline status) The command stays on control.commands until it does"
            )
    return int(bool(silent or refused))


def _words(rows: Sequence[ControlState]) -> Iterator[str]:
    for row in rows:
        if row.setting == "requests":
            yield f"{row.account}: request {_number(row)} is taken ({row.cause})"
        elif row.setting not in ("refused", "resumed"):
            yield f"{row.account}: {row.setting} = {row.value}"


def _row(row: ControlState) -> dict[str, Any]:
    """A row for programs; of the requests only the number of this one."""
    value = _number(row) if row.setting == "requests" else row.value
    return {"account": row.account, "setting": row.setting, "value": value, "why": row.why}


def _number(row: ControlState) -> int:
    return next(
        (each["number"] for each in orjson.loads(row.value) if each["id"] == row.cause), row.seq
    )


def venue_for(symbol: str, given: str | None) -> str:
    """The venue where a symbol is traded; NotTaken where it must be named, or there is none."""
    if given is not None:
        return given
    known = settings()
    require(known)
    keys = {bytes(each.key() or b"").decode() for each in read_all(known, names.INSTRUMENTS)}
    venues = sorted(venue_of(key) for key in keys if symbol_of(key) == symbol)
    if len(venues) == 1:
        return venues[0]
    if venues:
        raise NotTaken(f"{symbol} is traded on {', '.join(venues)}: name one with --venue")
    near = difflib.get_close_matches(symbol, sorted({symbol_of(key) for key in keys}), 3, 0.5)
    hint = f"is it {' or '.join(near)}?" if near else "name the venue with --venue"
    raise NotTaken(f"no instrument {symbol} is known: {hint}")
