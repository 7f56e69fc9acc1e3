"""The decisions on a record that gives none but holds, without the records between.

What accounts need of a hold is its identity, its time and its market: they take in their news with
it. So it is made of these alone, and nobody is told of it. Where what an account answers is a held
order that nobody reads, not even an identity is needed (`hears`).
"""

from __future__ import annotations

from typing import cast

from engine.account import AccountState
from engine.columns.tape import Tape
from engine.decisions import DecisionState
from engine.executions import Execution
from engine.identity import record_id
from engine.orders import OrdersStage
from engine.stage import Cell, Context
from schemas import names
from schemas.decisions import Decision
from schemas.record import symbol_of
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


def hears(orders: Cell[AccountState], executor: Cell[Execution], hold: Decision) -> bool:
    """Let an account take in its news with a hold, and count the held order that it gives; False,
    with nothing done, where more would come of it, or the executor has something to tell with it.

    hold: no clock; made of its strategy, market and time alone.
    """
    key = hold.key
    place = f"{orders.key}:{symbol_of(key)}"
    given = orders.made.get(names.ORDERS, {}).get(place, -1)
    taken = executor.seen.get(names.ORDERS, {}).get(place, -1)
    if executor.state.happened or taken != given or orders.ahead:
        return False
    now = max(hold.seen_time, orders.clocks.get(key, 0))
    stage = cast(OrdersStage, orders.stage)
    if not stage.hear(orders.state, hold, Context(key, now, orders.tables, ())):
        return False
    orders.unread.clear()
    orders.pass_over(key, 1, (names.ORDERS, place))
    executor.pass_over(place, 1)
    return True
