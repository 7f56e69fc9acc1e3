"""The soak's short form: 30 s at the requests of five minutes; 300 s with TAPELINE_SOAK=long."""

from __future__ import annotations

import os

import pytest

from infra.exchange.accounts import Key
from infra.exchange.listing import money_units
from infra.exchange.server import Exchange
from infra.exchange.sizes import sizes
from tests.exchange.soak import MORE, Soak, soak

SECONDS = 300.0 if os.environ.get("TAPELINE_SOAK") == "long" else 30.0
PACE = 200.0
"""Requests a second: 30 s of it are as many as five minutes of a bot that asks 20 a second."""


@pytest.mark.timeout(SECONDS + 900)
def test_memory_and_all_that_is_kept_stay_as_they_are() -> None:
    kept = int(SECONDS * PACE / 60)
    made = soak(SECONDS, PACE, kept, int(SECONDS / 6), lambda told: print(told))
    assert made.grown() == []
    assert made.requests > 0.5 * SECONDS * PACE
    assert made.connections > SECONDS
    assert made.statuses[400] > 0.05 * made.requests, "refusals are part of it"
    assert made.statuses[200] > 0.7 * made.requests
    assert made.sizes[-1][1]["usdm.keys.*.orders"] == 4 * kept
    done = "usdm.conditions._accounts.*.done"
    assert made.sizes[-1][1][done] == 4 * (kept // 4)


def test_what_grows_is_named() -> None:
    made = Soak("", 100.0, 1.0)
    made.memory = [(float(at), 1_000_000 + at * 1_000) for at in range(101)]
    made.sizes = [(at, {"a": 10, "b": 10 * int(at)}) for at in (10.0, 50.0, 100.0)]
    assert [each.split(":")[0] for each in made.grown()] == ["b"]
    made.memory = [(float(at), 1_000_000 + at * 2_000) for at in range(101)]
    assert [each.split(":")[0] for each in made.grown()] == ["memory", "b"]
    made.sizes = [(at, {"b": size}) for at, size in ((10.0, 8), (50.0, 8), (95.0, 9), (100.0, 900))]
    assert len(made.grown()) == 1, "a burst at the end is no growth"
    made.sizes = [(at, {"b": int(at)}) for at in (10.0, 50.0, 50.0 + MORE)]
    assert len(made.grown()) == 1


def test_sizes_are_those_of_all_that_is_held() -> None:
    exchange = Exchange()
    exchange.application()
    before = sizes(exchange)
    exchange.usdm.open(Key("a", "s"), {"USDT": money_units("5")})
    assert sizes(exchange)["usdm.keys"] == before.get("usdm.keys", 0) + 1
