"""People's commands from the API onto control.commands, each once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import Annotated, Protocol

from fastapi import Header
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError

from gateway.api.problems import Problem, away
from gateway.api.services import Services
from gateway.auth.audit import Actor
from gateway.auth.rights import Principal
from gateway.control.command_log import CommandLog
from gateway.control.once import Another, Road, Wish, give_all, id_of
from gateway.server.together import Together
from gateway.store.engine import StoreError
from schemas.commands import Command, ControlCommand, Halt
from schemas.errors import TapelineError

log = logging.getLogger("gateway")

QUEUE = 100
"""Commands that wait for those before them; more are turned away at once."""
RESERVE = 20
"""Halts that wait all the same: whoever storms the desk with orders does not keep it from one."""

Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[!-~]{8,128}$",
        description="Chosen by the caller, for this command alone: asked again under it within a "
        "day, the same command is told and none is given.",
    ),
]


class Given(BaseModel):
    """A command is on its way. outcome: where the desk's answer is told."""

    id: str
    account: str
    sequence: int
    outcome: str


Noted = Callable[[Principal, ControlCommand], Awaitable[None]]


class Closable(Road, Protocol):
    """A road that lets go of the broker."""

    def close(self) -> None:
        """It is needed no more."""
        ...


class Commander:
    """Gives commands, those together that come while others are given. open: the road, opened at
    the first command, and anew where it has failed or the desk is at another address. address: ""
    where no broker answers. noted: called with each that is durable.
    """

    def __init__(
        self, open: Callable[[], Closable], address: Callable[[], str], noted: Noted | None = None
    ) -> None:
        self._open, self._address, self._noted = open, address, noted
        self._road: Closable | None = None
        self._of = ""
        self._giving: Together[Wish, ControlCommand | TapelineError] = Together(self._given)
        self._turns = ThreadPoolExecutor(1, "commander")

    async def give(self, who: Principal, account: str, command: Command, key: str) -> Given:
        """202's body once the command is durable; the problem where it is not, or nobody knows."""
        if not self._address():
            raise away("the broker does not answer")
        if len(self._giving) >= QUEUE + RESERVE * isinstance(command, Halt):
            raise Problem(429, "too-many", "too many commands at once", {"Retry-After": "1"})
        wish = Wish(account, command, who.user, id_of(who.user, key))
        record = await self._giving.ask(wish)
        if isinstance(record, Another):
            raise Problem(422, "idempotency-key", str(record))
        if isinstance(record, TapelineError):
            raise record
        if self._noted is not None:
            await self._noted(who, record)
        return Given(
            id=record.id, account=account, sequence=record.seq, outcome=f"/v1/commands/{record.id}"
        )

    async def _given(self, wishes: list[Wish]) -> list[ControlCommand | TapelineError]:
        """On the one thread of the road, also where a caller has left."""
        given = partial(self._all, wishes)
        return await asyncio.get_running_loop().run_in_executor(self._turns, given)

    def _all(self, wishes: list[Wish]) -> list[ControlCommand | TapelineError]:
        try:
            return give_all(self._opened(), wishes)
        except Exception:
            self.close()  # what it has read may not be all
            raise

    def _opened(self) -> Closable:
        if self._of != self._address():
            self.close()
        if self._road is None:
            self._road, self._of = self._open(), self._address()
        return self._road

    def close(self) -> None:
        """Let go of the broker."""
        road, self._road = self._road, None
        if road is not None:
            road.close()

    async def end(self) -> None:
        """Let go of the broker once what has begun is done; nothing is given any more."""
        await asyncio.to_thread(self._turns.shutdown)
        self.close()


async def _noted(services: Services, who: Principal, record: ControlCommand) -> None:
    """Into the audit log. A command stands whether or not that can be written: a halt does not wait
    for a database, and control.commands has who gave it.
    """
    if services.auth is None:
        return
    facts = {"command": record.id, "seq": str(record.seq)}
    kind = f"command {record.command.kind}"
    try:
        await services.auth.audit.alone(Actor.of(who), kind, record.account, facts=facts)
    except (StoreError, SQLAlchemyError) as error:
        log.error("the audit log lacks command %s: %s", record.id, type(error).__name__)


@asynccontextmanager
async def commanding(services: Services) -> AsyncIterator[None]:
    """The part of the gateway: opened and closed with it."""
    known = services.settings

    def address() -> str:
        return known.bootstrap if services.live.broker else ""

    noted = partial(_noted, services)
    services.commander = Commander(lambda: CommandLog(known), address, noted)
    try:
        yield
    finally:
        await services.commander.end()
