"""Faults in a fused worker: each is told by its own stage, as if that were alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest
from faust.types import TP

from engine.orders import OrdersStage
from engine.rerun import Rerun
from engine.signals import SignalsStage
from engine.stage import Cell, Context, Draft
from schemas import names
from schemas.commands import ControlState
from schemas.errors import Poison
from schemas.record import Record
from tests.unit.fake_broker import Broker, Died, Sent, app_of, connected
from tests.unit.fake_desk import (
    BETWEEN,
    Desk,
    Reader,
    fused,
    separate,
    threadless,
)
from tests.unit.fake_stages import stages
from tests.unit.trading import ACCOUNT, BTC
from topics import BY_NAME
from topics import line as line_module
from topics.leased import Leased
from topics.line import Line
from topics.settings import Settings
from topics.worker import Worker

RECORDS = 20
BAD = 7
"""The sequence of the record that a stage fails at."""

Make = Callable[[Broker], list[Worker]]


def failing(patch: pytest.MonkeyPatch, stage: type[Any], error: Callable[[], Exception]) -> None:
    """Let a stage fail at one record of one market."""
    step = stage.step

    def fail(self: Any, state: Any, record: Record, context: Context) -> list[Draft]:
        if (context.key, record.seq) == (BTC, BAD):
            raise error()
        return cast(list[Draft], step(self, state, record, context))

    patch.setattr(stage, "step", fail)


def outcome(make: Make, patch: pytest.MonkeyPatch) -> tuple[Broker, list[str]]:
    """The broker after a desk whose supervisor never tires, and what its processes said."""
    said: list[str] = []

    async def live() -> Broker:
        desk = Desk(threadless(patch), RECORDS, make)
        for _ in range(10):
            try:
                await desk.live(())
                break
            except Died as died:
                said.append(str(died))
                desk.broker.die(1_000_000)
        return desk.broker

    return asyncio.run(live()), said


@pytest.mark.parametrize("stage", [SignalsStage, OrdersStage])
def test_what_ends_a_stage_three_times_is_given_up_on(stage: type[Any]) -> None:
    found = []
    for make in (separate, fused):
        with pytest.MonkeyPatch.context() as patch:
            failing(patch, stage, lambda: ArithmeticError("unforeseen"))
            broker, said = outcome(make, patch)
        letters = broker.records(names.LETTERS)
        assert len(said) == 3
        assert {(each.stage, each.source_seq) for each in letters} == {(stage.name, BAD)}
        halts = [each for each in broker.records(names.STATE) if isinstance(each, ControlState)]
        assert bool(halts) == (stage is OrdersStage)
        crashes = broker.rows_of_snapshot(f"{stage.name}:@crash")
        found.append(([broker.rows(topic) for topic in BETWEEN], said, letters[0], crashes[-1]))
    assert found[0] == found[1]


def test_poison_in_a_later_stage_is_its_dead_letter() -> None:
    found = []
    for make in (separate, fused):
        with pytest.MonkeyPatch.context() as patch:
            failing(patch, SignalsStage, lambda: Poison("not to be judged"))
            broker, said = outcome(make, patch)
        assert said == []
        (letter,) = broker.records(names.LETTERS)
        assert (letter.stage, letter.topic, letter.source_seq) == ("signals", names.TICKS, BAD)
        found.append(([broker.rows(topic) for topic in BETWEEN], letter))
    assert found[0] == found[1]


def test_an_unreadable_raw_record_costs_that_record_only() -> None:
    found = []
    for make in (separate, fused):
        with pytest.MonkeyPatch.context() as patch:
            broker = threadless(patch)
            desk = Desk(broker, RECORDS, make)
            place = next(n for n, sent in enumerate(broker.durable) if b'"seq":7,' in sent.value)
            broken = broker.durable[place]
            broker.durable[place] = Sent(broken.topic, broken.key, b"typed by hand", None)
            asyncio.run(desk.live(()))
        (letter,) = broker.records(names.LETTERS)
        assert letter.stage == "ticks"
        found.append(([broker.rows(topic) for topic in BETWEEN[1:]], letter))
    assert found[0] == found[1]


def test_a_share_of_the_partitions_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    (line,) = fused(connected(monkeypatch))
    told: list[tuple[str, int]] = []

    def refused(reason: str, code: int) -> None:
        told.append((reason, code))
        raise Died(reason)

    monkeypatch.setattr(line_module, "die", refused)
    with pytest.raises(Died):
        asyncio.run(line.positions(frozenset(TP(names.RAW, n) for n in range(4))))
    ((reason, code),) = told
    assert "4 of the 8 partitions of market.raw" in reason
    assert "separate workers" in reason
    assert code == 78


def test_another_instance_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    given = Settings(instance="1")
    with pytest.raises(SystemExit) as ended:
        Line(
            app_of(Broker()),
            given,
            "hot",
            stages(),
            cast(Any, Cell),
            standing=(ACCOUNT,),
            redo=Rerun,
        )
    assert ended.value.code == 78
    assert "runs alone" in capsys.readouterr().err


def test_partitions_assigned_anew_end_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    broker = threadless(monkeypatch)
    monkeypatch.setattr(line_module, "die", lambda reason: (_ for _ in ()).throw(Died(reason)))
    (line,) = fused(broker)

    async def twice() -> None:
        await Reader(line, broker).begin()
        await Reader(line, broker).begin()

    with pytest.raises(Died, match="assigned anew"):
        asyncio.run(twice())


def test_a_line_holds_the_lease_of_its_last_stage() -> None:
    (line,), (*_, alone) = fused(Broker()), separate(Broker())
    assert isinstance(line, Line)
    assert isinstance(alone, Leased)
    held = [one.lease._names for one in (line._tenure, alone.tenure)]
    assert held == [[f"tapeline:lease:orders:{ACCOUNT}"]] * 2


def test_a_line_reads_no_topic_between_its_stages() -> None:
    (line,) = fused(Broker())
    assert sorted(line.topics) == sorted(
        (names.RAW, names.PORTFOLIO, names.STATE, names.INSTRUMENTS)
    )
    assert all(name in BY_NAME for name in line.topics)
