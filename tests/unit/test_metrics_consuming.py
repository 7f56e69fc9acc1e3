"""When a stage is ready, by its consumer."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import confluent_kafka as ck
import pytest
from faust.types import TP

from tests.unit.measured import told
from topics.metrics import broker
from topics.metrics.consuming import Consuming
from topics.metrics.exposure import Exposure
from topics.rdkafka.acks import Assignment
from topics.rdkafka.delivery import Delivery
from topics.settings import Settings

RAW, STATE = TP("x.market.raw", 0), TP("x.control.state", 0)


class Client:
    """A producer's client; `away` while its broker does not answer."""

    def __init__(self) -> None:
        self.away, self.asked = False, 0

    def list_topics(self, topic: str, timeout: float) -> None:
        self.asked += 1
        if self.away:
            raise ck.KafkaException(ck.KafkaError(ck.KafkaError._TRANSPORT))


@pytest.fixture
def consumer() -> Any:
    poller = SimpleNamespace(assignment=None, highs={})
    app = SimpleNamespace(producer=SimpleNamespace(client=Client()))
    delivery = Delivery(app)  # type: ignore[arg-type]
    delivery.compacted = frozenset((STATE.topic,))
    return SimpleNamespace(poller=poller, app=app, delivery=delivery)


@pytest.fixture
def exposure(consumer: Any, tmp_path: Path) -> Exposure:
    made = Exposure(Settings(home=tmp_path, prefix="x."), "ticks")
    Consuming(consumer, made)
    return made


def assign(consumer: Any, generation: int, at: int, high: int) -> None:
    """Its partitions, read up to an offset of so many."""
    consumer.poller.assignment = Assignment(generation, {RAW: at, STATE: 0}, frozenset((RAW,)))
    consumer.poller.highs = {RAW: high, STATE: 99}


def wrong(exposure: Exposure) -> dict[str, str]:
    return {name: why for name, why in exposure.failing().items() if why}


def test_it_is_not_ready_before_it_has_partitions(consumer: Any, exposure: Exposure) -> None:
    assert set(wrong(exposure)) == {"assigned", "caught up"}
    assert not any(name == "tapeline_lag_records" for name, *_ in told(exposure.readings()))


def test_a_worker_that_takes_nothing_from_its_start_on_tells_so(
    consumer: Any, exposure: Exposure
) -> None:
    assign(consumer, 1, 0, 7)
    assert told(exposure.readings())["tapeline_records_in_total", "ticks", "market.raw"] == 0
    consumer.delivery.delivered[RAW.topic] += 3
    consumer.poller.assignment = None
    assert told(exposure.readings())["tapeline_records_in_total", "ticks", "market.raw"] == 3


def test_it_is_ready_once_it_has_caught_up_until_partitions_change(
    consumer: Any, exposure: Exposure
) -> None:
    assign(consumer, 1, 0, 1001)
    assert wrong(exposure) == {"caught up": "1001 records are left to read"}
    assert told(exposure.readings())["tapeline_lag_records", "ticks", "market.raw"] == 1001
    consumer.poller.highs[RAW] = 1000
    assert not wrong(exposure)
    consumer.poller.highs[RAW] = 50_000  # what is told as lag
    assert not wrong(exposure)
    assign(consumer, 2, 0, 50_000)
    assert "caught up" in wrong(exposure)


def test_what_the_broker_has_not_told_is_not_caught_up_with(
    consumer: Any, exposure: Exposure
) -> None:
    assign(consumer, 1, 0, -1)
    assert "has not told" in wrong(exposure)["caught up"]


def test_an_empty_share_is_ready(consumer: Any, exposure: Exposure) -> None:
    consumer.poller.assignment = Assignment(1, {}, frozenset())
    assert not wrong(exposure)


def test_a_compacted_topic_has_no_lag(consumer: Any, exposure: Exposure) -> None:
    assign(consumer, 1, 5, 5)
    found = told(exposure.readings())
    assert found["tapeline_lag_records", "ticks", "market.raw"] == 0
    assert ("tapeline_lag_records", "ticks", "control.state") not in found


def test_the_broker_is_asked_now_and_then(
    consumer: Any, exposure: Exposure, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr("topics.metrics.broker.time.monotonic", lambda: now[0])
    assign(consumer, 1, 0, 0)
    client = consumer.app.producer.client
    client.away = True
    assert "does not answer" in wrong(exposure)["broker"]
    client.away = False
    assert "broker" in wrong(exposure), "no storm of questions"
    now[0] += broker.AGAIN
    assert not wrong(exposure)
    assert client.asked == 2
