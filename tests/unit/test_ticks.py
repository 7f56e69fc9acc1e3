"""The ticks stage on frames made up: bad ones, late ones, gaps, silence."""

import base64
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.framing import raw_records
from engine.spans import SECOND
from engine.stage import Cell
from engine.tick_rows import rows_of
from engine.ticks import TicksSettings, TicksStage, TicksState
from schemas import names
from schemas.codec import decode, encode
from schemas.raw import RawFrame, ReceivedFrame, Source
from schemas.system import DeadLetter
from schemas.ticks import BookState, Ticks

KEY = "binance:BTC/USDT:USDT"


def raw(*frames: str, now: int = SECOND, seq: int = 0, **fields: Any) -> RawFrame:
    values: dict[str, Any] = {
        "id": f"raw{seq}", "seq": seq, "key": KEY, "seen_time": now, "run": "run", "run_seq": seq,
        "source": Source.WS, "channel": "stream", "received": (now,) * len(frames),
        "frames": frames,
    }  # fmt: skip
    return RawFrame(**(values | fields))


def trade(number: int, milliseconds: int = 900) -> str:
    return json.dumps(
        {"e": "trade", "T": milliseconds, "s": "BTCUSDT", "t": number, "p": "100.10", "q": "1",
         "m": True}
    )  # fmt: skip


def depth(first: int, last: int, previous: int, bid: str = "99") -> str:
    return json.dumps(
        {"e": "depthUpdate", "E": 900, "T": 900, "s": "BTCUSDT", "U": first, "u": last,
         "pu": previous, "b": [[bid, "1"]], "a": []}
    )  # fmt: skip


SNAPSHOT = '{"lastUpdateId":15,"E":1,"T":1,"bids":[["98","1"]],"asks":[["101","1"]]}'


def take(cell: Cell[TicksState], record: RawFrame) -> tuple[Ticks, list[Any]]:
    ticks, *rest = (output.record for output in cell.take(names.RAW, record))
    assert isinstance(ticks, Ticks)
    return ticks, rest


def fresh(key: str = KEY, settings: TicksSettings | None = None) -> Cell[TicksState]:
    return Cell.fresh(TicksStage(settings), key)


def test_a_bad_frame_costs_that_frame_only() -> None:
    ticks, letters = take(fresh(), raw(trade(1), '{"e":"trade"', trade(2)))
    assert ticks.trades.trade_id == ("1", "2")
    assert ticks.trades.index == (0, 2)
    assert [(n.type, n.index) for n in ticks.notices] == [("dead", 1)]
    (letter,) = letters
    assert isinstance(letter, DeadLetter)
    assert (letter.value, letter.source_seq, letter.topic) == ('{"e":"trade"', 0, names.RAW)
    assert letter.reason == ticks.notices[0].text


FRAMES = st.one_of(
    st.just(trade(1)), st.text(st.characters(codec="utf-8")), st.just(depth(11, 20, 10)),
    st.just(SNAPSHOT), st.just('{"e":"kline"}'),
)  # fmt: skip


@given(st.lists(FRAMES, max_size=6), st.sampled_from(["text", "base64"]))
def test_no_frame_raises_and_each_is_accounted_for(frames: list[str], encoding: str) -> None:
    ticks, rest = take(fresh(), raw(*frames, encoding=encoding))
    rows = rows_of(ticks, len(frames))
    assert [len(each) >= 1 for each in rows[1:]] == [True] * len(frames)
    letters = [each for each in rest if isinstance(each, DeadLetter)]
    assert len(letters) == sum(row["type"] == "dead" for each in rows for row in each)
    assert decode(Ticks, encode(ticks)) == ticks


def test_frames_in_base64_are_read() -> None:
    frame = base64.b64encode(trade(7).encode()).decode()
    ticks, _ = take(fresh(), raw(frame, encoding="base64"))
    assert ticks.trades.trade_id == ("7",)


def test_an_unknown_venue_is_poison_frame_by_frame() -> None:
    record = raw(trade(1)).model_copy(update={"key": "nowhere:BTC/USDT"})
    ticks, letters = take(fresh("nowhere:BTC/USDT"), record)
    assert ticks.notices[0].text == letters[0].reason == "no feed reads nowhere"


def test_an_unreadable_line_carries_its_place_into_the_letter() -> None:
    channel = "unreadable: file.gz line 3 is no `<time> <frame>`"
    _, letters = take(fresh(), raw(trade(1), channel=channel))
    assert letters[0].reason == channel


def test_a_time_far_ahead_is_not_believed() -> None:
    ticks, letters = take(fresh(), raw(trade(1), trade(2, 700_000)))
    assert ticks.trades.trade_id == ("1",)
    assert "ahead" in letters[0].reason


def test_a_late_trade_is_published_but_not_counted() -> None:
    cell = fresh()
    take(cell, raw(trade(1, 900)))
    ticks, bars = take(cell, raw(trade(2, 1100), trade(3, 950), seq=1))
    assert [bar.trades for bar in bars] == [1]
    assert [(n.type, n.index, n.event_time) for n in ticks.notices] == [("late", 1, 950_000_000)]
    assert ticks.trades.trade_id == ("2", "3")
    assert ticks.event_time == 1_100_000_000


def test_clock_records_close_bars_and_let_the_book_go_stale() -> None:
    cell = fresh()
    take(cell, raw(trade(1), SNAPSHOT))
    told = []
    for seq in range(1, 8):
        ticks, bars = take(cell, raw(now=(1 + seq) * SECOND, seq=seq, source="clock", clock=True))
        told.append((len(bars), ticks.book.value, [n.type.value for n in ticks.notices]))
        assert ticks.clock
        assert ticks.event_time is None
    assert told == [
        (0, "ok", []), (1, "ok", []), (1, "ok", []), (1, "ok", []), (1, "stale", ["stale"]),
        (1, "stale", []), (1, "stale", []),
    ]  # fmt: skip
    ticks, _ = take(cell, raw(depth(11, 20, 10), now=9 * SECOND, seq=8))
    assert (ticks.book, [n.type for n in ticks.notices]) == (BookState.OK, ["resync"])


def test_a_gap_a_crossing_and_their_mending_are_told() -> None:
    cell = fresh()
    first, _ = take(cell, raw(SNAPSHOT, depth(11, 20, 10)))
    assert (first.book, first.bid, first.ask) == (BookState.OK, ("99", "1"), ("101", "1"))
    gap, _ = take(cell, raw(depth(31, 40, 30), seq=1))
    assert (gap.book, [n.type for n in gap.notices]) == (BookState.GAPPED, ["gap"])
    assert gap.books.applied == (False,)
    mended, _ = take(cell, raw(SNAPSHOT.replace("15", "35"), seq=2))
    assert (mended.book, [n.type for n in mended.notices]) == (BookState.OK, ["resync"])
    assert mended.books.bridged == (1,)
    crossed, _ = take(cell, raw(depth(41, 50, 40, bid="101"), seq=3))
    assert (crossed.book, [n.type for n in crossed.notices]) == (BookState.CROSSED, ["crossed"])


def test_bars_left_out_after_a_jump_are_named() -> None:
    cell = fresh(settings=TicksSettings(ahead=10**18))
    ticks, bars = take(cell, raw(trade(1), trade(2, 5_000_000)))
    assert [bar.interval for bar in bars] == ["1s", *83 * ["1m"], *16 * ["5m"], "1h"]
    assert [n.text for n in ticks.notices] == ["no 1s bars from 1000000000 to 5000000000000"]


def test_spot_symbols_follow_the_spot_rule() -> None:
    stage = TicksStage()
    assert stage.initial("binance:BTC/USDT").sync.rule.name == "spot"
    assert stage.initial(KEY).sync.rule.name == "futures"


def test_a_linger_of_another_length_says_the_same() -> None:
    frames = [(KEY, ReceivedFrame(n * 3_000_000, Source.WS, "stream", trade(n, n * 3)))
              for n in range(1000)]  # fmt: skip
    said = []
    for linger in (1_000_000, 50_000_000):
        cell, rows = fresh(), list[Any]()
        for record in raw_records(frames, "run", linger):
            ticks, _ = take(cell, record)
            rows += [bar.model_dump() for bar in ticks.bars]
            rows += zip(ticks.trades.trade_id, ticks.trades.seen_time, strict=True)
        said.append(rows)
    assert sorted(map(str, said[0])) == sorted(map(str, said[1]))
