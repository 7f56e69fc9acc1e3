"""The executor's pure part with what it is fed and what it gives, for tests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

from engine.execution import Execution, ExecutionStage
from engine.stage import Cell, Output
from schemas import names
from schemas.codec import decode, encode
from schemas.orders import Intent, OrderCommand, OrderDecision
from schemas.record import symbol_of
from schemas.statuses import JournalEntry, Status
from schemas.system import Snapshot
from schemas.ticks import BookState, Level, Ticks
from tests.unit.market_tape import record, whole
from tests.unit.trading import BTC

MS = 10**6
LATER = 10**18

Input = Ticks | OrderDecision

STAGE = ExecutionStage()
UNREAD = Ticks(venue="", symbol="")


def ticks(
    seq: int, seen_time: int, bids: tuple[Level, ...] = (("99", "1"),),
    asks: tuple[Level, ...] = (("101", "1"), ("102", "2")),
    *, book: BookState = BookState.OK, market: str = BTC,
) -> Ticks:  # fmt: skip
    """A ticks record with one snapshot of the book."""
    return record(seq, seen_time, whole(bids, asks), book=book, key=market)


def command(order_id: str = "tl1", market: str = BTC, **fields: Any) -> OrderCommand:
    """To buy one at the market, unless the fields say otherwise."""
    body = {
        "client_order_id": order_id, "account": "paper", "venue": "binance",
        "symbol": symbol_of(market), "intent": Intent.OPEN, "side": "buy", "quantity": "1",
        "expires": LATER, **fields,
    }  # fmt: skip
    return OrderCommand.model_validate(body)


def decided(
    seq: int, seen_time: int, tick: int, asks_for: OrderCommand | None = None,
    *, market: str = BTC, clock: bool = False,
) -> OrderDecision:  # fmt: skip
    """An order decision: approved with a command, or held."""
    return OrderDecision(
        id=f"{market}-{seq}", seq=seq, key=f"paper:{symbol_of(market)}", seen_time=seen_time,
        clock=clock, account="paper", venue="binance", symbol=symbol_of(market), tick=tick,
        outcome="held" if asks_for is None else "approved", command=asks_for,
    )  # fmt: skip


def feed(cell: Cell[Execution], one: Input, stage: ExecutionStage = STAGE) -> list[Output]:
    """As the worker does: ticks are followed as far as they are read, decisions are taken."""
    if isinstance(one, Ticks):
        left = {name: getattr(UNREAD, name) for name in stage.leaving(cell.state, one.key)}
        stage.follow(cell.state, one.model_copy(update=left))
        return []
    return cell.take(names.ORDERS, one)


def play(inputs: Iterable[Input]) -> list[Output]:
    """All that an account's executor gives."""
    cell = Cell.fresh(STAGE, "paper")
    return [out for one in inputs for out in feed(cell, one)]


def play_with_crashes(inputs: Sequence[Input], crashes: list[tuple[int, int]]) -> list[Output]:
    """Snapshots after each input; a crash at an input goes back some snapshots and feeds again.

    The inputs are fed from the very first once more: what the snapshot covers must be dropped.
    """
    cell = Cell.fresh(STAGE, "paper")
    snapshots, outputs = [encode(cell.snapshot())], []
    for at, back in crashes:
        for one in inputs[: at % len(inputs)]:
            outputs += feed(cell, one)
            snapshots.append(encode(cell.snapshot()))
        snapshots = snapshots[: max(1, len(snapshots) - back)]
        cell = Cell.restore(STAGE, decode(Snapshot, snapshots[-1]))
    return outputs + [out for one in inputs for out in feed(cell, one)]


def by_place(outputs: Iterable[Output]) -> dict[tuple[str, str, int], bytes]:
    """Records by (topic, key, seq); one that is given twice must be the same bytes."""
    found: dict[tuple[str, str, int], bytes] = {}
    for out in outputs:
        value = encode(out.record)
        assert found.setdefault((out.topic, out.key, out.record.seq), value) == value
    return found


def statuses(outputs: Iterable[Output]) -> list[Status]:
    """What is on trading.statuses."""
    return [cast(Status, out.record) for out in outputs if out.topic == names.STATUSES]


def journal(outputs: Iterable[Output]) -> list[JournalEntry]:
    """What is on trading.journal."""
    return [cast(JournalEntry, out.record) for out in outputs if out.topic == names.JOURNAL]


def bare(status: Status) -> Status:
    """Without the identity that the cell has filled in."""
    return status.identified(id="", cause="", seq=-1, key="", seen_time=0, clock=False)
