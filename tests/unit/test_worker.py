"""A worker killed at any moment: what is on the broker in the end is as if it had never been."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from functools import partial
from itertools import count
from typing import Any

import pytest
from faust.types import TP
from hypothesis import given, settings

from engine.orders import OrdersStage
from engine.risk import RiskLimits
from engine.stage import Context, Draft
from schemas import names
from schemas.codec import encode
from schemas.decisions import Verdict
from schemas.raw import RawFrame
from schemas.record import Record
from schemas.ticks import Ticks
from tests.recorded import long
from tests.unit.fake_broker import (
    Broker,
    Died,
    Message,
    begin,
    connected,
    garbage,
    give,
    orders,
    read,
    worker,
)
from tests.unit.fake_life import Action, Life, actions
from tests.unit.fake_records import frame
from tests.unit.trading import ACCOUNT, BTC, decision, instrument
from topics import worker as worker_module
from topics.rdkafka import turns

KEYS = ("binance:A", "binance:B")
PLACE = TP(names.RAW, 0)


class Sums:
    """A stage whose every record depends on all before it."""

    name = "sums"
    ignored: frozenset[str] = frozenset()
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


def inputs(count: int, bad: int | None = None) -> list[Message]:
    """Records of both keys on one partition; every seventh is there twice, one may be garbage."""
    messages: list[Message] = []
    seqs = dict.fromkeys(KEYS, 0)
    for n in range(count):
        key = KEYS[n % 3 % 2]
        value = b"typed by hand" if n == bad else encode(frame(seqs[key], key))
        seqs[key] += 1
        for _ in range(2 if n % 7 == 0 else 1):
            messages.append(Message(PLACE, len(messages), key.encode(), value))
    return messages


def lived(messages: list[Message], happens: list[Action]) -> Broker:
    """The broker after a life of Sums."""
    with pytest.MonkeyPatch.context() as patch:
        broker = connected(patch)
        life = Life(broker, lambda each: worker(each, Sums()), {"take": messages})
        asyncio.run(life.live(happens))
    return broker


CALM = lived(inputs(40), [])
POISONED = lived(inputs(40, bad=20), [])


@settings(max_examples=long(600, 200), deadline=None)
@given(actions(["take"]))
def test_killed_at_any_moment(happens: list[Action]) -> None:
    wild = lived(inputs(40), happens)
    assert wild.rows(names.TICKS) == CALM.rows(names.TICKS)
    assert sum(map(len, CALM.rows(names.TICKS).values())) == 40


@settings(max_examples=long(150, 50), deadline=None)
@given(actions(["take"]))
def test_killed_at_any_moment_with_a_record_that_cannot_be_read(happens: list[Action]) -> None:
    wild = lived(inputs(40, bad=20), happens)
    assert wild.rows(names.TICKS) == POISONED.rows(names.TICKS)
    assert sum(map(len, POISONED.rows(names.TICKS).values())) == 39


def test_a_hole_ends_the_process_and_names_its_place() -> None:
    messages = inputs(9)
    del messages[4]
    with pytest.raises(Died, match=r"market\.raw binance:"):
        lived(messages, [])


async def test_doubles_after_a_record_that_cannot_be_read_are_dropped(broker: Broker) -> None:
    one = worker(broker, Sums())
    await begin(one)
    seqs = (0, 1, 2, None, 1, 2, 3)
    for at, seq in enumerate(seqs):
        bad = garbage(names.RAW, at, KEYS[0])
        await give(one, bad if seq is None else read(names.RAW, at, frame(seq)))
    assert [tick.cause for tick in broker.records(names.TICKS)] == [frame(n).id for n in range(4)]


async def test_an_account_that_is_added_reads_all_from_the_beginning(broker: Broker) -> None:
    told = read(names.INSTRUMENTS, 0, instrument())
    first = read(names.DECISIONS, 0, decision(0, Verdict.HOLD))
    one = orders(broker, OrdersStage((ACCOUNT,), RiskLimits()))
    await begin(one)
    await give(one, told, first)
    await one.checkpoint()
    again = orders(broker, OrdersStage((ACCOUNT,), RiskLimits()))
    assert await begin(again) == {told.place: 1, first.place: 1}
    both = orders(broker, OrdersStage((ACCOUNT, "second"), RiskLimits()))
    assert await begin(both) == {}


async def test_what_was_made_while_a_checkpoint_waited_is_done_again(broker: Broker) -> None:
    """No clock is asked: that of the machine may be set back in between, too."""
    stage = OrdersStage((ACCOUNT,), RiskLimits())
    decisions = [read(names.DECISIONS, n, decision(n, Verdict.HOLD)) for n in range(2)]
    one = orders(broker, stage)
    await begin(one)
    await give(one, decisions[0])
    checkpoint = asyncio.create_task(one.checkpoint())
    await asyncio.sleep(0)
    await give(one, decisions[1])
    await checkpoint
    await broker.flush()
    again = orders(broker, stage)
    starts = await begin(again)
    await again.checkpoint()
    assert starts == {decisions[1].place: 1}
    assert len(broker.records(names.SNAPSHOTS)) == 1, "no checkpoint before that is done"
    await give(again, decisions[1])
    await broker.flush()
    assert len(broker.records(names.ORDERS)) == 2
    assert set(broker.rows(names.ORDERS)) == {f"{ACCOUNT}:{BTC.partition(':')[2]}"}


async def test_a_long_batch_keeps_no_lease_waiting(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a slow machine a batch lasts longer than Redis may take to answer a renewal."""
    one = worker(broker, Sums())
    await begin(one)
    others = 0

    async def renewal() -> None:
        nonlocal others
        while True:
            others += 1
            await asyncio.sleep(0)

    async def batches(_stream: object) -> AsyncIterator[list[Message]]:
        yield inputs(100)

    monkeypatch.setattr(worker_module, "batches", batches)
    monkeypatch.setattr(turns, "monotonic", partial(next, count(0.0, turns.HOLD)))
    task = asyncio.ensure_future(renewal())
    await one.run(None)
    task.cancel()
    assert others >= 100
