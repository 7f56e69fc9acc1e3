"""Fused stages that read what a person selects: it is read again from where the one behind needs
it, and no order is there without the decision that was made on it.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from engine.stage import Context, Draft
from schemas import names
from schemas.decisions import Decision, Verdict
from schemas.orders import OrderDecision
from schemas.signals import Signal
from tests.unit.fake_broker import Broker
from tests.unit.fake_desk import Desk, fused, threadless
from tests.unit.fake_stages import SELECTION, selecting, state
from tests.unit.trading import BTC, ETH
from topics.worker import Worker

TURNS = 24
"""Of the loop, in which a checkpoint of this desk is over."""


def following(broker: Broker) -> list[Worker]:
    """Fused stages of which decisions and orders read control.state, as with a seat that follows
    what people select.
    """
    return fused(broker, selecting())


def obedient(broker: Broker) -> list[Worker]:
    """The same; from what is selected on, the market's decisions are to hold."""
    (line,) = following(broker)
    stage = line.stations[2].stage  # type: ignore[attr-defined]
    step = stage.step

    def held(state: Any, record: Signal, context: Context) -> list[Draft]:
        drafts = step(state, record, context)
        if SELECTION not in context.tables.get(names.STATE, {}):
            return cast(list[Draft], drafts)
        hold = {"verdict": Verdict.HOLD, "entry": None, "stop": None, "target": None}
        return [
            each._replace(record=each.record.model_copy(update=hold))
            if each.topic == names.DECISIONS else each
            for each in drafts
        ]  # fmt: skip

    stage.step = held
    return [line]


async def lost(broker: Broker, kept: int) -> None:
    """A desk that is killed when so much of what it made has come to the broker, and begins again
    with a selection that has come meanwhile.
    """
    desk = Desk(broker, 25, obedient)
    await desk.begin()
    await desk.take(4)
    await desk.turn(4)
    broker.durable.append(state(SELECTION, "{}"))
    await desk.end(kept)
    made = {each.id for each in broker.records(names.DECISIONS)}
    assert {each.cause for each in broker.records(names.ORDERS)} <= made
    await desk.begin()
    await desk.rest()


@pytest.mark.parametrize("kept", range(4, 44, 3))
def test_no_order_is_there_without_the_decision_that_it_rests_on(
    kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker = threadless(monkeypatch)
    asyncio.run(lost(broker, kept))
    made = {each.id: each for each in broker.records(names.DECISIONS)}
    orders: list[OrderDecision] = broker.records(names.ORDERS)
    assert {each.cause for each in orders} == made.keys()
    assert all(made[each.cause].verdict is not Verdict.HOLD for each in orders if each.command)


async def killed(broker: Broker, turns: int) -> None:
    """A desk that hears of a selection so many turns after a checkpoint has begun, decides on it,
    and is killed when the checkpoint is written.
    """
    desk = Desk(broker, 25, following)
    await desk.begin()
    await desk.take(4)
    await desk.flush(0)
    checkpoint = asyncio.create_task(desk.readers[0].worker.checkpoint())
    await desk.turn(turns)
    broker.durable.append(state(SELECTION, "{}"))
    await desk.take(4)
    await checkpoint
    await desk.flush(0)
    await desk.kill(0)
    await desk.rest()


@pytest.mark.parametrize("turns", range(TURNS))
def test_a_row_between_the_captures_of_two_stages_is_read_again(
    turns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker = threadless(monkeypatch)
    asyncio.run(killed(broker, turns))
    made = {key: len(rows) for key, rows in broker.rows(names.DECISIONS).items()}
    assert made == {key: len(rows) for key, rows in broker.rows(names.SIGNALS).items()}
    decisions: list[Decision] = broker.records(names.DECISIONS)
    readers = {each.key for each in decisions if SELECTION in {read.key for read in each.reads}}
    assert readers == {BTC, ETH}
