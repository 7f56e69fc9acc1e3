"""Trades through the whole chain, beside nautilus_trader: an EMA cross on bars of a minute.

The recorded trades of Binance spot and futures, BTC and ETH, are repeated to five million, and lie
in memory on both sides: ours as columns, theirs as its objects. Timed is the play: bars,
indicators, signals, decisions, risk, orders, simulated fills, portfolio. Both run in one thread,
in turns, and processor time is told, so that a machine with other work does not matter; `wall` has
the other figure. Ours brings each position a stop and a target, checks each order's risk, and marks
what is held once an hour; the peer's example does none of these.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import orjson

from engine.columns.bars import BarColumns
from engine.columns.tape import Shown, Tape
from engine.columns.trades import Grain, Integers, TradeColumns
from engine.control import ControlStage
from engine.decisions import DecisionsStage
from engine.execution import ExecutionStage
from engine.indicators import IndicatorSettings
from engine.orders import OrdersStage
from engine.portfolio import PortfolioSettings, PortfolioStage
from engine.replay.tape_desk import TapeDesk
from engine.risk import RiskSettings
from engine.signals import SignalSettings, SignalsStage
from engine.spans import SECOND
from infra.recordings import instruments
from schemas import names
from schemas.record import Record
from schemas.statuses import Status
from tests.bench import nautilus
from tests.bench.backtest_cross import FAST, SLOW, STRATEGY
from tests.bench.backtest_data import repeated
from tests.bench.peer import Missing
from topics.heap import KEPT, settle

EVENTS = 5_000_000
MINUTE, HOUR = 60 * SECOND, 3600 * SECOND
PEER = f"nautilus_trader {nautilus.VERSION}"
CASE = "BTC and ETH trades, EMA cross on bars of a minute"
FLOOR, TIMES = 1_000_000, 5
ACCOUNT = "paper"
FILES = {
    "binance:BTC/USDT": "btc_spot",
    "binance:BTC/USDT:USDT": "btc_perp",
    "binance:ETH/USDT": "eth_spot",
    "binance:ETH/USDT:USDT": "eth_perp",
}

Columns = Mapping[str, TradeColumns]
Row = dict[str, Any]


def rows(rounds: int, seconds: float | None, events: int = EVENTS) -> Iterator[Row]:
    """One row. seconds has no meaning here; events: trades, at least."""
    columns = repeated(events)
    ours: list[Row] = []
    theirs: list[Row] = []
    skipped = ""
    with ExitStack() as stack:
        peer: Peer | None = None
        try:
            peer = stack.enter_context(started(columns))
        except Missing as error:
            skipped = str(error)
        play(columns)
        for _ in range(rounds):
            ours.append(play(columns))
            theirs += [peer.play()] if peer else []
    yield _row(sum(map(len, columns.values())), ours, theirs, skipped)


def play(columns: Columns) -> Row:
    """Ours once: seconds, and what came of it."""
    settle(KEPT)
    wall, own = time.perf_counter(), time.process_time()
    tapes = [
        Tape(key, each, BarColumns.of(each, MINUTE), "bench", Shown(_tick(each.price_grain)))
        for key, each in columns.items()
    ]
    counts: Counter[str] = Counter(bars=sum(len(each.bars) for each in tapes))
    desk = TapeDesk(_stages(), (ACCOUNT,), tapes, marks=HOUR)
    for topic, record in desk.run(_listed()):
        counts[topic] += 1
        if isinstance(record, Status):
            counts[record.type] += 1
    seconds, processor = time.perf_counter() - wall, time.process_time() - own
    told = {"bars": counts["bars"], "fills": counts["fill"], "records": counts[names.SIGNALS]}
    return {"seconds": seconds, "processor": processor, **told}


def _tick(grain: Grain) -> int:
    """0.01 in units of a price's text."""
    return int(10 ** (grain.decimals - 2))


def _stages() -> tuple[Any, ...]:
    risk = RiskSettings(minimum_strength=0, daily_loss=1, drawdown=1)
    return (
        SignalsStage(
            SignalSettings(
                interval="1m", indicators=IndicatorSettings(ema_fast=FAST, ema_slow=SLOW)
            )
        ),
        DecisionsStage((STRATEGY,)),
        OrdersStage((ACCOUNT,), risk),
        ExecutionStage(),
        PortfolioStage(PortfolioSettings()),
        ControlStage((ACCOUNT,)),
    )


def _listed() -> Iterator[tuple[str, Record]]:
    for number, each in enumerate(instruments()):
        key = f"{each.venue}:{each.symbol}"
        told = {"seq": 0, "key": key, "id": str(number)}
        yield names.INSTRUMENTS, each.model_copy(update=told)


class Peer:
    """nautilus_trader with the same trades."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._answer()

    def play(self) -> Row:
        """Once."""
        assert self._process.stdin is not None
        self._process.stdin.write("play\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> Row:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.startswith("{"):
            raise Missing(f"{PEER} ended: its last words are above")
        answer: Row = orjson.loads(line)
        return answer


@contextmanager
def started(columns: Columns) -> Iterator[Peer]:
    """The peer with these trades in memory; Missing where it cannot be."""
    python = nautilus.python()
    with tempfile.TemporaryDirectory(prefix="tapeline-bench-") as folder:
        for key, each in columns.items():
            np.save(Path(folder) / f"{FILES[key]}.npy", _plain(each))
        print(f"{PEER} makes its objects of the trades ...", file=sys.stderr)
        work = str(Path(__file__).with_name("work_nautilus.py"))
        process = subprocess.Popen(
            [str(python), work, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        try:
            yield Peer(process)
        finally:
            process.kill()
            process.wait()


def _plain(trades: TradeColumns) -> Any:
    """Rows of floats: time, price, quantity, bought."""
    price = _floats(trades.price, trades.price_grain)
    quantity = _floats(trades.quantity, trades.quantity_grain)
    return np.stack([trades.seen_time.astype(np.float64), price, quantity, trades.buys])


def _floats(column: Integers, grain: Grain) -> Any:
    return column * (grain.step / 10**grain.decimals)


def _row(trades: int, ours: list[Row], theirs: list[Row], skipped: str) -> Row:
    def rate(plays: list[Row], clock: str) -> float:
        return float(round(median(trades / each[clock] for each in plays)))

    own = rate(ours, "processor")
    peers = {PEER: rate(theirs, "processor")} if theirs else {}
    walls = {"ours": rate(ours, "seconds")}
    done = {"ours": _done(ours[-1])}
    if theirs:
        walls[PEER], done[PEER] = rate(theirs, "seconds"), _done(theirs[-1])
    return {
        "bench": "backtest", "case": CASE, "unit": "trades/s of processor time", "ours": own,
        "peers": peers, "ratio": own / peers[PEER] if peers else None, "trades": trades,
        "wall": walls, "done": done,
        "level": {"over": FLOOR, **({"at_least_times": {PEER: TIMES}} if peers else {})},
        **({"missing": {PEER: skipped}} if skipped else {}),
    }  # fmt: skip


def _done(play: Row) -> Row:
    return {name: count for name, count in play.items() if name not in ("seconds", "processor")}
