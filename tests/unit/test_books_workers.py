"""Workers whose strategies read books and advice: killed, torn, fused, they decide once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from faust.types import TP
from hypothesis import given, settings

from engine.books import BooksSettings, BooksStage
from engine.decisions import DecisionsRerun, DecisionsStage
from engine.orders import OrdersStage
from engine.risk import RiskSettings
from engine.signals import SignalSettings, SignalsStage
from engine.stage import Cell
from engine.strategies import Context, Judge, Judgment, OutlookSettings, Verdict
from engine.strategies.catalogue import made
from engine.strategies.flow import FlowSettings
from engine.strategies.strategy import Strategy
from engine.ticks import TicksStage
from schemas import names
from schemas.advice import Advice
from schemas.codec import decode, encode
from schemas.decisions import Decision
from schemas.signals import ConsolidatedBook
from tests.recorded import long
from tests.unit import fake_desk
from tests.unit.advising import advice
from tests.unit.fake_broker import Broker, Died, Sent, connected, give, read, worker
from tests.unit.fake_desk import Action, actions, fused, lived, separate
from tests.unit.fake_stages import inputs, recorded
from tests.unit.test_line import reproduced
from tests.unit.trading import ACCOUNT, BTC, ETH, instrument
from topics import BY_NAME
from topics.partition import partition_of

RECORDS = 16
SYMBOLS = ("BTC/USDT:USDT", "ETH/USDT:USDT")


@dataclass
class Sum:
    """Of all mids that were seen."""

    mids: float = 0.0


class Watcher(Judge[OutlookSettings, Sum]):
    """Says what it has seen of the books, now and in all."""

    kind = "watcher"

    def books(self, market: str) -> tuple[str, ...]:
        return SYMBOLS if market == BTC else SYMBOLS[1:]

    def advice(self, market: str) -> tuple[str, ...]:
        return ("judge",)

    def opinion(self, state: Sum, context: Context) -> Judgment:
        seen = [context.mid(symbol) or 0.0 for symbol in SYMBOLS]
        state.mids += sum(seen)
        said = [f"{one.advisor} {one.since} {one.stop}" for one in context.advice.values()]
        return Judgment(
            Verdict.HOLD, reasons=(f"{seen} {state.mids:.12g} {sorted(context.books)} {said}",)
        )


def stages() -> tuple[Any, ...]:
    """Four stages; one strategy reads books in two markets, another trades."""
    often = made("f", FlowSettings(kind="flow", every=True, span=1, enter=0.2, leave=0.1))
    reads = Strategy("reads", (Watcher(OutlookSettings()),), markets=(BTC, ETH))
    limits = RiskSettings.model_validate({"minimum_strength": 0, "maximum_positions": 2})
    return (
        TicksStage(), SignalsStage(SignalSettings()),
        DecisionsStage((Strategy("often", (often,)), reads)),
        OrdersStage((ACCOUNT,), limits),
    )  # fmt: skip


@cache
def books() -> tuple[Sent, ...]:
    """Both symbols' books of the recorded markets."""
    found = []
    stage = BooksStage(BooksSettings(symbols=SYMBOLS))
    for key, file in ((BTC, "btcusdt"), (ETH, "ethusdt")):
        ticks, book = Cell.fresh(TicksStage(), key), Cell.fresh(stage, key.partition(":")[2])
        book.take(names.INSTRUMENTS, instrument(key))
        for raw in recorded(file, RECORDS):
            (row,) = book.take(names.TICKS, ticks.take(names.RAW, raw)[0].record)
            found.append(Sent(row.topic, row.key.encode(), encode(row.record), None))
    return (*found, *answers())


def answers() -> Iterator[Sent]:
    """Of each market, some at times that are not there yet, one that comes twice."""
    for key, file in ((BTC, "btcusdt"), (ETH, "ethusdt")):
        times = [raw.seen_time for raw in recorded(file, RECORDS)]
        for seq in (0, 1, 1, 2, 3):
            row = advice(seq, times[4 * seq], key=key, stop=str(seq + 1))
            yield Sent(names.ADVICE, key.encode(), encode(row), None)


@pytest.fixture(autouse=True, scope="module")
def _with_books() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fake_desk, "stages", stages)
        patch.setattr(fake_desk, "inputs", lambda count: (*inputs(count), *books()))
        patch.setattr("tests.unit.test_line.stages", stages)
        yield


def check(broker: Broker) -> None:
    """No hole, no double that differs; every decision comes out again on what it had read."""
    assert broker.records(names.LETTERS) == []
    signals, decided = broker.rows(names.SIGNALS), broker.rows(names.DECISIONS)
    assert {key: len(rows) for key, rows in decided.items()} == {
        key: 2 * len(rows) for key, rows in signals.items()
    }
    stage = stages()[2]
    moments = {
        key: [decode(ConsolidatedBook, value).moment for value in rows]
        for key, rows in broker.rows(names.BOOKS).items()
    }
    said = {key: times(rows) for key, rows in broker.rows(names.ADVICE).items()}
    for key in (BTC, ETH):
        script = [decode(Decision, value) for value in decided[key]]
        for one in script:
            for each in one.reads[1:]:
                known = moments if each.topic == names.BOOKS else said
                assert known[each.key][each.seq] <= one.seen_time
        rerun = DecisionsRerun(Cell.fresh(stage, key), script)
        for topic in (names.BOOKS, names.ADVICE, names.SIGNALS):
            for row_key, values in broker.rows(topic).items():
                if key in stage.cells_of(topic, row_key):
                    for value in values:
                        again = rerun.take(topic, decode(BY_NAME[topic].record, value))
                        assert {made.topic for made in again} <= {names.EVENTS}
        assert rerun.done
    reproduced(broker)


def times(rows: list[bytes]) -> dict[int, int]:
    """When each answer was there, by sequence; the first of two."""
    return {row.seq: row.seen_time for row in reversed([decode(Advice, each) for each in rows])}


def read_some(broker: Broker, topic: str) -> bool:
    rows = broker.rows(names.DECISIONS)[BTC]
    return any(read.topic == topic for row in rows for read in decode(Decision, row).reads)


@pytest.mark.parametrize("make", [separate, fused])
def test_books_reach_the_strategies_of_separate_and_of_fused_workers(make: Any) -> None:
    broker = lived(make, RECORDS, [("take", 9), ("flush", 0)] * 8)
    check(broker)
    assert read_some(broker, names.BOOKS)
    assert read_some(broker, names.ADVICE)


LIFE: list[Action] = [
    ("take", 4), ("flush", 0), ("checkpoint", 9), ("take", 3), ("flush", 0), ("kill", 1),
    ("take", 7), ("flush", 0), ("kill", 0), ("take", 2),
]  # fmt: skip


@pytest.mark.parametrize("make", [separate, fused])
def test_what_was_decided_before_a_kill_is_decided_again(make: Any) -> None:
    check(lived(make, RECORDS, LIFE * 3))


@settings(max_examples=long(15, 5), deadline=None)
@given(actions())
def test_whatever_happens_to_separate_workers(happens: list[Action]) -> None:
    check(lived(separate, RECORDS, happens))


@settings(max_examples=long(15, 5), deadline=None)
@given(actions())
def test_whatever_happens_to_fused_ones_or_in_between(happens: list[Action]) -> None:
    check(lived(fused, RECORDS, happens))


def home(key: str) -> TP:
    return TP(names.SIGNALS, partition_of(names.SIGNALS, key))


def assigned(*signals: TP) -> frozenset[TP]:
    sides = [(name, n) for name in (names.BOOKS, names.ADVICE)
             for n in range(BY_NAME[name].partitions)]  # fmt: skip
    return frozenset((*signals, *(TP(*side) for side in sides)))


async def test_a_worker_takes_books_for_the_markets_that_it_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert home(BTC) != home(ETH)
    broker = connected(monkeypatch)
    one, other = (worker(broker, stages()[2]) for _ in range(2))
    await one.positions(assigned(home(BTC)))
    await other.positions(assigned(home(ETH)))
    for at, sent in enumerate(books()):
        row = read(sent.topic, at, decode(BY_NAME[sent.topic].record, sent.value))
        await give(one, row)
        await give(other, row)
    assert ([*one.cells], [*other.cells]) == ([BTC], [ETH])
    for each in (one, other):
        await each.checkpoint()
    await broker.flush()
    kept = {sent.key.decode() for sent in broker.durable if sent.topic == names.SNAPSHOTS}
    assert kept == {f"decisions:{BTC}", f"decisions:{ETH}"}
    again = worker(broker, stages()[2])
    starts = await again.positions(assigned(home(ETH)))
    assert [*again.cells] == [ETH]
    assert starts[TP(names.BOOKS, partition_of(names.BOOKS, SYMBOLS[1]))] > 0


async def test_partitions_that_are_assigned_anew_end_a_worker_that_reads_books(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = worker(connected(monkeypatch), stages()[2])
    await one.positions(assigned(home(BTC)))
    with pytest.raises(Died, match="assigned anew; it starts afresh"):
        await one.positions(frozenset((home(ETH),)))
