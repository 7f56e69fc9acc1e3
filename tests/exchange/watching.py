"""Streams as ccxt.pro's users have them: begin to watch, then something happens."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

BEGUN = 1.0
"""Seconds in which a stream is subscribed to, on a slow machine too."""


async def after(watch: Awaitable[Any], act: Callable[[], Any]) -> Any:
    """What a watch gives, once something happens after it has begun."""
    waiting = asyncio.ensure_future(watch)
    await asyncio.sleep(BEGUN)
    found = act()
    if asyncio.iscoroutine(found):
        await found
    return await asyncio.wait_for(waiting, 30)


async def until(watch: Callable[[], Awaitable[Any]], true: Callable[[Any], bool]) -> Any:
    """The first of what a stream gives that is so: venues tell a state again each few seconds."""
    async with asyncio.timeout(30):
        while not true(found := await watch()):
            pass
    return found
