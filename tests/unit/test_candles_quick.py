"""Candles read by columns are those that are read one by one; what is wrong is told the same."""

from __future__ import annotations

import csv
import tempfile
from decimal import Decimal
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.columns import candles as columns
from engine.columns.candles import BadCandles, Candle, Candles
from engine.columns.decimals import WIDEST, numbers
from gateway.backtests import candles as files
from gateway.backtests.candles import NoCandles, candles, quick
from tests.unit.waves import written

HEADING = "time,open,high,low,close,volume"
ORDINARY = st.sampled_from(["1", "2.5", "7.25", "007", "0.0100", "12345.678901"])
ODD = st.sampled_from([
    "", "0", "0.0", "-1", " 2", "1e-05", "1E3", "nan", "inf", ".5", "5.", "1.2.3", "x", "+3", "1_0",
    "٣", "²", "9" * 18, "9" * 25, "1" + "0" * 17 + ".5", '"1\n2"', '"3"', "1,2", "\u2028",
])  # fmt: skip
DAYS = st.sampled_from(["2019-10-17", "2019-10-18", "2019-02-30", "0001-01-01", "9999-12-31"])
RESTS = st.sampled_from([
    "", " 09-AM", " 12-PM", " 13-PM", "T10:00", " 10:00:00", "T11:00:00+02:00", "T10:00:00.5Z",
    "T25:00", "-05:00", " 09-AM ", "x",
])  # fmt: skip
STAMPS = st.sampled_from([
    "1571302800", "1571306400.0", "1571302800000", "1571302800000000000", "1", "", "٣", "yesterday",
    " 1571302800 ", "20191017T09", "2019-W42-4", "2019-W42-4 10:00",
])  # fmt: skip
TIMES = st.one_of(st.builds(str.__add__, DAYS, RESTS), STAMPS)
ROW = st.one_of(
    st.integers(0, 9).map(lambda hour: f"2019-10-17 0{hour}:00,2,3,1,2,4.5"),
    st.tuples(TIMES, *[st.one_of(ORDINARY, ORDINARY, ODD)] * 5).map(",".join),
    st.sampled_from([
        "", "2019-10-17", ",,,,,", '"2019-10-17"', '2019-10-17,"1',
        "2019-10-17 09:30,2,3,1,2,4.5,7",
    ]),
)  # fmt: skip
END = st.sampled_from(["\n", "\n", "\n", "\r\n", "\r", "\n\n", "\x0b", "\x85"])


def outcome(file: Path) -> Candles | str:
    """What reading gives, or what it says."""
    try:
        return candles([file])
    except NoCandles as error:
        return str(error)


BANNERS = st.sampled_from(["", "a banner\n", "\n\n", "a\nb\nc\nd\n", "a\nb\nc\nd\ne\n", '"a\nb"\n'])


@given(BANNERS, st.lists(st.tuples(ROW, END), max_size=6), END, st.sampled_from(["", ",more"]))
def test_a_file_is_read_by_columns_as_by_rows(
    banner: str, rows: list[tuple[str, str]], end: str, more: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "c.csv"
        text = banner + HEADING + more + end + "".join(row + after for row, after in rows)
        file.write_bytes(text.encode())
        found = outcome(file)
        with patch.object(files, "quick", lambda path: None):
            assert found == outcome(file)


HOURS = [f"2019-10-17 0{hour}:00" for hour in range(3)]


@pytest.mark.parametrize(
    ("heading", "rows"),
    [
        (
            "time,note,open,high,low,close,volume",
            [f'{at},"1,2,3,2,3,6,7",4,5,4,5,1' for at in HOURS],
        ),
        (HEADING, [f"{HOURS[0]},2,3,1,2,4", ",".join(f"{at},2,3,1,2,4" for at in HOURS[1:])]),
        (f"a,b,c,d,e,f,{HEADING}", [f"{at},2,3,1,2,4" for at in HOURS]),
    ],
)
def test_fields_are_of_the_row_in_which_they_stand(
    tmp_path: Path, heading: str, rows: list[str]
) -> None:
    """A comma within quotes, rows of two widths, and rows narrower than the heading."""
    (tmp_path / "c.csv").write_text("\n".join([heading, *rows]))
    assert quick(tmp_path / "c.csv") is None


def test_a_field_that_no_reader_takes_is_not_taken(tmp_path: Path) -> None:
    rows = [f"2019-10-17 0{hour}:00,2,3,1,2,4.5,{'7' * 200_000}" for hour in range(2)]
    (tmp_path / "c.csv").write_text("\n".join([HEADING, *rows]))
    assert quick(tmp_path / "c.csv") is None
    with pytest.raises(csv.Error, match="larger than field limit"):
        candles([tmp_path / "c.csv"])


def test_an_ordinary_file_is_read_by_columns(tmp_path: Path) -> None:
    file = written(tmp_path)
    assert quick(file) == [*files._rows(file)]


USUAL = st.sampled_from(["0", "1", "2", "2.0", "1.99", "3"])
PRICE = st.one_of(USUAL, USUAL, st.sampled_from(["-1", "1E+1", "9" * 18, "9" * 30]))


def within(time: int, four: list[str], volume: str) -> Candle:
    """One that opens and closes between its low and its high."""
    low, first, last, high = sorted(four, key=Decimal)
    return Candle(time, first, high, low, last, volume)


ANY = st.builds(Candle, st.integers(0, 3), PRICE, PRICE, PRICE, PRICE, PRICE)
BAD = st.builds(Candle, st.integers(0, 9), USUAL, USUAL, USUAL, USUAL, USUAL)
GOOD = st.builds(within, st.integers(0, 9), st.lists(USUAL, min_size=4, max_size=4), USUAL)


@given(st.lists(st.one_of(GOOD, GOOD, BAD, ANY), max_size=4))
def test_candles_are_checked_together_as_one_by_one(rows: list[Candle]) -> None:
    def made() -> Candles | str:
        try:
            return Candles.of(rows)
        except BadCandles as error:
            return str(error)

    found = made()
    with patch.object(columns, "_sound", lambda ordered: False):
        assert found == made()


TEXTS = st.lists(st.one_of(ORDINARY, ORDINARY, ODD, st.text("0123.\n", max_size=4)), max_size=6)


@given(TEXTS)
@example(["1\n2"])
@example(["1.2", "", "3"])
def test_texts_become_integers_together_as_one_by_one(texts: list[str]) -> None:
    usual = all(
        files.PLAIN(text) and len(text.replace(".", "")) <= WIDEST for text in texts
    ) and len(texts) > 0  # fmt: skip
    found = numbers(texts)
    assert (found is not None) == usual
    if found is not None:
        told = [Decimal(int(value)).scaleb(-int(n)) for value, n in zip(*found, strict=True)]
        assert told == [*map(Decimal, texts)]
        assert [*found.decimals] == [len(text.partition(".")[2]) for text in texts]


@pytest.mark.parametrize("name", ["c.csv", "c.csv.gz", "c.parquet"])
def test_a_file_that_breaks_off_says_so(tmp_path: Path, name: str) -> None:
    whole = written(tmp_path).read_bytes()
    (tmp_path / name).write_bytes(whole[: len(whole) // 2])
    assert quick(tmp_path / name) is None
