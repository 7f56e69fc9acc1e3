"""Candles: what a file may look like, what is wrong with one, and the trades that they become."""

from __future__ import annotations

import gzip
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow.parquet import write_table

from engine.columns.bars import BarColumns
from engine.columns.candles import BadCandles, Candle, Candles
from engine.columns.trades import TradeColumns
from gateway.backtests.candles import NoCandles, candles, told

HOUR = 3600 * 10**9
FIRST = 1_571_302_800 * 10**9
HEADING = "date,symbol,open,high,low,close,volume_btc,volume\n"
ROWS = (
    "2019-10-17 09-AM,BTCUSD,8051,8056.83,8021.23,8035.88,61.25,492394.56\n",
    "2019-10-17 08-AM,BTCUSD,7975.89,8070,7975.89,8051,370.45,2971610.86\n",
)


MORE = "2019-10-17T10:00:00,B,1,1,1,1,1,1\n2019-10-17T10:20:00,B,1,1,1,1,1,1\n"


def price(text: str) -> st.SearchStrategy[str]:
    return st.integers(1, 99999).map(lambda units: format(Decimal(units).scaleb(-2), "f"))


@st.composite
def some(draw: st.DrawFn) -> list[Candle]:
    rows, time = [], FIRST
    for _ in range(draw(st.integers(2, 12).map(lambda n: n // 2 * 2))):
        four = sorted(draw(st.lists(price(""), min_size=4, max_size=4)), key=Decimal)
        low, *inside, high = four
        first, last = draw(st.permutations(inside))
        volume = draw(st.integers(1, 10**6))
        rows.append(Candle(time, first, high, low, last, format(Decimal(volume).scaleb(-3), "f")))
        time += HOUR if len(rows) % 2 else HOUR * draw(st.integers(1, 2))
    return rows


@given(some())
def test_the_bars_of_its_trades_are_the_candles(rows: list[Candle]) -> None:
    found = Candles.of(sorted(rows, key=lambda row: (row.low, row.time)))
    assert found.length == HOUR
    trades = found.trades()
    columns = TradeColumns.of([trades])
    bars = BarColumns.of(columns, HOUR)
    made = [bars.bar(place) for place in range(len(bars.at))]
    real = [bar for bar in made if bar.trades]
    for bar, row in zip(real, found.rows, strict=False):
        told_ = (bar.open_time, *map(Decimal, (bar.open, bar.high, bar.low, bar.close, bar.volume)))
        assert told_ == (row.time, *map(Decimal, row[1:]))
    assert len(real) == len(found.rows) - 1
    assert found.missing == sum(not bar.trades for bar in made)


def test_the_way_through_a_candle_is_against_its_direction_first() -> None:
    rising, falling = (Candle(FIRST, "5", "9", "1", "6", "4"),
                       Candle(FIRST + HOUR, "6", "9", "1", "5", "0.01"))  # fmt: skip
    found = Candles.of([rising, falling])
    trades = found.trades()
    assert list(map(int, trades.price)) == [
        5, 4, 3, 2, 1, 3, 5, 7, 9, 8, 7, 6, 6,
        6, 6, 7, 8, 9, 7, 5, 3, 1, 2, 3, 4, 5,
    ]  # fmt: skip
    assert trades.side[:5] == ("buy", "sell", "sell", "sell", "sell")
    assert sum(map(Decimal, trades.quantity[13:])) == Decimal("0.01")
    assert trades.seen_time[0] == FIRST
    assert trades.seen_time[12] == FIRST + HOUR - 1
    assert trades.seen_time[13] == FIRST + HOUR


def written(folder: Path, text: str, name: str = "c.csv") -> Path:
    file = folder / name
    file.write_bytes(gzip.compress(text.encode()) if name.endswith("gz") else text.encode())
    return file


@pytest.mark.parametrize("name", ["c.csv", "c.csv.gz"])
@pytest.mark.parametrize("banner", ["", "Timestamps are UTC,https://example.org\n"])
def test_newest_first_with_a_banner(tmp_path: Path, name: str, banner: str) -> None:
    found = candles([written(tmp_path, banner + HEADING + "".join(ROWS), name)])
    assert [row.time for row in found.rows] == [FIRST - HOUR, FIRST]
    assert found.rows[1] == Candle(FIRST, "8051", "8056.83", "8021.23", "8035.88", "61.25")
    assert list(told(found)) == []


@pytest.mark.parametrize(
    "time",
    ["1571302800", "1571302800000", "1571302800000000", "1571302800000000000", "1571302800.0",
     "2019-10-17 09:00:00", "2019-10-17T09:00:00Z", "2019-10-17T11:00:00+02:00"],
)  # fmt: skip
def test_times_as_they_are_written(tmp_path: Path, time: str) -> None:
    text = f"Time,Open,High,Low,Close,Volume\n{time},1,2,1,2,1e-05\n1571306400,1,2,1,2,3\n"
    found = candles([written(tmp_path, text)])
    assert found.rows[0] == Candle(FIRST, "1", "2", "1", "2", "0.00001")


def test_parquet_is_read_as_csv_is(tmp_path: Path) -> None:
    times = pa.array([FIRST, FIRST + HOUR], pa.timestamp("ns"))
    columns = {"timestamp": times, "open": [1.5, 2.0], "high": [2.5, 2.0], "low": [1.5, 2.0],
               "close": [2.0, 2.0], "volume": [3.25, 1.0]}  # fmt: skip
    write_table(pa.table(columns), tmp_path / "c.parquet")
    found = candles([tmp_path / "c.parquet"])
    assert found.rows[0] == Candle(FIRST, "1.5", "2.5", "1.5", "2.0", "3.25")


def test_repairs_are_told(tmp_path: Path) -> None:
    rows = ["1571302800,1,2,1,2,3\n", "1571302800,1,2,1,2,3\n", "1571306400,1,2,1,2,0\n",
            "1571313600,1,2,1,2,3\n"]  # fmt: skip
    found = candles([written(tmp_path, "time,open,high,low,close,volume\n" + "".join(rows))])
    assert list(told(found)) == [
        "1 candles doubled", "1 candles without volume", "1 candles missing",
    ]  # fmt: skip
    assert len(found.rows) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no heading"),
        ("a,b\n1,2\n", "no heading"),
        ("time,open,high,low,close\n1571302800,1,2,1,2\n", "volume"),
        (HEADING + "2019-10-17 09-AM,BTCUSD,8051,8056.83\n", "row 2, is no candle"),
        (HEADING + ROWS[0].replace("8051", "x"), "row 2, is no candle"),
        (HEADING + ROWS[0].replace("8051", "nan"), "row 2, is no candle"),
        (HEADING + ROWS[0].replace("2019-10-17", "yesterday"), "row 2, is no candle"),
        (HEADING + ROWS[0].replace("8051", "9051") + ROWS[1], "candle of 2019-10-17T09:00:00 is"),
        (HEADING + "".join(ROWS) + ROWS[0].replace("61.25", "61.26"), "2019-10-17T09:00:00 differ"),
        (HEADING + ROWS[0], "fewer than two"),
        ("time,open,high,low,close,volume\n0,1,1,1,1,1\n", "is no candle"),
        (HEADING + "".join(ROWS) + MORE, "no multiple"),
    ],
)
def test_what_is_none_is_one_line_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(NoCandles, match=said) as error:
        candles([written(tmp_path, text)])
    assert "c.csv" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_there_and_one_that_is_no_parquet(tmp_path: Path) -> None:
    with pytest.raises(NoCandles, match="no file of candles"):
        candles([tmp_path / "none.csv"])
    with pytest.raises(NoCandles, match="Parquet"):
        candles([written(tmp_path, "no", "c.parquet")])


def test_no_candles_are_bad_candles() -> None:
    with pytest.raises(BadCandles):
        Candles.of([])
