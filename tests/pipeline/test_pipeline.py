"""The recorded market through every stage on real Kafka."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from schemas import names
from schemas.ticks import NoticeType, Ticks
from tests.pipeline.effects import FEWEST, check_effects, records
from tests.pipeline.recompute_pnl import Row, differences
from tests.pipeline.run import Run, same_market
from tests.pipeline.tapes import lasting

pytestmark = [pytest.mark.broker, pytest.mark.timeout(600)]


def told(tape: list[Path]) -> Counter[str]:
    """What the frames are of, by the names of their streams: without our parsers."""
    names_of = [re.search(r'@(trade|bookTicker|depth)|{"lastUpdateId"', line)
                for file in tape for line in file.read_text().splitlines()]  # fmt: skip
    return Counter(found[1] or "snapshot" for found in names_of if found)


def test_counts_are_the_recordings(whole: Run, tape: list[Path]) -> None:
    counts: Counter[str] = Counter()
    for ticks in records(whole, names.TICKS, Ticks):
        counts["trades"] += len(ticks.trades)
        counts["quotes"] += len(ticks.quotes)
        counts["snapshots"] += sum(ticks.books.snapshot)
        counts["depth"] += len(ticks.books) - sum(ticks.books.snapshot)
        counts["unapplied"] += sum(not applied for applied in ticks.books.applied)
        counts.update(notice.type for notice in ticks.notices)
    wanted = told(tape)
    assert counts["trades"] == wanted["trade"] > 7000
    assert counts["quotes"] == wanted["bookTicker"]
    assert counts["depth"] == wanted["depth"]
    assert counts["snapshots"] == wanted["snapshot"] == 2
    assert counts["unapplied"] == 13  # those before the snapshots in the files
    for fault in (NoticeType.GAP, NoticeType.CROSSED, NoticeType.DEAD, NoticeType.STALE):
        assert counts[fault] == 0, fault
    assert not list(whole.values(names.LETTERS))


def test_two_plays_are_byte_identical(
    whole: Run, runs: Callable[[str], Run], tape: list[Path]
) -> None:
    again = runs("again")
    again.start()
    again.play(tape, lasting(10))
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
