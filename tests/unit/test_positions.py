"""A past run once more, its accounts on what they knew then: its orders and fills, byte by byte."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from engine.replay.desk import Delays, Desk, Row
from engine.replay.positions import Unheard
from gateway.backtests import positioned
from gateway.backtests.backtest import listed
from gateway.backtests.positioned import Played, played
from gateway.backtests.stages import Stages
from gateway.cli import app
from gateway.proof.verifying import Verification
from schemas import names
from schemas.codec import encode
from schemas.orders import OrderDecision
from tests.unit.small_desk import ACCOUNT, SECOND, SETTINGS, Story, Topics, recorded
from topics.settings import Settings

SPAN = 40 * SECOND
MADE = (names.ORDERS, names.JOURNAL, names.STATUSES, names.PORTFOLIO)


def desk(delays: Delays) -> Topics:
    """A run whose accounts hear of their fills that late."""
    found = Topics()
    known = [*listed(SETTINGS), *((names.RAW, each) for each in recorded(SPAN))]
    for topic, record in Desk(Stages.of(SETTINGS), (ACCOUNT,), delays).run(known):
        found.put(topic, record)
    return found


def of(rows: list[Row], topic: str) -> list[bytes]:
    return [encode(record) for at, record in rows if at == topic]


@pytest.fixture(scope="module")
def late() -> Topics:
    return desk(Delays(feedback=3 * SECOND))


@pytest.fixture(scope="module")
def story() -> Topics:
    """A person buys, protects, changes, cancels, flattens."""
    return Story().play(30 * SECOND)


def test_a_run_with_late_feedback_comes_out_again_though_a_backtest_differs(late: Topics) -> None:
    found = Played()
    rows = [*played(late, SETTINGS, found)]
    assert found.differences == []
    for topic in MADE:
        assert of(rows, topic) == of(late.rows, topic)
        assert found.verdict.same[topic] == len(of(rows, topic)) > 5
    prompt = desk(Delays())
    assert of(prompt.rows, names.DECISIONS) == of(late.rows, names.DECISIONS)
    assert of(prompt.rows, names.ORDERS) != of(late.rows, names.ORDERS)


def test_people_are_heard_when_they_were_then(story: Topics) -> None:
    found = Played()
    rows = [*played(story, SETTINGS, found)]
    assert found.differences == []
    assert of(rows, names.STATE) == of(story.rows, names.STATE) != []
    assert of(rows, names.STATUSES) == of(story.rows, names.STATUSES) != []


def first_read(run: Topics) -> OrderDecision:
    return next(
        row for _, row in run.rows if isinstance(row, OrderDecision)
        and any(read.topic == names.PORTFOLIO for read in row.reads)
    )  # fmt: skip


def test_what_this_run_has_not_made_is_named(late: Topics) -> None:
    one = first_read(late)
    reads = tuple(
        read.model_copy(update={"seq": read.seq + 10_000})
        if read.topic == names.PORTFOLIO else read for read in one.reads
    )  # fmt: skip
    forged = late.changed(names.ORDERS, one.key, one.seq, reads=reads)
    with pytest.raises(Unheard, match=f"{ACCOUNT} had read {names.PORTFOLIO} .* seq 10"):
        list(played(forged, SETTINGS, Played()))


def test_an_order_that_says_otherwise_is_named(late: Topics) -> None:
    one = first_read(late)
    forged = late.changed(names.ORDERS, one.key, one.seq, tick=one.tick + 1)
    found = Played()
    list(played(forged, SETTINGS, found))
    assert [f"{one.key} seq {one.seq}: byte" in each for each in found.differences] == [True]


def test_a_run_whose_raw_records_end_early_says_what_was_not_come_to(late: Topics) -> None:
    last = max(row.seq for topic, row in late.rows if topic == names.RAW)
    found = Played()
    list(played(late.where(lambda at, row: at != names.RAW or row.seq < last - 9), SETTINGS, found))
    assert [f"{ACCOUNT} had met {names.DECISIONS}" in each for each in found.differences] == [True]


def test_verify_agrees(late: Topics) -> None:
    assert Verification(SETTINGS, late).run().differences == []


def test_the_command(late: Topics, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def sources(*_: Any) -> Iterator[tuple[Settings, Topics]]:
        yield SETTINGS, late

    monkeypatch.setattr(positioned, "sources", sources)
    monkeypatch.setattr(positioned, "settings", lambda: SETTINGS)
    told = CliRunner().invoke(app, ["backtest", "--as-recorded", "--json"])
    assert told.exit_code == 0, told.output
    assert "as recorded, byte by byte" in " ".join(told.stderr.split())
    row = orjson.loads(told.stdout.splitlines()[0])
    assert row["differences"] == []
    assert row["same"][names.STATUSES] == len(of(late.rows, names.STATUSES))
    more = CliRunner().invoke(app, ["backtest", "some.gz", "--as-recorded"])
    assert more.exit_code == 1
    assert "plays a whole past run" in more.output
