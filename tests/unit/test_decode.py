"""`tapeline decode`: recorded frames to JSON objects, each update one, in file order."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

import infra.recordings
from gateway.recorded.decode import Row, decode, summary
from schemas.errors import Poison, TapelineError

LISTINGS = infra.recordings.listings()


def rows(path: Path, venue: str = "binance", market: str | None = None) -> list[dict[str, Any]]:
    return list(decode([path], venue, LISTINGS, market))


def written(path: Path, *frames: str, start: int = 10**18) -> Path:
    lines = (f"{start + n * 10_000_000} {frame}\n" for n, frame in enumerate(frames))
    path.write_text("".join(lines))
    return path


def diff(first: int, last: int, symbol: str = "BTCUSDT", **fields: Any) -> str:
    frame = {"e": "depthUpdate", "E": 900, "s": symbol, "U": first, "u": last, "b": [["99", "1"]],
             "a": []}  # fmt: skip
    return json.dumps(frame | fields)


def quote(symbol: str = "BTCUSDT", number: int = 1) -> str:
    return json.dumps({"u": number, "s": symbol, "b": "1", "B": "2", "a": "3", "A": "4"})


SNAPSHOT = '{"lastUpdateId":15,"bids":[["98","1"]],"asks":[["101","1"]]}'


def test_a_recorded_file_in_full() -> None:
    found = rows(infra.recordings.MARKET[1])
    assert summary(found) == {"book": 6587, "quote": 53992, "trade": 14076}
    books = [row for row in found if row["type"] == "book"]
    assert [row["snapshot"] for row in books].count(True) == 1
    assert [row["applied"] for row in books].count(False) == 5, "those older than the snapshot"
    assert [row["seen_time"] for row in found] == sorted(row["seen_time"] for row in found)
    assert {(row["venue"], row["symbol"]) for row in found} == {("binance", "ETH/USDT:USDT")}
    assert json.loads(json.dumps(books[0])).keys() >= {
        "event_time", "seen_time", "snapshot", "applied", "bids", "asks", "first_id", "last_id",
    }  # fmt: skip
    trade = next(row for row in found if row["type"] == "trade")
    assert trade == {
        "venue": "binance", "symbol": "ETH/USDT:USDT", "type": "trade",
        "event_time": 1723161256560000000, "seen_time": 1723161255290656866, "price": "2681.62",
        "quantity": "1.000", "side": "sell", "trade_id": "4308068523",
    }  # fmt: skip


def test_spot_without_a_snapshot_gives_every_update(tmp_path: Path) -> None:
    path = written(tmp_path / "a", diff(1, 10), quote(), diff(11, 20))
    found = rows(path)
    assert [(row["type"], row["symbol"]) for row in found] == [
        ("book", "BTC/USDT"), ("quote", "BTC/USDT"), ("book", "BTC/USDT"),
    ]  # fmt: skip
    assert [row["applied"] for row in found if row["type"] == "book"] == [False, False]
    assert found[1]["event_time"] is None


def test_what_bridges_onto_a_later_snapshot_counts_as_applied(tmp_path: Path) -> None:
    path = written(tmp_path / "a", diff(1, 10), diff(11, 20), quote(), SNAPSHOT, diff(21, 30))
    books = [row for row in rows(path) if row["type"] == "book"]
    assert [(row["snapshot"], row["applied"]) for row in books] == [
        (False, False), (False, True), (True, True), (False, True),
    ]  # fmt: skip
    assert all("bridged" not in row for row in books)


def test_several_symbols_keep_the_order_of_the_file(tmp_path: Path) -> None:
    symbols = ["BTCUSDT", "ETHUSDT", "BTCUSDT", "BTCUSDT", "ETHUSDT"] * 40
    frames = [quote(symbol, n) for n, symbol in enumerate(symbols)]
    frames.insert(7, '{"result":null,"id":1}')
    path = tmp_path / "a"
    path.write_text("".join(f"{10**18 + n // 3} {frame}\n" for n, frame in enumerate(frames)))
    assert [row["update_id"] for row in rows(path)] == list(range(200))


def test_bad_frames_are_dead_in_their_place(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text(f"1 {quote()}\nnonsense\n2 {quote()[:-4]}\n3 {quote()}\n")
    found = rows(path, market="spot")
    assert [row["type"] for row in found] == ["quote", "dead", "dead", "quote"]
    assert "line 2" in found[1]["reason"]
    assert "JSON" in found[2]["reason"]


def test_gaps_are_objects_before_the_update_that_showed_them(tmp_path: Path) -> None:
    path = written(tmp_path / "a", SNAPSHOT, diff(11, 20), diff(31, 40))
    assert [row["type"] for row in rows(path)] == ["book", "book", "gap", "book"]


def test_market_by_word_by_venue_by_frames_and_by_folder(tmp_path: Path) -> None:
    trade = '{"e":"trade","T":1,"s":"BTCUSDT","t":1,"p":"1","q":"1","m":true}'
    path = written(tmp_path / "a", trade)
    assert rows(path, "binance_usdm")[0]["symbol"] == "BTC/USDT:USDT"
    assert rows(path, "Binance-Spot")[0]["symbol"] == "BTC/USDT"
    assert rows(path, market="usdm")[0]["symbol"] == "BTC/USDT:USDT"
    with pytest.raises(Poison, match=r"--market \(spot, usdm, cm\)"):
        rows(path)
    (tmp_path / "usdm").mkdir()
    assert rows(written(tmp_path / "usdm" / "a", trade))[0]["symbol"] == "BTC/USDT:USDT"


def test_a_file_that_breaks_off_gives_what_can_be_read_and_then_its_fault(tmp_path: Path) -> None:
    """Also where it breaks off within the frames that the market is told from."""
    whole = written(tmp_path / "a", diff(1, 10), *(quote(number=n) for n in range(5000)))
    packed = gzip.compress(whole.read_bytes())
    for name, share in {"late": 0.9, "soon": 0.1}.items():
        path, found = tmp_path / name, list[Row]()
        path.write_bytes(packed[: int(len(packed) * share)])
        with pytest.raises(TapelineError, match="fetch the file again"):
            found.extend(decode([path], "binance", LISTINGS))
        assert found == rows(whole)[: len(found)]
        assert len(found) > 5000 * (share - 0.1)
        assert found


def test_what_cannot_be_decoded_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(TapelineError, match="choose from binance"):
        rows(written(tmp_path / "a", quote("BTCUSDT")), "nowhere")
    unlisted = written(tmp_path / "b", quote("NOSUCHUSDT"))
    for path in (tmp_path / "missing", unlisted):
        with pytest.raises(TapelineError) as caught:
            rows(path)
        assert "\n" not in str(caught.value)
