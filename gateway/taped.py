"""`tapeline backtest --candles`: candles as columns, through the stages that they concern."""

from __future__ import annotations

import time
from collections import deque
from hashlib import blake2b
from pathlib import Path
from typing import Any

from engine.bars import interval_name
from engine.columns.bars import BarColumns
from engine.columns.candle_columns import columns
from engine.columns.tape import Shown, Tape
from engine.columns.trades import BadTrades, Grain, TradeColumns
from engine.numbers import PRICE_DECIMALS, price_units
from engine.replay.by_bars import NotByBars
from engine.replay.desk import Delays, Row
from engine.replay.tape_desk import TapeDesk
from engine.spans import DAY
from gateway.backtest import Results, listed, shown
from gateway.candles import candles, told
from gateway.output import Output
from gateway.reports.report import Wanted
from gateway.stages import Stages
from schemas import names
from schemas.errors import TapelineError
from schemas.instruments import Instrument
from schemas.raw import RawFrame, Source
from schemas.ticks import Ticks
from topics.heap import KEPT, settle
from topics.settings import Settings, settings


class NotPlayed(TapelineError):
    """Candles, a market or a strategy that cannot be played so; says what to do."""


def taped(
    key: str, files: list[Path], curve: bool, output: Output, wanted: Wanted | None = None
) -> int:
    """Play candles of a market, `venue:symbol`, and tell what was earned; 1 where a record could
    not be taken. Bars are of the candles' length where [signals] names no other interval, and what
    is held is marked once a day.
    """
    began = time.monotonic()
    settle(KEPT, clean=False)
    known = settings()
    found = candles(files)
    for line in told(found):
        output.note(f"{line}: of {len(found.rows):,} that are played")
    known = known if "interval" in known.signals else of_length(known, found.length)
    rows = [*listed(known)]
    try:
        tape = tape_of(key, columns(found), known, rows, files)
        results = played(tape, known, rows)
    except (BadTrades, NotByBars) as error:
        raise NotPlayed(str(error)) from None
    results.seconds = time.monotonic() - began
    return shown(results, known, curve, output, wanted)


def tape_of(
    key: str, trades: TradeColumns, known: Settings, rows: list[Row], files: list[Path]
) -> Tape:
    """The trades with the bars that the strategies want, beside a book of one tick."""
    stages = Stages.of(known)
    wanted = stages.signals.settings.interval
    interval = next((each for each in _intervals(known) if interval_name(each) == wanted), None)
    if interval is None:
        raise NotPlayed(f"no bars of {wanted} are made: name their length in [ticks] intervals")
    digest = blake2b(b"|".join(path.read_bytes() for path in files), digest_size=8).hexdigest()
    spread = _ticks(_tick_size(key, rows), trades.price_grain)
    bars = BarColumns.of(trades, interval, stages.ticks.settings.grace)
    return Tape(key, trades, bars, known.run or digest, Shown(spread))


def played(tape: Tape, known: Settings, rows: list[Row]) -> Results:
    """All that is made of it."""
    delays, marks = known.of("backtest", Delays), 0 if tape.bars.interval >= DAY else DAY
    desk = TapeDesk(Stages.of(known), known.accounts, [tape], delays, marks)
    results = Results(rows=[])
    for topic, record in desk.run(rows):
        if isinstance(record, Ticks):
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


def of_length(known: Settings, length: int) -> Settings:
    """Bars as long as the candles."""
    signals: dict[str, Any] = {**known.signals, "interval": interval_name(length)}
    ticks: dict[str, Any] = {**known.ticks, "intervals": [length]}
    return known.model_copy(update={"signals": signals, "ticks": ticks})


def _intervals(known: Settings) -> tuple[int, ...]:
    return Stages.of(known).ticks.settings.intervals


def _tick_size(key: str, rows: list[Row]) -> str:
    """That of the market; NotPlayed where it is not known."""
    found = {row.key: row.tick_size for _, row in rows if isinstance(row, Instrument)}
    if key not in found:
        raise NotPlayed(f"no instrument {key}: there are {', '.join(sorted(found))}; others are"
                        " named by the setting `instruments`, a file like"
                        " infra/recordings/instruments.json")  # fmt: skip
    return found[key]


def _ticks(size: str, grain: Grain) -> int:
    """A tick in 10^-decimals of the prices, one at least."""
    return int(max(1, price_units(size) // 10 ** (PRICE_DECIMALS - grain.decimals)))
