"""A person's Halt while orders flow, and a kill -9 after it."""

from __future__ import annotations

import os
import secrets
import signal
import time
from contextlib import closing
from dataclasses import dataclass
from threading import Event, Thread

import orjson

from gateway.control.command_log import CommandLog
from gateway.control.once import give_once, id_of
from infra.local.errors import LocalError
from schemas import names
from schemas.commands import Halt
from schemas.refusals import Reason
from tests.bench.executor_desk import ACCOUNT, Commands, LiveRun
from tests.bench.executor_stamps import Stamps

PATIENCE = 60.0
"""Seconds within which all commands must be answered, a lease that has to run out included."""


@dataclass(frozen=True)
class Halted:
    """One play. sent: requests before the halt; behind: of commands that were read after its row;
    late: ms from that row being read to the last request (0 where none came after it); given:
    commands after the kill -9; after: requests for them.
    """

    sent: int
    behind: int
    late: float
    given: int
    after: int


def halted(run: LiveRun, rate: float, before: float, then: float) -> Halted:
    """Let orders flow, halt after `before` s, kill the executor `then` s later, let more flow."""
    run.begin(("control", "executor"))
    commands, over = Commands(run), Event()
    flow = Thread(target=commands.pace, args=(rate, 1e6, over.is_set))
    flow.start()
    try:
        run.turn(before)
        with closing(CommandLog(run.settings)) as road:
            id = id_of("bench", secrets.token_hex(8))
            give_once(road, ACCOUNT, Halt(why="bench"), "bench", id)
        read = min(
            at
            for each in run.wait(lambda found: bool(found["halt"]), "halted")["halt"].values()
            for at in each
        )
        run.turn(then)
        os.kill(run.supervisor.pids()["executor"], signal.SIGKILL)
        killed = time.monotonic_ns()
        run.turn(1.0)
    finally:
        over.set()
        flow.join()
    _answered(run, commands.sent)
    return _found(run.stamps, read, killed, commands)


def _found(stamps: Stamps, read: int, killed: int, commands: Commands) -> Halted:
    wrote = {name: each[0] for name, each in stamps["wrote"].items()}
    given = [name for name, at in zip(commands.sent, commands.times, strict=True) if at > killed]
    behind = [name for name in wrote if stamps["read"][name][0] > read]
    late = max((at - read for at in wrote.values()), default=0)
    return Halted(
        sent=sum(at <= read for at in wrote.values()),
        behind=len(behind),
        late=max(late / 1e6, 0.0),
        given=len(given),
        after=sum(name in wrote for name in given) + sum(at > killed for at in wrote.values()),
    )


def _answered(run: LiveRun, given: list[str]) -> None:
    """Wait until the last command is refused for the halt; LocalError if it never is."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        run.turn(0.5)
        for _, value in run.values(names.STATUSES):
            told = orjson.loads(value)
            if told.get("client_order_id") == given[-1] and told.get("reason") == Reason.HALTED:
                return
    raise LocalError(f"the last command was not refused:\n{run.logs()}")
