"""What models are trained on: the desk's own signals over candles, with the bars they are of.

The signals stage is run as in a backtest of candles (engine.columns.tape, engine.replay.tape_desk):
the inputs of the training are those that the model will be asked with, by the same code.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.bars import interval_name
from engine.columns.bars import BarColumns
from engine.columns.signals import BarSignals
from engine.columns.tape import Tape
from engine.columns.trades import BadTrades, TradeColumns
from engine.learning.targets import Bars
from engine.learning.vector import vector
from engine.signals import SignalSettings, SignalsStage
from gateway.backtests.candles import candles
from schemas.errors import TapelineError
from schemas.signals import Signal
from topics.settings import Settings

Matrix = NDArray[np.float64]
Integers = NDArray[np.int64]

KEY = "candles:ANY/ANY"
"""The market that training signals are of: nothing in them depends on it."""


class TooShort(TapelineError):
    """Candles of which there are too few."""


@dataclass(frozen=True, slots=True)
class Series:
    """One file's bars and the inputs at their closes. inputs: a row a bar, a column a name;
    close_time: ns; atr in quote and trailing volatility of one bar, NaN while warming up."""

    path: Path
    digest: str
    interval: int
    names: tuple[str, ...]
    bars: Bars
    close_time: Integers
    inputs: Matrix
    atr: Matrix
    trailing: Matrix


def series(path: Path, interval: int | None, wanted: Sequence[str], known: Settings) -> Series:
    """A file of candles; interval: of the bars in ns, by default the candles' own length."""
    closed = _closed(path, interval, known)
    interval, signals = closed.tape.bars.interval, _signals(path, closed)
    told = [closed.tape.bars.closed_by(at)[-1] for at in closed.at.tolist()]
    prices = [(bar.open, bar.high, bar.low, bar.close) for bar in told]
    opened, high, low, close = np.array(prices).astype(float).T
    return Series(
        path=path,
        digest=blake2b(path.read_bytes(), digest_size=16).hexdigest(),
        interval=interval,
        names=tuple(wanted),
        bars=Bars(opened, high, low, close),
        close_time=np.array([bar.close_time for bar in told], dtype=np.int64),
        inputs=np.array([vector(signal, wanted) for signal in signals]),
        atr=_column(signal.indicators.get("atr") for signal in signals),
        trailing=_column(signal.features.get("realised_volatility") for signal in signals),
    )


def signals(path: Path, interval: int, known: Settings) -> list[Signal]:
    """What a seat hears of a file of candles: the signals at the closes of its bars, ns each."""
    return _signals(path, _closed(path, interval, known))


def _signals(path: Path, closed: BarSignals) -> list[Signal]:
    if len(closed) < 2:
        length = interval_name(closed.tape.bars.interval)
        raise TooShort(f"{path.name} has fewer than two bars of {length}")
    return [closed.signal(number) for number in range(len(closed))]


def _closed(path: Path, interval: int | None, known: Settings) -> BarSignals:
    """The signals at the bars' closes."""
    found = candles([path])
    interval = interval or found.length
    if interval % found.length:
        raise TooShort(
            f"{path.name} has candles of {interval_name(found.length)}: bars of "
            f"{interval_name(interval)} cannot be made of them"
        )
    try:
        trades = TradeColumns.of([found.trades()])
    except BadTrades as error:
        raise TooShort(f"{path.name}: {error}") from None
    columns = BarColumns.of(trades, interval)
    tape = Tape(KEY, trades, columns, path.name)
    settings = known.of("signals", SignalSettings)
    stage = SignalsStage(settings.model_copy(update={"interval": interval_name(interval)}))
    return BarSignals(tape, stage.lean(featured=True))


def _column(values: Iterator[float | None]) -> Matrix:
    return np.array([np.nan if value is None else value for value in values])
