"""All pages of executions, whichever end of the time a venue begins with."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executor.venues.catalogue import Row, row
from executor.venues.executions import DAY, HISTORY, every

NOW = 1_700_000_000_000
ROW = replace(row("binance", "perpetual"), page=3)


class Client:
    """A venue with executions at these times (ms), pages of three, and a span of seven days."""

    def __init__(self, times: list[int], pages: Literal["first", "last"]) -> None:
        self.features = {"swap": {"linear": {"fetchMyTrades": {"untilDays": 7}}}}
        self.trades = [
            {"id": str(n), "order": "1", "timestamp": at} for n, at in enumerate(sorted(times))
        ]
        self.pages, self.asked = pages, 0

    def milliseconds(self) -> int:
        return NOW

    async def fetch_my_trades(self, symbol: str, since: int, limit: int, params: Any) -> Any:
        self.asked += 1
        until = params["until"]
        assert 0 <= until - since < 7 * DAY
        found = [each for each in self.trades if since <= int(str(each["timestamp"])) <= until]
        return found[:limit] if self.pages == "first" else found[-limit:]


def of(pages: Literal["first", "last"]) -> Row:
    return replace(ROW, pages=pages)


@pytest.mark.parametrize("pages", ["first", "last"])
@given(times=st.lists(st.integers(NOW - 20 * DAY, NOW), max_size=40, unique=True))
async def test_each_is_found_once(pages: Literal["first", "last"], times: list[int]) -> None:
    client = Client(times, pages)
    found = await every(of(pages), client, "X", NOW - 20 * DAY)
    assert sorted(each["timestamp"] for each in found) == sorted(times)


@pytest.mark.parametrize("pages", ["first", "last"])
async def test_several_of_one_time_at_the_end_of_a_page(pages: Literal["first", "last"]) -> None:
    times = [NOW - 9, NOW - 7, NOW - 7, NOW - 5, NOW - 5, NOW - 1]
    found = await every(of(pages), Client(times, pages), "X", NOW - 9)
    assert sorted(each["timestamp"] for each in found) == times


@pytest.mark.parametrize("pages", ["first", "last"])
async def test_a_whole_page_of_one_time_does_not_end_it(pages: Literal["first", "last"]) -> None:
    times = [NOW - 9, NOW - 5, NOW - 5, NOW - 5, NOW - 1]
    found = await every(of(pages), Client(times, pages), "X", NOW - 9)
    assert sorted(each["timestamp"] for each in found) == times


async def test_the_distant_past_is_not_asked_for() -> None:
    client = Client([NOW - HISTORY - DAY, NOW - DAY], "first")
    found = await every(ROW, client, "X", 0)
    assert [each["timestamp"] for each in found] == [NOW - DAY]
    assert client.asked == 13


@pytest.mark.parametrize("pages", ["first", "last"])
async def test_what_a_venue_whose_clock_was_ahead_has_carried_out_is_found(
    pages: Literal["first", "last"],
) -> None:
    times = [NOW - 1, NOW + 2_500, NOW + 30_000]
    found = await every(of(pages), Client(times, pages), "X", NOW - 9)
    assert sorted(each["timestamp"] for each in found) == times
