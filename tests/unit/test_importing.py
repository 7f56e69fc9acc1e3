"""Tables of trades and candles become records that the desk plays and a catalog lists."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from engine.feeds import table
from engine.feeds.events import Trade
from engine.replay.desk import Desk
from gateway.backtests.replayed import archived
from gateway.backtests.stages import Stages
from gateway.cli import app
from schemas import names
from schemas.errors import Poison
from schemas.ticks import NoticeType, Ticks
from tests.unit.small_desk import BTC, SECOND, SETTINGS
from tests.unit.test_archive import quick
from tests.unit.test_history import AGGREGATED
from topics.archive.catalog import entries
from topics.archive.reading import Archive

pytestmark = pytest.mark.usefixtures("home")

__all__ = ["quick"]

MS = 1_723_161_253_000


def run(*given: object, code: int = 0) -> tuple[dict[str, object], str]:
    told = CliRunner().invoke(app, ["import", *map(str, given), "--json"])
    assert told.exit_code == code, told.output
    return (orjson.loads(told.stdout) if told.stdout else {}), told.stderr


def dump(path: Path, ids: range, newest_first: bool = False) -> Path:
    """Trades of a Binance dump, one each 100 ms, of quantity 1 at its id."""
    rows = [f"{n},{n + 1},1.0,1,{MS + 100 * n},{'true' if n % 3 else 'false'}" for n in ids]
    path.write_text("\n".join(rows[::-1] if newest_first else rows) + "\n")
    return path


def ticks(home: Path) -> list[Ticks]:
    made = Desk(Stages.of(SETTINGS), ("paper",)).run(archived(home / "archive", "", iter(())).rows)
    return [row for _, row in made if isinstance(row, Ticks)]


def rows_of(each: Ticks) -> Iterator[tuple[str, str, str, str]]:
    told = each.trades
    return zip(told.price, told.quantity, told.side, told.trade_id, strict=True)


def test_trades_of_a_dump_are_played_as_a_feeds(home: Path, tmp_path: Path) -> None:
    path = dump(tmp_path / "t.csv", range(100, 400), newest_first=True)
    told, noted = run("--trades", BTC, path)
    assert told["repairs"] == ["t.csv: newest first: turned around"]
    assert "repaired: t.csv: newest first" in noted
    made = ticks(home)
    trades = [row for each in made for row in rows_of(each)]
    assert trades == [
        (str(n + 1), "1.0", "sell" if n % 3 else "buy", str(n)) for n in range(100, 400)
    ]
    assert not [notice for each in made for notice in each.notices if notice.type != "stale"]
    seconds = [bar for each in made for bar in each.bars if bar.interval == "1s"]
    assert [(bar.open, bar.close, bar.trades) for bar in seconds[:30]] == [
        (str(n + 1), str(n + 10), 10) for n in range(100, 400, 10)
    ]
    assert (seconds[0].open_time, seconds[0].volume) == (1_723_161_263 * SECOND, "10")


def test_the_next_file_goes_on_and_what_is_missing_between_is_a_gap(
    home: Path, tmp_path: Path
) -> None:
    parts = [range(100, 200), range(200, 300), range(310, 400)]
    paths = [dump(tmp_path / f"{n}.csv", part) for n, part in enumerate(parts)]
    run("--trades", BTC, paths[1], paths[0])
    run("--trades", BTC, paths[2])
    run("--trades", BTC, paths[2])
    (entry,) = entries(Archive(home / "archive"))
    assert (entry.topic, entry.gaps, entry.doubles) == (names.RAW, [], 0)
    made = ticks(home)
    assert sum(len(each.trades) for each in made) == 290
    (gap,) = [notice for each in made for notice in each.notices if notice.type is NoticeType.GAP]
    assert "300" in gap.text
    assert "309" in gap.text
    _, noted = run("--trades", BTC, dump(tmp_path / "x.csv", range(150, 250)), paths[1], code=1)
    assert "begins before" in noted
    assert noted.count("\n") == 1


def test_an_aggregated_trade_stands_for_its_executions(home: Path, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        AGGREGATED + "901,61800.2,1,5282134,5282134,1723161253200,false\n"
    )
    run("--trades", "binance:BTC/USDT", tmp_path / "a.csv")
    made = [each for each in ticks(home) if len(each.trades)]
    assert [number for each in made for number in each.trades.trade_id] == ["900", "901"]
    assert not [each.notices for each in made if each.notices]


CELLS = st.none() | st.integers(-5, 1 << 62) | st.sampled_from(["1", "0.5", "buy", "x", ""])


def outcome(frame: str) -> str:
    try:
        (event,) = table.parse(frame)
    except Poison as poison:
        return str(poison)
    return type(event).__name__


@given(st.text(max_size=80) | st.lists(CELLS).map(lambda row: orjson.dumps(row).decode()))
def test_a_row_is_a_trade_or_poison(frame: str) -> None:
    assert outcome(frame) == Trade.__name__ or outcome(frame).startswith("table: ")


def test_candles_are_played_as_the_trades_that_they_become(home: Path, tmp_path: Path) -> None:
    hours = [
        f"2024-08-0{1 + n // 24} {n % 24:02}:00:00,{n + 5},{n + 9},{n + 1},{n + 6},1.5,3"
        for n in range(48)
    ]
    path = tmp_path / "c.csv"
    heading = "date,open,high,low,close,volume_btc,volume"
    path.write_text("\n".join(["a banner", heading, *hours[::-1], hours[7]]) + "\n")
    told, noted = run("--candles", "coinbase:BTC/USD", path)
    assert told["repairs"] == ["1 candles doubled"]
    assert "repaired: 1 candles doubled" in noted
    run("--candles", "coinbase:BTC/USD", path)
    made = [bar for each in ticks(home) for bar in each.bars if bar.interval == "1h"]
    prices = [
        tuple(map(float, (bar.open, bar.high, bar.low, bar.close, bar.volume))) for bar in made
    ]
    assert prices == [(n + 5, n + 9, n + 1, n + 6, 1.5) for n in range(48)]
    assert [bar.open_time for bar in made] == [
        1_722_470_400 * SECOND + n * 3600 * SECOND for n in range(48)
    ]


@pytest.mark.parametrize("key", ["BTC", "binance:BTCUSDT", "nowhere:BTC/USDT"])
def test_a_key_that_is_no_market_is_one_line(tmp_path: Path, key: str) -> None:
    _, noted = run("--trades", key, dump(tmp_path / "t.csv", range(3)), code=1)
    assert noted.count("\n") == 1
