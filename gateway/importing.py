"""`tapeline import`: files into an archive, from where they are replayed and tested."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import blake2b
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import orjson

from engine.bars import interval_name
from engine.feeds.recorded import Opening, named, route_of
from engine.feeds.table import CHANNEL
from engine.framing import raw_records
from engine.identity import record_id
from gateway.archived import root_of
from gateway.history.candles import Candle, Candles, candles
from gateway.history.tables import BadTable
from gateway.history.trades import Trades
from gateway.output import Output
from gateway.playing import Span, absolute, span
from gateway.replay import bars
from infra import recordings
from schemas import names
from schemas.errors import TapelineError
from schemas.raw import ReceivedFrame, Source
from schemas.record import Record, symbol_of, venue_of
from schemas.ticks import Bar
from topics.archive.importing import Importer
from topics.recording import begins, listings, merged, run_of
from topics.settings import settings

TURN = 1000
"""Records between two looks at the progress."""


@dataclass(frozen=True)
class Into:
    """Where to: an archive's folder (None: that of the settings) and the prefix of a run in it."""

    directory: Path | None
    prefix: str

    def topic(self, topic: str, run: str) -> Importer:
        """One of its topics, for the records of a run."""
        return Importer(root_of(self.directory), self.prefix, topic, run)


@dataclass
class Imported:
    """What came of it. repairs: what was mended on the way, by file."""

    topic: str
    run: str
    records: int = 0
    first: int | None = None
    last: int = 0
    repairs: list[str] = field(default_factory=list)


def recorded(
    files: list[Path], into: Into, venue: str | None, market: str | None, output: Output
) -> int:
    """Recordings of raw frames into market.raw, framed as a live feed would be."""
    known = settings() if venue is None else settings().model_copy(update={"venue": venue})
    paths = absolute(files)
    linger = known.linger * 1_000_000
    run = known.run or run_of(paths, linger)
    importer = into.topic(names.RAW, run)
    said = listings(known.listings or recordings.LISTINGS), known.venue, market or known.market
    routes = [(path, route_of(Opening(*begins(path)), *said).route) for path in paths]
    records = raw_records(merged(routes), run, linger, 0, importer.first_seq)
    return _tell(_put(records, importer, span(paths), Imported(names.RAW, run), output), output)


def traded(files: list[Path], into: Into, key: str, output: Output) -> int:
    """Tables of trades into market.raw, a row a frame; files in any order that do not overlap."""
    tables = [Trades(path) for path in absolute(files)]
    reads = sorted(((each.read(), each) for each in tables), key=lambda one: one[1].first)
    for (_, one), (_, other) in pairwise(reads):
        if other.first < one.last:
            raise BadTable(f"{other.path} begins before {one.path} ends: import one of them")
    run = digest([each.path for _, each in reads], key)
    importer, known = into.topic(names.RAW, run), settings()
    frames = (
        (key, ReceivedFrame(trade.time, Source.FILE, CHANNEL, orjson.dumps(tuple(trade)).decode()))
        for trade in chain.from_iterable(rows for rows, _ in reads)
    )
    records = raw_records(frames, run, known.linger * 1_000_000, 0, importer.first_seq)
    whole = Span(reads[0][1].first, reads[-1][1].last, sum(each.rows for each in tables))
    found = _put(records, importer, whole, Imported(names.RAW, run), output)
    found.repairs += [f"{each.path.name}: {text}" for each in tables for text in each.repairs]
    return _tell(found, output)


def candled(files: list[Path], into: Into, key: str, interval: str | None, output: Output) -> int:
    """Tables of candles into market.bars."""
    paths = absolute(files)
    tables = sorted(
        ((candles(path, key, interval), path) for path in paths),
        key=lambda one: one[0].rows[0].open_time,
    )
    for (one, before), (other, path) in pairwise(tables):
        if other.interval != one.interval or other.rows[0].open_time <= one.rows[-1].open_time:
            raise BadTable(f"{path} does not go on from {before}: import them into other folders")
    run = digest([path for _, path in tables], key)
    importer = into.topic(names.BARS, run)
    rows = [each for table, _ in tables for each in bars_of(table, key, run)]
    first = importer.first_seq(key)
    records = (row.model_copy(update={"seq": first + n}) for n, row in enumerate(rows))
    whole = Span(rows[0].seen_time, rows[-1].seen_time, len(rows))
    found = _put(records, importer, whole, Imported(names.BARS, run), output)
    found.repairs += [f"{path.name}: {text}" for table, path in tables for text in table.repairs]
    return _tell(found, output)


def bars_of(table: Candles, key: str, run: str) -> Iterator[Bar]:
    """Candles as records of market.bars, without their sequence; they are known at their close.

    What a table does not have: buy_volume and trades are 0; vwap is quote over base volume where
    both are there and it lies within the candle, else the typical price (high + low + close) / 3.
    """
    name = interval_name(table.interval)
    for row in table.rows:
        closes = row.open_time + table.interval
        yield Bar(
            id=record_id(f"import|{key}|{name}", run, row.open_time), cause=run, key=key,
            event_time=closes, seen_time=closes, venue=venue_of(key), symbol=symbol_of(key),
            interval=name, open_time=row.open_time, close_time=closes, open=row.open,
            high=row.high, low=row.low, close=row.close, volume=row.volume,
            buy_volume=row.buy_volume or "0", trades=row.trades or 0, vwap=vwap(row),
        )  # fmt: skip


def vwap(row: Candle) -> str:
    """See `bars_of`; to 12 significant digits."""
    high, low = Decimal(row.high), Decimal(row.low)
    volume, worth = Decimal(row.volume), Decimal(row.quote_volume or 0)
    mean = worth / volume if volume else Decimal(0)
    if not low <= mean <= high:
        mean = (high + low + Decimal(row.close)) / 3
    return format(Decimal(f"{mean:.12g}"), "f")


def market_key(text: str) -> str:
    """A key `venue:symbol`; raises TapelineError for what is none."""
    venue, _, symbol = text.partition(":")
    if "/" not in symbol:
        raise TapelineError(f"{text} is no market: write it as binance:BTC/USDT:USDT")
    return f"{named(venue)[0]}:{symbol}"


def digest(paths: Iterable[Path], key: str) -> str:
    """The name of a run: a digest of what files hold, and of their market."""
    found = blake2b(f"table|{key}".encode(), digest_size=8)
    for path in paths:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                found.update(block)
    return found.hexdigest()


def _put(
    records: Iterable[Record], importer: Importer, whole: Span, found: Imported, output: Output
) -> Imported:
    """All of them, with progress."""
    with bars(output) as progress, closing(importer):
        task = progress.add_task("import", total=1.0, said="")
        for record in records:
            importer.put(record)
            found.first = record.seen_time if found.first is None else found.first
            found.last, found.records = record.seen_time, found.records + 1
            if found.records % TURN == 0:
                said = f"{found.records:,} records"
                progress.update(task, completed=whole.share(record.seen_time), said=said)
    return found


def _tell(found: Imported, output: Output) -> int:
    for text in found.repairs:
        output.note(f"repaired: {text}")
    told: dict[str, Any] = {
        "run": found.run,
        "records": {found.topic: found.records},
        "seen_time": (found.first, found.last),
        "repairs": found.repairs,
    }
    if output.json:
        output.object(told)
    else:
        output.note(f"{found.records:,} records of {found.topic}: see `tapeline catalog`")
    return 0
