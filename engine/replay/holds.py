"""The decisions on a record that gives none but holds, without the records between.

What accounts need of a hold is its identity, its time and its market: they take in their news with
it. So it is made of these alone, and nobody is told of it.
"""

from __future__ import annotations

from engine.columns.tape import Tape
from engine.decisions import DecisionState
from engine.identity import record_id
from engine.stage import Cell
from schemas import names
from schemas.decisions import Decision
from schemas.ticks import BookState


def holds(
    tape: Tape, decisions: Cell[DecisionState], at: int, seq: int, *, clock: bool
) -> list[Decision]:
    """One of each strategy on the record of a trade, or the clock record behind one; they are yet
    to be counted (`Cell.pass_over`). at: place of the trade; seq: of the record.
    """
    trades, key = tape.trades, tape.key
    ticks, _ = tape.name(seq)
    signal = record_id("signals", ticks, 0)
    before = decisions.made.get(names.DECISIONS, {}).get(key, -1)
    bid, ask = tape.best(at)
    told = {
        "cause": signal, "key": key, "seen_time": int(trades.seen_time[at]), "clock": clock,
        "event_time": None if clock else int(trades.event_time[at]), "tick": seq,
        "book": BookState.OK, "bid": bid, "ask": ask,
    }  # fmt: skip
    return [
        bench.blank.model_copy(
            update={
                **told, "id": record_id("decisions", signal, number), "seq": before + 1 + number
            }
        )
        for number, bench in enumerate(decisions.state.benches)
    ]  # fmt: skip
