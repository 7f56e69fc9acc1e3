"""Cut the input at any time: all that was made before is the same bytes; a leak is not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from engine.decisions import DecisionsStage
from engine.replay.desk import Delays, Desk, Row
from engine.replay.truncation import Made, made, parted, until
from engine.stage import Context, Draft
from gateway.backtests.backtest import listed, raw
from gateway.backtests.stages import Stages
from gateway.proof.cutting import cut, seen_time
from infra.recordings import COIN_M, MARKET, SPOT
from schemas import names
from schemas.codec import encode
from schemas.signals import Signal
from tests.unit.small_desk import ACCOUNT, SECOND, SETTINGS, Story, Topics

FILES = {
    "usdm": MARKET[:1],
    "usdm, both": MARKET[:2],
    "spot": SPOT[:1],
    "coin-m": COIN_M[:1],
    "okx": tuple(MARKET[0].parents[1].glob("venues/OKX.ws*")),
    "kraken": tuple(MARKET[0].parents[1].glob("venues/KRAKEN.ws.50*")),
}
MOST = 300
"""Raw records of a recording."""

Play = Callable[[Iterable[Row]], Iterator[Made]]


@cache
def inputs(which: str) -> list[Row]:
    frames = raw(tuple(Path(file) for file in FILES[which]), SETTINGS, None)
    return [*listed(SETTINGS), *((names.RAW, each) for each in islice(frames, MOST))]


def desk(inputs: Iterable[Row], stages: Stages | None = None) -> Iterator[Made]:
    """The honest one."""
    return made(Desk(stages or Stages.of(SETTINGS), (ACCOUNT,), Delays()), inputs)


def departure(which: str, share: float, play: Play = desk) -> str | None:
    """Where a play of the cut input parts from the whole one."""
    rows = inputs(which)
    first, last = (row.seen_time for _, row in (rows[-MOST], rows[-1]))
    time = int(first + share * (last - first))
    return parted(play(rows), {time: play(until(rows, time))}).get(time)


@pytest.mark.parametrize("which", FILES)
@hypothesis(max_examples=4)
@given(share=st.floats(0.05, 1.0))
def test_what_comes_later_changes_no_byte_of_what_was_before(which: str, share: float) -> None:
    assert departure(which, share) is None


class Peeking(DecisionsStage):
    """It judges on the book of a later signal: a column that was moved by some rows."""

    future: dict[int, Signal]

    def step(self, state: Any, record: Signal, context: Context) -> list[Draft]:
        later = self.future.get(record.seq + 5, record)
        return super().step(state, record.model_copy(update={"bid": later.bid}), context)


def peeking(inputs: Iterable[Row]) -> Iterator[Made]:
    """A desk that has read all of its input before it begins."""
    rows, honest = [*inputs], Stages.of(SETTINGS)
    leak = Peeking(honest.decisions.strategies)
    leak.future = {row.seq: row for _, _, row in desk(rows) if isinstance(row, Signal)}
    return desk(rows, honest._replace(decisions=leak))


class Normalised(DecisionsStage):
    """Its bid is held against the mean of the whole file: statistics over all of the data."""

    mean: float

    def step(self, state: Any, record: Signal, context: Context) -> list[Draft]:
        made = super().step(state, record, context)
        share = None if record.bid is None else float(record.bid[0]) / self.mean
        return [
            each._replace(record=each.record.model_copy(update={"strength": share}))
            for each in made
        ]


def normalised(inputs: Iterable[Row]) -> Iterator[Made]:
    rows, honest = [*inputs], Stages.of(SETTINGS)
    leak = Normalised(honest.decisions.strategies)
    signals = (row for _, _, row in desk(rows) if isinstance(row, Signal))
    leak.mean = fmean(float(row.bid[0]) for row in signals if row.bid)
    return desk(rows, honest._replace(decisions=leak))


@pytest.mark.parametrize("leak", [normalised, peeking])
def test_a_desk_that_has_read_ahead_is_found(leak: Play) -> None:
    """Computed over all of the input, or a row too early: the log of such a run shows nothing."""
    why = departure("usdm", 0.6, leak)
    assert why is not None
    assert why.startswith(f"{names.DECISIONS} binance:BTC/USDT:USDT seq ")
    assert why.endswith("is another one without what came later")


def test_a_record_too_many_or_too_few_before_the_cut_is_found() -> None:
    rows = [*desk(inputs("usdm"))]
    time = rows[len(rows) // 2][0] + 1
    before = [each for each in rows if each[0] < time]
    assert parted(rows, {time: before}) == {}
    fewer, more = (parted(rows, {time: part})[time] for part in (before[:-1], [*before, before[0]]))
    assert "is not made without what came later" in fewer
    assert "is made of the cut input alone" in more
    assert parted(before, {time: [*before, before[0]]})[time] == more
    later = [(time + 1, *each[1:]) for each in before[:1]]
    assert parted(rows, {time: [*before, *later]}) == {}


@pytest.fixture(scope="module")
def run() -> Topics:
    return Story().play(12 * SECOND)


def told(run: Topics) -> list[str]:
    return cut(SETTINGS, run, lambda text: None)


def test_a_run_that_is_cut_short_comes_out_as_it_was_then(run: Topics) -> None:
    heard: list[str] = []
    assert cut(SETTINGS, run, heard.append) == []
    assert len(heard) == 3


def test_a_run_whose_decision_rests_on_what_came_later_is_named(run: Topics) -> None:
    found = told(run.changed(names.DECISIONS, "binance:BTC/USDT:USDT", 40, strength=0.999))
    assert found[0].startswith("cut at 2024-")
    assert f": {names.DECISIONS} binance:BTC/USDT:USDT seq 40: byte " in found[0]
    assert len(found) == 3


def test_a_run_that_decided_before_it_had_the_records_is_named(run: Topics) -> None:
    """It says to have been received before the cut, and was not."""
    first = next(row.seen_time for at, row in run.rows if at == names.RAW)
    late = [row for at, row in run.rows if at == names.DECISIONS]
    early = late[len(late) * 3 // 4]
    found = told(run.changed(names.DECISIONS, early.key, early.seq, seen_time=first))
    assert found


def test_the_time_of_a_record_is_read_from_its_bytes(run: Topics) -> None:
    for topic, row in run.rows:
        if topic != names.INSTRUMENTS:
            assert seen_time(encode(row)) == row.seen_time, topic
    assert seen_time(b"no record") == 0
