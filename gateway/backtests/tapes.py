"""Candles as a tape, and the desk that plays it: of a backtest, and of each trial of a search."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

from engine.bars import interval_name
from engine.columns.bars import BarColumns
from engine.columns.tape import Shown, Tape
from engine.columns.trades import TradeColumns
from engine.numbers import PRICE_DECIMALS, price_units
from engine.replay.desk import Delays, Row
from engine.replay.tape_desk import TapeDesk
from engine.signals import SignalSettings
from engine.spans import DAY
from engine.ticks import TicksSettings
from gateway.backtests.candles import PLAIN
from gateway.backtests.stages import Stages
from schemas.errors import TapelineError
from schemas.instruments import Instrument
from topics.settings import Settings


class NotPlayed(TapelineError):
    """Candles, a market or a strategy that cannot be played so; says what to do."""


def tape_of(
    key: str, trades: TradeColumns, known: Settings, rows: list[Row], run: str,
    spread: str | None = None,
) -> Tape:  # fmt: skip
    """The trades with the bars that the strategies want. spread: of the book that each shows, in
    quote; None: the market's tick. run: what it is the run of, unless the settings name one.
    """
    interval = interval_of(known)
    if interval is None:
        wanted = known.of("signals", SignalSettings).interval
        raise NotPlayed(f"no bars of {wanted} are made: name their length in [ticks] intervals")
    told = spread_of(key, rows, spread)
    trades = trades.finer(len(told.partition(".")[2].rstrip("0")))
    bars = BarColumns.of(trades, interval, known.of("ticks", TicksSettings).grace)
    grain = PRICE_DECIMALS - trades.price_grain.decimals
    shown = Shown(int(price_units(told) // 10**grain))
    return Tape(key, trades, bars, known.run or run, shown)


def spread_of(key: str, rows: list[Row], spread: str | None) -> str:
    """Between bid and ask, in quote: as it is given, or the market's tick where that is None.
    NotPlayed for what is no number above 0, or a market that is not known."""
    told = _tick_size(key, rows) if spread is None else spread
    if not PLAIN(told) or not float(told):
        raise NotPlayed(f"a spread of {told} is none: write a number above 0 like 0.1")
    return told


def desk_of(tape: Tape, known: Settings, since: int | None = None) -> TapeDesk:
    """A desk that has seen nothing. What is held is marked once a day, or at each bar of a day or
    longer. since: when accounts begin to trade, ns; None: with the first candle.
    """
    delays, marks = known.of("backtest", Delays), 0 if tape.bars.interval >= DAY else DAY
    return TapeDesk(Stages.of(known), known.accounts, [tape], delays, marks, since)


def digest_of(files: Sequence[Path]) -> str:
    """The name of a run of files of candles: a digest of what they hold."""
    return blake2b(b"|".join(path.read_bytes() for path in files), digest_size=8).hexdigest()


def of_length(known: Settings, length: int) -> Settings:
    """Bars as long as the candles."""
    signals: dict[str, Any] = {**known.signals, "interval": interval_name(length)}
    ticks: dict[str, Any] = {**known.ticks, "intervals": [length]}
    return known.model_copy(update={"signals": signals, "ticks": ticks})


def interval_of(known: Settings) -> int | None:
    """Length of the bars that strategies act upon, ns; None where no such bars are made."""
    wanted = known.of("signals", SignalSettings).interval
    made = known.of("ticks", TicksSettings).intervals
    return next((each for each in made if interval_name(each) == wanted), None)


def _tick_size(key: str, rows: list[Row]) -> str:
    """That of the market; NotPlayed where it is not known."""
    found = {row.key: row.tick_size for _, row in rows if isinstance(row, Instrument)}
    if key not in found:
        raise NotPlayed(f"no instrument {key}: there are {', '.join(sorted(found))}; others are"
                        " named by the setting `instruments`, a file like"
                        " infra/recordings/instruments.json")  # fmt: skip
    return found[key]
