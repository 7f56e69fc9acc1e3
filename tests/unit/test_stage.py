"""A cell: sequences, ids, time, and that a restart at any point changes no byte."""

from __future__ import annotations

from base64 import b32encode
from hashlib import blake2b
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.identity import client_order_id, record_id
from engine.stage import Cell, Context, Draft
from schemas import names
from schemas.codec import decode, encode
from schemas.decisions import Decision, Verdict
from schemas.errors import Poison, SequenceGap
from schemas.orders import OrderDecision
from schemas.portfolio import Portfolio
from schemas.record import Record
from schemas.system import Snapshot
from tests.unit.trading import BTC, ETH, Input, decision, feed, position


class Counting:
    """A stage that counts what it was given; its record tells count, side and what was read."""

    name = "counting"
    ignored: frozenset[str] = frozenset()
    main = names.DECISIONS
    sides: dict[str, type[Record]] = {names.PORTFOLIO: Portfolio}

    def cells_of(self, topic: str, key: str) -> tuple[str, ...]:
        return ("all",)

    def initial(self, cell: str) -> list[int]:
        return [0]

    def step(self, state: list[int], record: Decision, context: Context) -> list[Draft]:
        if record.verdict is Verdict.REFUSED:
            raise Poison("refused records cannot be counted")
        state[0] += 1
        rows = context.tables.get(names.PORTFOLIO, {})
        told = ",".join(f"{key}={rows[key].seq}" for key in sorted(rows))
        return [
            Draft(
                names.ORDERS,
                key,
                OrderDecision(
                    account=told,
                    venue=str(state[0]),
                    symbol=str(context.now),
                    outcome="held",
                    reads=context.reads,
                ),
            )
            for key in ("one", record.key)
        ]

    def dump(self, state: list[int]) -> Any:
        return state[0]

    def load(self, data: Any) -> list[int]:
        return [data]


def fresh() -> Cell[list[int]]:
    return Cell.fresh(Counting(), "all")


def reborn(cell: Cell[Any]) -> Cell[Any]:
    """The cell after a restart: through the snapshot's bytes."""
    return Cell.restore(cell.stage, decode(Snapshot, encode(cell.snapshot())))


@st.composite
def inputs(draw: st.DrawFn) -> list[Input]:
    """Decisions of two markets and positions in any order, each source counting up."""
    seqs = {BTC: 0, ETH: 0, "portfolio": 0}
    made: list[Input] = []
    for source in draw(st.lists(st.sampled_from(sorted(seqs)), max_size=30)):
        seq, seqs[source] = seqs[source], seqs[source] + 1
        if source == "portfolio":
            made.append((names.PORTFOLIO, position(seq, "1")))
        else:
            seen = draw(st.integers(0, 100))
            made.append((names.DECISIONS, decision(seq, Verdict.HOLD, source, seen_time=seen)))
    return made


def test_gives_identity_sequence_and_cause() -> None:
    cell = fresh()
    outputs = feed(cell, [(names.DECISIONS, decision(n, Verdict.HOLD)) for n in range(2)])
    assert [out.record.id for out in outputs[:2]] == [
        record_id("counting", f"{BTC}-0", n) for n in range(2)
    ]
    assert [out.record.seq for out in outputs] == [0, 0, 1, 1]
    assert outputs[3].record.cause == f"{BTC}-1"
    assert outputs[3].key == outputs[3].record.key == BTC


def test_an_order_is_named_in_base_32_in_lower_case() -> None:
    for name in map(str, range(100)):
        digest = blake2b(f"{name}|paper|1".encode(), digest_size=16).digest()
        letters = b32encode(digest).decode().lower().rstrip("=")
        assert client_order_id(name, "paper", 1) == f"tl{letters}"


def test_drops_doubles_and_raises_on_a_gap() -> None:
    cell = fresh()
    feed(cell, [(names.DECISIONS, decision(5, Verdict.HOLD))])
    assert cell.take(names.DECISIONS, decision(5, Verdict.HOLD)) == []
    assert cell.take(names.DECISIONS, decision(3, Verdict.HOLD)) == []
    with pytest.raises(SequenceGap, match="expected seq 6, got 7"):
        cell.take(names.DECISIONS, decision(7, Verdict.HOLD))
    assert cell.take(names.DECISIONS, decision(6, Verdict.HOLD))


def test_a_skipped_record_leaves_no_gap_and_a_forgotten_one_none_either() -> None:
    cell = fresh()
    cell.skip(names.DECISIONS, decision(0, Verdict.HOLD))
    assert cell.take(names.DECISIONS, decision(1, Verdict.HOLD))
    cell.forget(names.DECISIONS, BTC)
    assert cell.take(names.DECISIONS, decision(3, Verdict.HOLD))


def test_after_a_forgotten_record_doubles_are_dropped_and_one_jump_passes() -> None:
    cell = fresh()
    feed(cell, [(names.DECISIONS, decision(n, Verdict.HOLD)) for n in range(3)])
    cell.forget(names.DECISIONS, BTC)
    again = reborn(cell)
    assert again.take(names.DECISIONS, decision(1, Verdict.HOLD)) == []
    assert again.take(names.DECISIONS, decision(4, Verdict.HOLD))
    with pytest.raises(SequenceGap, match="expected seq 5, got 6"):
        again.take(names.DECISIONS, decision(6, Verdict.HOLD))


def test_time_is_the_running_maximum_of_each_key() -> None:
    cell = fresh()
    times = [(BTC, 0, 7), (ETH, 0, 3), (BTC, 1, 5)]
    outputs = feed(
        cell,
        [(names.DECISIONS, decision(n, Verdict.HOLD, key, seen_time=t)) for key, n, t in times],
    )
    assert [out.record.seen_time for out in outputs[::2]] == [7, 3, 7]


def test_reads_name_the_main_record_and_the_sides_since_the_last() -> None:
    cell = fresh()
    feed(cell, [(names.PORTFOLIO, position(n, "1")) for n in range(3)])
    first, _, second, _ = feed(
        cell, [(names.DECISIONS, decision(n, Verdict.HOLD)) for n in range(2)]
    )
    assert isinstance(first.record, OrderDecision)
    assert isinstance(second.record, OrderDecision)
    assert [(read.topic, read.seq) for read in first.record.reads] == [
        (names.DECISIONS, 0),
        (names.PORTFOLIO, 2),
    ]
    assert [read.seq for read in second.record.reads] == [1]


def test_a_poisoned_record_does_not_swallow_what_was_read() -> None:
    cell = fresh()
    feed(cell, [(names.PORTFOLIO, position(0, "1"))])
    with pytest.raises(Poison):
        cell.take(names.DECISIONS, decision(0, Verdict.REFUSED))
    after, _ = cell.take(names.DECISIONS, decision(1, Verdict.HOLD))
    assert isinstance(after.record, OrderDecision)
    assert [read.topic for read in after.record.reads] == [names.DECISIONS, names.PORTFOLIO]


def test_cells_restored_from_one_snapshot_share_nothing() -> None:
    cell = fresh()
    feed(cell, [(names.DECISIONS, decision(0, Verdict.HOLD))])
    snapshot = cell.snapshot()
    before = encode(snapshot)
    for _ in range(2):
        again = Cell.restore(cell.stage, snapshot)
        assert again.take(names.DECISIONS, decision(1, Verdict.HOLD))
    assert encode(snapshot) == before


@given(inputs(), st.data())
def test_a_restart_at_any_point_changes_no_byte(given_: list[Input], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(given_)))
    whole, half = fresh(), fresh()
    expected = [encode(out.record) for out in feed(whole, given_)]
    before = feed(half, given_[:at])
    again = reborn(half)
    assert orjson.loads(encode(again.snapshot())) == orjson.loads(encode(half.snapshot()))
    back = data.draw(st.integers(0, at))
    after = feed(again, given_[back:])
    assert [encode(out.record) for out in [*before, *after]] == expected
