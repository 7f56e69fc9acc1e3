"""`tapeline backtest --candles`: candles as columns, through the stages that they concern."""

from __future__ import annotations

import time
from collections import deque
from pathlib import Path

from engine.analytics import Span
from engine.columns.candle_columns import columns
from engine.columns.tape import Tape
from engine.columns.trades import BadTrades
from engine.replay.by_bars import NotByBars
from engine.replay.desk import Row
from gateway.backtests.backtest import WHOLE, Results, listed, overlapping, shown
from gateway.backtests.candles import candles, told
from gateway.backtests.funding import funded
from gateway.backtests.tapes import NotPlayed, desk_of, digest_of, of_length, tape_of
from gateway.reports.report import Wanted
from gateway.terminal.output import Output
from schemas import names
from schemas.raw import RawFrame, Source
from schemas.ticks import Ticks
from topics.heap import KEPT, settle
from topics.settings import Settings, settings


def taped(
    key: str, files: list[Path], curve: bool, output: Output, wanted: Wanted | None = None,
    within: Span = WHOLE, spread: str | None = None,
) -> int:  # fmt: skip
    """Play candles of a market, `venue:symbol`, and tell what was earned; 1 where a record could
    not be taken. Bars are of the candles' length where [signals] names no other interval, and what
    is held is marked once a day. within: when the accounts trade; what comes before it warms up.
    spread: between bid and ask, in quote; None: a tick.
    """
    began = time.monotonic()
    settle(KEPT, clean=False)
    known = funded(settings(), output)
    found = candles(files)
    for line in told(found):
        output.note(f"{line}: of {len(found.rows):,} that are played")
    known = known if "interval" in known.signals else of_length(known, found.length)
    rows = [*listed(known)]
    overlapping(within, Span(found.rows[0].time, found.rows[-1].time + found.length))
    try:
        trades = columns(found) if within.until is None else columns(found).before(within.until)
        tape = tape_of(key, trades, known, rows, digest_of(files), spread)
        results = played(tape, known, rows, within.since)
    except (BadTrades, NotByBars) as error:
        raise NotPlayed(str(error)) from None
    results.seconds = time.monotonic() - began
    return shown(results, known, curve, output, wanted)


def played(tape: Tape, known: Settings, rows: list[Row], since: int | None = None) -> Results:
    """All that is made of it."""
    desk = desk_of(tape, known, since)
    results = Results(rows=[])
    for topic, record in desk.run(rows):
        if topic == names.TICKS and isinstance(record, Ticks):
            deque(results.precedence.take(names.RAW, _origin(record)), maxlen=0)
        results.take(topic, record)
    results.letters, results.bars = len(desk.letters), sum(desk.judged)
    return results


def _origin(ticks: Ticks) -> RawFrame:
    """What the trade would have been on market.raw, as far as causes go."""
    return RawFrame.model_construct(
        id=ticks.cause, key=ticks.key, seq=ticks.seq, seen_time=ticks.seen_time, clock=ticks.clock,
        run="", run_seq=ticks.seq, source=Source.WS, channel="trade", received=(), frames=(),
    )  # fmt: skip
