"""Bad input, item by item (docs/bad-input.md): a clear error or a dead letter with its cause and
place, the good around it as if it had not been, and nothing lost.

Through Kafka: tests/pipeline/test_poison.py. A full disk: tests/chaos/test_full_disk.py.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from engine.bars import MOST
from engine.framing import FRAMES, PAUSE
from engine.ticks import TicksSettings, TicksStage
from gateway.control.commanding import LARGEST as LARGEST_COMMAND
from gateway.control.once import give_once
from schemas import names
from schemas.codec import encode
from schemas.commands import ControlCommand, Halt
from schemas.errors import TapelineError
from schemas.raw import UNREADABLE, RawFrame, Source
from schemas.ticks import BookState, NoticeType
from tests.unit.fake_broker import Broker, Died, Message, app_of, begin, garbage, read, worker
from tests.unit.fake_broker import give as hand
from tests.unit.tape import (
    MARKETS,
    Told,
    at,
    clean,
    frame_of,
    moved,
    play,
    spoilt,
    tape,
    time_of,
)
from tests.unit.trading import BTC
from topics.crashes import LIMIT
from topics.outlet import Outlet
from topics.rdkafka.settings import LARGEST_RECORD
from topics.settings import Settings
from topics.station import LARGEST_SNAPSHOT

SECOND = 10**9
HOUR = 3600 * SECOND
PLACE = 560

markets = pytest.mark.parametrize("market", MARKETS)
Spoil = Callable[[str], str]


def put(market: str, line: str | bytes, place: int = PLACE) -> list[str | bytes]:
    """The tape with one line more."""
    rows = tape(market)
    return [*rows[:place], line, *rows[place:]]


def received(market: str, frame: object, place: int = PLACE) -> str:
    """A line with this frame, received with the tape's line at `place`."""
    text = frame if isinstance(frame, str) else json.dumps(frame)
    return f"{time_of(tape(market)[place])} {text}"


def assert_dead(market: str, told: Told, value: str, reason: str) -> None:
    """One letter with cause, value and place; the frame is on market.raw, and all else as ever."""
    (letter,) = told.letters
    assert reason in letter.reason
    assert letter.value == value
    assert (letter.topic, letter.source_key) == (names.RAW, told.raw[0].key)
    (home,) = (record for record in told.raw if record.seq == letter.source_seq)
    assert value in home.frames
    assert [notice.text for notice in told.told(NoticeType.DEAD)] == [letter.reason]
    assert told.good == clean(market).good
    assert sorted(told.frames) == sorted([*clean(market).frames, value])


# -- a truncated line -------------------------------------------------------------------------


@markets
@pytest.mark.parametrize("kind", ["trade", "depth", "bookTicker", "snapshot"])
def test_a_truncated_frame(market: str, kind: str) -> None:
    whole = tape(market)[at(market, kind)]
    cut = received(market, whole.split(" ", 1)[1][:-7])
    assert_dead(market, play(put(market, cut)), cut.split(" ", 1)[1], "binance: JSONDecodeError")


@markets
@pytest.mark.parametrize("line", ["17231612", "1723161257000000000", "1723161257000000000 ", "{"])
def test_a_line_that_ends_before_its_frame(market: str, line: str) -> None:
    told = play(put(market, line))
    reason = f"unreadable: file.txt line {PLACE + 1} is no `<time> <frame>`"
    assert_dead(market, told, line, reason)


# -- wrong JSON -------------------------------------------------------------------------------


@markets
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"e":"trade",}', "JSONDecodeError"), ("[1]", "binance"), ("null", "binance"),
        ('"trade"', "binance"), ("{}", "unknown frame"), ("{'e':'trade'}", "JSONDecodeError"),
        ('{"e":"trade"}', "KeyError"), ('{"stream":"x@trade","data":[1]}', "binance"),
        ("<html>502 Bad Gateway</html>", "JSONDecodeError"), ("[" * 5000, "binance"),
    ],
)  # fmt: skip
def test_wrong_json(market: str, text: str, reason: str) -> None:
    assert_dead(market, play(put(market, received(market, text))), text, reason)


# -- an unknown channel -----------------------------------------------------------------------


@markets
@pytest.mark.parametrize("kind", ["listStatus", "kline", "", "x" * 5_000_000])
def test_an_unknown_channel(market: str, kind: str) -> None:
    text = json.dumps(frame_of(tape(market)[at(market, "trade")]) | {"e": kind})
    told = play(put(market, received(market, text)))
    assert_dead(market, told, text, f"binance: unknown channel '{kind[:100]}")
    assert len(told.letters[0].reason) <= 500


# -- a price that is no number, or below zero -------------------------------------------------

BAD_PRICES = ("NaN", "-1", "-0.01", "Infinity", "1e5", "", "0x10", "1,5", " 1", None, 1.5, True)


@markets
@pytest.mark.parametrize("price", BAD_PRICES)
def test_a_bad_price_of_a_trade(market: str, price: object) -> None:
    line = spoilt(received(market, frame_of(tape(market)[at(market, "trade")])), p=price)
    assert_dead(market, play(put(market, line)), line.split(" ", 1)[1], f"{price!r} is no decimal")


@markets
@pytest.mark.parametrize("price", BAD_PRICES)
def test_a_bad_price_of_a_quote(market: str, price: object) -> None:
    line = spoilt(received(market, frame_of(tape(market)[at(market, "bookTicker")])), b=price)
    assert_dead(market, play(put(market, line)), line.split(" ", 1)[1], f"{price!r} is no decimal")


@markets
@pytest.mark.parametrize("price", BAD_PRICES)
def test_a_bad_price_of_a_book_level(market: str, price: object) -> None:
    frame = frame_of(tape(market)[at(market, "depth", PLACE)])
    line = received(market, frame | {"b": [["1", "1"], [price, "1"]]})
    assert_dead(market, play(put(market, line)), line.split(" ", 1)[1], f"{price!r} is no decimal")


# -- a snapshot that does not bridge ----------------------------------------------------------


def bridging(market: str, back: int) -> Told:
    """A diff, then a snapshot that is `back` ids older than the oldest that bridges onto it."""
    first = at(market, "depth")
    snapshot = tape(market)[at(market, "snapshot")]
    diff = frame_of(tape(market)[first])
    oldest = diff["U"] - 1 if market == "spot" else diff["pu"]
    rest = [line for line in tape(market)[first + 1 :] if "@depth" in line]
    lines = [tape(market)[first], spoilt(snapshot, lastUpdateId=oldest - back), *rest]
    ordered: list[str | bytes] = [*sorted(lines, key=time_of)]
    return play(ordered, market)


@markets
def test_the_oldest_snapshot_that_bridges(market: str) -> None:
    """Spot: U <= id + 1; USD-M and COIN-M: pu <= id."""
    told = bridging(market, 0)
    assert told.notices == []
    first = told.states.index(BookState.OK)
    assert set(told.states[first:]) == {BookState.OK}


@markets
def test_a_snapshot_that_does_not_bridge(market: str) -> None:
    told = bridging(market, 1)
    assert "does not reach the updates held since" in told.notices[0].text
    assert set(told.states) == {BookState.NONE}
    assert all(not row[2] for row in told.books), "no update is applied"


@markets
@pytest.mark.parametrize("back", [1_000_000, 10**9])
def test_a_later_snapshot_that_bridges_is_taken(market: str, back: int) -> None:
    place = at(market, "snapshot")
    bad = spoilt(
        tape(market)[place], lastUpdateId=frame_of(tape(market)[place])["lastUpdateId"] - back
    )
    told = play(put(market, bad, place))
    assert [notice.type for notice in told.notices] == [NoticeType.GAP]
    assert (told.book, told.trades, told.bars) == (
        clean(market).book, clean(market).trades, clean(market).bars,
    )  # fmt: skip


@markets
def test_an_older_snapshot_does_not_turn_a_sound_book_back(market: str) -> None:
    old = tape(market)[at(market, "snapshot")].split(" ", 1)[1]
    told = play(put(market, received(market, old)))
    assert told.notices == []
    assert [row[1:3] for row in told.books].count((True, False)) == 1
    assert told.book == clean(market).book


# -- an unknown symbol ------------------------------------------------------------------------


@markets
def test_an_unknown_symbol(market: str) -> None:
    for bare in (True, False):
        frame = frame_of(tape(market)[at(market, "trade")]) | {"s": "NOSUCHUSDT"}
        text = json.dumps(frame if bare else {"stream": "nosuchusdt@trade", "data": frame},
                          separators=(",", ":"))  # fmt: skip
        told = play(put(market, received(market, text)))
        reason = f"unreadable: binance {market} lists no NOSUCHUSDT; add it to the listings"
        assert_dead(market, told, text, reason)


@markets
def test_a_file_of_an_unknown_symbol_is_refused_with_the_remedy(market: str) -> None:
    lines = [line.replace("btcusd", "nosuch").replace("BTCUSD", "NOSUCH") for line in tape(market)]
    with pytest.raises(TapelineError, match=r"lists no NOSUCH.*; add it to the listings"):
        play(lines, market)


# -- an unknown schema version, and other records that cannot be read ---------------------------


def records(*sizes: int) -> list[RawFrame]:
    """Records of market.raw, one a second, each with a trade and so many spaces."""
    return [
        RawFrame(
            id=f"{n:024x}", seq=n, key=BTC, seen_time=(n + 1) * SECOND, run="r", run_seq=n,
            source=Source.WS, channel="stream", received=((n + 1) * SECOND,),
            frames=(trade(n, n * 1000) + " " * size,),
        )
        for n, size in enumerate(sizes)
    ]  # fmt: skip


def trade(number: int, milliseconds: int = 900) -> str:
    return json.dumps(
        {"e": "trade", "T": milliseconds, "s": "BTCUSDT", "t": number, "p": "100.10", "q": "1",
         "m": True}
    )  # fmt: skip


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (encode(records(0)[0].model_copy(update={"v": 99})), "version 99 is unknown (known: 1)"),
        (b"\xff\xfe", "Invalid JSON"), (b"", "Invalid JSON"), (b"{}", "Field required"),
        (encode(records(0)[0])[:-20], "Invalid JSON"),
        (encode(records(0)[0].model_copy(update={"received": ()})), "differ in length"),
        (encode(records(0)[0].model_copy(update={"key": "other:A"})), "is of key 'other:A'"),
    ],
)  # fmt: skip
async def test_an_unknown_schema_version(broker: Broker, value: bytes, reason: str) -> None:
    one = worker(broker, TicksStage())
    await begin(one)
    first, second, third = records(0, 0, 0)
    await hand(one, read(names.RAW, 0, first), garbage(names.RAW, 1, BTC, value))
    await hand(one, read(names.RAW, 2, second), read(names.RAW, 3, third))
    (letter,) = broker.records(names.LETTERS)
    assert reason in letter.reason
    assert (letter.stage, letter.topic, letter.source_key) == ("ticks", names.RAW, BTC)
    assert [each.cause for each in broker.records(names.TICKS)] == [
        first.id, second.id, third.id,
    ]  # fmt: skip


# -- duplicate frames -------------------------------------------------------------------------


def times(market: str, first: int = PLACE, last: int = 2 * PLACE) -> dict[str, int]:
    """How many lines of each kind the tape holds from place to place."""
    rows = tape(market)[first:last]
    return {kind: sum(f"@{kind}" in line[:60] for line in rows) for kind in ("trade", "depth")}


def assert_once(market: str, told: Told, again: dict[str, int]) -> None:
    """Trades and bars as ever; each repetition is told, and no book is hurt by it."""
    known = clean(market)
    assert told.trades == known.trades
    assert told.bars == known.bars
    assert told.book == known.book
    assert [notice.type for notice in told.notices] == [NoticeType.DUPLICATE] * again["trade"]
    applied = [row[1:3] for row in told.books]
    before = [row[1:3] for row in known.books].count((False, False))
    assert applied.count((False, False)) == before + again["depth"]
    assert set(told.states) == {BookState.NONE, BookState.OK}


@markets
@pytest.mark.parametrize("restarts", [False, True])
def test_each_frame_twice(market: str, restarts: bool) -> None:
    rows = tape(market)
    lines = [*rows[:PLACE], *(line for line in rows[PLACE:] for _ in range(2))]
    known = clean(market)
    told = play(lines, restarts=restarts)
    assert_once(market, told, times(market))
    assert len(told.frames) == len(known.frames) + len(rows) - PLACE


@markets
def test_every_frame_twice_from_the_start_on(market: str) -> None:
    """Also what is held for the snapshot, and the snapshot."""
    told, known = play([line for line in tape(market) for _ in range(2)]), clean(market)
    assert (told.trades, told.bars, told.book) == (known.trades, known.bars, known.book)
    assert {notice.type for notice in told.notices} == {NoticeType.DUPLICATE}
    assert told.states[-1] is BookState.OK


@markets
@pytest.mark.parametrize("restarts", [False, True])
def test_a_stretch_again_after_a_reconnect(market: str, restarts: bool) -> None:
    """The venue sends the last 500 frames once more; they are received when they come."""
    rows = tape(market)
    again = [received(market, line.split(" ", 1)[1]) for line in rows[PLACE - 500 : PLACE]]
    told = play([*rows[:PLACE], *again, *rows[PLACE:]], restarts=restarts)
    assert_once(market, told, times(market, PLACE - 500, PLACE))


def test_a_quote_twice_is_told_twice_and_changes_nothing() -> None:
    rows = tape("usdm")
    place = at("usdm", "bookTicker", PLACE)
    told = play(put("usdm", rows[place], place))
    assert len(told.quotes) == len(clean("usdm").quotes) + 1
    assert told.quotes[-1] == clean("usdm").quotes[-1]
    assert (told.trades, told.bars, told.book) == (
        clean("usdm").trades, clean("usdm").bars, clean("usdm").book,
    )  # fmt: skip


# -- reordered frames -------------------------------------------------------------------------


@markets
def test_two_trades_in_the_other_order(market: str) -> None:
    """Both count in the bar of their time; that one was missing meanwhile is told."""
    rows = list(tape(market))
    one = at(market, "trade", PLACE)
    other = at(market, "trade", one + 1)
    first, second = (frame_of(rows[n])["t"] for n in (one, other))
    rows[one], rows[other] = (
        f"{time_of(rows[a])} {rows[b].split(' ', 1)[1]}" for a, b in ((one, other), (other, one))
    )
    told = play(rows)
    assert second == first + 1
    assert [(n.type, n.text) for n in told.notices] == [
        (NoticeType.GAP, f"trades {first}..{first} are missing")
    ]
    assert sorted(told.trades) == sorted(clean(market).trades)
    totals = ("open_time", "interval", "trades", "volume", "buy_volume", "high", "low")
    timed = [bar for bar in told.bars if not bar["interval"].endswith("t")]
    known = [bar for bar in clean(market).bars if not bar["interval"].endswith("t")]
    assert [[bar[name] for name in totals] for bar in timed] == [
        [bar[name] for name in totals] for bar in known
    ]
    assert told.book == clean(market).book


@markets
def test_a_late_trade_is_published_and_told_and_its_closed_bars_stay(market: str) -> None:
    """A trade of the start comes at the end: its bars have gone out, so it changes none of them."""
    rows = tape(market)
    place = at(market, "trade", PLACE)
    late = rows[place].split(" ", 1)[1]
    told = play([*rows[:place], *rows[place + 1 :], received(market, late, len(rows) - 1)])
    number = str(frame_of(rows[place])["t"])
    assert [row[4] for row in told.trades].count(number) == 1
    assert len(told.trades) == len(clean(market).trades)
    lates = told.told(NoticeType.LATE)
    assert lates
    assert all(f"trade {number} came after its" in notice.text for notice in lates)
    for interval in ("1s", "1m"):
        bars = [bar for bar in told.bars if bar["interval"] == interval]
        known = [bar for bar in clean(market).bars if bar["interval"] == interval]
        missing = f"trade {number} came after its {interval} bar had closed"
        late_here = missing in [notice.text for notice in lates]
        assert sum(bar["trades"] for bar in bars) == sum(bar["trades"] for bar in known) - late_here


@markets
def test_two_depth_updates_in_the_other_order_stop_the_book_until_a_snapshot(market: str) -> None:
    rows = list(tape(market))
    one = at(market, "depth", PLACE)
    other = at(market, "depth", one + 1)
    swapped = [*rows[:one], *rows[one + 1 : other + 1], rows[one], *rows[other + 1 :]]
    told = play(swapped)
    (gap,) = told.notices
    assert gap.type is NoticeType.GAP
    assert f"update {frame_of(rows[other])['U']}.." in gap.text
    assert told.states[-1] is BookState.GAPPED
    assert (told.trades, told.bars) == (clean(market).trades, clean(market).bars)
    third = at(market, "depth", other + 1)
    sound = play(rows[: third + 1])
    snapshot = spoilt(
        tape(market)[at(market, "snapshot")], lastUpdateId=frame_of(rows[third])["u"],
        bids=sound.book["bids"], asks=sound.book["asks"],
    ).split(" ", 1)[1]  # fmt: skip
    mended = play([*swapped[: third + 1], received(market, snapshot, third), *swapped[third + 1 :]])
    assert [notice.type for notice in mended.notices] == [NoticeType.GAP, NoticeType.RESYNC]
    assert mended.book == clean(market).book
    assert mended.states[-1] is BookState.OK


# -- a message above the size limit -----------------------------------------------------------


@pytest.mark.parametrize(("byte", "width"), [("x", 1), ("\u0001", 6), ("\\", 2), ("\U0001f600", 4)])
def test_a_frame_above_the_limit_is_kept_in_parts(byte: str, width: int) -> None:
    """width: bytes of the character as JSON."""
    market, text = "usdm", '{"e":"' + byte * ((16 << 20) // width)
    told = play(put(market, received(market, text)))
    assert told.good == clean(market).good
    assert "".join(letter.value for letter in told.letters) == text
    parted = [record for record in told.raw if record.channel.startswith(UNREADABLE)]
    assert "".join(text for record in parted for text in record.frames) == text
    parts = len(told.letters)
    for n, letter in enumerate(told.letters, 1):
        assert f"is over the limit of a record; part {n} of {parts}" in letter.reason
    assert told.largest < LARGEST_RECORD


def test_a_large_snapshot_below_the_limit_passes_every_record() -> None:
    market, place = "usdm", at("usdm", "snapshot")
    bids = [[f"{n}.10", "1.000"] for n in range(1, 50_000)]
    line = spoilt(tape(market)[place], bids=bids, asks=[["61800.90", "1.000"]])
    lines = [*tape(market)[:place], line, *tape(market)[place + 1 :]]
    told = play(lines)
    assert told.letters == []
    assert len(told.book["bids"]) >= 49_000
    assert told.largest < LARGEST_RECORD
    large = play([line + " " * (12 << 20) if each is line else each for each in lines])
    assert large.good == told.good
    assert 12 << 20 < large.largest < LARGEST_RECORD


def test_a_flood_in_one_linger_is_more_records() -> None:
    market = "usdm"
    flood = [received(market, "x")] * (2 * FRAMES + 1)
    told = play([*tape(market)[:PLACE], *flood, *tape(market)[PLACE:]])
    assert max(len(record.frames) for record in told.raw) == FRAMES
    assert len(told.letters) == len(flood)
    assert told.good == clean(market).good
    assert told.largest < LARGEST_RECORD


class Narrow(Broker):
    """A broker whose producer refuses a record of more than 10 kB, as librdkafka does."""

    def emit(
        self, topic: str, key: bytes, value: bytes, headers: Any, partition: int | None
    ) -> None:
        if topic == names.TICKS and len(value) > 10_000:
            raise ValueError("MSG_SIZE_TOO_LARGE")
        super().emit(topic, key, value, headers, partition)


async def test_what_a_stage_makes_too_large_is_given_up_with_the_cause(broker: Broker) -> None:
    narrow = Narrow()
    patched = broker.__dict__
    narrow.__dict__ = patched
    rows = records(0, 0, 0)
    big = json.dumps({"e": "depthUpdate", "E": 1, "T": 1, "s": "BTCUSDT", "U": 1, "u": 1, "pu": 0,
                      "b": [[str(n + 1), "1"] for n in range(2000)], "a": []})  # fmt: skip
    rows[1] = rows[1].model_copy(update={"frames": (big,)})
    messages = [read(names.RAW, n, row) for n, row in enumerate(rows)]
    ends = await lives(narrow, messages)
    assert len(ends) == LIMIT
    (letter,) = broker.records(names.LETTERS)
    assert "MSG_SIZE_TOO_LARGE" in letter.reason
    assert (letter.source_key, letter.source_seq) == (BTC, 1)
    assert [row.cause for row in broker.records(names.TICKS)][-1] == rows[2].id


async def lives(broker: Broker, messages: list[Message]) -> list[str]:
    """Start the stage again until a life lasts; how the others ended."""
    ends: list[str] = []
    while len(ends) < 10:
        one = worker(broker, TicksStage())
        await begin(one)
        try:
            await hand(one, *messages)
        except Died as died:
            ends.append(str(died))
            broker.die(len(broker.pending))
        else:
            break
    return ends


async def test_a_snapshot_above_the_limit_is_told_and_the_older_one_stays(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert LARGEST_SNAPSHOT < LARGEST_RECORD
    monkeypatch.setattr("topics.station.LARGEST_SNAPSHOT", 10_000)
    one = worker(broker, TicksStage())
    await begin(one)
    first, second = records(0, 0)
    await hand(one, read(names.RAW, 0, first))
    await one.checkpoint()
    wide = [[f"{n}", "1"] for n in range(1, 1000)]
    diff = json.dumps({"e": "depthUpdate", "E": 1, "T": 1, "s": "BTCUSDT", "U": 1, "u": 1,
                       "pu": 0, "b": wide, "a": []})  # fmt: skip
    await hand(one, read(names.RAW, 1, second.model_copy(update={"frames": (diff,)})))
    await one.checkpoint()
    await one.checkpoint()
    (event,) = (each for each in broker.records(names.EVENTS) if each.kind == "snapshot")
    assert "over 10000 bytes" in event.text
    again = worker(broker, TicksStage())
    assert list((await begin(again)).values()) == [1], "read again from the older one"


def test_a_command_above_the_limit_is_refused() -> None:
    class Nowhere:
        def read(self) -> None: ...

        def counts(self, id: str) -> None: ...

        def next(self, key: str) -> int:
            return 0

        def append(self, records: Sequence[ControlCommand]) -> None:
            raise AssertionError("it was published")

    with pytest.raises(TapelineError, match=rf"more than {LARGEST_COMMAND}: shorten it"):
        give_once(Nowhere(), "paper", Halt(why="x" * LARGEST_COMMAND), "me", "1")


@pytest.mark.parametrize("byte", [b"\x00", b"\xff", b"x"])
def test_the_letter_of_the_largest_record_can_be_produced(broker: Broker, byte: bytes) -> None:
    """What it leaves out is on the record's own topic, at the place that the letter names."""
    outlet = Outlet(app_of(broker), Settings(), "ticks")
    outlet.letter(names.RAW, BTC, None, "bad", byte * (16 << 20))
    (sent,) = broker.pending
    (letter,) = broker.records(names.LETTERS)
    assert len(sent.value) < LARGEST_RECORD
    assert letter.reason == f"bad (its last {14 << 20} bytes are left out)"


# -- a clock that jumps -----------------------------------------------------------------------


@markets
def test_one_receive_time_far_ahead_is_not_believed(market: str) -> None:
    line = received(market, '{"result":null,"id":1}')
    ahead = moved([line], HOUR)[0]
    reason = f"unreadable: file.txt line {PLACE + 1}: the time {time_of(ahead)} is far ahead"
    assert_dead(market, play(put(market, ahead)), line.split(" ", 1)[1], reason)


@markets
@pytest.mark.parametrize("back", [2 * SECOND, HOUR, 30 * 24 * HOUR])
def test_the_desks_clock_is_set_back(market: str, back: int) -> None:
    """Its time goes on from where it was: clocks, bars and the book as if nothing had been."""
    told = play([*tape(market)[:PLACE], *moved(tape(market)[PLACE:], -back)])
    known = clean(market)
    assert told.good == known.good
    assert told.notices == known.notices == []
    assert [record.seen_time for record in told.raw] == sorted(
        record.seen_time for record in told.raw
    )
    clocks = sum(record.clock for record in told.raw)
    assert clocks == pytest.approx(sum(record.clock for record in known.raw), abs=2)


@markets
@pytest.mark.parametrize("forward", [HOUR, 24 * HOUR])
def test_the_desks_clock_is_set_forward(market: str, forward: int) -> None:
    """No flood: one clock record. The book is stale until its next update; every trade counts."""
    told = play([*tape(market)[:PLACE], *moved(tape(market)[PLACE:], forward)])
    known = clean(market)
    assert told.trades == known.trades
    assert told.book == known.book
    assert [n.type for n in told.notices] == [NoticeType.STALE, NoticeType.RESYNC]
    assert told.bars[:-8] == known.bars[: len(told.bars) - 8]
    assert told.told(NoticeType.LATE) == []
    assert len(told.raw) < len(known.raw) + 10


@markets
def test_the_desks_clock_is_set_forward_and_back_again(market: str) -> None:
    rows = tape(market)
    middle = moved(rows[PLACE : PLACE + 200], HOUR)
    told = play([*rows[:PLACE], *middle, *rows[PLACE + 200 :]])
    assert told.trades == clean(market).trades
    assert told.book == clean(market).book
    assert told.told(NoticeType.LATE, NoticeType.DEAD) == []
    assert told.states[-1] is BookState.OK


@markets
@pytest.mark.parametrize("fast", [3 * SECOND, 30 * SECOND, HOUR])
def test_a_desk_whose_clock_is_fast_makes_the_same_bars(market: str, fast: int) -> None:
    told = play(moved(tape(market), fast))
    known = clean(market)
    assert told.trades == known.trades
    assert told.told(NoticeType.LATE) == []
    count = min(len(told.bars), len(known.bars))
    assert told.bars[:count] == known.bars[:count]
    assert count > len(known.bars) * 0.7, "the clock's tail ends sooner or later"


@markets
def test_a_desk_whose_clock_is_a_minute_slow_believes_nothing(market: str) -> None:
    """All of it is in dead.letters with its cause, and on market.raw; no book is traded on."""
    told = play(moved(tape(market), -2 * 60 * SECOND), market)
    timed = [letter for letter in told.letters if "far ahead of the desk's time" in letter.reason]
    assert len(timed) == len(told.letters) > 200
    assert told.frames == clean(market).frames
    assert BookState.OK not in told.states or market == "spot"
    assert (told.trades, told.bars) == ([], [])


@markets
def test_an_event_time_far_ahead_of_the_desk_is_not_believed(market: str) -> None:
    line = tape(market)[at(market, "trade", PLACE)]
    wild = frame_of(line)["T"] + 61_000 + 2_000
    bad = spoilt(received(market, frame_of(line)), T=wild)
    reason = f"event time {wild * 10**6} is far ahead of the desk's time"
    assert_dead(market, play(put(market, bad)), bad.split(" ", 1)[1], reason)


@markets
def test_an_event_time_of_the_past_is_late(market: str) -> None:
    number = frame_of(tape(market)[at(market, "trade")])["t"] - 1
    bad = spoilt(received(market, frame_of(tape(market)[at(market, "trade")])), T=1, t=number)
    told = play(put(market, bad))
    timed = [bar for bar in told.bars if not bar["interval"].endswith("t")]
    known = [bar for bar in clean(market).bars if not bar["interval"].endswith("t")]
    assert timed == known
    assert {notice.type for notice in told.notices} == {NoticeType.LATE}
    assert len(told.trades) == len(clean(market).trades) + 1
    counted = [bar for bar in told.bars if bar["interval"].endswith("t")]
    assert all(bar["open_time"] <= bar["close_time"] for bar in counted)
    assert all(bar["open_time"] > HOUR for bar in counted)


@markets
@pytest.mark.parametrize("silent", [PAUSE - SECOND, HOUR, 48 * HOUR])
def test_hours_of_nothing_are_no_flood(market: str, silent: int) -> None:
    """Venue and desk are both that much later: what was missed is named, not made up."""
    rows = tape(market)
    later = [
        spoilt(line, **{name: frame_of(line)[name] + silent // 10**6
                        for name in ("E", "T") if name in frame_of(line)})
        for line in moved(rows[PLACE:], silent)
    ]  # fmt: skip
    told = play([*rows[:PLACE], *later])
    intervals = len(TicksSettings().intervals)
    assert told.most_bars <= 1 + intervals * MOST
    assert len(told.raw) <= len(clean(market).raw) + PAUSE // SECOND + 10
    assert [row[1:] for row in told.trades] == [row[1:] for row in clean(market).trades]
    seconds = [bar for bar in told.bars if bar["interval"] == "1s"]
    whole = all(one["close_time"] == other["open_time"] for one, other in pairwise(seconds))
    gaps = [notice.text for notice in told.told(NoticeType.GAP)]
    assert whole is (silent < PAUSE)
    assert any(text.startswith("no 1s bars from") for text in gaps) is (silent > PAUSE)


STAGES = ("engine", "agents", "executor", "topics", "schemas")
LIVE = ("executor/live/", "executor/venues/", "topics/lease.py")
COLLECTOR = (
    "topics/collecting.py", "topics/sockets.py", "topics/feeding.py", "topics/listed.py",
)  # fmt: skip
AGES = ("topics/archive/compacting.py",)
BUDGETS = ("agents/advice.py", "agents/advising/", "topics/advised.py")
PEOPLE = ("topics/models/history.py",)
WATCHED = ("topics/metrics/",)
WALL = {"time", "time_ns", "now", "utcnow", "today"}


def test_no_stage_asks_the_clock_of_the_machine() -> None:
    """So it may be set at will: spans are measured by monotonic clocks, time comes in records.

    A live account's requests carry the time of day, which the venue judges, and so does the epoch
    of the lease that they are sent under. A collector stamps what it receives: from there on time
    comes in records. How old an unfinished file is, the file system tells by the wall clock. Ages
    that monitoring is told are by the wall clock too: no stage reads them.
    """
    root = Path(__file__).resolve().parents[2]
    asked = [
        f"{path.relative_to(root)}:{node.lineno}"
        for package in STAGES
        for path in sorted((root / package).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and not str(path.relative_to(root)).startswith(
            (*LIVE, *COLLECTOR, *AGES, *BUDGETS, *PEOPLE, *WATCHED)
        )
        and node.value.id in ("time", "datetime", "date")
        and node.attr in WALL
    ]
    assert asked == []
