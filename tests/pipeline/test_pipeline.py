"""The recorded market through every stage on real Kafka."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable

import pytest

from schemas import names
from schemas.ticks import NoticeType, Ticks
from tests.pipeline.effects import FEWEST, check_effects, records
from tests.pipeline.recompute_pnl import Row, differences
from tests.pipeline.run import Run, same_market

pytestmark = [pytest.mark.broker, pytest.mark.timeout(600)]


def test_counts_are_the_recordings(whole: Run) -> None:
    counts: Counter[str] = Counter()
    for ticks in records(whole, names.TICKS, Ticks):
        counts["trades"] += len(ticks.trades)
        counts["quotes"] += len(ticks.quotes)
        counts["snapshots"] += sum(ticks.books.snapshot)
        counts["depth"] += len(ticks.books) - sum(ticks.books.snapshot)
        counts["unapplied"] += sum(not applied for applied in ticks.books.applied)
        counts.update(notice.type for notice in ticks.notices)
    assert counts["trades"] == 35_389
    assert counts["quotes"] == 120_081
    assert counts["depth"] == 13_137
    assert counts["snapshots"] == 2
    assert counts["unapplied"] == 13  # those before the snapshots in the files
    for fault in (NoticeType.GAP, NoticeType.CROSSED, NoticeType.DEAD, NoticeType.STALE):
        assert counts[fault] == 0, fault
    assert not list(whole.values(names.LETTERS))


def test_two_plays_are_byte_identical(whole: Run, runs: Callable[[str], Run]) -> None:
    again = runs("again")
    again.start()
    again.play(speed=30)
    again.played()
    again.settle()
    again.stop()
    same_market(whole, again)


def test_it_trades_and_every_command_has_one_effect(whole: Run) -> None:
    check_effects(whole)


def rows(run: Run, topic: str) -> list[Row]:
    """The records of a topic as JSON objects, each once."""
    return [json.loads(value) for values in run.read(topic).values() for value in values]


def test_the_portfolio_recomputes_from_the_statuses(whole: Run) -> None:
    statuses = rows(whole, names.STATUSES)
    assert sum(status["type"] == "fill" for status in statuses) >= FEWEST
    assert differences(statuses, rows(whole, names.PORTFOLIO)) == []
