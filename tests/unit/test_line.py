"""Fused stages make what the stages alone make, whatever happens to either."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings

from engine.rerun import Rerun
from engine.stage import Cell
from schemas import names
from schemas.codec import decode, encode
from schemas.orders import OrderDecision
from schemas.system import Snapshot
from tests.recorded import long
from tests.unit.fake_broker import Broker
from tests.unit.fake_desk import (
    BETWEEN,
    Action,
    actions,
    fused,
    lived,
    separate,
)
from tests.unit.fake_stages import stages
from tests.unit.trading import ACCOUNT
from topics import BY_NAME

RECORDS = 25
"""Of each market."""


@cache
def calm() -> dict[str, dict[str, list[bytes]]]:
    """What separate workers make to which nothing happens."""
    broker = lived(separate, RECORDS)
    return {topic: broker.rows(topic) for topic in BETWEEN}


def check(broker: Broker) -> None:
    """The market's topics to the byte; the orders' come out again from what they had read."""
    for topic, rows in calm().items():
        assert broker.rows(topic) == rows, topic
    assert broker.records(names.LETTERS) == []
    made = [
        decode(OrderDecision, value)
        for rows in broker.rows(names.ORDERS).values()
        for value in rows
    ]
    assert len(made) == sum(map(len, calm()[names.DECISIONS].values()))
    commands = [record.command.client_order_id for record in made if record.command]
    assert len(commands) == len(set(commands))
    reproduced(broker)


def reproduced(broker: Broker) -> None:
    """Do the orders again in the order of their making, from the topics."""
    script: dict[tuple[str, int], OrderDecision] = {}
    for record in broker.records(names.ORDERS):
        script.setdefault((record.key, record.seq), record)
    stage = stages()[-1]
    rerun = Rerun(Cell.fresh(stage, ACCOUNT), list(script.values()))
    for topic in (*stage.sides, names.DECISIONS):
        for rows in broker.rows(topic).values():
            for value in rows:
                assert rerun.take(topic, decode(BY_NAME[topic].record, value)) == []
    assert rerun.done


def test_fused_stages_make_the_bytes_of_separate_ones() -> None:
    broker = lived(fused, RECORDS)
    check(broker)
    assert sum(len(rows) for rows in calm()[names.BARS].values()) > 2


@pytest.mark.parametrize("stop", [0, 1])
def test_from_separate_to_fused_and_back(stop: int) -> None:
    moves: list[Action] = [("take", 4), ("flush", 0), ("checkpoint", 9), ("take", 5), ("flush", 0)]
    life = [
        *moves,
        ("change", stop),
        *moves,
        ("change", stop),
        *moves * 5,
        ("change", stop),
        *moves,
    ]
    check(lived(separate, RECORDS, life))


@settings(max_examples=long(60, 20), deadline=None)
@given(actions())
def test_fused_and_separate_may_change_places_at_any_moment(happens: list[Action]) -> None:
    check(lived(fused, RECORDS, happens))


@settings(max_examples=long(30, 10), deadline=None)
@given(actions())
def test_separate_and_fused_may_change_places_at_any_moment(happens: list[Action]) -> None:
    check(lived(separate, RECORDS, happens))


def test_no_snapshot_is_there_before_what_it_covers() -> None:
    """The stages take records while they are captured, and are killed soon after."""
    for turns in range(16):
        begun: list[Action] = [("take", 4), ("flush", 0), ("checkpoint", 0), ("turn", 4)]
        check(lived(fused, RECORDS, [*begun, ("take", 5), ("turn", turns), ("kill", 12)]))


def test_fused_stages_write_the_snapshots_of_separate_ones() -> None:
    life: list[Action] = [("take", 30), ("flush", 0), ("change", 0)]
    alone = {record.key: record for record in snapshots(lived(separate, RECORDS, life * 4))}
    together = {record.key: record for record in snapshots(lived(fused, RECORDS, life))}
    assert alone.keys() == together.keys()
    for key, record in alone.items():
        if not key.startswith("orders:"):
            assert encode(record) == encode(together[key]), key


def snapshots(broker: Broker) -> list[Snapshot]:
    return broker.records(names.SNAPSHOTS)
