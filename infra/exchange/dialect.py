"""What a dialect gives the application: its addresses, and what runs while they answer."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Dialect:
    """What speaks for a house. run: until it is cancelled."""

    routes: Sequence[web.RouteDef]
    run: Callable[[], Awaitable[None]]

    def join(self, app: web.Application) -> None:
        """Let an application speak it."""
        app.add_routes(self.routes)
        app.cleanup_ctx.append(self._running)

    async def _running(self, app: web.Application) -> AsyncIterator[None]:
        task = asyncio.ensure_future(self.run())
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
