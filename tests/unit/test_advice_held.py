"""Money that was under way when the advice stage was killed: each time it counts, once."""

from __future__ import annotations

from typing import Any

import pytest

from agents.advising import held
from agents.advising.held import Held
from engine.advice.budget import HOUR, Ledger, Limits, Spending
from engine.spans import SECOND
from schemas.codec import decode, encode
from schemas.system import Snapshot
from topics.settings import settings
from topics.snapshots import Saved

KEY = "binance:BTC/USDT:USDT"
WORST = Spending(at=HOUR, cost=100, calls=1)


class Topic:
    """state.snapshots: the newest record of each key."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def emit(self, topic: str, key: str, record: Snapshot, headers: Any) -> None:
        self.kept[key] = encode(record)

    def load(self, *_: Any) -> list[Saved]:
        return [Saved(decode(Snapshot, value), {}) for value in self.kept.values()]


@pytest.fixture
def topic(monkeypatch: pytest.MonkeyPatch) -> Topic:
    topic = Topic()
    monkeypatch.setattr(held, "load", topic.load)
    return topic


def begun(topic: Topic, known: frozenset[str] = frozenset()) -> tuple[Held, Ledger]:
    """A process's, once it has looked at what the one before it left."""
    one, ledger = Held(settings(), topic), Ledger(Limits(1000, 1000, 1000, 1000 * SECOND))  # type: ignore[arg-type]
    for _ in range(2):  # partitions may be given more than once
        for id, (advisor, spending) in one.lost(lambda _: True, known.__contains__).items():
            ledger.take(id, advisor, spending)
    return one, ledger


def test_each_kill_in_one_and_the_same_question_counts(topic: Topic) -> None:
    for kills in range(5):  # no signal comes meanwhile: the question has the same id
        one, ledger = begun(topic)
        assert ledger.total(HOUR + 1).cost == kills * WORST.cost
        one.put(KEY, "question", "one", WORST)


def test_what_was_told_is_not_lost_and_what_is_an_hour_old_is_forgotten(topic: Topic) -> None:
    begun(topic)[0].put(KEY, "question", "one", WORST)
    assert begun(topic, frozenset({"question"}))[1].total(HOUR + 1).cost == 0
    one, _ = begun(topic)
    one.put(KEY, "other", "one", WORST._replace(at=2 * HOUR))
    one.drop(KEY, "other")
    assert begun(topic)[1].spent == {}
