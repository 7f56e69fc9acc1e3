"""L2 depth with a queue model beside hftbacktest: `tapeline bench backtest`.

Both have the same grid of quotes act every 100 ms on the same recording, with the same latencies,
fees and queue. What is timed is the run, after compilation and conversion, in processor time of
its one thread, so that what else the machine does matters less; the rate is of the recording's
levels and trades. Then what each made of it is printed, its market timed alike.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

from engine.costs import ProportionalFees
from engine.depth import grid
from engine.depth import layout as at
from engine.depth.columns import DepthColumns, Gatherer
from engine.depth.desk import DepthLog, DepthRules, Desk
from engine.depth.earned import earned
from engine.depth.kernel import driver
from engine.feeds.recorded import Opening, route_of
from engine.framing import raw_records
from engine.stage import Cell
from engine.ticks import TicksStage
from infra.recordings import HERE, listings
from schemas import names
from schemas.orders import Contract
from schemas.ticks import Ticks
from tests.bench.hft import Peer, peer
from tests.bench.peer import Missing
from topics.recording import begins, merged, read

NAME = "backtest"
RECORDING = HERE / "usdm" / "btcusdt_20240808.gz"
GRID = grid.Settings(levels=5, half_spread=5, step=10, size=10, most=500)
PLAYS = 5
"""Runs of each in a round."""
LEAST = 0.5
"""Of hftbacktest's rate, at least."""
DEPTHS = {"roi": "hftbacktest, book in a vector", "hash": "hftbacktest, book in a hash map"}
QUEUES = {"risk": ("risk-averse queue", at.RISK_AVERSE), "power": ("power queue", at.PROB_POWER)}

Row = dict[str, Any]


def rows(rounds: int, seconds: float | None) -> Iterator[Row]:
    """A row a queue model, then what came of the runs. seconds has no meaning here."""
    print("the recording is turned into columns ...", file=sys.stderr)
    columns = depth_columns().without_quotes()
    try:
        with peer(RECORDING, tuple(GRID)) as theirs:
            for queue in QUEUES:
                yield speed(columns, queue, rounds, theirs)
            yield from sanity(columns, theirs)
    except Missing as error:
        for queue in QUEUES:
            yield speed(columns, queue, rounds, None) | {"missing": {"hftbacktest": str(error)}}


def depth_columns() -> DepthColumns:
    """The recording as columns."""
    stage, gatherer = TicksStage(), Gatherer()
    route = route_of(Opening(*begins(RECORDING)), listings(), "", None).route
    cell: Cell[Any] | None = None
    for raw in raw_records(merged([(RECORDING, route)]), "bench"):
        cell = cell or Cell.fresh(stage, raw.key)
        for out in cell.take(names.RAW, raw):
            if isinstance(out.record, Ticks):
                gatherer.take(out.record)
    return gatherer.columns()


def speed(columns: DepthColumns, queue: str, rounds: int, theirs: Peer | None) -> Row:
    """Ours and theirs in turns."""
    model, events = QUEUES[queue][1], columns.events()
    _play(columns, model)
    ours: list[float] = []
    peers: dict[str, list[float]] = {name: [] for name in (DEPTHS.values() if theirs else ())}
    for _ in range(rounds):
        ours.append(median(_play(columns, model)[0] for _ in range(PLAYS)))
        for depth, name in DEPTHS.items() if theirs else ():
            assert theirs is not None
            times = [theirs.play(depth, queue, "own")["seconds"] for _ in range(PLAYS)]
            peers[name].append(median(times))
    rates = {name: round(events / median(times)) for name, times in peers.items()}
    rate = round(events / median(ours))
    row = _row(f"L2 depth, {QUEUES[queue][0]}, a grid that acts every 100 ms", "events/s", rate)
    ratio = rate / max(rates.values()) if rates else None
    level = {"at_least_times": {name: LEAST for name in rates}}
    return row | {"peers": rates, "ratio": ratio, "level": level, "events": events}


def sanity(columns: DepthColumns, theirs: Peer) -> Iterator[Row]:
    """What the same run comes to here and there, where received at t is there at t for both."""
    first = next(iter(read(RECORDING))).received_ns
    for queue, (name, model) in QUEUES.items():
        _, log = _play(columns, model, first)
        told = theirs.play("roi", queue, "flat")
        yield from beside(columns, log, told, name)


def beside(columns: DepthColumns, log: DepthLog, told: dict[str, Any], case: str) -> Iterator[Row]:
    """Orders filled, position and profit: ours and theirs."""
    made = earned(columns, log, Contract(), ProportionalFees())
    done = int((log.fills[:, at.E_REST] == 0).sum())
    worth = told["balance"] + told["position"] * told["mid"] - told["fee"]
    assert made.profit is not None
    for what, unit, ours, other in (
        ("orders filled", "orders", done, told["fills"]),
        ("position", "BTC", float(made.position), told["position"]),
        ("profit", "USDT", float(made.profit), worth),
    ):
        peers = {"hftbacktest": round(other, 4)}
        yield _row(f"{case}, the same run: {what}", unit, round(ours, 4)) | {"peers": peers}


def _play(columns: DepthColumns, model: int, begins: int | None = None) -> tuple[float, DepthLog]:
    desk = Desk(columns, DepthRules(model=model), GRID.every, begins)
    drive: Callable[..., int] = driver(grid.act)
    began = time.thread_time()
    log = desk.drive(drive, GRID)
    return time.thread_time() - began, log


def _row(case: str, unit: str, ours: float) -> Row:
    return {"bench": NAME, "case": case, "unit": unit, "ours": ours, "peers": {}, "ratio": None}
