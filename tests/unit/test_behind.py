"""Records that wait until what they rest on is on the broker."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from schemas import names
from tests.unit.fake_broker import Broker, Died, app_of
from tests.unit.fake_records import held, order
from topics import behind as behind_module
from topics.behind import MOST, Behind
from topics.settings import Settings


def outlet(broker: Broker, check: Any = lambda: None) -> Behind:
    return Behind(app_of(broker), Settings(), "orders", check)


def topics(broker: Broker) -> list[str]:
    return [each.topic for each in broker.durable]


async def test_a_record_leaves_when_what_came_before_it_is_there() -> None:
    broker = Broker()
    one = outlet(broker)
    broker.emit(names.DECISIONS, b"k", b"d", None, None)
    one.emit(names.ORDERS, "a:B", held(0, 1))
    assert [each.topic for each in broker.pending] == [names.DECISIONS]
    await one.flush()
    assert topics(broker) == [names.DECISIONS, names.ORDERS]


async def test_all_leave_in_their_order_and_a_flush_waits_for_those_before_it() -> None:
    broker = Broker()
    one = outlet(broker)
    for number in range(5):
        broker.emit(names.DECISIONS, b"k", b"%d" % number, None, None)
        one.emit(names.ORDERS, "a:B", held(number, 1))
        await asyncio.sleep(0)
    await one.flush()
    sent = [each.value for each in broker.durable if each.topic == names.ORDERS]
    assert [b'"seq":%d,' % number in value for number, value in enumerate(sent)] == [True] * 5
    await asyncio.sleep(0)
    assert not one.waits


async def test_what_is_urgent_hurries_what_it_waits_for_and_then_itself() -> None:
    broker = Broker()
    one = outlet(broker)
    broker.emit(names.DECISIONS, b"k", b"d", None, None)
    one.emit(names.ORDERS, "a:B", order(0, 1))
    assert broker.hurried == [names.DECISIONS]
    await one.flush()
    assert broker.hurried == [names.DECISIONS, names.ORDERS]
    one.emit(names.ORDERS, "a:B", held(1, 1))
    await one.flush()
    assert len(broker.hurried) == 2


async def test_what_is_urgent_waits_for_no_round_trip_that_is_under_way() -> None:
    broker = Rounds()
    one = outlet(broker)
    for record in (held(0, 1), held(1, 1), order(2, 1), *(held(n, 1) for n in (3, 4, 5))):
        one.emit(names.ORDERS, "a:B", record)
    assert len(broker.rounds) == 0
    await asyncio.sleep(0)
    assert len(broker.rounds) == 2
    broker.rounds[1].set()
    await settle()
    assert [b'"seq":%d,' % n in each.value for n, each in enumerate(broker.pending)] == [True] * 3
    broker.rounds[0].set()
    await settle()
    assert len(broker.pending) == 3
    broker.rounds[2].set()
    await settle()
    assert len(broker.pending) == 6
    assert not one.waits


async def test_a_burst_of_what_is_urgent_has_few_round_trips_and_leaves_whole() -> None:
    broker = Rounds()
    one = outlet(broker)
    for number in range(20):
        one.emit(names.ORDERS, "a:B", order(number, 1))
    await asyncio.sleep(0)
    assert len(broker.rounds) == MOST
    while one.waits:
        for over in broker.rounds:
            over.set()
        await settle()
    assert len(broker.pending) == 20
    assert len(broker.rounds) == MOST + 1


class Rounds(Broker):
    """Each flush is over when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.rounds: list[asyncio.Event] = []

    async def flush(self) -> None:
        over = asyncio.Event()
        self.rounds.append(over)
        await over.wait()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_nothing_leaves_a_process_that_may_not_write_any_more() -> None:
    broker, gone = Broker(), ["the lease"]

    def check() -> None:
        raise Died(gone.pop())

    one = outlet(broker, check)
    one.emit(names.ORDERS, "a:B", held(0, 1))
    (task,) = one.waits
    with pytest.raises(Died, match="the lease"):
        await task
    assert broker.durable == broker.pending == []


async def test_what_cannot_be_delivered_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    broker = Broker()
    said: list[str] = []

    def die(reason: str, cause: BaseException | None = None) -> None:
        said.append(reason)
        raise Died(reason)

    async def fails() -> None:
        raise ConnectionError("the broker said no")

    monkeypatch.setattr(behind_module, "die", die)
    monkeypatch.setattr(broker, "flush", fails)
    one = outlet(broker)
    one.emit(names.ORDERS, "a:B", held(0, 1))
    (task,) = one.waits
    with pytest.raises(Died):
        await task
    assert said == ["orders: the broker said no"]
    assert broker.pending == []
