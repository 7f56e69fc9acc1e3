"""When a book is asked for: after a gap, and where it stays crossed."""

from __future__ import annotations

from engine.feeds.bridging import SPOT
from engine.feeds.events import Depth
from engine.feeds.following import (
    CROSSED,
    FIRST,
    IN_STREAM,
    LASTING,
    PATIENCE,
    Following,
)
from engine.feeds.okx import OkxBook
from engine.spans import SECOND
from schemas.ticks import BookState


def book(last: int, bid: str = "1", ask: str = "2") -> Depth:
    return Depth(None, True, None, last, None, ((bid, "1"),), ((ask, "1"),))


def diff(last: int, previous: int, bid: str = "1", ask: str = "2", left: str = "1") -> Depth:
    return Depth(None, False, last, last, previous, ((bid, left),), ((ask, "1"),))


def asked(following: Following, start: int, end: int, answer: bool = False) -> list[int]:
    """Seconds at which the book is asked for, looked for ten times a second."""
    found = []
    for now in range(start * SECOND, end * SECOND, SECOND // 10):
        if following.due(now):
            found.append(now // SECOND)
            if answer:
                following.subscribed(now)
    return found


def streamed() -> Following:
    """A book that came on the socket."""
    following = Following(OkxBook(), itself=True)
    following.subscribed(0)
    following.take(book(1), 0)
    return following


def test_of_a_venue_that_says_nothing_more_each_book_is_asked_for_ever_more_seldom() -> None:
    following = Following(OkxBook(), itself=True)
    following.subscribed(0)
    times = asked(following, 0, 300, answer=True)
    assert times == [5, 10, 20, 40, 80, 140, 200, 260], "though each subscription was accepted"


def test_a_subscription_anew_that_is_not_accepted_yet_is_not_sent_again() -> None:
    following = Following(OkxBook(), itself=True)
    following.subscribed(0)
    assert asked(following, 0, 100) == [5]
    following.subscribed(100 * SECOND)
    assert asked(following, 100, 110) == [105]


def test_a_first_gap_is_mended_at_once_and_gaps_in_a_row_ever_less() -> None:
    following = streamed()
    times = []
    for tenth in range(1, 400):
        now, last = tenth * SECOND // 10 + LASTING, 100 * tenth
        following.take(diff(last, last - 50), now)
        if following.due(now):
            times.append(tenth)
            following.subscribed(now)
            following.take(book(last), now)
    assert times[:5] == [1, 21, 61, 111, 161], "after 0, 2, 4, 5, 5 s"
    following.take(book(10**6), 100 * SECOND)
    following.take(diff(10**6 + 5, 10**6 + 4), 101 * SECOND + LASTING)
    assert following.due(101 * SECOND + LASTING)


def test_a_book_that_stays_crossed_is_asked_for_and_one_that_uncrosses_is_not() -> None:
    following = streamed()
    following.take(diff(2, 1, bid="3"), SECOND)
    assert following.sync.state is BookState.CROSSED
    following.take(diff(3, 2, bid="3", left="0"), SECOND + CROSSED - 1)
    assert asked(following, 1, 20) == []
    following.take(diff(4, 3, bid="3"), 20 * SECOND)
    assert asked(following, 20, 30) == [20 + CROSSED // SECOND]
    following.take(book(9), 30 * SECOND)
    assert asked(following, 30, 100) == []


def test_a_quiet_book_by_rest_is_asked_for_soon() -> None:
    following = Following(SPOT, itself=False)
    following.subscribed(0)
    assert not following.due(PATIENCE - 1)
    assert following.due(PATIENCE)
    assert PATIENCE < FIRST < IN_STREAM
