"""What a person has set while a worker was away is heard before all else that came meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import pytest

from schemas import names
from schemas.decisions import Decision
from schemas.orders import OrderDecision
from tests.unit.fake_broker import Broker, Sent
from tests.unit.fake_desk import Desk, fused, separate, threadless
from tests.unit.fake_stages import SELECTION, selecting, state
from tests.unit.trading import ACCOUNT, BTC, ETH
from topics.worker import Worker

HALT = state(f"{ACCOUNT}:halt", "true")
SELECTED = state(SELECTION, "{}")


async def away(desk: Desk, row: Sent, topic: str) -> int:
    """The desk is killed with a checkpoint behind it and records that it has not taken. Those are
    the first that the next one is given; gives how many records there were on a topic before.
    """
    await desk.begin()
    for number in range(len(desk.readers)):
        await desk.readers[number].take(6)
        await desk.flush(0)
    for number in range(len(desk.readers)):
        await desk.readers[number].worker.checkpoint()
        await desk.readers[number].take(2)
    await desk.end(1_000_000)
    before = len(desk.broker.records(topic))
    desk.broker.durable.append(row)
    await desk.begin()
    for reader in desk.readers:
        await reader.take(999_999)  # the main input before the sides
        await desk.flush(0)
    await desk.rest()
    return before


@pytest.mark.parametrize("make", [separate, fused])
def test_nothing_is_let_in_after_a_halt_that_came_while_the_worker_was_away(
    make: Callable[[Broker], list[Worker]], monkeypatch: pytest.MonkeyPatch
) -> None:
    broker = threadless(monkeypatch)
    before = asyncio.run(away(Desk(broker, 25, make), HALT, names.ORDERS))
    made: list[OrderDecision] = broker.records(names.ORDERS)
    assert len(made) > before + 10
    assert hearers(made) == [before]


@pytest.mark.parametrize("make", [separate, fused])
def test_a_selection_that_came_while_the_worker_was_away_holds_for_all_that_waits(
    make: Callable[..., list[Worker]], monkeypatch: pytest.MonkeyPatch
) -> None:
    broker = threadless(monkeypatch)
    desk = Desk(broker, 25, lambda broker: make(broker, selecting()))
    before = asyncio.run(away(desk, SELECTED, names.DECISIONS))
    rows: list[Decision] = broker.records(names.DECISIONS)
    for key in (BTC, ETH):
        made = [each for each in rows if each.key == key]
        assert [each.seq for each in made] == [*range(len(made))]
        assert hearers(made) == [sum(each.key == key for each in rows[:before])]


def hearers(made: Sequence[Decision | OrderDecision]) -> list[int]:
    """Which of these records name a row that a person has set."""
    return [n for n, each in enumerate(made) if names.STATE in {read.topic for read in each.reads}]
