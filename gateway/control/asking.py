"""A person's command from the terminal: given, answered by the desk, shown."""

from __future__ import annotations

import difflib
import getpass
import os
import secrets
import time
from collections.abc import Sequence
from contextlib import closing

from gateway.auth.rights import LOCAL
from gateway.client.desk import Desk, chosen
from gateway.control.command_log import CommandLog
from gateway.control.once import give_once, id_of
from gateway.control.outcome import Answer, Outcome, tell
from gateway.running.broker import require
from gateway.terminal.accounts import EVERY, NotTaken, account_of
from gateway.terminal.options import WAIT
from gateway.terminal.output import Output
from gateway.terminal.wishes import of_this_home, wished
from gateway.watching.follower import Follower
from schemas import names
from schemas.codec import decode
from schemas.commands import DESK, Command, ControlState, PlaceOrder, Resume
from schemas.record import symbol_of, venue_of
from topics.reading import latest, read_all
from topics.settings import Settings, settings

BACK = 200
"""Rows of control.state that are looked back: a gateway may have given the command just before."""

KEY = "TAPELINE_IDEMPOTENCY_KEY"
"""Of the environment: the key of the next command, for a script that asks again after its death."""


def ask(command: Command, account: str | None, output: Output, wait: float = WAIT) -> int:
    """Give the command and wait for the desk's answer; 0 only when every account has taken it.

    By the API where a gateway is up, else onto the topic. Where this home's gateway does not answer
    the topic takes the command under the same id, so it counts once.
    """
    known, key = settings(), os.environ.get(KEY) or secrets.token_urlsafe(18)
    wishes = wished()
    desk = chosen(known, wishes.direct)
    if desk is None:
        wishes.detail("onto control.commands, without a gateway", output)
        return tell(directly(known, command, account, wait, key), wait, output)
    from gateway.client.calls import Calls, Unheard
    from gateway.client.giving import given

    wishes.detail(f"by the API of {desk}", output)
    try:
        with Calls(desk) as calls:
            told = given(calls, command, account, wait, key)
    except Unheard as error:
        told = _otherwise(desk, error, known, command, account, wait, key, output)
    return tell(told, wait, output)


def _otherwise(
    desk: Desk, error: Exception, known: Settings, command: Command, account: str | None,
    wait: float, key: str, output: Output,
) -> Outcome:  # fmt: skip
    """What to do where no answer came."""
    from gateway.client.calls import Unheard

    if not desk.own:
        raise Unheard(
            f"{error}. Nobody knows whether it has the command: {KEY}={key} before the same one "
            "asks again, and it counts once"
        ) from None
    output.note(f"tapeline: {error}: the command goes onto its topic by itself")
    return directly(known, command, account, wait, key)


def directly(
    known: Settings, command: Command, account: str | None, wait: float, key: str
) -> Outcome:
    """What becomes of a command that is put on the topic by this process."""
    picked = account_of(account, known.accounts)
    addressed = known.accounts if picked == EVERY else (picked,)
    require(known)
    return _given(known, picked, addressed, _whole(known, command, addressed), wait, key)


def _whole(known: Settings, command: Command, addressed: Sequence[str]) -> Command:
    """With what a gateway fills in: the halts that are lifted, the venue that is meant."""
    if isinstance(command, Resume):
        return command.model_copy(update={"lifts": halts(known, addressed)})
    if isinstance(command, PlaceOrder) and not command.venue:
        return command.model_copy(update={"venue": venue_for(known, command.symbol)})
    return command


def of_desk(command: Command, output: Output, wait: float = WAIT) -> int:
    """The same of a command for the whole desk, which its own machine alone gives."""
    known = settings()
    of_this_home(known, output)
    require(known)
    key = secrets.token_urlsafe(18)
    return tell(_given(known, DESK, (DESK,), command, wait, key), wait, output)


def _given(
    known: Settings, picked: str, addressed: Sequence[str], command: Command, wait: float, key: str
) -> Outcome:
    with Follower(known, [names.STATE], BACK) as follower, closing(CommandLog(known)) as road:
        id = id_of(LOCAL, key)
        record = give_once(road, picked, command, getpass.getuser(), id)
        rows = answers(follower, record.id, addressed, wait)
    silent = [each for each in addressed if each not in {row.account for row in rows}]
    told = record.command.model_dump(mode="json")
    found = [*map(Answer.of, rows)]
    return Outcome(record.id, record.account, record.seq, told, found, silent, "direct")


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


def venue_for(known: Settings, symbol: str) -> str:
    """The venue where a symbol is traded; NotTaken where it must be named, or there is none."""
    keys = {bytes(each.key() or b"").decode() for each in read_all(known, names.INSTRUMENTS)}
    venues = sorted(venue_of(key) for key in keys if symbol_of(key) == symbol)
    if len(venues) == 1:
        return venues[0]
    if venues:
        raise NotTaken(f"{symbol} is traded on {', '.join(venues)}: name one with --venue")
    near = difflib.get_close_matches(symbol, sorted({symbol_of(key) for key in keys}), 3, 0.5)
    hint = f"is it {' or '.join(near)}?" if near else "name the venue with --venue"
    raise NotTaken(f"no instrument {symbol} is known: {hint}")
