"""Orders and statuses depend on when feedback arrived; from the record they come out again."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

from engine.orders import OrdersStage
from engine.replay.desk import Desk
from engine.rerun import Rerun
from engine.risk import RiskLimits
from engine.stage import Cell, Output
from gateway.backtests.backtest import listed, raw
from gateway.backtests.stages import Stages
from gateway.proof.sweep import Sweep
from gateway.proof.verifying import Verification
from schemas import names
from schemas.codec import decode, encode
from schemas.record import Record
from tests.pipeline.run import Run
from topics import BY_NAME

pytestmark = [pytest.mark.broker, pytest.mark.timeout(600)]


def stream(run: Run, topic: str) -> Iterator[Record]:
    """The records of a topic, partition by partition, each once."""
    last: dict[str, int] = {}
    for key, value in run.values(topic):
        record = decode(BY_NAME[topic].record, value)
        if record.seq > last.get(key, -1):
            last[key] = record.seq
            yield record


def compare(run: Run, topic: str, outputs: list[Output]) -> None:
    """What came out again equals what was published, byte by byte and whole."""
    again: dict[str, list[bytes]] = {}
    for output in outputs:
        if output.topic == topic:
            again.setdefault(output.key, []).append(encode(output.record))
    assert again == run.read(topic)


def test_orders_come_out_again_from_what_they_had_read(whole: Run) -> None:
    stage = OrdersStage(("paper",), RiskLimits())
    script = [record for record in stream(whole, names.ORDERS)]
    rerun = Rerun(Cell.fresh(stage, "paper"), script)  # type: ignore[arg-type]
    for topic in (names.INSTRUMENTS, names.PORTFOLIO, names.STATE, names.DECISIONS):
        for record in stream(whole, topic):
            assert rerun.take(topic, record) == []
    assert rerun.done
    assert rerun.replayed == len(script) > 1000


def test_verify_finds_no_byte_that_differs_and_names_the_one_that_does(whole: Run) -> None:
    found = Verification(whole.settings, Sweep(whole.settings)).run()
    assert found.differences == []
    for topic in (names.TICKS, names.SIGNALS, names.DECISIONS, names.ORDERS, names.STATUSES):
        assert found.same[topic] == sum(len(values) for values in whole.read(topic).values())


def test_a_backtest_makes_the_bytes_of_the_run(whole: Run, tape: list[Path]) -> None:
    market = (names.RAW, names.TICKS, names.BARS, names.SIGNALS, names.DECISIONS)
    made: dict[str, dict[str, list[bytes]]] = {topic: {} for topic in market}
    inputs = chain(listed(whole.settings), ((names.RAW, each) for each in raw(
        tuple(tape), whole.settings, None
    )))  # fmt: skip
    for topic, record in Desk(Stages.of(whole.settings), ("paper",)).run(inputs):
        if topic in made:
            made[topic].setdefault(record.key, []).append(encode(record))
    for topic in market:
        assert made[topic] == whole.read(topic), topic
