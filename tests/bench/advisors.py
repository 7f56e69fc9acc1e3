"""`tapeline bench advisors`: what advisors cost where decisions are made.

Reading advice: a decision of a panel (the rules, and two advisors of ai.advice at its seats) beside
the same decision of the rules alone, on the signals of the recorded market, record by record in
turns. Each advisor answers every ten seconds of the market, with a briefing and a reply of some
kilobytes, every fifth answer void. Told is the median of each record's own time, the garbage
collector at rest; then what it costs to take an answer in, which is done between two decisions.

The embedded model: tests/bench/model_cost.py.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from functools import partial
from statistics import median
from time import perf_counter_ns
from typing import Any

from engine.decisions import DecisionsStage
from engine.signals import SignalSettings, SignalsStage
from engine.stage import Cell
from engine.strategies.advised import AdvisedAdvisor, AdvisedSettings
from engine.strategies.rule import RuleAdvisor, RuleSettings
from engine.strategies.strategy import Strategy
from schemas import names
from schemas.advice import Advice, AdviceFault, Call, Opinion
from schemas.codec import decode, encode
from schemas.decisions import Decision, Verdict, Vote
from schemas.record import symbol_of, venue_of
from schemas.signals import Signal
from tests.bench.model_cost import cases
from tests.bench.signals_cost import recorded_ticks

SYMBOL = "BTC/USDT:USDT"
SECOND = 1_000_000_000
EVERY, LASTS = 10 * SECOND, 15 * SECOND
ADVISORS = ("judge", "second")
MOST = 50.0
"""Microseconds, p50, that reading advice may add to a decision."""
LONG = 8_000
"""Characters of a briefing and of a reply."""

Row = dict[str, Any]


def rows(rounds: int, seconds: float | None) -> Iterator[Row]:
    """A row a case. seconds: not asked for; all of the recording is taken, some 15 s a round."""
    signals = recorded_signals()
    answers = [*answered(signals)]
    gc.collect()
    gc.freeze()
    found = [read(signals, answers) for _ in range(rounds)]
    with_, without = (median(each[n] for each in found) for n in (0, 1))
    yield row("a decision that reads advice, p50", with_, {"rules alone": without})
    added = median(one - other for one, other, _ in found)
    yield row("added by reading advice, p50", added, {}, level={"at_most": MOST})
    yield row("an answer taken in, p50", median(each[2] for each in found), {})
    for case, ours, peers, more in cases(signals, rounds):
        yield row(case, ours, peers, **more)


def row(case: str, ours: float, peers: dict[str, float], **more: Any) -> Row:
    """Microseconds; the ratio is ours over the peer."""
    told = {name: round(value, 2) for name, value in peers.items()}
    ratio = round(ours / min(peers.values()), 3) if peers else None
    return {
        "bench": "advisors", "case": case, "unit": "us", "ours": round(ours, 2), "peers": told,
        "ratio": ratio, **more,
    }  # fmt: skip


def recorded_signals() -> list[Signal]:
    """Of the recorded market."""
    ticks = recorded_ticks(SYMBOL)
    cell = Cell.fresh(SignalsStage(SignalSettings()), ticks[0].key)
    made = (out.record for one in ticks for out in cell.take(names.TICKS, one))
    return [one for one in made if isinstance(one, Signal)]


def answered(signals: Sequence[Signal]) -> Iterator[bytes]:
    """What the advisors say of the market, as it lies on ai.advice."""
    due, seq = 0, 0
    for signal in signals:
        if signal.seen_time < due or signal.bid is None:
            continue
        due = signal.seen_time + EVERY
        for name in ADVISORS:
            yield encode(answer(seq, signal, name, float(signal.bid[0])))
            seq += 1


def answer(seq: int, upon: Signal, advisor: str, price: float) -> Advice:
    """LONG with a stop and a target; every fifth is void."""
    void = AdviceFault.NOT_JSON if seq % 5 == 4 else None
    now = upon.seen_time
    said = Opinion(
        advisor=advisor, verdict=Verdict.HOLD if void else Verdict.LONG, confidence=0.7,
        stop=f"{price * 0.98:.2f}", target=f"{price * 1.04:.2f}", horizon=LASTS,
        expires=now + LASTS, reasons=("momentum is up", "funding is low"), void=void,
    )  # fmt: skip
    call = Call(
        provider="house", model="small", role=advisor, prompt="judge", prompt_version=1,
        prompt_hash="0" * 32, asked="0" * 32, reply="x" * LONG, tokens_in=2000, tokens_out=300,
    )  # fmt: skip
    return Advice(
        id=f"a{seq}", cause=upon.id, seq=seq, key=upon.key, venue=venue_of(upon.key),
        symbol=symbol_of(upon.key), seen_time=now, asked_time=now - SECOND, opinion=said,
        calls=(call,), briefing="x" * LONG,
    )  # fmt: skip


def read(signals: Sequence[Signal], answers: Sequence[bytes]) -> tuple[float, float, float]:
    """Microseconds, p50, of a decision with and without advice, and of taking an answer in."""
    cells = [fresh(signals[0].key, asked) for asked in (ADVISORS, ())]
    spent: tuple[list[int], list[int]] = ([], [])
    taking = [_timed(partial(_absorb, cells[0], value)) for value in answers]
    for n, signal in enumerate(signals):
        for which in (0, 1) if n % 2 else (1, 0):
            spent[which].append(_timed(partial(cells[which].take, names.SIGNALS, signal)))
    assert any(vote.verdict is not Verdict.HOLD for vote in _heard(signals, answers))
    one, other = (median(each) / 1e3 for each in spent)
    return one, other, median(taking) / 1e3


def _heard(signals: Sequence[Signal], answers: Sequence[bytes]) -> Iterator[Vote]:
    """The votes of the advised seats, once more: what is measured must have been heard."""
    again = fresh(signals[0].key, ADVISORS)
    for value in answers:
        _absorb(again, value)
    for signal in signals:
        for out in again.take(names.SIGNALS, signal):
            if isinstance(out.record, Decision):
                yield from (vote for vote in out.record.votes if vote.advisor in ADVISORS)


def fresh(key: str, asked: Sequence[str]) -> Cell[Any]:
    """A market's cell of decisions, of the rules and these advisors."""
    seats = tuple(
        AdvisedAdvisor(AdvisedSettings(kind="advised", advisor=name), name) for name in asked
    )
    rule = RuleAdvisor(RuleSettings(kind="rule"))
    panel = Strategy("panel", (rule, *seats), markets=(key,))
    return Cell.fresh(DecisionsStage((panel,)), key)


def _absorb(cell: Cell[Any], value: bytes) -> None:
    cell.take(names.ADVICE, decode(Advice, value))


def _timed(work: Any) -> int:
    """Nanoseconds."""
    gc.disable()
    began = perf_counter_ns()
    work()
    took = perf_counter_ns() - began
    gc.enable()
    return took
