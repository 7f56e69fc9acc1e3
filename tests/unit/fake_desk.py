"""Four stages on one fake broker, fused or separate, that live, die and change places."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from typing import Any, cast

import pytest
from faust.types import TP
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from engine.decisions import DecisionsStage
from engine.feeds.binance_symbols import Router
from engine.framing import raw_records
from engine.orders import OrdersStage
from engine.rerun import Rerun
from engine.risk import RiskSettings
from engine.selection import row_of
from engine.signals import SignalSettings, SignalsStage
from engine.stage import Cell
from engine.strategies.catalogue import StrategySections
from engine.ticks import TicksStage
from infra.recordings import HERE, listings
from schemas import names
from schemas.codec import encode
from schemas.commands import ControlState
from schemas.raw import RawFrame
from schemas.record import Record
from tests.unit.fake_broker import (
    Broker,
    Message,
    Sent,
    app_of,
    connected,
    give,
    orders,
    scripted,
    worker,
)
from tests.unit.fake_life import cancel
from tests.unit.trading import ACCOUNT, BTC, ETH, instrument, position, worth
from topics import BY_NAME
from topics.behind import Behind
from topics.line import Line
from topics.settings import Settings
from topics.snapshots import Place
from topics.worker import Worker

Action = tuple[str, int]
"""A method of `Desk` and a number for it."""

ACTIONS = ("take", "take", "take", "flush", "checkpoint", "turn", "kill", "tear", "change")
BETWEEN = (names.RAW, names.TICKS, names.BARS, names.SIGNALS, names.DECISIONS)
"""Topics of which every life must give the same bytes."""

SELECTION = row_of("mine", "champion")
"""The key of what people select."""

FLOW = {"kind": "flow", "every": True, "span": 1, "enter": 0.2, "leave": 0.1}


def actions() -> SearchStrategy[list[Action]]:
    """What may happen to a desk."""
    return st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 9)), max_size=40)


def stages() -> tuple[Any, ...]:
    """The four stages, with a strategy that trades often."""
    sections = StrategySections.model_validate({"strategies": {"often": {"advisors": {"f": FLOW}}}})
    limits = RiskSettings.model_validate({"minimum_strength": 0, "maximum_positions": 2})
    return (
        TicksStage(), SignalsStage(SignalSettings()), DecisionsStage(sections.build()),
        OrdersStage((ACCOUNT,), limits),
    )  # fmt: skip


def selecting() -> tuple[Any, ...]:
    """The same; decisions on BTC and ETH read SELECTION too, as of a seat that follows it."""
    found = stages()
    decisions = found[2]
    assert isinstance(decisions, DecisionsStage)
    decisions.following = {SELECTION: (BTC, ETH)}
    decisions.sides[names.STATE] = ControlState
    decisions._readers = frozenset((BTC, ETH))
    return found


def separate(broker: Broker, made: tuple[Any, ...] = ()) -> list[Worker]:
    """A worker a stage."""
    *market, last = made or stages()
    return [*(worker(broker, stage) for stage in market), orders(broker, last)]


def fused(broker: Broker, made: tuple[Any, ...] = ()) -> list[Worker]:
    """All stages in one worker, as agents.hot makes it."""
    made = made or stages()
    scripts = {each.name: script for each in made if (script := scripted(each)) is not None}
    line = Line(
        app_of(broker), Settings(), "hot", made, cast(Any, Cell),
        standing=(ACCOUNT,), redo=Rerun, scripted=scripts,
    )  # fmt: skip
    line._topics = cast(Any, Between(broker))
    return [line]


@dataclass
class Between:
    """In place of topics.between.Between."""

    broker: Broker
    told: dict[str, Mapping[Place, int]] = field(default_factory=dict)

    def ends(self, topics: Iterable[str]) -> dict[Place, int]:
        return {
            (topic, n): len(self.broker.rows_of(TP(topic, n)))
            for topic in topics
            for n in range(BY_NAME[topic].partitions)
        }

    def read(
        self, topic: str, starts: Mapping[Place, int], ends: Mapping[Place, int]
    ) -> Iterator[Message]:
        for place, end in ends.items():
            yield from self.broker.rows_of(TP(*place))[starts.get(place, 0) : end]

    def tell(self, stage: str, marks: Mapping[Place, int]) -> None:
        self.told[stage] = marks


@cache
def recorded(symbol: str, count: int) -> tuple[RawFrame, ...]:
    """The first records of a market, of 100 ms each."""
    from topics.recording import read, sample

    path = HERE / "usdm" / f"{symbol}_20240808.gz"
    router = Router.of(sample(path), listings())
    return tuple(islice(raw_records(map(router.route, read(path)), "run", 100_000_000), count))


@cache
def inputs(count: int) -> tuple[Sent, ...]:
    """What is on the broker before: two markets, and what the orders stage reads beside."""
    raw = [record for symbol in ("btcusdt", "ethusdt") for record in recorded(symbol, count)]
    sides: list[tuple[str, Record]] = [
        (names.INSTRUMENTS, instrument(BTC)), (names.INSTRUMENTS, instrument(ETH))
    ]  # fmt: skip
    for n in range(8):
        sides += [(names.PORTFOLIO, worth(n, str(100_000 - n)))]
        sides += [(names.PORTFOLIO, position(n, str(n % 3 - 1), BTC, strategy="often"))]
    given = [(names.RAW, record) for record in raw] + sides
    return tuple(Sent(topic, record.key.encode(), encode(record), None) for topic, record in given)


def state(key: str, value: str) -> Sent:
    """The first row of what a person has set."""
    account, setting = key.split(":", 1)
    row = ControlState(
        id=f"{key}0", seq=0, key=key, seen_time=0, account=account, setting=setting, value=value
    )
    return Sent(names.STATE, key.encode(), encode(row), None)


class Reader:
    """A worker and how far it has read each of its partitions."""

    def __init__(self, worker: Worker, broker: Broker) -> None:
        self.worker, self.broker = worker, broker
        self.writing: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Restore it."""
        tps = [TP(t, n) for t in self.worker.topics for n in range(BY_NAME[t].partitions)]
        starts = await self.worker.positions(frozenset(tps))
        self.at = {tp: starts.get(tp, 0) for tp in tps}

    async def take(self, number: int) -> int:
        """Take up to that many messages of each partition; give how many there were."""
        taken = 0
        places = sorted(self.at, reverse=bool(number % 2))
        for tp in places:
            for message in self.broker.rows_of(tp)[self.at[tp] :][:number]:
                self.at[tp] += 1
                taken += 1
                await give(self.worker, message)
        return taken


class Desk:
    """One broker and the workers on it, in one life after another."""

    def __init__(self, broker: Broker, count: int, make: Callable[[Broker], list[Worker]]) -> None:
        self.broker, self.make = broker, make
        broker.durable += inputs(count)

    async def begin(self) -> None:
        """New processes."""
        self.readers = [Reader(one, self.broker) for one in self.make(self.broker)]
        for reader in self.readers:
            await reader.begin()

    def _chosen(self, number: int) -> Reader:
        return self.readers[number % len(self.readers)]

    async def take(self, number: int) -> None:
        """Let one worker take some."""
        await self._chosen(number).take(1 + number)

    async def flush(self, number: int) -> None:
        """What is on its way arrives."""
        await self.broker.flush()

    async def checkpoint(self, number: int) -> None:
        """Begin a checkpoint of one worker unless it is at one; let it go on for some turns."""
        reader = self._chosen(number)
        if reader.writing is None or reader.writing.done():
            reader.writing = asyncio.create_task(reader.worker.checkpoint())
        await self.turn(3 * number)

    async def turn(self, number: int) -> None:
        """Let what is under way go on."""
        for _ in range(number):
            await asyncio.sleep(0)

    async def kill(self, number: int) -> None:
        """End all processes; some of what was on its way arrives. Begin again."""
        await self.end(number)
        await self.begin()

    async def end(self, number: int) -> None:
        """End all processes; some of what was on its way arrives."""
        for reader in self.readers:
            await cancel(reader.writing)
            if isinstance(reader.worker, Line):
                outlet = reader.worker.stations[-1].outlet
                await cancel(outlet._task if isinstance(outlet, Behind) else None)
        self.broker.die(number)

    async def tear(self, number: int) -> None:
        """End them in the middle of a message."""
        taking = asyncio.create_task(self._chosen(number).take(2))
        await self.turn(1 + number // 2)
        await cancel(taking)
        await self.kill(number)

    async def change(self, number: int) -> None:
        """Go from separate to fused or back: by a clean stop, or by kill -9."""
        self.make = fused if self.make is separate else separate
        if number % 2:
            await self.kill(number)
            return
        for reader in self.readers:
            if reader.writing is not None:
                await reader.writing
            await reader.worker.checkpoint()
        await self.broker.flush()
        await self.begin()

    async def live(self, happens: Iterable[Action]) -> None:
        """Live through all that happens, then take what is left."""
        await self.begin()
        for what, number in happens:
            await getattr(self, what)(number)
        await self.rest()

    async def rest(self) -> None:
        """Take what is left."""
        await self.broker.flush()
        while sum([await reader.take(1_000_000) for reader in self.readers]):
            await self.broker.flush()
        for reader in self.readers:
            if reader.writing is not None:
                await reader.writing
        await self.broker.flush()


def lived(
    make: Callable[[Broker], list[Worker]], count: int, happens: Sequence[Action] = ()
) -> Broker:
    """The broker after a life that began with these workers."""
    with pytest.MonkeyPatch.context() as patch:
        broker = threadless(patch)
        asyncio.run(Desk(broker, count, make).live(happens))
    return broker


def threadless(patch: pytest.MonkeyPatch) -> Broker:
    """As `connected`; fused workers make in the loop what they would make in a thread."""

    async def in_loop(call: Callable[..., Any], *given: Any) -> Any:
        await asyncio.sleep(0)
        return call(*given)

    patch.setattr(Worker, "_blocking", staticmethod(in_loop))
    return connected(patch)
