"""What venues other than Binance bring to the ticks stage, to recordings and to books."""

from __future__ import annotations

import base64
import gzip
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.book import Book
from engine.book_sync import BookSync
from engine.feeds.bridging import InStream, Top
from engine.feeds.events import Depth
from engine.framing import Framer
from engine.spans import SECOND
from engine.stage import Cell
from engine.tick_columns import TickColumns
from engine.tick_rows import rows_of
from engine.ticks import TicksStage
from gateway.recorded.decode import decode as decoded
from schemas import names
from schemas.codec import decode, encode
from schemas.raw import RawFrame, ReceivedFrame, Source
from schemas.system import DeadLetter, Snapshot
from schemas.ticks import BookUpdates, Ticks
from tests.unit.venue_tables import path_of, routed
from tests.unit.venues.okx import SAMPLES
from topics.recording import BrokenRecording, address, read

SEEN = 1 << 62


def raw(key: str, *frames: str, seq: int = 0, encoding: Any = "text") -> RawFrame:
    return RawFrame(
        key=key, seq=seq, run="r", run_seq=seq, source=Source.WS, channel="stream", frames=frames,
        received=(SEEN,) * len(frames), seen_time=SEEN, encoding=encoding,
    )  # fmt: skip


def made(key: str, *frames: str) -> tuple[Ticks, list[DeadLetter]]:
    outputs = Cell.fresh(TicksStage(), key).take(names.RAW, raw(key, *frames))
    ticks, *letters = (output.record for output in outputs)
    assert isinstance(ticks, Ticks)
    return ticks, [letter for letter in letters if isinstance(letter, DeadLetter)]


def test_marks_rates_open_interest_and_liquidations_are_ticks() -> None:
    ticks, letters = made("okx:BTC/USDT:USDT", *SAMPLES[5:9])
    assert letters == []
    rows = [row for frame in rows_of(ticks, 4) for row in frame]
    told = [{name: row[name] for name in row if name not in ("venue", "symbol", "seen_time")}
            for row in rows]  # fmt: skip
    assert told == [
        {"type": "funding", "event_time": 1700724675402000000, "mark": None, "index": None,
         "rate": "-0.0001875391284828", "due": 1700726400000000000},
        {"type": "funding", "event_time": 1597026383085000000, "mark": "0.1", "index": None,
         "rate": None, "due": None},
        {"type": "interest", "event_time": 1743041250440000000,
         "quantity": "2216113.01000000309", "value": "1939251795.54769270396321"},
        {"type": "liquidation", "event_time": 1692266434010000000, "price": "0.007831",
         "quantity": "13", "side": "buy"},
    ]  # fmt: skip
    assert decode(Ticks, encode(ticks)) == ticks


def test_a_record_of_the_days_before_still_reads() -> None:
    ticks, _ = made("okx:BTC/USDT", SAMPLES[1])
    fields = orjson.loads(encode(ticks))
    del fields["interests"], fields["liquidations"], fields["books"]["depth"]
    assert decode(Ticks, orjson.dumps(fields)) == ticks


def test_control_frames_are_taken_on_the_venues_key_and_events_are_not() -> None:
    ticks, letters = made("okx:*", SAMPLES[9], SAMPLES[10], SAMPLES[0])
    assert not ticks.trades
    (letter,) = letters
    assert letter.value == SAMPLES[0]
    assert "several symbols" in letter.reason


def test_a_refused_subscription_is_told_with_its_reason() -> None:
    _, (letter,) = made("okx:*", '{"event":"error","code":"60018","msg":"no such channel"}')
    assert letter.reason == "okx: error 60018: no such channel"


def test_a_restart_in_mid_stream_changes_no_byte() -> None:
    router = routed("okx", "OKX.ws.1.0.gz")
    framer, whole = Framer("run"), dict[str, Cell[Any]]()
    broken: dict[str, Cell[Any]] = {}
    records = [
        record for frame in read(_recording()) for record in framer.frame(*router.route(frame))
    ] + framer.end()
    for n, record in enumerate(records):
        one = whole.setdefault(record.key, Cell.fresh(TicksStage(), record.key))
        other = broken.setdefault(record.key, Cell.fresh(TicksStage(), record.key))
        if n % 5 == 0:
            other = Cell.restore(TicksStage(), decode(Snapshot, encode(other.snapshot())))
            broken[record.key] = other
        ours = [encode(output.record) for output in one.take(names.RAW, record)]
        assert [encode(output.record) for output in other.take(names.RAW, record)] == ours


def _recording() -> Path:
    return path_of("OKX.ws.1.0.gz")


PACKED = gzip.compress(b'{"ping":1}', mtime=0)


def test_frames_of_bytes_are_read_from_a_recording_and_framed_apart(tmp_path: Path) -> None:
    path = tmp_path / "a"
    lines = (f"wss://api.huobi.pro/ws <-> 1.0\n1.5: {PACKED!r}\n1.6: {{}}\n1.7: b'\\x1\n"
             f"1.8: b'' + b''\n1.9: b'x', b'y'\n")  # fmt: skip
    path.write_text(lines)
    packed, text, *bad = read(path)
    assert (packed.received_ns, packed.encoding) == (1500000000, "base64")
    assert base64.b64decode(packed.text) == PACKED
    assert text == ReceivedFrame(1600000000, Source.WS, "stream", "{}")
    assert [frame.channel.split(":")[0] for frame in bad] == ["unreadable"] * 3
    framer = Framer("run", SECOND)
    records = [*framer.frame("htx:*", packed), *framer.frame("htx:*", text), *framer.end()]
    told = [(record.encoding, record.frames) for record in records if record.frames]
    assert told == [("base64", (packed.text,)), ("text", ("{}",))]


def test_the_address_of_a_recording_is_that_of_its_first_line(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("wss://a.b/c <-> 1.0\nhttps://d <-> 2.0\n1.0: {}\n")
    assert address(path) == "wss://a.b/c"
    path.write_text("https://a/b?c=d -> 1.0: {}\n")
    assert address(path) == "https://a/b?c=d"
    path.write_text("1000000000 {}\n")
    assert address(path) is None
    path.write_bytes(gzip.compress(b"1000000000 {}\n" * 9)[:20])
    assert address(path) is None


def test_an_unlisted_name_that_means_nothing_is_dead_and_the_rest_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text(f"1: {SAMPLES[0]}\n2: {SAMPLES[0].replace('BTC-USDT', 'a b')}\n3: pong\n")
    rows = list(decoded([path], "okx", ()))
    assert [(row["type"], row["symbol"]) for row in rows] == [("dead", "BTC/USDT"), ("dead", "*")]
    assert "lists no a b" in rows[1]["reason"]


class Limited(InStream):
    """A venue that tells of so many levels only, with a checksum that says how many there are."""

    name = "limited"

    def checksum(self, top: Top) -> int:
        return len(top("bids", 99)) + 1000 * len(top("asks", 99))


SIDE = st.dictionaries(st.integers(1, 30), st.integers(0, 3), max_size=9)


@given(st.lists(st.tuples(SIDE, SIDE), min_size=1, max_size=12), st.integers(1, 5))
def test_a_book_of_few_levels_is_cut_by_readers_as_by_its_maker(
    changes: list[tuple[dict[int, int], dict[int, int]]], depth: int
) -> None:
    columns, sync = TickColumns(), BookSync(Limited(), SECOND)
    bids, asks = dict[int, int](), dict[int, int]()
    for n, (more_bids, more_asks) in enumerate(changes):
        bid_rows = tuple((str(price), str(size)) for price, size in more_bids.items())
        ask_rows = tuple((str(price + 30), str(size)) for price, size in more_asks.items())
        update = Depth(n, n == 0, None, None, None, bid_rows, ask_rows, None, depth)
        taken = sync.take(update, n)
        columns.depth(n, update, n, taken)
        for side, more, best in ((bids, more_bids, -1), (asks, more_asks, 1)):
            side.update(more)
            kept = sorted((price for price in side if side[price]), key=lambda p: best * p)[:depth]
            for price in set(side) - set(kept):
                del side[price]
    reader = Book()
    reader.follow(columns.groups()["books"])
    for book in (sync.book, reader):
        assert book.top("bids", 99) == [(str(p), str(bids[p])) for p in sorted(bids, reverse=True)]
        assert book.top("asks", 99) == [(str(p + 30), str(asks[p])) for p in sorted(asks)]


def test_a_snapshot_whose_checksum_is_wrong_is_a_gap_too() -> None:
    sync = BookSync(Limited(), SECOND)
    good = Depth(1, True, None, None, None, (("1", "1"),), (("2", "1"),), 1001)
    assert sync.take(good, 0).gap is None
    assert sync.take(good._replace(checksum=7), 0).gap == (
        "the book's checksum is 1001, the venue's is 7"
    )
    assert not sync.take(good._replace(snapshot=False), 0).applied
    assert sync.take(good, 0).gap is None
    assert sync.take(good._replace(snapshot=False), 0).applied


def test_books_without_a_limit_have_no_column_of_it() -> None:
    ticks, _ = made("okx:BTC/USDT", SAMPLES[1])
    assert ticks.books.depth == ()
    with pytest.raises(ValueError, match="differ in length"):
        BookUpdates(index=(1,), event_time=(1,), seen_time=(1,), snapshot=(True,), depth=(1, 2))


def test_a_broken_recording_says_so_after_what_can_be_read(tmp_path: Path) -> None:
    packed = _recording().read_bytes()
    path = tmp_path / "a"
    path.write_bytes(packed[: len(packed) // 2])
    with pytest.raises(BrokenRecording):
        list(decoded([path], "okx", ()))
