"""A worker killed at any moment: what is on the broker in the end is as if it had never been.

The broker is a list here, so that hypothesis can choose when deliveries arrive, when a checkpoint
is half done, how much of what was in flight the broker still got, and when the process dies.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from faust.types import TP
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.stage import Cell, Context, Draft
from schemas import names
from schemas.codec import decode, encode
from schemas.raw import RawFrame, Source
from schemas.record import Record
from schemas.system import Snapshot
from schemas.ticks import Ticks
from topics import worker as worker_module
from topics.settings import Settings
from topics.snapshots import Saved, covered_of
from topics.worker import Worker

KEYS = ("binance:A", "binance:B")


class Sums:
    """A stage whose every record depends on all before it."""

    name = "sums"
    main = names.RAW
    sides: dict[str, type[Record]] = {}

    def cells_of(self, topic: str, key: str) -> Sequence[str]:
        return (key,)

    def initial(self, cell: str) -> list[int]:
        return [1]

    def step(self, state: list[int], record: RawFrame, context: Context) -> list[Draft]:
        state[0] = (state[0] * 31 + record.run_seq) % 1_000_003
        ticks = Ticks(venue="binance", symbol=str(state[0]), event_time=context.now)
        return [Draft(names.TICKS, context.key, ticks)]

    def dump(self, state: list[int]) -> Any:
        return state

    def load(self, data: Any) -> list[int]:
        return list(data)


@dataclass
class Broker:
    """What is durable, and what was produced but is still on its way, in order."""

    durable: list[tuple[str, bytes, bytes, Any]] = field(default_factory=list)
    pending: list[tuple[str, bytes, bytes, Any]] = field(default_factory=list)

    def emit(
        self, topic: str, key: bytes, value: bytes, headers: Any, partition: int | None
    ) -> None:
        self.pending.append((topic, key, value, headers))

    async def flush(self) -> None:
        count = len(self.pending)
        for _ in range(2):
            await asyncio.sleep(0)
        while count and self.pending:
            self.durable.append(self.pending.pop(0))
            count -= 1

    def die(self, kept: int) -> None:
        """The process ends; the broker still got the first `kept` of what was on its way."""
        self.durable += self.pending[:kept]
        self.pending.clear()

    def saved(self) -> list[Saved]:
        """The latest snapshots, as topics.snapshots.load would give them."""
        latest: dict[bytes, Saved] = {}
        for topic, key, value, headers in self.durable:
            if topic == names.SNAPSHOTS:
                latest[key] = Saved(decode(Snapshot, value), covered_of(headers), 0)
        return list(latest.values())

    def ticks(self) -> dict[str, list[bytes]]:
        """What a reader that drops by sequence sees."""
        seen: dict[str, list[bytes]] = {key: [] for key in KEYS}
        for topic, key, value, _ in self.durable:
            if topic == names.TICKS:
                rows, seq = seen[key.decode()], decode(Ticks, value).seq
                assert seq <= len(rows), "a hole"
                if seq == len(rows):
                    rows.append(value)
                assert rows[seq] == value, "a double that differs"
        return seen


@dataclass(frozen=True)
class Read:
    """A message as confluent_kafka gives it."""

    at: int
    record: RawFrame

    def topic(self) -> str:
        return names.RAW

    def partition(self) -> int:
        return 0

    def offset(self) -> int:
        return self.at

    def key(self) -> bytes:
        return self.record.key.encode()

    def value(self) -> bytes:
        return encode(self.record)


def inputs(count: int) -> list[Read]:
    """Records of both keys on one partition; every seventh is there twice."""
    reads: list[Read] = []
    seqs = dict.fromkeys(KEYS, 0)
    for n in range(count):
        key = KEYS[n % 3 % 2]
        record = RawFrame(
            id=f"{n:024x}", seq=seqs[key], key=key, seen_time=n, run="r", run_seq=seqs[key],
            source=Source.WS, channel="stream",
        )  # fmt: skip
        seqs[key] += 1
        reads += [Read(len(reads) + again, record) for again in range(2 if n % 7 == 0 else 1)]
    return reads


class Life:
    """Lives and deaths of one stage on one broker."""

    def __init__(self, messages: list[Read]) -> None:
        self.messages, self.broker, self.at = messages, Broker(), 0
        self.checkpoint: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        app: Any = type("App", (), {"producer": self.broker})()
        self.worker = Worker(app, Settings(), Sums(), cast(Any, Cell))
        tp = TP(names.RAW, 0)
        self.at = (await self.worker.positions(frozenset((tp,)))).get(tp, 0)

    async def act(self, action: tuple[str, int]) -> None:
        what, number = action
        if what == "take":
            for _ in range(min(number, len(self.messages) - self.at)):
                await self.worker.take(cast(Any, self.messages[self.at]))
                self.at += 1
        elif what == "checkpoint" and (self.checkpoint is None or self.checkpoint.done()):
            self.checkpoint = asyncio.create_task(self.worker.checkpoint())
            for _ in range(number):
                await asyncio.sleep(0)
        elif what == "turn":
            for _ in range(number):
                await asyncio.sleep(0)
        elif what == "kill":
            if self.checkpoint is not None:
                self.checkpoint.cancel()
                await asyncio.gather(self.checkpoint, return_exceptions=True)
            self.broker.die(number)
            await self.begin()

    async def live(self, actions: list[tuple[str, int]], patch: pytest.MonkeyPatch) -> None:
        patch.setattr(worker_module, "load", lambda settings, stage: self.broker.saved())
        await self.begin()
        for action in actions:
            await self.act(action)
        await self.act(("take", len(self.messages)))
        await self.broker.flush()


ACTIONS = st.lists(
    st.tuples(st.sampled_from(["take", "checkpoint", "turn", "kill"]), st.integers(0, 6)),
    max_size=60,
)


@settings(max_examples=600, deadline=None)
@given(ACTIONS)
def test_killed_at_any_moment(actions: list[tuple[str, int]]) -> None:
    messages = inputs(40)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker_module, "die", pytest.fail)
        calm, wild = Life(messages), Life(messages)
        asyncio.run(calm.live([], patch))
        asyncio.run(wild.live(actions, patch))
    assert wild.broker.ticks() == calm.broker.ticks()
    assert sum(map(len, calm.broker.ticks().values())) == 40


def test_a_hole_ends_the_process_and_names_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[str] = []
    monkeypatch.setattr(worker_module, "die", ended.append)
    messages = inputs(9)
    del messages[4]
    asyncio.run(Life(messages).live([], monkeypatch))
    assert ended
    assert "market.raw binance:" in ended[0]
