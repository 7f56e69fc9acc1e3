"""The fence, the writing of a request, and what is known when something goes wrong."""

from __future__ import annotations

import pytest

from executor.venues.venue import Category, VenueError
from schemas.refusals import Reason
from tests.contract.desk import Desk


class Fenced(Exception):
    """The lease is another's."""


async def test_a_send_passes_the_fence_before_it_is_written(desk: Desk) -> None:
    resting = await desk.resting()
    await desk.venue.cancel([resting])
    wrote = f"wrote {resting.name}"
    assert desk.calls == ["fence", wrote, "fence", wrote]


async def test_what_the_fence_raises_is_raised_and_nothing_is_written(desk: Desk) -> None:
    asked = desk.limit()

    def shut() -> None:
        raise Fenced

    desk.fence = shut
    with pytest.raises(Fenced):
        await desk.venue.place(asked)
    assert desk.calls == ["fence"]
    assert desk.books(asked.name) == []
    assert await desk.venue.find(desk.symbol, asked.name) is None


@pytest.mark.parametrize(
    ("fault", "carried_out"),
    [
        ({"kind": "unanswered"}, True),
        ({"kind": "unanswered", "seconds": 3}, True),
        ({"kind": "slow", "seconds": 3}, True),
        ({"kind": "lost"}, False),
        ({"kind": "maintenance", "lasts": 1}, False),
        ({"kind": "refuse", "status": 502, "code": 0, "message": "bad gateway"}, False),
    ],
)
async def test_an_effect_that_is_not_known(
    desk: Desk, fault: dict[str, object], carried_out: bool
) -> None:
    asked = desk.limit()
    desk.arm(path=desk.order, method="POST", **fault)
    with pytest.raises(VenueError) as raised:
        await desk.venue.place(asked)
    assert (raised.value.unknown, raised.value.sent) == (True, True)
    assert raised.value.category in (Category.NETWORK, Category.EXCHANGE)
    assert len(desk.books(asked.name)) == carried_out
    desk.local.exchange.troubles.disarm()
    found = await desk.venue.find(desk.symbol, asked.name)
    assert (found is not None) is carried_out


@pytest.mark.parametrize("status", [429, 418])
async def test_too_many_requests_is_a_definite_no(desk: Desk, status: int) -> None:
    asked = desk.limit()
    desk.arm(kind="refuse", path=desk.order, method="POST", status=status, code=-1003)
    with pytest.raises(VenueError) as raised:
        await desk.venue.place(asked)
    found = raised.value
    assert (found.category, found.reason) == (Category.RATE_LIMIT, Reason.RATE_LIMITED)
    assert (found.unknown, found.sent) == (False, True)


async def test_a_request_outside_of_the_window_is_a_definite_no_and_the_clock_is_taken_again(
    desk: Desk,
) -> None:
    asked = desk.limit()
    desk.arm(kind="skew", milliseconds=40_000)
    desk.local.exchange.troubles.meet("", "time")
    with pytest.raises(VenueError) as raised:
        await desk.venue.place(asked)
    assert (raised.value.reason, raised.value.unknown) == (Reason.OUTSIDE_WINDOW, False)
    await desk.venue.place(asked)
    assert len(desk.books(asked.name)) == 1


async def test_a_connection_that_is_refused_was_not_sent(desk: Desk) -> None:
    await desk.local.running.close()
    with pytest.raises(VenueError) as raised:
        await desk.venue.place(desk.limit())
    found = raised.value
    assert (found.category, found.unknown, found.sent) == (Category.NETWORK, False, False)
    with pytest.raises(VenueError) as asked:
        await desk.venue.open_orders(desk.symbol)
    assert not asked.value.unknown


async def test_an_error_says_nothing_of_the_key(desk: Desk) -> None:
    desk.arm(kind="unanswered", path="/", times=9)
    for call in (lambda: desk.venue.place(desk.limit()), desk.venue.balances):
        with pytest.raises(VenueError) as raised:
            await call()
        assert "alice" not in str(raised.value)
        assert "signature" not in str(raised.value)
        assert raised.value.__cause__ is None


async def test_a_send_is_written_once_over_a_connection_that_died(desk: Desk) -> None:
    """aiohttp would write a DELETE a second time by itself."""
    resting = await desk.resting()
    method = "POST" if desk.cancels else "DELETE"
    desk.arm(kind="lost", path=desk.cancels or desk.order, method=method)
    before = len(desk.calls)
    (told,) = await desk.venue.cancel([resting])
    assert told is not None
    assert (told.unknown, told.sent) == (True, True)
    assert desk.calls[before:] == ["fence", f"wrote {resting.name}"]
    found = await desk.venue.find(desk.symbol, resting.name or "")
    assert found is not None
    assert found.state == "open"


async def test_a_request_waits_for_the_budget(desk: Desk) -> None:
    """The gate is asked before the fence, by kind, instead of ccxt's throttle."""
    desk.needs("requests")
    asked: list[str] = []

    async def gate(kind: str, cost: float) -> None:
        asked.append(kind)
        desk.calls.append("gate")
        assert cost >= 0

    desk.venue.client.hooks.gate = gate  # type: ignore[attr-defined]
    resting = await desk.resting()
    assert desk.calls[:3] == ["gate", "fence", f"wrote {resting.name}"]
    assert asked[0] == "send"
    assert set(asked[1:]) == {"read"}
