"""The advice stage on Kafka: records in, questions beside the stream, ai.advice out.

Signals are shared among workers, and with them their markets; what a briefing needs beside them
every worker reads whole. Nothing is restored from snapshots but money: a question that was under
way when a process was killed is asked no more, and counted as spent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import faust
from confluent_kafka import Message
from faust.types import TP

from agents.advising.desk import Desk, Standing
from agents.advising.held import Held
from agents.advising.starts import empty, starts
from agents.advising.telling import spent
from engine.advice.budget import Spending, of_calls
from engine.advice.section import AdviceSettings
from schemas import names
from schemas.advice import Advice
from schemas.codec import decode
from schemas.errors import Poison
from schemas.system import Severity, SystemEvent
from topics import BY_NAME
from topics.advised import newest, recent
from topics.heap import settle
from topics.messages import key_of
from topics.metrics.exposure import exposure_of
from topics.outlet import Outlet
from topics.partition import partition_of
from topics.rdkafka import attach, batches
from topics.rdkafka.failure import die
from topics.settings import Settings

SHARED = names.SIGNALS
WHOLE = (names.BARS, names.TICKS, names.PORTFOLIO, names.ADVICE)


class Station:
    """One worker of the stage. made: the desk that speaks through it."""

    def __init__(
        self, app: faust.App, settings: Settings, section: AdviceSettings,
        made: Callable[[Station], Desk],
    ) -> None:  # fmt: skip
        self.settings, self.section = settings, section
        self._outlet = Outlet(app, settings, "advice")
        self._held = Held(settings, self._outlet)
        self._desk = made(self)
        self._owned: set[int] = set()
        if (exposure := exposure_of(app)) is not None:
            exposure.reads(lambda: spent(self._desk.ledger))
        self.topics = [settings.physical(name) for name in (SHARED, *WHOLE)]
        attach(
            app,
            broadcast=frozenset(settings.physical(name) for name in WHOLE),
            positions=self._positions,
            revoked=self._revoked,
            consumer_settings=settings.librdkafka,
            producer_settings=settings.librdkafka,
        )

    async def run(self, stream: faust.StreamT[bytes]) -> None:
        """The body of the agent, until the worker stops."""
        asked = ", ".join(sorted(self.section.advisors)) or "nobody"
        text = f"advice started with {asked}"
        self.event(Severity.INFO, "started", text, {"settings": self.settings.digest})
        settle()
        looking = asyncio.create_task(self._desk.texts.run(), name="texts")
        looking.add_done_callback(self.ended)
        async for batch in batches(stream):
            for message in batch:
                self._take(message)
        looking.cancel()

    def _take(self, message: Message) -> None:
        topic, key = self.settings.logical(message.topic() or ""), key_of(message)
        value = message.value()
        if topic == names.ADVICE:
            self._spent(message)
        elif value is not None and (topic == names.PORTFOLIO or self.section.asked(key)):
            if topic == names.TICKS and empty(bytes(value)):
                return
            try:
                self._desk.take(decode(BY_NAME[topic].record, bytes(value)))
            except Poison:
                return  # the stages behind it have said so

    def _spent(self, message: Message) -> None:
        """What a record of any worker tells that was spent."""
        try:
            advice = decode(Advice, bytes(message.value() or b""))
        except Poison:
            return
        spending = of_calls(advice.calls, message.timestamp()[1] * 1_000_000)
        self._desk.ledger.take(advice.id, advice.opinion.advisor, spending)

    # -- where it begins -------------------------------------------------------------------------

    async def _positions(self, tps: frozenset[TP]) -> Mapping[TP, int]:
        """Near the end of each topic; before that, what was spent."""
        loop = asyncio.get_running_loop()
        ours = self.settings.physical(SHARED)
        self._owned |= {tp.partition for tp in tps if tp.topic == ours}
        found = await loop.run_in_executor(None, starts, self.settings, self.section, tps)
        rows, _ = await loop.run_in_executor(None, recent, self.settings, 3600.0)
        ledger = self._desk.ledger
        for at, advice in rows:
            ledger.take(advice.id, advice.opinion.advisor, of_calls(advice.calls, at))
        told = {advice.id for _, advice in rows} | {*ledger.open}
        lost = await loop.run_in_executor(None, self._held.lost, self._ours, told.__contains__)
        for id, (advisor, spending) in lost.items():
            ledger.take(id, advisor, spending)
        return found

    async def _revoked(self, tps: frozenset[TP]) -> None:
        ours = self.settings.physical(SHARED)
        self._owned -= {tp.partition for tp in tps if tp.topic == ours}
        self._desk.leave(self._ours)

    def _ours(self, key: str) -> bool:
        return partition_of(SHARED, key) in self._owned

    async def standing(self, key: str) -> Standing:
        """The last record of a market, and when each advisor was asked last."""
        loop = asyncio.get_running_loop()
        last = await loop.run_in_executor(None, newest, self.settings, key)
        if last is None:
            return Standing()
        longest = max((one.period for one in self.section.advisors.values()), default=0)
        seconds = min(86_400.0, max(3600.0, longest / 1e9))
        rows, _ = await loop.run_in_executor(None, recent, self.settings, seconds)
        mine = [advice for _, advice in (*rows, (0, last)) if advice.key == key]
        asked: dict[str, int] = {}
        for each in mine:
            name = each.opinion.advisor
            asked[name] = max(each.asked_time, asked.get(name, 0))
        return Standing(last.seq, last.seen_time, asked)

    # -- how the desk speaks ---------------------------------------------------------------------

    def advice(self, record: Advice) -> None:
        """Publish."""
        self._outlet.emit(names.ADVICE, record.key, record)

    def hold(self, key: str, id: str, advisor: str, worst: Spending) -> None:
        """Write down that a question is under way."""
        self._held.put(key, id, advisor, worst)

    def done(self, key: str, id: str) -> None:
        """Strike it out."""
        self._held.drop(key, id)

    @staticmethod
    def ended(task: asyncio.Task[None]) -> None:
        """A question that ended otherwise than foreseen ends the process."""
        if not task.cancelled() and (error := task.exception()) is not None:
            die(f"advice: {task.get_name()}: {error!r}", cause=error)

    def event(self, severity: Severity, kind: str, text: str, facts: dict[str, str]) -> None:
        """Tell system.events."""
        self._outlet.event(
            SystemEvent(
                key="advice", stage="advice", severity=severity, kind=kind, text=text, facts=facts
            )
        )

    async def flush(self) -> None:
        """Wait until all of it is on the broker."""
        await self._outlet.flush()
