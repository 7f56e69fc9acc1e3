"""The load bench in its shortest form: every order is taken, every client is told."""

from __future__ import annotations

from gateway.bench import met
from tests.bench import exchange


def test_two_hundred_streams_and_five_hundred_orders_a_second() -> None:
    load = exchange.measured(1.0)
    assert len(load.waits) == exchange.RATE
    assert load.failed == 0
    assert min(load.messages) >= 3
    assert 0 < load.busy < load.elapsed * 1.1


def test_a_slow_answer_misses_the_level() -> None:
    told = exchange.row("round trip, p99", "ms", 51.0, level={"at_most": exchange.MOST_MS})
    assert not met(told)
    assert met({**told, "ours": 50.0})
