"""The short way of a send, its receipt, and the turns of the loop that are left."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import faust
import pytest
from confluent_kafka import KafkaError
from faust.exceptions import ProducerSendError

from schemas import names
from schemas.decisions import Verdict
from schemas.orders import OrderDecision
from tests.unit.fake_broker import Broker
from tests.unit.trading import BTC, decision
from topics.outlet import Outlet
from topics.rdkafka import turns
from topics.rdkafka.producer import CALM, HURRY, Producer
from topics.rdkafka.reports import Interval, Receipt
from topics.rdkafka.topic import Topic
from topics.settings import Settings

RECORD: Any = SimpleNamespace(
    topic=lambda: "out", partition=lambda: 1, offset=lambda: 7, timestamp=lambda: (1, 2000)
)


def interval(failures: list[Any]) -> Interval:
    made = Interval(lambda error, _record: failures.append(error))
    made.outstanding = 1
    return made


async def test_a_receipt_tells_where_the_record_is_whenever_it_is_awaited() -> None:
    counted = interval([])
    receipt = Receipt(counted, asyncio.get_running_loop())
    early = [asyncio.ensure_future(receipt), asyncio.ensure_future(receipt)]
    await asyncio.sleep(0)
    assert not any(one.done() for one in early)
    receipt(None, RECORD)
    told = [*await asyncio.gather(*early), await receipt]
    assert [(one.topic, one.partition, one.offset, one.timestamp) for one in told] == [
        ("out", 1, 7, 2.0)
    ] * 3
    assert counted.outstanding == 0


async def test_a_failed_delivery_is_told_to_who_awaits_and_to_the_producer() -> None:
    failures: list[Any] = []
    receipt = Receipt(interval(failures), asyncio.get_running_loop())
    early = asyncio.ensure_future(receipt)
    await asyncio.sleep(0)
    error = KafkaError(KafkaError.MSG_SIZE_TOO_LARGE)
    receipt(error, RECORD)
    assert failures == [error]
    with pytest.raises(ProducerSendError):
        await early
    with pytest.raises(ProducerSendError):
        await receipt


async def test_streams_hold_the_loop_for_a_while_and_no_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, others = 100.0, 0
    monkeypatch.setattr(turns, "monotonic", lambda: now)

    async def other() -> None:
        nonlocal others
        while True:
            others += 1
            await asyncio.sleep(0)

    task = asyncio.ensure_future(other())
    taken = turns.Turns()
    await taken.sleep(0)
    assert others == 1
    for _ in range(100):
        await taken.sleep(0)
    assert others == 1
    now += turns.HOLD
    await taken.sleep(0)
    assert others == 2
    task.cancel()


class Sends:
    """An app with one topic, and which way its sends went."""

    def __init__(self, **options: Any) -> None:
        app: Any = faust.App(
            "sends",
            broker="rdkafka://127.0.0.1:1",
            Topic=Topic,
            web_enabled=False,
            key_serializer="raw",
            value_serializer="raw",
        )
        self.app = app
        self.app.sensors.add(self.app.monitor)
        topic: Any = self.app.topic("out", **options)
        self.topic = topic
        self.short: list[Any] = []
        self.long = 0
        producer: Any = self.app.producer
        producer.dispatch = self._dispatch
        self.topic._send_now = self._send_now

    async def _dispatch(self, *record: Any) -> None:
        self.short.append(record)

    async def _send_now(self, *_: Any, **__: Any) -> None:
        self.long += 1


async def test_plain_bytes_go_the_short_way_whole_and_counted() -> None:
    sends = Sends(key_type=bytes, value_type=bytes)
    assert isinstance(sends.app.producer, Producer)
    await sends.topic.send(key=b"k", value=b"v", partition=2, timestamp=3.0, headers={"h": b"x"})
    await sends.topic.send(value=None)
    assert sends.short == [
        ("out", b"k", b"v", 2, 3.0, {"h": b"x"}),
        ("out", None, None, None, None, None),
    ]
    assert (sends.long, sends.app.monitor.messages_sent) == (0, 2)
    assert sends.app.monitor.messages_sent_by_topic["out"] == 2


@pytest.mark.parametrize(
    "how",
    [
        {"value": "text"},
        {"key": 1, "value": b"v"},
        {"value": b"v", "callback": print},
        {"value": b"v", "value_serializer": "json"},
    ],
)
async def test_what_needs_faust_goes_its_way(how: dict[str, Any]) -> None:
    sends = Sends(key_type=bytes, value_type=bytes)
    await sends.topic.send(**how)
    assert (sends.short, sends.long) == ([], 1)


async def test_a_topic_with_a_serializer_or_a_second_sensor_goes_fausts_way() -> None:
    encoded = Sends(value_type=bytes, value_serializer="json")
    watched = Sends(key_type=bytes, value_type=bytes)
    watched.app.sensors.add(faust.Sensor())
    for sends in (encoded, watched):
        await sends.topic.send(key=b"k", value=b"v")
        assert (sends.short, sends.long) == ([], 1)


async def test_what_hurries_is_seen_off_at_once_but_not_all_the_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    flushed: list[float] = []
    now = 100.0
    monkeypatch.setattr("topics.rdkafka.producer.time.monotonic", lambda: now)
    producer = Producer.__new__(Producer)
    producer._hurried = 0.0
    producer.running = asyncio.get_running_loop()
    producer.client = SimpleNamespace(flush=flushed.append)  # type: ignore[assignment]
    for _ in range(3):
        producer.hurry(always=False)
    assert flushed == []
    await asyncio.sleep(0)
    assert flushed == [HURRY]
    producer.hurry(always=True)
    now += CALM
    producer.hurry(always=False)
    await asyncio.sleep(0)
    assert flushed == [HURRY] * 3


def asked(outcome: str) -> OrderDecision:
    return OrderDecision(
        key=f"a:{BTC}",
        account="a",
        venue="binance",
        symbol=BTC,
        outcome=outcome,
    )


def test_what_an_order_hangs_on_does_not_linger() -> None:
    broker = Broker()
    outlet = Outlet(SimpleNamespace(producer=broker), Settings(), "orders")  # type: ignore[arg-type]
    for outcome in ("approved", "refused", "held"):
        outlet.emit(names.ORDERS, f"a:{BTC}", asked(outcome))
    assert broker.hurried == [names.ORDERS]
    outlet.emit(names.DECISIONS, BTC, decision(1, Verdict.HOLD, BTC))
    assert broker.hurried == [names.ORDERS]
    outlet.emit(names.DECISIONS, BTC, decision(2, Verdict.EXIT, BTC))
    assert broker.hurried == [names.ORDERS, names.DECISIONS]
