"""The live collector at a rate with faults, through Kafka: `tapeline chaos feeds` in short."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway import chaos_feeds
from gateway.output import Output
from infra.local.errors import LocalError
from infra.local.kafka import Kafka
from tests.chaos.feeds.run import MUTANTS, Result, found, hold
from tests.chaos.feeds.spec import Spec

pytestmark = [pytest.mark.broker, pytest.mark.chaos, pytest.mark.timeout(900)]

SHORT = Spec(rate=2000, seconds=6, calm=3, cut=2, close=2.7, stale=1, share=0.02)
TRIAL = Spec() if os.environ.get("TAPELINE_CHAOS") == "long" else SHORT
MUTANT = replace(SHORT, seconds=3, calm=1, cut=1, close=2.7)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with Kafka(tmp_path_factory.mktemp("kafka")) as kafka:
        yield kafka.bootstrap


def kinds(result: Result) -> set[str]:
    return {fault.partition(":")[0] for fault in result.faults}


def test_what_was_sent_is_there_gaps_are_marked_and_nothing_is_judged_on_a_spoilt_book(
    broker: str, tmp_path: Path
) -> None:
    result = hold(tmp_path / "trial", TRIAL, broker)
    assert found(result) == [], result
    assert result.received > 0.5 * TRIAL.rate * TRIAL.seconds
    assert result.ends["cut"] >= 4
    assert result.ends["closed"] >= 5


def test_a_collector_that_loses_frames_is_found_out(broker: str, tmp_path: Path) -> None:
    result = hold(tmp_path / "drops", MUTANT, broker, MUTANTS["drops"], judged=False)
    assert "missing" in kinds(result)


def test_a_collector_that_does_not_mark_its_cuts_is_found_out(broker: str, tmp_path: Path) -> None:
    result = hold(tmp_path / "unmarked", MUTANT, broker, MUTANTS["unmarked"], judged=False)
    assert {"unmarked", "strange"} <= kinds(result)


def test_of_venues_with_recordings_only() -> None:
    told = chaos_feeds.Told(("mexc",), 1, 1, 1, None, False)
    with pytest.raises(LocalError, match="nothing is recorded of mexc: choose from binance"):
        chaos_feeds.run(told, Output())
