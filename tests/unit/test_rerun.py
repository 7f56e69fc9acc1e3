"""Doing again what was published: in another order of arrival the same bytes come out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.orders import OrdersStage
from engine.rerun import Rerun
from engine.risk import RiskLimits
from engine.stage import Cell, Output
from schemas import names
from schemas.codec import decode, encode
from schemas.decisions import Verdict
from schemas.errors import Fatal
from schemas.orders import OrderDecision
from schemas.system import Snapshot
from tests.recorded import long
from tests.unit.trading import (
    ACCOUNT,
    BTC,
    ETH,
    SECOND,
    Input,
    decision,
    feed,
    halt,
    opening,
    position,
    worth,
)  # fmt: skip

VERDICTS = [Verdict.LONG, Verdict.SHORT, Verdict.EXIT, Verdict.HOLD]
Sources = list[list[Input]]


def fresh() -> Cell[Any]:
    return Cell.fresh(OrdersStage((ACCOUNT,), RiskLimits(maximum_positions=2)), ACCOUNT)


def reborn(snapshot: Snapshot) -> Cell[Any]:
    stage = OrdersStage((ACCOUNT,), RiskLimits(maximum_positions=2))
    return Cell.restore(stage, decode(Snapshot, encode(snapshot)))


@st.composite
def sources(draw: st.DrawFn) -> Sources:
    """Six sources, each in its own order: two markets, two positions, the account, its halt."""
    times = st.lists(st.tuples(st.sampled_from(VERDICTS), st.integers(0, 40)), max_size=8)
    markets: Sources = [
        [
            (names.DECISIONS, decision(n, verdict, key, seen_time=at * SECOND))
            for n, (verdict, at) in enumerate(draw(times))
        ]
        for key in (BTC, ETH)
    ]
    quantities = st.lists(st.sampled_from(["0", "3", "-3"]), max_size=4)
    positions: Sources = [
        [
            (names.PORTFOLIO, position(n, quantity, key))
            for n, quantity in enumerate(draw(quantities))
        ]
        for key in (BTC, ETH)
    ]
    equities = draw(st.lists(st.sampled_from(["500", "10000"]), max_size=3))
    halts = draw(st.lists(st.sampled_from(["true", "false"]), max_size=3))
    account: Sources = [
        [(names.PORTFOLIO, worth(n + 1, equity)) for n, equity in enumerate(equities)],
        [(names.STATE, halt(n, value)) for n, value in enumerate(halts)],
    ]
    return markets + positions + account


def interleaved(draw: Any, of: Sources) -> list[Input]:
    """All inputs in a random order that keeps the order of each source."""
    turns = draw(st.permutations([n for n, source in enumerate(of) for _ in source]))
    left = [iter(source) for source in of]
    return [next(left[turn]) for turn in turns]


def records(outputs: Sequence[Output]) -> list[OrderDecision]:
    return [out.record for out in outputs if isinstance(out.record, OrderDecision)]


@settings(max_examples=long(200, 66), deadline=None)
@given(sources(), st.data())
def test_another_interleaving_gives_the_same_bytes(of: Sources, data: st.DataObject) -> None:
    first = [*opening(), *interleaved(data.draw, of)]
    at = data.draw(st.integers(0, len(first)))
    lost = data.draw(st.integers(0, 3))
    cell = fresh()
    before = feed(cell, first[:at])
    snapshot = cell.snapshot()
    after = feed(cell, first[at:])
    published = records([*before, *after])
    script = published[: max(len(before), len(published) - lost)]

    rerun = Rerun(reborn(snapshot), script)
    second = [*opening(), *interleaved(data.draw, of)]
    given_ = [out for topic, record in second for out in rerun.take(topic, record)]

    assert rerun.done
    assert rerun.replayed == len(script) - len(before)
    already = {record.id for record in script}
    assert not already & {record.id for record in records(given_)}
    assert len(script) + len(given_) == len(published)


@settings(max_examples=long(100, 33), deadline=None)
@given(sources(), st.data())
def test_with_nothing_lost_the_cell_ends_where_it_was(of: Sources, data: st.DataObject) -> None:
    """And what comes after the script is the same, to the byte."""
    first = [*opening(), *interleaved(data.draw, of)]
    cell, twin = fresh(), fresh()
    published = records(feed(cell, first))
    feed(twin, opening()[:1])
    rerun = Rerun(reborn(twin.snapshot()), published)
    for topic, record in [*opening(), *interleaved(data.draw, of)]:
        assert rerun.take(topic, record) == []
    tail: list[Input] = [
        (names.DECISIONS, decision(len(of[n]), Verdict.LONG, key, seen_time=99 * SECOND))
        for n, key in enumerate((BTC, ETH))
    ]
    again = [out for topic, record in tail for out in rerun.take(topic, record)]
    expected = feed(cell, tail)
    assert [encode(out.record) for out in again] == [encode(out.record) for out in expected]


def test_sides_that_came_early_wait_for_their_turn() -> None:
    """The first decision had not seen the halt: it is approved again, though the halt is there."""
    cell = fresh()
    inputs: list[Input] = [
        (names.DECISIONS, decision(0, Verdict.LONG)),
        (names.STATE, halt(0, "true")),
        (names.DECISIONS, decision(0, Verdict.LONG, ETH)),
    ]
    published = records(feed(cell, [*opening(), *inputs]))
    assert [record.outcome for record in published] == ["approved", "refused"]
    rerun = Rerun(fresh(), published)
    for topic, record in [inputs[1], inputs[2], *opening(), inputs[0]]:
        assert rerun.take(topic, record) == []
    assert rerun.done
    assert rerun.replayed == 2


def test_all_that_one_step_made_is_done_again() -> None:
    """A strategy's hold and the watch's close come of one decision; the close may be lost."""
    limits = RiskLimits(close_near_liquidation=True)
    stage = OrdersStage((ACCOUNT,), limits)
    inputs: list[Input] = [
        *opening(),
        (names.PORTFOLIO, position(0, "5", watch="near")),
        (names.DECISIONS, decision(0, Verdict.HOLD)),
        (names.DECISIONS, decision(1, Verdict.HOLD)),
    ]
    published = records(feed(Cell.fresh(stage, ACCOUNT), inputs))
    assert [record.origin for record in published] == ["strategy", "risk", "strategy"]
    for known in range(1, 4):
        rerun = Rerun(Cell.fresh(stage, ACCOUNT), published[:known])
        again = [out for topic, record in inputs for out in rerun.take(topic, record)]
        assert rerun.replayed == known
        assert [encode(record) for record in records(again)] == [
            encode(record) for record in published[known:]
        ]


def test_a_script_that_does_not_come_out_is_fatal() -> None:
    published = records(feed(fresh(), [*opening(), (names.DECISIONS, decision(0, Verdict.LONG))]))
    forged = published[0].model_copy(update={"tick": 7})
    rerun = Rerun(fresh(), [forged])
    for topic, record in opening():
        rerun.take(topic, record)
    with pytest.raises(Fatal, match="does not come out"):
        rerun.take(names.DECISIONS, decision(0, Verdict.LONG))


def test_holes_and_skipped_records_keep_their_place() -> None:
    """Number 1 was unreadable and 3 ended the stage too often; both come before their time."""
    cell = fresh()
    feed(cell, opening())
    published = records(feed(cell, [(names.DECISIONS, decision(0, Verdict.HOLD))]))
    cell.forget(names.DECISIONS, BTC)
    published += records(feed(cell, [(names.DECISIONS, decision(2, Verdict.HOLD))]))
    cell.skip(names.DECISIONS, decision(3, Verdict.HOLD))
    published += records(feed(cell, [(names.DECISIONS, decision(4, Verdict.HOLD))]))
    rerun = Rerun(fresh(), published)
    rerun.take(names.DECISIONS, decision(0, Verdict.HOLD))
    rerun.forget(names.DECISIONS, BTC)
    rerun.take(names.DECISIONS, decision(2, Verdict.HOLD))
    rerun.skip(names.DECISIONS, decision(3, Verdict.HOLD))
    rerun.take(names.DECISIONS, decision(4, Verdict.HOLD))
    assert not rerun.done
    for topic, record in opening():
        assert rerun.take(topic, record) == []
    assert rerun.done
