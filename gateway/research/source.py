"""What a search plays: recordings of raw frames, or candles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Protocol

from engine import candle_ticks
from engine.bars import interval_name
from engine.candle_ticks import CandleTicks, Shown
from engine.columns.candle_columns import columns
from engine.columns.candles import Candles
from engine.columns.tape import Tape
from engine.columns.trades import BadTrades
from engine.replay.by_bars import NotByBars, refuse
from engine.research.splits import Window
from engine.ticks import TicksSettings
from gateway.backtests.backtest import listed, raw
from gateway.backtests.candles import candles, told
from gateway.backtests.replayed import of_books
from gateway.backtests.stages import Stages
from gateway.backtests.tapes import NotPlayed, digest_of, interval_of, spread_of, tape_of
from gateway.recorded.files import absolute
from gateway.recorded.inputs import inspected, spanned
from infra import recordings
from schemas.errors import TapelineError
from schemas.raw import RawFrame
from topics.recording import run_of
from topics.settings import Settings


class NoInstrument(TapelineError):
    """A key that no instrument has, so that nothing can be sized."""


class Source(Protocol):
    """A market as it can be played again, in any process."""

    @property
    def files(self) -> tuple[Path, ...]: ...
    def whole(self, known: Settings) -> Window:
        """From its first moment to its last; TapelineError for what cannot be played."""
        ...

    @property
    def repairs(self) -> list[str]:
        """What of it is left out or is not there, a line each."""
        ...

    def adapted(self, known: Settings) -> Settings:
        """The settings with what it needs where they do not say it."""
        ...

    def digest(self, known: Settings) -> str:
        """Of what it holds, and of what it is read by."""
        ...

    def raw(self, known: Settings) -> Iterator[RawFrame]:
        """Its records."""
        ...

    def stages(self, known: Settings) -> Stages:
        """What plays them."""
        ...

    def by_bars(self, known: Settings) -> bool:
        """Whether strategies of these settings play it on columns."""
        ...

    def tape(self, known: Settings, until: int) -> Tape | None:
        """What of it comes before a time, ns, as columns; None where it is not played on them."""
        ...


@dataclass(frozen=True)
class Recordings:
    """Of raw frames; market: the venue's, where nothing else says it."""

    files: tuple[Path, ...]
    market: str | None

    def whole(self, known: Settings) -> Window:
        """Of receipt; BrokenRecording for files that are none, or not in order of time."""
        found = spanned(inspected(self.files, known, self.market or known.market))
        return Window(found.first, found.last + 1)

    @property
    def repairs(self) -> list[str]:
        """None: a backtest tells what its stages have to say of a recording."""
        return []

    def adapted(self, known: Settings) -> Settings:
        """As they are."""
        return known

    def digest(self, known: Settings) -> str:
        """Of the frames, and of how they are read and framed."""
        run = known.run or run_of(self.files, known.linger * 1_000_000)
        return _digest(
            run, known.venue, self.market or known.market, known.linger, _listed_digest(known)
        )

    def raw(self, known: Settings) -> Iterator[RawFrame]:
        """As the raw stage writes them."""
        return raw(self.files, known, self.market or known.market)

    def stages(self, known: Settings) -> Stages:
        """Those of a desk."""
        return Stages.of(known)

    def by_bars(self, known: Settings) -> bool:
        """Never: they have books, and more than bars can tell."""
        return False

    def tape(self, known: Settings, until: int) -> Tape | None:
        """Never: as `by_bars`."""
        return None


@dataclass(frozen=True)
class CandleFiles:
    """Candles of one market. spread: between bid and ask, in quote; None: the market's tick
    size."""

    files: tuple[Path, ...]
    key: str
    spread: str | None = None

    @cached_property
    def candles(self) -> Candles:
        """What the files hold."""
        return candles(self.files)

    @cached_property
    def run(self) -> str:
        """Named by what the files hold; they are read for it once in a search."""
        return digest_of(self.files)

    @property
    def repairs(self) -> list[str]:
        """Candles that are doubled, without volume, missing."""
        return list(told(self.candles))

    def whole(self, known: Settings) -> Window:
        """To the end of the last candle."""
        rows = self.candles.rows
        return Window(rows[0].time, rows[-1].time + self.candles.length)

    def adapted(self, known: Settings) -> Settings:
        """Bars of the candles' length, where the settings have none of their own; NoInstrument
        where the market is none that may be traded, NotPlayed for a spread that is none."""
        rows = [*listed(known)]
        if self.key not in {row.key for _, row in rows}:
            raise NoInstrument(f"no instrument is called {self.key}: setting `instruments` names "
                               "the file of those that there are")  # fmt: skip
        spread_of(self.key, rows, self.spread)
        name = interval_name(self.candles.length)
        ticks = {"intervals": (self.candles.length,), "trade_counts": (), **known.ticks}
        signals = {"interval": name, **known.signals}
        return known.model_copy(update={"ticks": ticks, "signals": signals})

    def digest(self, known: Settings) -> str:
        """Of the candles, and of how they are played."""
        return _digest(self._run(known), self.key, self.spread, _listed_digest(known))

    def raw(self, known: Settings) -> Iterator[RawFrame]:
        """Three records and a clock a candle."""
        shown = Shown(spread_of(self.key, [*listed(known)], self.spread))
        return candle_ticks.raw(self.candles, self.key, self._run(known), shown)

    def stages(self, known: Settings) -> Stages:
        """Those of a desk, with one that reads candles."""
        ticks = CandleTicks(known.of("ticks", TicksSettings))
        return Stages.of(known)._replace(ticks=ticks)

    def by_bars(self, known: Settings) -> bool:
        """Where every strategy that looks at the market acts on its bars alone."""
        try:
            refuse(Stages.of(known), (self.key,))
        except NotByBars:
            return False
        return interval_of(known) is not None

    def tape(self, known: Settings, until: int) -> Tape | None:
        """That of `tapeline backtest --candles`; NotPlayed for numbers that are too wide."""
        if not self.by_bars(known):
            return None
        rows = [*listed(known)]
        try:
            trades = columns(self.candles).before(until)
            return tape_of(self.key, trades, known, rows, self.run, self.spread)
        except BadTrades as error:
            raise NotPlayed(str(error)) from None

    def _run(self, known: Settings) -> str:
        return known.run or self.run


def source_of(
    files: Sequence[Path], market: str | None, candles: str | None, spread: str | None
) -> Source:
    """Candles of the key, or recordings where it is None; TapelineError for a spread of these."""
    if candles is None:
        of_books(spread)
        return Recordings(absolute(files), market)
    return CandleFiles(tuple(path.resolve() for path in files), candles, spread)


def _digest(*parts: object) -> str:
    return blake2b("|".join(map(str, parts)).encode(), digest_size=8).hexdigest()


def _listed_digest(known: Settings) -> str:
    """Of the files that tell what is listed and may be traded."""
    digest, listings = blake2b(digest_size=8), known.listings or recordings.LISTINGS
    for path in (listings, known.instruments or recordings.INSTRUMENTS):
        digest.update(path.read_bytes())
    return digest.hexdigest()
