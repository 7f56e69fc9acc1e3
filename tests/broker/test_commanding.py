"""Commands of several gateways at once on real Kafka: each is durable under a number of its own."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from confluent_kafka import Producer

from gateway import commanding
from gateway.commanding import CommandTopic, give
from schemas import names
from schemas.codec import decode
from schemas.commands import ControlCommand, Halt
from topics import admin
from topics.reading import read_all
from topics.settings import Settings

pytestmark = pytest.mark.broker

GATEWAYS, EACH = 4, 8


@pytest.fixture
def fresh(bootstrap: str) -> Settings:
    """Settings with topics of their own."""
    settings = Settings(broker_url=bootstrap, prefix=f"{uuid.uuid4().hex[:8]}.")
    admin.create(settings)
    return settings


class Starting(CommandTopic):
    """A gateway whose first number is that of all others that start with it."""

    def __init__(self, settings: Settings, together: Barrier) -> None:
        super().__init__(settings)
        self._together: Barrier | None = together

    def append(self, record: ControlCommand) -> None:
        if self._together is not None:
            self._together.wait(60)
            self._together = None
        super().append(record)


def gateway(settings: Settings, name: int, together: Barrier) -> list[str]:
    """The ids of the commands that one gateway has given."""
    with Starting(settings, together) as road:
        return [give(road, "paper", Halt(why=f"{name}"), f"{name}").id for _ in range(EACH)]


def heard(settings: Settings, key: str) -> list[str]:
    """The ids that a stage takes, which drops doubles and dies of a hole."""
    last, ids = -1, []
    for message in read_all(settings, names.COMMANDS):
        record = decode(ControlCommand, bytes(message.value() or b""))
        if record.key == key and record.seq > last:
            assert record.seq == last + 1, "a hole"
            last = record.seq
            ids.append(record.id)
    return ids


def test_gateways_at_once_lose_no_command(fresh: Settings) -> None:
    with ThreadPoolExecutor(GATEWAYS) as pool:
        together = Barrier(GATEWAYS)
        given = list(pool.map(lambda name: gateway(fresh, name, together), range(GATEWAYS)))
    ours = heard(fresh, "paper:*")
    assert sorted(ours) == sorted(id for ids in given for id in ids)
    for ids in given:
        assert [id for id in ours if id in set(ids)] == ids
    assert len(list(read_all(fresh, names.COMMANDS))) >= len(ours) + GATEWAYS - 1


def test_a_number_is_found_far_back(fresh: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commanding, "WINDOW", 3)
    with CommandTopic(fresh) as road:
        assert [give(road, "rare", Halt(why=""), "ann").seq for _ in range(2)] == [0, 1]
        for seq in range(9):
            assert give(road, "busy", Halt(why=""), "ann").seq == seq
        assert give(road, "rare", Halt(why=""), "ann").seq == 2


def test_what_is_no_command_is_passed_over(fresh: Settings) -> None:
    with CommandTopic(fresh) as road:
        give(road, "paper", Halt(why=""), "ann")
        producer = Producer({"bootstrap.servers": fresh.bootstrap})
        producer.produce(fresh.physical(names.COMMANDS), b"by hand", "paper:*")
        assert producer.flush(30) == 0
        assert give(road, "paper", Halt(why=""), "ann").seq == 1
