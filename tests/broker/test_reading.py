"""Reading a topic whole, from a time, and back from its end."""

from __future__ import annotations

import uuid

import pytest

from schemas import names
from tests.broker.writing import in_order
from topics import admin
from topics.partition import partition_of
from topics.reading import from_end, latest, read_all
from topics.settings import Settings

pytestmark = pytest.mark.broker


@pytest.fixture
def fresh(bootstrap: str) -> Settings:
    """Settings with topics of their own."""
    settings = Settings(broker_url=bootstrap, prefix=f"{uuid.uuid4().hex[:8]}.")
    admin.create(settings)
    return settings


def fill(settings: Settings, counts: dict[str, int]) -> None:
    producer = in_order(settings.bootstrap)
    for key, count in counts.items():
        for n in range(count):
            producer.produce(settings.physical(names.EVENTS), b"%d" % n, key)
            producer.poll(0)
    assert producer.flush(30) == 0


def test_all_is_read_in_order(fresh: Settings) -> None:
    fill(fresh, {"a": 3000, "b": 10})
    rows = [(message.key(), message.value()) for message in read_all(fresh, names.EVENTS)]
    assert rows == [(b"a", b"%d" % n) for n in range(3000)] + [(b"b", b"%d" % n) for n in range(10)]


def test_an_empty_topic_gives_nothing(fresh: Settings) -> None:
    assert list(read_all(fresh, names.EVENTS)) == []
    assert latest(fresh, names.EVENTS, ["a"]) == {}


def test_the_latest_is_found_far_back(fresh: Settings) -> None:
    fill(fresh, {"rare": 1, "busy": 5000})
    found = latest(fresh, names.EVENTS, ["rare", "busy", "absent"])
    assert {key: message.value() for key, message in found.items()} == {
        "rare": b"0",
        "busy": b"4999",
    }


def test_windows_from_the_end_hold_everything_once_and_in_order(fresh: Settings) -> None:
    assert list(from_end(fresh, names.EVENTS, 0)) == []
    fill(fresh, {"a": 1500})
    windows = [[int(bytes(each.value() or b"")) for each in window]
               for window in from_end(fresh, names.EVENTS, 0)]  # fmt: skip
    assert windows == [list(range(1300, 1500)), list(range(500, 1300)), list(range(500))]


def test_accounts_choose_the_partition() -> None:
    same = {partition_of(names.ORDERS, f"paper:{symbol}") for symbol in "abcdefgh"}
    assert len(same) == 1
    assert len({partition_of(names.RAW, f"binance:{symbol}") for symbol in "abcdefgh"}) > 1
