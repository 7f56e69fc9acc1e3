"""Lanes: in order of a key, side by side over keys, bounded, urgent first, safe to cancel."""

from __future__ import annotations

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from typing import Any

import pytest

from executor.guard.lanes import Lanes, Work


class Yard:
    """Lanes, and work in them that ends when it is let go."""

    def __init__(self, limit: int = 6, each: int = 3) -> None:
        self.lanes = Lanes(limit, each, self._failed)
        self.began: list[str] = []
        self.ended: list[str] = []
        self.errors: list[tuple[str, str]] = []
        self.gates: dict[str, asyncio.Event] = defaultdict(asyncio.Event)

    def _failed(self, key: str, error: BaseException) -> None:
        self.errors.append((key, str(error)))

    def work(self, name: str, error: Exception | None = None) -> Work:
        async def work() -> None:
            self.began.append(name)
            await self.gates[name].wait()
            if error is not None:
                raise error
            self.ended.append(name)

        return work

    async def put(self, name: str, *, urgent: bool = False) -> None:
        """Key is the name's first letter."""
        await self.lanes.put(name[0], self.work(name), urgent=urgent)

    async def let(self, *names: str) -> None:
        for name in names:
            self.gates[name].set()
            await turns()


async def turns(count: int = 20) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


@pytest.fixture
async def yard() -> AsyncIterator[Yard]:
    yard = Yard()
    yield yard
    await yard.lanes.close()
    assert len(yard.lanes) == 0


async def test_one_key_in_order_and_others_beside(yard: Yard) -> None:
    for name in ("a1", "a2", "b1", "a3"):
        await yard.put(name)
    await turns()
    assert yard.began == ["a1", "b1"]
    await yard.let("a3", "b1", "a2", "a1")
    assert yard.ended == ["b1", "a1", "a2", "a3"]
    assert len(yard.lanes) == 0


async def test_a_full_lane_holds_who_puts_there_and_nobody_else(yard: Yard) -> None:
    for name in ("a1", "a2", "a3"):
        await yard.put(name)
    held = asyncio.create_task(yard.put("a4"))
    await turns()
    assert not held.done()
    await asyncio.wait_for(yard.put("b1"), 1)
    await yard.let("a1")
    assert held.done()
    assert yard.lanes.of("a") == 3


async def test_all_lanes_together_are_bounded(yard: Yard) -> None:
    for name in ("a1", "a2", "b1", "b2", "c1", "c2"):
        await yard.put(name)
    held = [asyncio.create_task(yard.put(name)) for name in ("d1", "e1")]
    await turns()
    assert (len(yard.lanes), [one.done() for one in held]) == (6, [False, False])
    await yard.let("b1")
    assert [one.done() for one in held] == [True, False]  # the first that waits is the first
    await yard.let("a1")
    assert held[1].done()


async def test_who_waits_for_a_key_is_not_passed_by_a_later_one(yard: Yard) -> None:
    for name in ("a1", "a2", "a3"):
        await yard.put(name)
    held = [asyncio.create_task(yard.put(name)) for name in ("a4", "a5")]
    await turns()
    assert not yard.lanes.offer("a", yard.work("a6"))
    await yard.let("a1", "a2", "a3", "a4", "a5")
    await asyncio.gather(*held)
    assert yard.ended == ["a1", "a2", "a3", "a4", "a5"]


async def test_what_is_offered_waits_for_nothing(yard: Yard) -> None:
    assert [yard.lanes.offer("a", yard.work(f"a{n}")) for n in range(5)] == [True] * 3 + [False] * 2
    assert yard.lanes.offer("b", yard.work("b1"))


async def test_urgent_work_goes_before_what_waits_of_its_key(yard: Yard) -> None:
    for name in ("a1", "a2", "a3"):
        await yard.put(name)
    await asyncio.wait_for(yard.put("a8", urgent=True), 1)
    await asyncio.wait_for(yard.put("a9", urgent=True), 1)
    await yard.let("a1", "a2", "a3", "a8", "a9")
    assert yard.began == ["a1", "a8", "a9", "a2", "a3"]


async def test_urgent_work_is_bounded_too(yard: Yard) -> None:
    taken = [yard.lanes.offer("a", yard.work(f"a{n}"), urgent=True) for n in range(8)]
    assert sum(taken) == 6


async def test_who_is_cancelled_while_it_waits_has_put_nothing(yard: Yard) -> None:
    for name in ("a1", "a2", "a3"):
        await yard.put(name)
    held = [asyncio.create_task(yard.put(name)) for name in ("a4", "a5")]
    await turns()
    held[0].cancel()
    await turns()
    await yard.let("a1", "a2", "a3", "a5")
    assert yard.ended == ["a1", "a2", "a3", "a5"]
    assert held[1].done()


async def test_who_is_cancelled_just_as_there_is_room_has_put_nothing(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a1", "a2", "a3"):
        await yard.put(name)
    held = asyncio.create_task(yard.put("a4"))
    later = asyncio.create_task(yard.put("a5"))
    await turns()
    accept = yard.lanes._accept

    def accepted(item: Any) -> None:
        accept(item)
        monkeypatch.undo()
        held.cancel()

    monkeypatch.setattr(yard.lanes, "_accept", accepted)
    await yard.let("a1", "a2", "a3", "a5")
    assert held.cancelled()
    assert later.done()
    assert yard.ended == ["a1", "a2", "a3", "a5"]


async def test_an_error_is_told_and_the_lane_goes_on(yard: Yard) -> None:
    await yard.lanes.put("a", yard.work("a1", ValueError("broken")))
    await yard.put("a2")
    await yard.let("a1", "a2")
    assert yard.errors == [("a", "broken")]
    assert yard.ended == ["a2"]


async def test_work_that_is_cancelled_from_inside_leaves_its_lane_open(yard: Yard) -> None:
    async def cancelled() -> None:
        raise asyncio.CancelledError

    await yard.lanes.put("a", cancelled)
    await yard.put("a2")
    await yard.let("a2")
    assert (yard.ended, yard.errors) == (["a2"], [])


async def test_drain_waits_for_what_waits_too(yard: Yard) -> None:
    await asyncio.wait_for(yard.lanes.drain(), 1)
    for name in ("a1", "a2", "a3"):
        await yard.put(name)
    held = asyncio.create_task(yard.put("a4"))
    drained = asyncio.create_task(yard.lanes.drain())
    await yard.let("a1", "a2", "a3")
    assert not drained.done()
    await yard.let("a4")
    await asyncio.wait_for(drained, 1)
    assert held.done()


async def test_close_ends_it_all(yard: Yard) -> None:
    for name in ("a1", "a2", "a3", "b1"):
        await yard.put(name)
    held = asyncio.create_task(yard.put("a4"))
    await turns()
    await yard.lanes.close()
    await asyncio.wait_for(yard.lanes.drain(), 1)
    assert (yard.began, yard.ended, yard.errors) == (["a1", "b1"], [], [])
    with pytest.raises(asyncio.CancelledError):
        await held


@pytest.mark.parametrize(("limit", "each"), [(0, 0), (1, 2), (5, 0)])
def test_lanes_that_take_nothing_are_refused(limit: int, each: int) -> None:
    with pytest.raises(ValueError, match="at least one"):
        Lanes(limit, each, lambda key, error: None)


@pytest.mark.parametrize("seed", range(20))
async def test_whatever_happens_order_and_bounds_hold(seed: int) -> None:
    """Random puts, offers and cancels over five keys: none is lost, run twice, or overtaken."""
    chance = random.Random(seed)
    lanes = Lanes(8, 3, lambda key, error: None)
    accepted: dict[str, list[int]] = defaultdict(list)
    ran: dict[str, list[int]] = defaultdict(list)
    running: Counter[str] = Counter()

    def work(key: str, number: int) -> Work:
        async def run() -> None:
            running[key] += 1
            assert running[key] == 1
            assert len(lanes) <= 16
            for _ in range(chance.randint(0, 4)):
                await asyncio.sleep(0)
            ran[key].append(number)
            running[key] -= 1

        return run

    async def put(key: str, number: int) -> None:
        await lanes.put(key, work(key, number))
        accepted[key].append(number)

    tasks = []
    for number in range(200):
        key = chance.choice("abcde")
        tasks.append(asyncio.create_task(put(key, number)))
        if chance.random() < 0.3:
            chance.choice(tasks).cancel()
        if chance.random() < 0.3:
            await asyncio.sleep(0)
    await asyncio.gather(*tasks, return_exceptions=True)
    await lanes.drain()
    assert all(numbers == sorted(set(numbers)) for numbers in ran.values())
    assert all(set(numbers) <= set(ran[key]) for key, numbers in accepted.items())
    assert sum(map(len, accepted.values())) > 100
    assert (len(lanes), lanes._lanes) == (0, {})
