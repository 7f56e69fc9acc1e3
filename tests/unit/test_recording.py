"""Recording files: both formats, bad lines, bad files, merging, and the shipped lists."""

import gzip
import re
from decimal import Decimal
from pathlib import Path

import pytest

import infra.recordings
from schemas.instruments import Instrument, Kind
from schemas.raw import UNREADABLE, ReceivedFrame, Source
from topics.recording import BrokenRecording, Route, instruments, merged, read, run_of, sample

GOOD = '{"stream":"btcusdt@trade","data":{}}'
SNAPSHOT = '{"lastUpdateId":1,"bids":[],"asks":[]}'


def written(path: Path, *lines: str | bytes) -> Path:
    raw = [line.encode() if isinstance(line, str) else line for line in lines]
    path.write_bytes(b"".join(line + b"\n" for line in raw))
    return path


def by_name(name: str) -> Route:
    return lambda frame: (name, frame)


def test_frames_and_snapshots_are_told_apart(tmp_path: Path) -> None:
    path = written(tmp_path / "a.txt", f"7 {GOOD}", f"8 {SNAPSHOT}")
    assert list(read(path)) == [
        ReceivedFrame(7, Source.WS, "stream", GOOD),
        ReceivedFrame(8, Source.REST, "depth", SNAPSHOT),
    ]


def test_gzip_is_told_by_content_not_by_name(tmp_path: Path) -> None:
    plain = written(tmp_path / "plain.gz", f"7 {GOOD}")
    packed = tmp_path / "packed.txt"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert list(read(plain)) == list(read(packed))
    assert run_of([plain], 20) == run_of([packed], 20)


def test_cryptofeed_lines(tmp_path: Path) -> None:
    url = "https://fapi.binance.com/fapi/v1/depth?symbol=BTCUSDT&limit=1000"
    path = written(
        tmp_path / "a",
        "wss://fstream.binance.com/stream?streams=x <-> 1626992740.179554",
        'wss://fstream.binance.com/stream <- 1626992740.2: {"method":"SUBSCRIBE"}',
        f"1626992741.06217: {GOOD}",
        f"{url} -> 1626992742: {SNAPSHOT}",
        'configuration: {"trades":[]}',
    )
    assert list(read(path)) == [
        ReceivedFrame(1626992741062170000, Source.WS, "stream", GOOD),
        ReceivedFrame(1626992742 * 10**9, Source.REST, url.split("/", 3)[-1], SNAPSHOT),
    ]


@pytest.mark.parametrize("bad", ["no time", "12345", "-5 {}", "x 5 {}", b"9 \xff\xfe"])
def test_a_line_that_cannot_be_split_is_handed_out_with_its_place(
    tmp_path: Path, bad: str | bytes
) -> None:
    path = written(tmp_path / "a.txt", f"7 {GOOD}", bad, f"9 {GOOD}")
    first, middle, last = read(path)
    assert middle.channel == f"{UNREADABLE}: a.txt line 2 is no `<time> <frame>`"
    assert middle.received_ns == first.received_ns == 7
    assert middle.text == (bad if isinstance(bad, str) else "9 \\xff\\xfe")
    assert last.text == GOOD


def test_bad_lines_at_the_start_take_the_time_of_the_first_frame(tmp_path: Path) -> None:
    path = written(tmp_path / "a.txt", "bad", "worse", f"9 {GOOD}", f"10 {GOOD}")
    assert [frame.received_ns for frame in read(path)] == [9, 9, 9, 10]


def test_a_truncated_frame_is_a_frame_still(tmp_path: Path) -> None:
    path = written(tmp_path / "a.txt", f"7 {GOOD[:-5]}")
    assert list(read(path)) == [ReceivedFrame(7, Source.WS, "stream", GOOD[:-5])]


def test_a_broken_archive_is_named_after_what_was_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    lines = "".join(f"{n} {GOOD}{n}\n" for n in range(10_000))
    path.write_bytes(gzip.compress(lines.encode())[:-2000])
    frames: list[ReceivedFrame] = []
    with pytest.raises(BrokenRecording, match=r"a\.gz.*fetch the file again"):
        frames.extend(read(path))
    assert len(frames) > 1000


@pytest.mark.parametrize("content", ["", "\n\n", "hello\nworld\n"])
def test_a_file_without_frames_is_no_recording(tmp_path: Path, content: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text(content)
    with pytest.raises(BrokenRecording, match="is it a recording"):
        list(read(path))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BrokenRecording, match="check the path"):
        list(read(tmp_path / "missing"))
    with pytest.raises(BrokenRecording, match="check the path"):
        run_of([tmp_path], 1)


def test_files_merge_by_time_and_then_in_their_order(tmp_path: Path) -> None:
    one = written(tmp_path / "1", "1 a", "5 b", "9 c")
    two = written(tmp_path / "2", "2 d", "5 e")
    found = [(key, f.text) for key, f in merged([(one, by_name("1")), (two, by_name("2"))])]
    assert found == [("1", "a"), ("2", "d"), ("1", "b"), ("2", "e"), ("1", "c")]


def test_the_run_is_what_the_files_hold(tmp_path: Path) -> None:
    one, same = written(tmp_path / "1", "1 a"), written(tmp_path / "2", "1 a")
    other = written(tmp_path / "3", "1 b")
    assert run_of([one], 20) == run_of([same], 20)
    runs = [([one], 20), ([other], 20), ([one], 50), ([one, other], 20), ([other, one], 20)]
    assert len({run_of(files, linger) for files, linger in runs}) == len(runs)


def test_a_sample_is_no_more_than_needed() -> None:
    assert len(sample(infra.recordings.MARKET[0])) == 1000


def test_the_shipped_instruments() -> None:
    found = {instrument.symbol: instrument for instrument in infra.recordings.instruments()}
    bitcoin = found["BTC/USDT:USDT"]
    assert (bitcoin.kind, bitcoin.tick_size, bitcoin.lot_size) == (Kind.LINEAR, "0.10", "0.001")
    assert bitcoin.minimum_notional == "5"
    assert found["ETH/USDT:USDT"].tick_size == "0.01"
    assert found["BTC/USDT"].funding_interval is None
    assert all(instrument.source for instrument in found.values())


SHIPPED = {
    "binance": {
        "BTC/USDT:USDT", "ETH/USDT:USDT", "SOL/USDT:USDT", "XRP/USDT:USDT", "BNB/USDT:USDT",
        "ASTER/USDT:USDT", "BTC/USDT", "ETH/USDT", "SOL/USDT", "XRP/USDT", "BNB/USDT", "ASTER/USDT",
        "BTC/USD:BTC", "ETH/USD:ETH",
    },
    "coinbase": {"BTC/USD"},
}  # fmt: skip


def kind_of(symbol: str) -> Kind:
    """By ccxt's unified name BASE/QUOTE:SETTLE."""
    pair, _, settle = symbol.partition(":")
    if not settle:
        return Kind.SPOT
    return Kind.LINEAR if settle == pair.split("/")[1] else Kind.INVERSE


@pytest.mark.parametrize("row", infra.recordings.instruments(), ids=lambda row: row.symbol)
def test_each_shipped_instrument_is_sound(row: Instrument) -> None:
    tick, lot, least = map(Decimal, (row.tick_size, row.lot_size, row.minimum_quantity))
    assert tick > 0
    assert lot > 0
    assert least >= lot
    assert least % lot == 0
    assert row.minimum_notional is None or 0 < Decimal(row.minimum_notional) <= 10
    assert row.kind is kind_of(row.symbol)
    assert (row.funding_interval is None) is (row.kind is Kind.SPOT)
    assert row.funding_interval is None or 86_400 * 10**9 % row.funding_interval == 0
    sizes = {"BTC/USD:BTC": "100", "ETH/USD:ETH": "10"}
    assert row.contract_size == sizes.get(row.symbol, "1")
    assert row.maintenance is None or Decimal("0.001") <= Decimal(row.maintenance) <= Decimal("0.1")
    assert re.search(r"\b20[0-9]{2}\b", row.source), "a source has a date"


def test_the_shipped_instruments_are_these_each_once() -> None:
    found = [(row.venue, row.symbol) for row in infra.recordings.instruments()]
    assert sorted(found) == sorted((venue, each) for venue, row in SHIPPED.items() for each in row)


def test_every_shipped_instrument_is_listed_once() -> None:
    listings = infra.recordings.listings()
    assert len({listing[:3] for listing in listings}) == len(listings)
    symbols = {listing.symbol for listing in listings}
    assert {each.symbol for each in infra.recordings.instruments()} <= symbols
    assert "BTC/USD:BTC" in symbols


def test_a_list_that_is_none_is_named(tmp_path: Path) -> None:
    path = tmp_path / "instruments.json"
    path.write_text("{}")
    with pytest.raises(BrokenRecording, match="no JSON list"):
        instruments(path)
