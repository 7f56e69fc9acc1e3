"""Candles of a table: any order, with banner lines, gaps and doubles; what was mended is told."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from engine.spans import SECOND
from gateway.history.tables import BadTable, Cells, Table, table
from gateway.history.times import nanoseconds
from gateway.history.trades import amount
from gateway.span import lasting, time_text
from schemas.record import symbol_of

PRICES = ("open", "high", "low", "close")
OPENED = ("open_time", "timestamp", "time", "date", "datetime", "unix", "unix_timestamp", "start")
COUNT = ("count", "trades", "trade_count", "tradecount", "number_of_trades")
BOUGHT = ("taker_buy_volume", "taker_buy_base_asset_volume", "taker_buy_base_volume")
WORTH = ("quote_volume", "quote_asset_volume")

TELLING = (frozenset(PRICES),)
UNNAMED = (
    "open_time", *PRICES, "volume", "close_time", "quote_volume", "count", "taker_buy_volume",
    "taker_buy_quote_volume", "ignore",
)  # fmt: skip
"""Binance's dumps of klines without a header (binance-public-data)."""

SHOWN = 3


class Candle(NamedTuple):
    """Prices and volumes of [open_time, open_time + interval), plain decimals; times in ns.

    volume is in base. quote_volume, buy_volume (the takers'), trades: None where the table has
    none.
    """

    open_time: int
    open: str
    high: str
    low: str
    close: str
    volume: str
    quote_volume: str | None = None
    buy_volume: str | None = None
    trades: int | None = None


@dataclass(frozen=True)
class Candles:
    """Candles in the order of time, each once, `interval` ns long.

    repairs: what was mended for that. gaps: (open_time, open_time) of the first and last candle of
    each hole: holes stay holes.
    """

    rows: list[Candle]
    interval: int
    repairs: list[str] = field(default_factory=list)
    gaps: list[tuple[int, int]] = field(default_factory=list)


def candles(path: Path, key: str, interval: str | None = None) -> Candles:
    """The candles of a file. key: the market, whose symbol tells the column of the base's volume.
    interval: as `1h`; else the most frequent distance of two. The table's time is the opening's.

    Raises BadTable, naming the line, for a row that cannot be a candle (a high below its low, an
    open outside of them, no number), two that differ at one time, and a time off the grid.
    """
    found = table(path, TELLING)
    if not found.columns:
        found = found._replace(columns=UNNAMED)
    repairs = [f"{found.banner} lines before the header passed over"] if found.banner else []
    read = _Reader(found, symbol_of(key))
    rows = [(line, read.candle(line, cells)) for line, cells in found.rows()]
    if not rows:
        raise BadTable(f"{path}: it holds no candle")
    ordered = _ordered(path, rows, repairs)
    spaced = lasting(interval) or _spacing(path, ordered)
    gaps = _holes(path, ordered, spaced)
    if gaps:
        missing = sum((last - first) // spaced + 1 for first, last in gaps)
        where = ", ".join(time_text(first) for first, _ in gaps[:SHOWN])
        repairs.append(f"{missing} candles are missing in {len(gaps)} gaps ({where} ...): left out")
    return Candles([candle for _, candle in ordered], spaced, repairs, gaps)


Numbered = tuple[int, Candle]
"""A candle with its line."""


def _ordered(path: Path, rows: list[Numbered], repairs: list[str]) -> list[Numbered]:
    times = [candle.open_time for _, candle in rows]
    if times != sorted(times):
        backward = all(one >= other for one, other in pairwise(times))
        told = "newest first: turned around" if backward else "not in the order of time: sorted"
        repairs.append(told)
        rows = sorted(rows, key=lambda row: row[1].open_time)
    once: list[Numbered] = []
    for line, candle in rows:
        if once and once[-1][1].open_time == candle.open_time:
            if once[-1][1] != candle:
                told = f"two candles of {time_text(candle.open_time)} differ"
                raise BadTable(f"{path} lines {once[-1][0]} and {line}: {told}; delete one of them")
            continue
        once.append((line, candle))
    if doubles := len(rows) - len(once):
        repairs.append(f"{doubles} rows that were there twice dropped")
    return once


def _spacing(path: Path, rows: list[Numbered]) -> int:
    found = Counter(other[1].open_time - one[1].open_time for one, other in pairwise(rows))
    if not found:
        raise BadTable(f"{path}: one candle does not tell how long it is: name it by --interval")
    return found.most_common(1)[0][0]


def _holes(path: Path, rows: list[Numbered], interval: int) -> list[tuple[int, int]]:
    gaps = []
    for (_, one), (line, other) in pairwise(rows):
        distance = other.open_time - one.open_time
        if distance % interval:
            raise BadTable(
                f"{path} line {line}: {time_text(other.open_time)} is {distance / SECOND:g} s "
                f"after the one before, and each is {interval / SECOND:g} s long: see --interval"
            )
        if distance > interval:
            gaps.append((one.open_time + interval, other.open_time - interval))
    return gaps


class _Reader:
    """Cells to candles, by the columns of a table."""

    def __init__(self, found: Table, symbol: str) -> None:
        base, _, rest = symbol.lower().partition("/")
        quote = rest.partition(":")[0]
        self._path = found.path
        self._time = found.needed("time", *OPENED)
        self._prices = [found.needed(name, name) for name in PRICES]
        self._volume = found.needed("volume", f"volume_{base}", f"volume_({base})", "volume")
        named = found.columns[self._volume] != "volume"
        self._worth = found.place(*WORTH, f"volume_{quote}", *(["volume"] if named else []))
        self._bought, self._count = found.place(*BOUGHT), found.place(*COUNT)

    def candle(self, line: int, cells: Cells) -> Candle:
        """Raises BadTable for what is none."""
        try:
            opened, high, low, close = (amount(cells[at]) for at in self._prices)
            made = Candle(
                nanoseconds(cells[self._time]), opened, high, low, close,
                _volume(cells[self._volume]), self._maybe(self._worth, cells),
                self._maybe(self._bought, cells),
                None if self._count is None else int(Decimal(cells[self._count])),
            )  # fmt: skip
        except (ValueError, InvalidOperation) as error:
            told = f"no candle: {error or 'no number'}"
            raise BadTable(f"{self._path} line {line}: {told}; mend it") from error
        _check(self._path, line, made)
        return made

    def _maybe(self, at: int | None, cells: Cells) -> str | None:
        return None if at is None or not cells[at].strip() else _volume(cells[at])


def _volume(text: str) -> str:
    number = Decimal(text.strip())
    if not number.is_finite() or number < 0:
        raise ValueError(f"a volume of {text}")
    return text.strip() if text.strip().replace(".", "", 1).isdecimal() else format(number, "f")


def _check(path: Path, line: int, candle: Candle) -> None:
    opened, high, low, close = map(Decimal, (candle.open, candle.high, candle.low, candle.close))
    if not low <= min(opened, close) <= max(opened, close) <= high:
        raise BadTable(
            f"{path} line {line}: open {opened} and close {close} are not within low {low} and "
            f"high {high}; mend it"
        )
