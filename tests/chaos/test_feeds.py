"""The live collector at a rate with faults, through Kafka: `tapeline chaos feeds` in short."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.chaos import feeds as chaos_feeds
from gateway.terminal.output import Output
from infra.local.errors import LocalError
from infra.local.kafka import Kafka
from infra.local.redis import Redis
from tests.chaos.feeds.run import MUTANT, found, hold
from tests.chaos.feeds.spec import Spec
from tests.chaos.servers import Servers

pytestmark = [pytest.mark.broker, pytest.mark.chaos, pytest.mark.timeout(900)]

SHORT = Spec(rate=2000, seconds=6, calm=3, cut=2, close=2.7, stale=1, share=0.02, most=12_000)
TRIAL = Spec() if os.environ.get("TAPELINE_CHAOS") == "long" else SHORT
BRIEF = replace(SHORT, seconds=3, calm=1, cut=1, close=2.7)


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    home = tmp_path_factory.mktemp("servers")
    with Kafka(home / "kafka") as kafka, Redis(home / "redis") as redis:
        yield kafka.bootstrap, redis.url


def test_what_was_sent_is_there_gaps_are_marked_and_nothing_is_judged_on_a_spoilt_book(
    servers: Servers, tmp_path: Path
) -> None:
    result = hold(tmp_path / "trial", TRIAL, servers)
    assert found(result) == [], result
    assert min(result.books[name] for name in ("updates missed", "trades missed")) > 0
    assert result.received > 0.5 * TRIAL.rate * TRIAL.seconds
    assert result.ends["cut"] >= 4
    assert result.ends["closed"] >= 5


def test_a_collector_that_loses_frames_is_found_out(servers: Servers, tmp_path: Path) -> None:
    """Other planted faults: tests/replaying/test_collecting.py."""
    result = hold(tmp_path / "drops", BRIEF, servers, MUTANT, judged=False)
    assert {fault.partition(":")[0] for fault in result.faults} == {"missing"}


def test_of_venues_with_recordings_only() -> None:
    told = chaos_feeds.Told(("mexc",), 1, 1, 1, None, False)
    with pytest.raises(LocalError, match="nothing is recorded of mexc: choose from binance"):
        chaos_feeds.run(told, Output())
