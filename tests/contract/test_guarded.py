"""The guards around real clients of the local exchange: its illness, its return, its limits."""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import AsyncIterator

import pytest

from engine.circuit import LIMIT, Circuit
from executor.guard.breaker import CircuitOpen
from executor.guard.budget import RateBudget
from executor.guard.limits import BINANCE_USDM
from executor.guard.venue import GuardedVenue
from executor.venues.venue import Category, VenueError
from infra.local.ports import free_port
from schemas.system import Severity
from tests.contract.desk import DESKS, Desk
from topics.secrecy import forms


class Told:
    """What went to system.events."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str]] = []

    def __call__(self, severity: Severity, kind: str, text: str, facts: dict[str, str]) -> None:
        self.rows.append((kind, facts.get("after", "")))

    def circuit(self) -> list[str]:
        return [state for kind, state in self.rows if kind == "circuit"]


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with DESKS["binance-usdm"]() as made:
        yield made


@pytest.fixture
async def told() -> Told:
    return Told()


@pytest.fixture
async def guarded(desk: Desk, told: Told) -> AsyncIterator[GuardedVenue]:
    venue = GuardedVenue(desk.venue, time.time_ns, told)
    await venue.open()
    yield venue
    await venue.close()


async def test_a_read_outlives_a_short_illness(desk: Desk, guarded: GuardedVenue) -> None:
    desk.arm(kind="refuse", path="/fapi/v1/openOrders", status=503, times=3)
    assert await guarded.open_orders(desk.symbol) == []
    assert len(guarded.errors) == 3
    assert guarded.breaker.state is Circuit.CLOSED


async def test_a_send_is_made_once_whatever_becomes_of_it(
    desk: Desk, guarded: GuardedVenue
) -> None:
    desk.arm(kind="unanswered", path=desk.order, method="POST", times=9, seconds=3)
    order = desk.limit()
    with pytest.raises(VenueError) as raised:
        await guarded.place(order)
    assert (raised.value.unknown, raised.value.sent) == (True, True)
    assert desk.calls.count(f"wrote {order.name}") == 1


async def test_maintenance_opens_the_circuit_and_its_end_closes_it_within_seconds(
    desk: Desk, guarded: GuardedVenue, told: Told
) -> None:
    """Recovery within 5 s of the cause's end, though the circuit would be open for 60."""
    desk.arm(kind="maintenance", path=desk.section, lasts=3600)
    for _ in range(LIMIT):
        with pytest.raises(VenueError):
            await guarded.place(desk.limit())
    written = len(desk.calls)
    with pytest.raises(CircuitOpen):
        await guarded.place(desk.limit())
    assert len(desk.calls) == written
    desk.local.exchange.troubles.disarm()
    loop = asyncio.get_running_loop()
    ended = loop.time()
    while True:
        try:
            await guarded.place(desk.limit())
            break
        except CircuitOpen:
            await asyncio.sleep(0.05)
    assert loop.time() - ended < 5
    assert told.circuit() == ["open", "trial", "closed"]


async def test_a_rate_limit_of_the_venue_stops_what_comes_after(
    desk: Desk, guarded: GuardedVenue, told: Told
) -> None:
    nowhere = f"redis://127.0.0.1:{free_port()}"
    guarded.budget = budget = RateBudget(nowhere, "", "binance", "a", BINANCE_USDM, told)
    desk.arm(kind="refuse", path=desk.order, method="POST", status=429, code=-1003, times=1)
    with pytest.raises(VenueError) as raised:
        await guarded.place(desk.limit())
    assert (raised.value.category, raised.value.unknown) == (Category.RATE_LIMIT, False)
    with pytest.raises(VenueError, match="nothing left"):
        await budget.take("place", desk.symbol, patience=0)
    await guarded.place(desk.limit())  # waits for its turn


async def test_no_error_of_a_real_client_shows_its_key(desk: Desk, guarded: GuardedVenue) -> None:
    """Not in its text, and not in its traceback, the locals of every frame included."""
    desk.arm(kind="refuse", path="/fapi/v1/openOrders", status=503, times=9)
    desk.arm(kind="unanswered", path=desk.order, method="POST", times=9, seconds=3)
    for call in (lambda: guarded.open_orders(desk.symbol), lambda: guarded.place(desk.limit())):
        with pytest.raises(VenueError) as raised:
            await call()
        whole = traceback.TracebackException.from_exception(raised.value, capture_locals=True)
        text = "".join(whole.format())
        assert "desk = " in text
        assert not [form for form in forms(desk.key.secret) if form in text]
        assert "signature=" not in text
