"""Bad input on a running stage: a dead letter with its cause, and the rest goes on.

What Kafka has no part in is in tests/unit/test_bad_input.py; the whole list in docs/bad-input.md.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest
from confluent_kafka import Producer

from schemas import names
from schemas.codec import decode, encode
from schemas.raw import RawFrame, Source
from schemas.system import DeadLetter
from schemas.ticks import Ticks
from tests.pipeline.run import Run

pytestmark = [pytest.mark.broker]

KEY = "binance:BTC/USDT:USDT"
SECOND = 1_000_000_000


def trade(n: int, price: str = "61800.30") -> str:
    data = {"e": "trade", "E": 1, "T": 1, "s": "BTCUSDT", "t": n, "p": price, "q": "1", "m": True}
    return json.dumps({"stream": "btcusdt@trade", "data": data})


def raw(seq: int, *frames: str) -> RawFrame:
    return RawFrame(
        id=f"{seq:024x}", seq=seq, key=KEY, seen_time=seq + 1, run="r", run_seq=seq,
        source=Source.WS, channel="stream", received=tuple(seq + 1 for _ in frames), frames=frames,
    )  # fmt: skip


def put(run: Run, *values: bytes, key: str | bytes = KEY) -> None:
    """Write values under a key to market.raw, in this order though the topic is new: what must be
    sent again comes behind the others where a producer is not idempotent.
    """
    producer = Producer({
        "bootstrap.servers": run.settings.bootstrap,
        "enable.idempotence": True,
        "partitioner": "murmur2_random",
        "message.max.bytes": 17 << 20,
    })  # fmt: skip
    for value in values:
        producer.produce(run.settings.physical(names.RAW), value, key)
    assert producer.flush(60) == 0


def await_ticks(run: Run, seq: int, patience: float = 180) -> list[Ticks]:
    """The ticks records, once that of input sequence `seq` is there."""
    until = time.monotonic() + patience
    while True:
        rows = [decode(Ticks, value) for _, value in run.values(names.TICKS)]
        if any(ticks.cause == f"{seq:024x}" for ticks in rows):
            return rows
        assert time.monotonic() < until, run.log("ticks")
        run.turn(0.3)


def letters(run: Run) -> list[DeadLetter]:
    return [decode(DeadLetter, value) for _, value in run.values(names.LETTERS)]


def test_poison_goes_to_dead_letters_and_the_rest_goes_on(runs: Callable[[str], Run]) -> None:
    run = runs("poison")
    run.start(stages=("ticks",))
    other = raw(0, trade(9)).model_copy(update={"key": "nothing"})
    put(run, encode(other), key="nothing")
    put(run, encode(raw(0, trade(9))), key=b"\xff\xfe")
    unknown = raw(2, trade(5)).model_copy(update={"v": 99})
    put(
        run,
        encode(raw(0, trade(1))),
        encode(raw(1, trade(2), '{"stream":"btcusdt@trade","data":{"e":"tra', trade(3, "NaN"))),
        encode(unknown),
        b"\xff not JSON",
        encode(raw(3, trade(6))),
        encode(raw(3, trade(6))),
        encode(raw(4, trade(7))),
    )
    rows = await_ticks(run, 4)
    run.stop()
    assert [ticks.trades.trade_id for ticks in rows] == [("1",), ("2",), ("6",), ("7",)]
    found = letters(run)
    assert len(found) == 6
    assert all(letter.reason for letter in found)
    assert sorted(letter.source_key for letter in found) == ["\\xff\\xfe", *4 * [KEY], "nothing"]
    assert any("version 99" in letter.reason for letter in found)
    assert [letter.encoding for letter in found].count("base64") == 1
    assert not run.crashes("ticks")


def test_a_hole_ends_the_worker_three_times_and_is_then_a_dead_letter(
    runs: Callable[[str], Run],
) -> None:
    run = runs("hole")
    run.start(stages=("ticks",))
    put(run, encode(raw(0, trade(1))), encode(raw(5, trade(2))), encode(raw(6, trade(3))))
    rows = await_ticks(run, 6)
    run.stop()
    assert [ticks.trades.trade_id for ticks in rows][-1] == ("3",)
    assert len(run.crashes("ticks")) == 3
    assert run.supervisor.restarts()["ticks"] >= 3
    (letter,) = letters(run)
    assert (letter.source_seq, letter.topic) == (5, names.RAW)
    assert "expected seq 1, got 5" in letter.reason
    assert "expected seq 1, got 5" in run.settings.home.joinpath("logs", "ticks.log").read_text()


def test_large_repeated_and_reordered_frames_pass_through_kafka(
    runs: Callable[[str], Run],
) -> None:
    """What can be a record is buried whole; what cannot be read at all by its first 2 MB."""
    run = runs("large")
    run.start(stages=("ticks",))
    large, garbage = '{"e":"' + "x" * (14 << 20), b"\xff" * ((16 << 20) - 1000)
    put(
        run,
        encode(raw(0, trade(1), trade(2))),
        encode(raw(1, large)),
        garbage,
        encode(raw(2, trade(2), trade(5), trade(3), trade(5))),
        encode(raw(3, trade(4), trade(6))),
    )
    rows = await_ticks(run, 3)
    run.stop()
    assert [ticks.trades.trade_id for ticks in rows] == [
        ("1", "2"), (), ("5", "3"), ("4", "6"),
    ]  # fmt: skip
    told = [[notice.type.value for notice in ticks.notices] for ticks in rows]
    assert told == [[], ["dead"], ["duplicate", "gap", "duplicate"], []]
    whole, cut = sorted(letters(run), key=lambda letter: letter.encoding, reverse=True)
    assert whole.value == large
    assert "JSONDecodeError" in whole.reason
    assert f"its last {(14 << 20) - 1000} bytes are left out" in cut.reason
    assert not run.crashes("ticks")
