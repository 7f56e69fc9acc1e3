"""The history of errors: a ring, what it is asked for, what it comes to."""

from __future__ import annotations

from executor.guard.errors import KEPT, Errors
from executor.venues.venue import Category, VenueError
from schemas.system import Severity


def filled(count: int, kept: int = KEPT) -> Errors:
    """Networks and rate limits in turns, of two symbols, one a nanosecond."""
    errors = Errors(kept)
    for n in range(count):
        category = (Category.NETWORK, Category.RATE_LIMIT)[n % 2]
        error = VenueError(category, f"text {n}", unknown=n % 3 == 0, code=str(n))
        errors.add(n, "okx", ("BTC", "ETH", "")[n % 3], "find", error)
    return errors


def test_the_last_ten_thousand_are_kept() -> None:
    errors = filled(10_007)
    assert (KEPT, len(errors), errors.total) == (10_000, 10_000, 10_007)
    latest = errors.last()
    assert len(latest) == 10_000
    assert (latest[0].at, latest[-1].at) == (10_006, 7)
    assert latest[0].text == "text 10006"


def test_they_are_found_by_category_venue_and_symbol() -> None:
    errors = filled(60)
    assert [one.at for one in errors.last(2, category=Category.NETWORK)] == [58, 56]
    assert [one.at for one in errors.last(2, symbol="BTC", category=Category.NETWORK)] == [54, 48]
    assert errors.last(venue="bybit") == []
    (one,) = errors.last(1, venue="okx")
    assert (one.call, one.unknown, one.sent, one.code) == ("find", False, True, "59")


def test_a_summary_counts_by_category_venue_and_symbol() -> None:
    summary = filled(12).summary(since=1)
    assert summary.count == 10
    assert dict(summary.rows) == {
        (Category.NETWORK, "okx", "BTC"): 1,
        (Category.NETWORK, "okx", "ETH"): 2,
        (Category.NETWORK, "okx", ""): 2,
        (Category.RATE_LIMIT, "okx", "BTC"): 2,
        (Category.RATE_LIMIT, "okx", "ETH"): 1,
        (Category.RATE_LIMIT, "okx", ""): 2,
    }
    assert summary.facts["network okx ETH"] == "2"
    assert summary.facts["network okx"] == "2"
    assert summary.text == "10 errors; the last: find: text 11"
    assert summary.severity is Severity.WARNING


def test_the_gravest_gives_the_severity() -> None:
    errors = filled(3)
    errors.add(4, "okx", "", "place", VenueError(Category.AUTHENTICATION, "no"))
    assert errors.summary().severity is Severity.ERROR
    assert errors.summary(since=99).severity is Severity.INFO


def test_news_are_told_once_and_say_what_was_lost() -> None:
    errors = filled(5, kept=10)
    news = errors.news()
    assert news is not None
    assert (news.count, news.lost) == (5, 0)
    assert errors.news() is None
    for n in range(14):
        errors.add(n, "okx", "", "find", VenueError(Category.NETWORK, ""))
    news = errors.news()
    assert news is not None
    assert (news.count, news.lost, sum(n for _, n in news.rows)) == (14, 4, 10)
