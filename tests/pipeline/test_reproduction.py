"""Orders and statuses depend on when feedback arrived; from the record they come out again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from engine.execution import ExecutionStage
from engine.orders import OrdersStage
from engine.portfolio import PortfolioStage
from engine.rerun import Rerun
from engine.risk import RiskLimits
from engine.stage import Cell, Output
from schemas import names
from schemas.codec import decode, encode
from schemas.orders import OrderDecision
from schemas.record import Record
from schemas.ticks import Ticks
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


def test_statuses_come_out_again_from_orders_and_ticks(whole: Run) -> None:
    stage: Any = ExecutionStage()
    cell = Cell.fresh(stage, "paper")
    ticks: dict[str, list[Ticks]] = {}
    for record in stream(whole, names.TICKS):
        assert isinstance(record, Ticks)
        ticks.setdefault(record.key, []).append(record)
    outputs: list[Output] = []
    for order in stream(whole, names.ORDERS):
        assert isinstance(order, OrderDecision)
        market = f"{order.venue}:{order.symbol}"
        for seq in range(stage.position_of(cell.state, market) + 1, order.tick + 1):
            stage.follow(cell.state, ticks[market][seq])
        outputs += cell.take(names.ORDERS, order)
    compare(whole, names.STATUSES, outputs)


def test_the_portfolio_comes_out_again_from_the_statuses(whole: Run) -> None:
    stage: Any = PortfolioStage()
    cell = Cell.fresh(stage, "paper")
    outputs = [out for record in stream(whole, names.STATUSES) for out in
               cell.take(names.STATUSES, record)]  # fmt: skip
    compare(whole, names.PORTFOLIO, outputs)
