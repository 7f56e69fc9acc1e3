"""One venue's live feed: its lease, its instruments, its connections, in this order."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Protocol

from schemas.errors import Fatal
from schemas.instruments import Instrument
from schemas.system import Severity, SystemEvent
from topics.collecting import Collector, Framing
from topics.lease import Lease
from topics.listed import Listed, Row, Unlisted, filled
from topics.outlet import Outlet
from topics.rdkafka.failure import die
from topics.recording import rows
from topics.resuming import Resuming, news
from topics.settings import Settings
from topics.sockets import Wire

log = logging.getLogger(__name__)

FLUSH = 5.0
"""Seconds that what was written last may take at a clean end, before another may write."""


class Wanted(Protocol):
    """engine.feeds.wanted.Wanted."""

    venue: str
    clients: dict[str, Any]
    addresses: dict[str, str]
    refresh: float

    def row(self, market: Mapping[str, Any]) -> Row | None: ...
    def instruments(self, rows: Iterable[Row]) -> list[Instrument]: ...
    def gone(self, rows: Iterable[Row]) -> list[str]: ...
    def wires(self, rows: Iterable[Row]) -> Sequence[Wire]: ...
    def fresh(self, rows: Iterable[Row], collected: Collection[str]) -> list[str]: ...
    def added(self, rows: Iterable[Row], symbols: Collection[str]) -> Sequence[Wire]: ...


FramerOf = Callable[[str, int, Callable[[str], int]], Framing]
"""engine.framing.Framer: of a feed run, a linger in ns, and a key's first sequence."""
Publish = Callable[[Iterable[Instrument]], None]
"""Writes to market.instruments."""


class Feeding:
    """Collects what is wanted of one venue while this process has the venue's lease.

    A second one stands by, and goes on under a run of its own once the first is gone.
    """

    def __init__(
        self, outlet: Outlet, settings: Settings, wanted: Wanted, framer_of: FramerOf,
        publish: Publish,
    ) -> None:  # fmt: skip
        self._outlet, self._settings, self._wanted = outlet, settings, wanted
        self._framer_of, self._publish, self.venue = framer_of, publish, wanted.venue
        instance = settings.instance
        self._lease = Lease(settings.redis, settings.prefix, "raw", instance, [wanted.venue])
        self._listed = Listed(
            wanted.venue, wanted.clients, wanted.addresses, settings.home, wanted.refresh,
            wanted.row, self.tell,
        )  # fmt: skip
        self._filed = filed_rows(settings, wanted.venue)

    async def run(self) -> None:
        """Until cancelled; raises TapelineError for what a person must mend."""
        try:
            await self._lease.stand_by(lambda why: self.tell(True, "lease", f"{self.venue}: {why}"))
        except Fatal as fatal:
            die(str(fatal))
        keeping = asyncio.create_task(self._keep())
        try:
            await self._collect()
        finally:
            with suppress(TimeoutError):
                async with asyncio.timeout(FLUSH):
                    await self._outlet.flush()
            keeping.cancel()
            await self._lease.release()

    async def _keep(self) -> None:
        try:
            await self._lease.keep()
        except Fatal as fatal:
            die(str(fatal))

    def check(self) -> None:
        """End the process where another may collect by now."""
        try:
            self._lease.check()
        except Fatal as fatal:
            die(str(fatal))

    async def _collect(self) -> None:
        await self._have()
        known = self._rows()
        for symbol in self._wanted.gone(known):
            self.tell(True, "delisted", f"{self.venue}: {symbol} is delisted and not collected")
        wires = self._wanted.wires(known)
        await self._tell_instruments(known)
        run = f"live-{time.time_ns()}"
        there = Resuming(self._settings, run)
        framer = self._framer_of(run, self._settings.linger * 1_000_000, there.first_seq)

        async def begun(wires: Sequence[Wire]) -> Collector:
            """Keys go on from their next sequences."""
            keys = [key for wire in wires for key in wire.keys]
            await asyncio.to_thread(there.seek, keys, time.time_ns())
            return Collector(self._outlet, framer, wires, self.check)

        first = await begun(wires)
        async with asyncio.TaskGroup() as tasks:

            async def begin(wires: Sequence[Wire]) -> None:
                tasks.create_task((await begun(wires)).run())

            tasks.create_task(first.run())
            if self._wanted.refresh:
                tasks.create_task(self._follow(_symbols(wires), begin))

    async def _have(self) -> None:
        """Have the venue's list, or the user's file; asked for until one of them is there."""
        if not self._wanted.refresh:
            return
        while True:
            try:
                return await self._listed.begin()
            except Unlisted as error:
                if self._filed:
                    self.tell(True, "instruments", f"{error}; those of the file are gone on with")
                    return
                pause = self._listed.delay(random.random())
                told = f"{error}; nothing of it is collected yet; asked again in {pause:.0f} s"
                self.tell(True, "instruments", told)
                await asyncio.sleep(pause)

    async def _follow(
        self, collected: set[str], begin: Callable[[Sequence[Wire]], Awaitable[None]]
    ) -> None:
        """Publish what has changed, and collect what was listed since."""

        async def taken() -> None:
            known = self._rows()
            await self._tell_instruments(known)
            if fresh := self._wanted.fresh(known, collected):
                collected.update(fresh)
                self.tell(False, "listed", f"{self.venue} lists {', '.join(fresh)}")
                await begin(self._wanted.added(known, fresh))

        await self._listed.follow(taken)

    async def _tell_instruments(self, known: list[Row]) -> None:
        """Publish what market.instruments lacks."""
        rows = self._wanted.instruments(known)
        self._publish(await asyncio.to_thread(news, self._settings, rows))

    def _rows(self) -> list[Row]:
        return filled(self._listed.rows, self._filed)

    def tell(self, trouble: bool, kind: str, text: str) -> None:
        """Tell system.events, and the log."""
        severity = Severity.WARNING if trouble else Severity.INFO
        log.log(logging.WARNING if trouble else logging.INFO, text)
        stage = self._outlet.stage
        facts = {"venue": self.venue}
        self._outlet.event(
            SystemEvent(
                key=stage, stage=stage, severity=severity, kind=kind, text=text, facts=facts
            )
        )


def _symbols(wires: Iterable[Wire]) -> set[str]:
    return {key.partition(":")[2] for wire in wires for key in wire.keys}


def filed_rows(settings: Settings, venue: str) -> list[Row]:
    """What the settings' files tell of the venue: names, and steps where they are there."""
    steps = {} if settings.instruments is None else {
        row["symbol"]: row for row in rows(settings.instruments) if row["venue"] == venue
    }  # fmt: skip
    if settings.listings is None:
        return list(steps.values())
    names = (row for row in rows(settings.listings) if row["venue"] == venue)
    return [{**steps.get(row["symbol"], {}), **row} for row in names]
