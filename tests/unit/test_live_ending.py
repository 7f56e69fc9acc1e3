"""A live desk ends when it is told to, whatever comes at that very moment."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from executor.live import desk as desks
from tests.unit.test_live_adopting import Hall
from tests.unit.test_live_adopting import hall as hall
from tests.unit.test_live_journalling import Room
from tests.unit.test_live_journalling import room as room

TURNS = range(8)
"""Of the loop, between news and the end: more than a task needs to hear of news."""


@pytest.mark.parametrize("turns", TURNS)
async def test_who_minds_ends_though_it_has_just_been_told(room: Room, turns: int) -> None:
    minding, looks = room.live.minding, 0

    async def look() -> None:
        nonlocal looks
        looks += 1

    minding.look = look  # type: ignore[method-assign]
    task = await begun(minding.run())
    minding.told()
    await ended(task, turns)
    assert looks <= 1


@pytest.mark.parametrize("turns", TURNS)
async def test_who_adopts_ends_though_it_has_just_been_woken(
    hall: Hall, monkeypatch: pytest.MonkeyPatch, turns: int
) -> None:
    monkeypatch.setattr("executor.live.adopting.AGAIN", 0.0)
    hall.adopting._woken.clear()
    task = await begun(hall.adopting.run())
    hall.adopting.begin()
    await ended(task, turns)


async def test_who_has_not_heard_that_it_is_over_is_told_again(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client's library may swallow a cancellation."""
    monkeypatch.setattr(desks, "PATIENCE", 0.01)
    desk, heard = room.live.desk, 0

    async def deaf() -> None:
        nonlocal heard
        while heard < 3:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                heard += 1

    desk.start(deaf())
    await asyncio.sleep(0)
    async with asyncio.timeout(30):
        await desk.close()
    assert (heard, desk.tasks) == (3, set())


async def begun(work: Any) -> asyncio.Task[None]:
    """It waits for news."""
    task = asyncio.create_task(work)
    for _ in range(50):
        await asyncio.sleep(0)
    return task


async def ended(task: asyncio.Task[None], turns: int) -> None:
    """It is cancelled so many turns from now, once, and ends."""
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task], timeout=0.5)
    over = task.done()
    while not task.done():  # or the test's own end waits for it
        task.cancel()
        await asyncio.sleep(0.01)
    assert over, "it goes on"
