"""What the trial of feeds says of trades: judged by what the desk counted, not by what came."""

from __future__ import annotations

from typing import Any, cast

import pytest

from infra.replaying.tape import Row
from schemas.raw import Source
from schemas.ticks import BookState, Notice, NoticeType, Ticks, Trades
from tests.chaos.feeds.books import Order, Recorded, Walk
from tests.chaos.feeds.collected import Collected
from tests.chaos.feeds.delivered import Place

KEY = "binance:BTC/USDT"


class Tape:
    """A recording of numbered trades and nothing else: one at each position."""

    numbered, told = True, True
    trades = Order(range(100))
    traded = frozenset(range(100))
    books = Order(())


def walked(*records: tuple[Source, list[int], list[int], list[int]]) -> list[str]:
    """Faults of records: source, positions of the frames, and indices that were counted and that
    were marked as gaps.
    """
    places: dict[tuple[str, int, int], Place] = {}
    walk = Walk(KEY, cast(Recorded, Tape()), places, 1 << 60)
    for seq, (source, positions, counted, gaps) in enumerate(records):
        for index, position in enumerate(positions):
            row = Row(b"", 0, cast(Any, "recording"), position)
            places[KEY, seq, index] = Place(0, position, row)
        digests = (b"",) * len(positions)
        walk.take(Collected(seq, f"r{seq}", source, (), digests), ticks(seq, counted, gaps))
    return walk.found.faults


def ticks(seq: int, counted: list[int], gaps: list[int]) -> Ticks:
    each = tuple("1" for _ in counted)
    times = tuple(1 for _ in counted)
    trades = Trades(
        index=tuple(counted), event_time=times, seen_time=times, price=each, quantity=each,
        side=("buy",) * len(counted), trade_id=each,
    )  # fmt: skip
    notices = tuple(
        Notice(index=index, type=NoticeType.GAP, event_time=1, seen_time=1, text="")
        for index in gaps
    )
    return Ticks(
        id=f"t{seq}", cause="c", seq=seq, key=KEY, seen_time=seq, venue="binance",
        symbol="BTC/USDT", book=BookState.NONE, trades=trades, notices=notices,
    )  # fmt: skip


def test_missing_trades_without_a_mark_are_a_fault() -> None:
    assert walked((Source.WS, [1, 2, 5], [0, 1, 2], [2])) == []
    (fault,) = walked((Source.WS, [1, 2, 5], [0, 1, 2], []))
    assert "trades are missing before 2" in fault


def test_an_answer_brings_what_is_missing() -> None:
    assert walked(
        (Source.WS, [1, 2], [0, 1], []), (Source.REST, [-1], [0], []), (Source.WS, [8], [0], [])
    ) == []  # fmt: skip


@pytest.mark.parametrize("lost", [True, False])
def test_an_answer_may_overtake_frames_that_wait(lost: bool) -> None:
    """The answer has 3 to 8; frames of before come after it, without the one that was lost."""
    late = [3, 4, 6, 7] if lost else [3, 4, 5, 6, 7]
    found = walked(
        (Source.WS, [1, 2], [0, 1], []), (Source.REST, [-1], [0], []), (Source.WS, late, [], []),
        (Source.WS, [9, 10], [0, 1], []),
    )  # fmt: skip
    assert found == []
    (fault,) = walked((Source.WS, [1], [0], []), (Source.WS, [*late, 9], [len(late)], []))
    assert "missing" in fault
