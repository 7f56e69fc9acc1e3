"""What a reader that drops by sequence sees of records that came twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.proof.published import once
from schemas import names
from schemas.codec import HEAD, encode
from schemas.record import Record
from schemas.system import DeadLetter
from schemas.ticks import Bar
from tests.unit.small_desk import SECOND, Story
from topics import TOPICS


def bar(key: str, seq: int) -> Bar:
    money = dict.fromkeys(("open", "high", "low", "close", "volume", "buy_volume", "vwap"), "1.5")
    return Bar(
        id=f"{key}{seq}", cause="ticks", seq=seq, key=key, venue="binance", symbol='BTC/"USDT',
        interval="1s", open_time=-1, close_time=SECOND, trades=3, seen_time=SECOND, **money,
    )  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 5)), max_size=20))
def test_bars_that_came_again_after_a_crash_are_dropped(again: list[tuple[str, int]]) -> None:
    """The ticks stage makes its last bars once more, with the same sequences."""
    pairs = [(key.encode(), encode(bar(key, seq))) for seq in range(6) for key in "ab"]
    pairs += [(key.encode(), encode(bar(key, seq))) for key, seq in again]
    found = [*once(pairs)]
    assert [(key, seq) for key, seq, _ in found] == [(key, seq) for seq in range(6) for key in "ab"]
    assert [value for _, _, value in found] == [value for _, value in pairs[:12]]


def test_the_head_of_every_record_is_found_without_reading_it() -> None:
    seen: set[str] = set()
    for topic, record in Story().play(3 * SECOND).rows:
        head = HEAD.match(encode(record))
        assert head, topic
        assert (head[1].decode(), int(head[3])) == (record.id, record.seq)
        seen.add(topic)
    assert {names.BARS, names.TICKS, names.ORDERS} <= seen


@pytest.mark.parametrize("model", sorted({spec.record for spec in TOPICS}, key=str))
def test_only_plain_fields_stand_before_a_head(model: type[Record]) -> None:
    fields = list(model.model_fields)
    before = fields[: fields.index("v")]
    assert fields[len(before) :][:5] == ["v", "id", "cause", "seq", "key"]
    assert {model.model_fields[name].annotation for name in before} <= {str, int}


def test_letters_without_a_number_are_all_told() -> None:
    letters = [
        DeadLetter(key="k", stage="ticks", topic=names.RAW, source_key="k", source_seq=seq,
                   reason="ended stage ticks 3 times", value="")
        for seq in (4, 9)
    ]  # fmt: skip
    found = once([(b"k", encode(letter)) for letter in letters])
    assert [value for _, _, value in found] == [encode(letter) for letter in letters]
