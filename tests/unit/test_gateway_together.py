"""What is asked for at once is done together, and each is told of its own."""

from __future__ import annotations

import asyncio

import pytest

from gateway.server.together import Together


async def test_what_comes_while_it_is_busy_is_done_in_one_turn() -> None:
    turns: list[list[int]] = []
    busy = False

    async def work(given: list[int]) -> list[int]:
        nonlocal busy
        assert not busy
        busy = True
        turns.append(given)
        await asyncio.sleep(0.01)
        busy = False
        return [10 * each for each in given]

    together = Together(work)
    asked = [asyncio.create_task(together.ask(each)) for each in range(5)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    asked += [asyncio.create_task(together.ask(each)) for each in range(5, 9)]
    assert await asyncio.gather(*asked) == [10 * each for each in range(9)]
    assert turns == [[0, 1, 2, 3, 4], [5, 6, 7, 8]]


async def test_what_fails_fails_for_its_turn_and_who_has_left_is_done_all_the_same() -> None:
    turns: list[list[str]] = []

    async def work(given: list[str]) -> list[str]:
        turns.append(given)
        await asyncio.sleep(0)
        if "bad" in given:
            raise ValueError(*given)
        return given

    together = Together(work)
    found = await asyncio.gather(
        together.ask("bad"), together.ask("beside it"), return_exceptions=True
    )
    assert [type(each) for each in found] == [ValueError, ValueError]
    left = asyncio.create_task(together.ask("left"))
    await asyncio.sleep(0)
    left.cancel()
    with pytest.raises(asyncio.CancelledError):
        await left
    assert await together.ask("stays") == "stays"
    assert [each for turn in turns for each in turn] == ["bad", "beside it", "left", "stays"]
    assert not len(together)
