"""`tapeline import`: files into market.raw of an archive, to be replayed and tested from there."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from hashlib import blake2b
from itertools import chain, pairwise
from pathlib import Path

import orjson

from engine.feeds.recorded import named
from engine.feeds.table import CHANNEL
from engine.framing import raw_records
from gateway.archive.archived import root_of
from gateway.backtests.candles import candles, told
from gateway.history.tables import BadTable
from gateway.history.trades import Traded, Trades
from gateway.jobs.progress import bars
from gateway.recorded.files import Span, absolute
from gateway.recorded.inputs import inspected, routed, spanned
from gateway.terminal.output import Output
from schemas import names
from schemas.errors import TapelineError
from schemas.raw import ReceivedFrame, Source
from topics.archive.importing import Importer
from topics.recording import merged, run_of
from topics.settings import Settings, settings

TURN = 1000
"""Records between two looks at the progress."""


@dataclass(frozen=True)
class Into:
    """Where to: an archive's folder (None: that of the settings) and the prefix of a run in it."""

    directory: Path | None
    prefix: str
    output: Output

    def put(
        self, frames: Iterable[tuple[str, ReceivedFrame]], run: str, whole: Span, known: Settings
    ) -> Importer:
        """Frame and file all of it, with progress. Their clock ends at a whole second: what closes
        the last bars is added when they are played.
        """
        importer = Importer(root_of(self.directory), self.prefix, names.RAW, run)
        linger = known.linger * 1_000_000
        with bars(self.output) as progress, closing(importer):
            task = progress.add_task("import", total=1.0, said="")
            for record in raw_records(frames, run, linger, 0, importer.first_seq):
                importer.put(record)
                if importer.records % TURN == 0:
                    said = f"{importer.records:,} records"
                    progress.update(task, completed=whole.share(record.seen_time), said=said)
        return importer

    def tell(self, run: str, importer: Importer, repairs: Iterable[str]) -> int:
        """What came of it; repairs: what was mended on the way."""
        mended = [*repairs]
        for text in mended:
            self.output.note(f"repaired: {text}")
        if self.output.json:
            records = {names.RAW: importer.records}
            self.output.object({"run": run, "records": records, "repairs": mended})
        else:
            self.output.note(f"{importer.records:,} records of {names.RAW}: see `tapeline catalog`")
        return 0


def recorded(files: list[Path], into: Into, venue: str | None, market: str | None) -> int:
    """Recordings of raw frames, framed as a live feed would be; what is wrong with them is told, or
    they are refused, as by a backtest."""
    asked = settings() if venue is None else settings().model_copy(update={"venue": venue})
    paths, market = absolute(files), market or asked.market
    inspection = inspected(paths, asked, market)
    run = asked.run or run_of(paths, asked.linger * 1_000_000)
    importer = into.put(merged(routed(paths, asked, market)), run, spanned(inspection), asked)
    return into.tell(run, importer, inspection.notes())


def traded(files: list[Path], into: Into, key: str) -> int:
    """Tables of trades, a row a frame; files in any order that do not overlap in time."""
    tables = [Trades(path) for path in absolute(files)]
    reads = sorted(((each.read(), each) for each in tables), key=lambda one: one[1].first)
    for (_, one), (_, other) in pairwise(reads):
        if other.first < one.last:
            raise BadTable(f"{other.path} begins before {one.path} ends: import one of them")
    run = digest((each.path for _, each in reads), key)
    whole = Span(reads[0][1].first, reads[-1][1].last, sum(each.rows for each in tables))
    rows = chain.from_iterable(rows for rows, _ in reads)
    importer = into.put(framed(key, rows), run, whole, settings())
    repairs = (f"{each.path.name}: {text}" for each in tables for text in each.repairs)
    return into.tell(run, importer, repairs)


def candled(files: list[Path], into: Into, key: str) -> int:
    """Tables of candles, as the trades that they become in a backtest (engine.columns.candles)."""
    paths = absolute(files)
    table = candles(paths)
    trades, run = table.trades(), digest(sorted(paths), key)
    whole = Span(table.rows[0].time, table.rows[-1].time + table.length, len(table.rows))
    rows = (
        Traded(time or 0, price, quantity, side, "")
        for time, price, quantity, side in zip(
            trades.event_time, trades.price, trades.quantity, trades.side, strict=True
        )
    )
    return into.tell(run, into.put(framed(key, rows), run, whole, settings()), told(table))


def framed(key: str, rows: Iterable[Traded]) -> Iterable[tuple[str, ReceivedFrame]]:
    """Rows as frames of a market, received when they happened."""
    for row in rows:
        text = orjson.dumps(tuple(row)).decode()
        yield key, ReceivedFrame(row.time, Source.FILE, CHANNEL, text)


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
