"""Reads are made again where that can help, as long after as it should be; nothing else is."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from executor.guard.breaker import CircuitOpen
from executor.guard.consequences import CONSEQUENCES, Health, Then, health_of
from executor.guard.reading import BASE, LONGEST, pause_after, read
from executor.venues.venue import Category, VenueError
from schemas.refusals import Reason
from schemas.system import Severity

RETRIED = {Category.NETWORK, Category.EXCHANGE, Category.RATE_LIMIT}


class Call:
    """Fails with each of these, then answers."""

    def __init__(self, errors: Sequence[BaseException]) -> None:
        self.errors, self.made = list(errors), 0
        self.pauses: list[float] = []

    async def __call__(self) -> str:
        self.made += 1
        if self.errors:
            raise self.errors.pop(0)
        return "answer"

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)


async def made(call: Call, chance: Callable[[], float] = lambda: 0.5) -> str:
    return await read(call, sleep=call.sleep, chance=chance)


def test_the_table_has_every_category() -> None:
    assert set(CONSEQUENCES) == set(Category)
    assert {each for each, row in CONSEQUENCES.items() if row.retried} == RETRIED
    ill = {each for each, row in CONSEQUENCES.items() if row.health is Health.ILL}
    assert ill == {Category.NETWORK, Category.EXCHANGE}
    ends = {each for each, row in CONSEQUENCES.items() if row.then is Then.ENDS}
    assert ends == {Category.STORAGE, Category.SYSTEM}
    for category, row in CONSEQUENCES.items():
        assert (row.reason is None) == (category in ends)
        assert (row.severity is Severity.ERROR) == (row.then is not Then.ON)
    assert CONSEQUENCES[Category.AUTHENTICATION].then is Then.NO_ENTRIES


@pytest.mark.parametrize(
    ("reason", "health"),
    [
        (None, Health.ILL),
        (Reason.NOT_TRADING, Health.ILL),
        (Reason.VENUE_AWAY, Health.ILL),
        (Reason.VENUE_REFUSED, Health.WELL),
        (Reason.UNKNOWN_ORDER, Health.WELL),
    ],
)
def test_an_answer_to_the_request_itself_is_no_illness(
    reason: Reason | None, health: Health
) -> None:
    assert health_of(VenueError(Category.EXCHANGE, "", reason=reason)) is health
    assert health_of(VenueError(Category.NETWORK, "", reason=reason)) is Health.ILL


@pytest.mark.parametrize("category", list(Category))
async def test_only_what_can_pass_is_made_again(category: Category) -> None:
    call = Call([VenueError(category, "once")])
    if category in RETRIED:
        assert await made(call) == "answer"
        assert call.made == 2
    else:
        with pytest.raises(VenueError, match="once"):
            await made(call)
        assert (call.made, call.pauses) == (1, [])


async def test_three_times_and_no_more() -> None:
    call = Call([VenueError(Category.NETWORK, str(n)) for n in range(9)])
    with pytest.raises(VenueError, match="3"):
        await made(call)
    assert call.made == 4


async def test_a_fault_of_ours_is_not_made_again() -> None:
    call = Call([KeyError("x")])
    with pytest.raises(KeyError):
        await made(call)
    assert call.made == 1


async def test_an_open_circuit_is_not_asked_again() -> None:
    call = Call([CircuitOpen("okx", "find", 5)])
    with pytest.raises(CircuitOpen, match=r"okx is not asked \(find\)"):
        await made(call)
    assert call.made == 1


async def test_pauses_double_and_have_full_jitter() -> None:
    errors = [VenueError(Category.NETWORK, "") for _ in range(3)]
    most = Call(errors)
    await made(most, lambda: 1.0)
    assert most.pauses == [BASE, 2 * BASE, 4 * BASE]
    none = Call(errors)
    await made(none, lambda: 0.0)
    assert none.pauses == [0.0, 0.0, 0.0]
    assert pause_after(errors[0], 10, 1.0) == LONGEST
    assert sum(most.pauses) < 5  # recovery within 5 s of the cause's end


async def test_a_rate_limit_waits_as_long_as_the_venue_says() -> None:
    call = Call([VenueError(Category.RATE_LIMIT, "", wait=7.0)] * 2)
    await made(call, lambda: 0.999)
    assert call.pauses == [7.0, 7.0]
    silent = Call([VenueError(Category.RATE_LIMIT, "")] * 2)
    await made(silent, lambda: 0.5)
    assert silent.pauses == [0.5, 1.0]
    other = Call([VenueError(Category.NETWORK, "", wait=7.0)])
    await made(other, lambda: 1.0)
    assert other.pauses == [BASE]


async def test_who_is_told_to_wait_for_too_long_is_told_so_at_once() -> None:
    call = Call([VenueError(Category.RATE_LIMIT, "banned", wait=3600.0)])
    with pytest.raises(VenueError, match="banned"):
        await made(call)
    assert call.pauses == []
