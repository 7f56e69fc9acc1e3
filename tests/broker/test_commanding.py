"""Commands of several gateways at once on real Kafka: each is durable under a number of its own."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier

import pytest
from confluent_kafka import Producer

from gateway.control import command_log
from gateway.control.command_log import CommandLog
from gateway.control.once import give_once, id_of
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


class Starting(CommandLog):
    """A gateway whose first number is that of all others that start with it."""

    def __init__(self, settings: Settings, together: Barrier) -> None:
        super().__init__(settings)
        self._together: Barrier | None = together

    def append(self, records: Sequence[ControlCommand]) -> None:
        if self._together is not None:
            self._together.wait(60)
            self._together = None
        super().append(records)


def halt(road: CommandLog, by: str, key: object) -> ControlCommand:
    """A command of its own."""
    return give_once(road, "paper", Halt(why=by), by, id_of(by, str(key)))


def gateway(settings: Settings, name: int, together: Barrier) -> list[str]:
    """The ids of the commands that one gateway has given."""
    with closing(Starting(settings, together)) as road:
        return [halt(road, f"{name}", number).id for number in range(EACH)]


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


def test_what_is_no_command_is_passed_over(
    fresh: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(CommandLog(fresh)) as road:
        halt(road, "ann", 0)
        producer = Producer({"bootstrap.servers": fresh.bootstrap})
        producer.produce(fresh.physical(names.COMMANDS), b"by hand", "paper:*")
        assert producer.flush(30) == 0
        assert halt(road, "ann", 1).seq == 1
    monkeypatch.setattr(command_log, "WINDOW", 0)
    monkeypatch.setattr(command_log, "BACK", -60)
    with closing(CommandLog(fresh)) as road:
        assert halt(road, "ann", 2).seq == 2, "also where all of it is older"
