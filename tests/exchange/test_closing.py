"""What tests have closed is gone: of a thousand tests each would keep 20 MB."""

from __future__ import annotations

import asyncio
import gc
import weakref

from aiohttp import web

from tests.exchange.conftest import Venue
from tests.exchange.local import ALICE


async def closed() -> weakref.ref[web.Application]:
    """A server that has answered a client, and ended."""
    async with Venue.opened(ALICE) as made:
        await made.client().fetch_ticker("BTC/USDT:USDT")
        return weakref.ref(made.running.runner.app)


async def test_nothing_holds_an_exchange_that_was_asked_and_closed() -> None:
    found = await closed()
    await asyncio.sleep(0.05)  # its connections end
    gc.collect()
    assert found() is None
