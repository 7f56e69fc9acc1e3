"""Mark prices and funding: from Binance's frames to columns and rows, harmless to all else."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import infra.recordings
from engine.feeds import binance
from engine.feeds.events import Event, Funding
from engine.stage import Cell
from engine.tick_rows import rows_of
from engine.ticks import TicksStage, TicksState
from gateway.recorded.decode import decode as decoded
from schemas import names
from schemas.codec import decode, encode
from schemas.errors import Poison
from schemas.raw import RawFrame, Source
from schemas.system import Snapshot
from schemas.ticks import Ticks

SECOND = 1_000_000_000
KEY = "binance:BTC/USDT:USDT"

USDM: dict[str, Any] = {
    "e": "markPriceUpdate", "E": 1562305380000, "s": "BTCUSDT", "p": "11794.15000000",
    "i": "11784.62659091", "P": "11784.25641265", "r": "0.00038167", "T": 1562306400000,
}  # fmt: skip
"""As in developers.binance.com, USD-M futures, "Mark Price Stream"."""

DATED: dict[str, Any] = {
    "e": "markPriceUpdate", "E": 1596095725000, "s": "BTCUSD_201225", "p": "10934.62615417",
    "P": "10962.17178236", "i": "10933.62615417", "r": "", "T": 0,
}  # fmt: skip
"""As in developers.binance.com, COIN-M futures, "Mark Price Stream": a dated future."""


def parse(text: str) -> Event:
    """The one event of a frame."""
    (event,) = binance.parse(text)
    return event


def mark(second: int, price: str = "100.5", rate: str = "0.0001") -> str:
    frame = {"E": second * 1000, "p": price, "r": rate, "T": 3_600_000}
    return json.dumps({"stream": "btcusdt@markPrice@1s", "data": USDM | frame})


def raw(seq: int, *frames: str, now: int = 100 * SECOND) -> RawFrame:
    return RawFrame(
        id=f"raw{seq}", seq=seq, key=KEY, seen_time=now, run="run", run_seq=seq, source=Source.WS,
        channel="stream", received=(now,) * len(frames), frames=frames,
    )  # fmt: skip


def take(cell: Cell[TicksState], record: RawFrame) -> Ticks:
    ticks = cell.take(names.RAW, record)[0].record
    assert isinstance(ticks, Ticks)
    return ticks


def fresh() -> Cell[TicksState]:
    return Cell.fresh(TicksStage(), KEY)


def test_a_perpetual_of_usd_m() -> None:
    event = parse(json.dumps({"stream": "btcusdt@markPrice", "data": USDM}))
    assert event == Funding(
        1562305380000 * 10**6, "11794.15000000", "11784.62659091", "0.00038167",
        1562306400000 * 10**6,
    )  # fmt: skip
    assert parse(json.dumps(USDM | {"ap": "11794.1", "st": 1})) == event, "further fields"


def test_a_dated_future_has_no_funding() -> None:
    assert parse(json.dumps(DATED)) == Funding(
        1596095725000 * 10**6, "10934.62615417", "10933.62615417", None, None
    )


def test_rates_may_be_negative_and_an_index_may_lack() -> None:
    event = parse(json.dumps(USDM | {"r": "-0.00001411", "i": "0.00000000"}))
    assert isinstance(event, Funding)
    assert (event.rate, event.index_price) == ("-0.00001411", None)
    event = parse(json.dumps({name: USDM[name] for name in "eEsp"}))
    assert event == Funding(USDM["E"] * 10**6, USDM["p"], None, None, None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"p": "0"}, {"p": ""}, {"p": 1.5}, {"p": "-1"}, {"p": None}, {"E": None}, {"E": "1"},
        {"i": "x"}, {"i": 1}, {"r": "x"}, {"r": "--0.1"}, {"r": 0.1}, {"r": "1e-4"}, {"T": -1},
        {"T": "1"}, {"T": 10**18},
    ],
)  # fmt: skip
def test_what_is_no_mark_price_is_poison(wrong: dict[str, Any]) -> None:
    with pytest.raises(Poison, match=r"."):
        parse(json.dumps(USDM | wrong))


@pytest.mark.parametrize("kind", ["kline", "24hrTicker", "indexPriceUpdate"])
def test_other_channels_are_dead_as_before(kind: str) -> None:
    (notice,) = take(fresh(), raw(0, json.dumps(USDM | {"e": kind}))).notices
    assert (notice.type, notice.text) == ("dead", f"binance: unknown channel '{kind}'")


def test_columns_and_rows() -> None:
    ticks = take(fresh(), raw(0, mark(50), "{", mark(51, "101", "-0.0002")))
    assert ticks.fundings.index == (0, 2)
    assert ticks.fundings.mark == ("100.5", "101")
    assert ticks.fundings.rate == ("0.0001", "-0.0002")
    assert ticks.fundings.due == (3600 * SECOND,) * 2
    assert ticks.event_time == 51 * SECOND
    assert decode(Ticks, encode(ticks)) == ticks
    assert rows_of(ticks, 3)[1] == [
        {
            "venue": "binance", "symbol": "BTC/USDT:USDT", "type": "funding",
            "event_time": 50 * SECOND, "seen_time": 100 * SECOND, "mark": "100.5",
            "index": "11784.62659091", "rate": "0.0001", "due": 3600 * SECOND,
        }
    ]  # fmt: skip


def test_decode_prints_them(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("".join(f"{n * SECOND} {mark(n)}\n" for n in (50, 51, 51, 50)))
    found = list(decoded([path], "binance", infra.recordings.listings(), market="usdm"))
    assert [(row["type"], row["event_time"]) for row in found] == [
        ("funding", n * SECOND) for n in (50, 51, 51, 50)
    ]


OTHERS = [
    '{"lastUpdateId":15,"E":1,"T":1,"bids":[["98","1"]],"asks":[["101","1"]]}',
    '{"e":"depthUpdate","E":9,"T":9,"s":"BTCUSDT","U":14,"u":20,"pu":13,"b":[["99","1"]],"a":[]}',
    '{"e":"trade","T":9000,"s":"BTCUSDT","t":1,"p":"100","q":"1","m":true}',
    '{"e":"trade","T":95000,"s":"BTCUSDT","t":2,"p":"101","q":"1","m":true}',
]


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 90)), max_size=8))
def test_repeated_and_reordered_mark_prices_change_nothing_else(
    marks: list[tuple[int, int]],
) -> None:
    """Wherever they stand: the state, the bars and the notices stay, and each gives its row.

    (One with a shorter delay than any other frame would tell the venue's time.)
    """
    frames = [[other] for other in OTHERS] + [[]]
    for place, second in marks:
        frames[place].insert(0, mark(second))
    cell, plain = fresh(), fresh()
    with_marks = take(cell, raw(0, *(frame for each in frames for frame in each)))
    without = take(plain, raw(0, *OTHERS))
    assert len(with_marks.fundings) == len(marks)
    times = [time for time in with_marks.fundings.event_time if time is not None]
    assert sorted(times) == sorted(second * SECOND for _, second in marks)
    states = [one.stage.dump(one.state) | {"time": {}} for one in (cell, plain)]
    assert states[0] == states[1]
    assert (with_marks.bars, with_marks.notices) == (without.bars, without.notices)
    assert (with_marks.book, with_marks.bid) == (without.book, without.bid)


def test_a_restart_between_them_changes_no_byte() -> None:
    records = [raw(n, mark(50 + n), OTHERS[n]) for n in range(4)]
    through, cell = fresh(), fresh()
    for record in records:
        cell = Cell.restore(TicksStage(), decode(Snapshot, encode(cell.snapshot())))
        assert encode(take(cell, record)) == encode(take(through, record))
