"""Tables of trades as others write them: Binance's dumps, plain CSV, Parquet."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.history.tables import BadTable
from gateway.history.times import nanoseconds
from gateway.history.trades import Traded, Trades

SECOND = 10**9
BASE = 1_723_161_253_000_000_000


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("1723161253", BASE),
        ("1723161253.25", BASE + SECOND // 4),
        ("1723161253123", BASE + 123_000_000),
        ("1723161253123456", BASE + 123_456_000),
        ("1723161253123456789", BASE + 123_456_789),
        ("2024-08-08T23:54:13Z", BASE),
        ("2024-08-08 23:54:13", BASE),
        ("2024-08-09T01:54:13+02:00", BASE),
        ("2024-08-08 11-PM", BASE - 54 * 60 * SECOND - 13 * SECOND),
        ("2024-08-08 12-AM", 1_723_075_200 * SECOND),
        ("2024-08-08 12-PM", 1_723_118_400 * SECOND),
        ("2024-08-08", 1_723_075_200 * SECOND),
    ],
)
def test_times_of_all_kinds(text: str, time: int) -> None:
    assert nanoseconds(text) == time


@pytest.mark.parametrize(
    "text", ["", "17", "yesterday", "1969-01-01", "-5", "99999999999999999999"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        nanoseconds(text)


def trades(path: Path, text: str) -> list[Traded]:
    path.write_text(text)
    return [*Trades(path).read()]


SPOT = (
    "5282131,61800.10000000,0.00500000,309.00,1723161253123000,True,True\n"
    "5282132,61800.20000000,0.10000000,6180.02,1723161253124000,False,True\n"
)
AGGREGATED = (
    "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker\n"
    "900,61800.1,0.005,5282131,5282133,1723161253123,true\n"
)


def test_the_dumps_of_binance(tmp_path: Path) -> None:
    first = Traded(BASE + 123_000_000, "61800.10000000", "0.00500000", "sell", "5282131",
                   (5282131, 5282131))  # fmt: skip
    assert trades(tmp_path / "a", SPOT)[0] == first
    assert trades(tmp_path / "b", SPOT.replace(",True\n", "\n"))[0] == first  # as of futures
    (told,) = trades(tmp_path / "c", AGGREGATED)
    assert told == Traded(BASE + 123_000_000, "61800.1", "0.005", "sell", "900",
                          (5282131, 5282133), 900)  # fmt: skip
    bare = AGGREGATED.split("\n", 1)[1]
    assert trades(tmp_path / "d", bare) == trades(tmp_path / "e", bare.replace("true", "true,true"))
    assert trades(tmp_path / "d", bare) == [told]


def test_the_same_table_packed_zipped_and_as_parquet(tmp_path: Path) -> None:
    plain, packed, zipped = (tmp_path / name for name in ("t.csv", "t.gz", "t.zip"))
    wanted = trades(plain, "time,price,quantity,side\n1723161253123,0.00000012,3,Buy\n")
    assert wanted == [Traded(BASE + 123_000_000, "0.00000012", "3", "buy", "")]
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.write(plain, "t.csv")
    columns = pa.table({
        "time": pa.array([BASE + 123_000_000], pa.timestamp("ns")), "price": [1.2e-7],
        "quantity": [3], "side": ["buy"],
    })  # fmt: skip
    pq.write_table(columns, tmp_path / "t.parquet")
    for path in (packed, zipped, tmp_path / "t.parquet"):
        assert [*Trades(path).read()] == wanted, path


@given(
    st.lists(
        st.tuples(st.integers(0, 20), st.sampled_from("123"), st.booleans()),
        min_size=1,
        max_size=20,
    ),
    st.randoms(use_true_random=False),
)
def test_any_order_comes_out_by_time_and_each_once(
    tmp_path_factory: pytest.TempPathFactory, given: list[tuple[int, str, bool]], chance: object
) -> None:
    rows = [
        f"{1723161253 + second},{price},1,{'buy' if bought else 'sell'},{number}"
        for number, (second, price, bought) in enumerate(given)
    ]
    chance.shuffle(rows)  # type: ignore[attr-defined]
    path = tmp_path_factory.mktemp("t") / "t.csv"
    path.write_text("\n".join(["time,price,quantity,side,id", *rows, rows[0]]) + "\n")
    table = Trades(path)
    found = [*table.read()]
    assert [trade.time for trade in found] == sorted(BASE + second * SECOND for second, *_ in given)
    assert len({trade.trade_id for trade in found}) == len(found) == len(given)
    assert any("twice" in text for text in table.repairs)
    assert (table.first, table.last) == (found[0].time, found[-1].time)


def test_newest_first_is_turned_around_and_so_are_equal_times(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    rows = [f"{1723161253 + n // 2},{n + 1},1,buy,{n}" for n in range(6)]
    path.write_text("\n".join(["a banner", "time,price,qty,side,id", *reversed(rows)]))
    table = Trades(path)
    assert [trade.trade_id for trade in table.read()] == [*"012345"]
    assert table.repairs == [
        "1 lines before the header passed over", "newest first: turned around",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "name no columns"),
        ("a,b\n1,2\n", "name no columns"),
        ("price,quantity,side\n1,2,buy\n", "no column of time"),
        ("time,price,quantity\n1723161253,1,2\n", "no column of side"),
        ("time,price,quantity,side\n", "holds no trade"),
        ("time,price,quantity,side\n1723161253,1,2,up\n", "line 2: no trade: 'up'"),
        ("time,price,quantity,side\n1723161253,-1,2,buy\n", "line 2: no trade: -1 is not above"),
        ("time,price,quantity,side\n1723161253,x,2,buy\n", "line 2"),
        ("time,price,quantity,side\n1723161253,nan,2,buy\n", "line 2"),
        ("time,price,quantity,side\nsoon,1,2,buy\n", "line 2"),
        ("time,price,quantity,side\n1723161253,1,2\n", "line 2: 3 cells under 4 columns"),
    ],
)
def test_a_bad_table_of_trades_is_named_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(BadTable) as bad:
        trades(tmp_path / "t.csv", text)
    assert told in str(bad.value)
    assert "\n" not in str(bad.value)


@pytest.mark.parametrize(
    "content", [b"\x1f\x8b\x08broken", b"PAR1broken", b"PK\x03\x04x", b"\xff\xfe"]
)
def test_a_broken_file_is_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "c.csv").write_bytes(content)
    with pytest.raises(BadTable, match=r"c\.csv") as bad:
        [*Trades(tmp_path / "c.csv").read()]
    assert "\n" not in str(bad.value)
