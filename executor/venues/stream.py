"""The private stream of a venue by ccxt.pro: told in order, each update once, and for ever.

Each channel has a task that waits for it by watch_*, which connects and subscribes; a channel that
fails is asked for again. What comes is taken from ccxt's caches as it is put in. After a connection
is made, everything is held back until the venue has confirmed the subscriptions: then `Connected`
is told, and after it what was held. So whoever asks for the past at `Connected` misses nothing.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

from executor.venues import reading
from executor.venues.acknowledged import ACKNOWLEDGED
from executor.venues.caches import ById, BySide, Plain, Shelves
from executor.venues.key import Key
from executor.venues.venue import Connected, Told, VenueBalance, VenueFill

SETTLED = 2.0
"""Seconds after which subscriptions count as confirmed at a venue that does not tell."""
SHORTEST, LONGEST = 0.05, 2.0
"""Seconds between two attempts to open a channel: doubled from one to the next."""
KNOWN = 10_000
log = logging.getLogger(__name__)


class Stream:
    """One telling of a venue's private events; see `told`."""

    def __init__(self, reader: reading.Reader, client: Any, key: Key) -> None:
        self.row, self.reader, self.client, self._key = reader.row, reader, client, key
        self._queue: asyncio.Queue[Told] = asyncio.Queue()
        self._held: list[Told] | None = []
        self._confirming: dict[str, set[str]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._last: OrderedDict[tuple[str, str], Told] = OrderedDict()
        self._fills: OrderedDict[tuple[str, str, str], None] = OrderedDict()

    async def told(self) -> AsyncIterator[Told]:
        """Everything, until whoever reads it stops."""
        self._listen()
        tasks = [asyncio.create_task(self._keep(*each)) for each in self._channels()]
        try:
            while True:
                yield await self._queue.get()
        finally:
            self.client.listener = None
            if self._timer is not None:
                self._timer.cancel()
            for task in tasks:
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError):
                    await task

    def connected(self, url: str) -> None:
        """A connection is there; nothing is subscribed yet."""
        self._held = self._held if self._held is not None else []
        self._confirming[url] = set()
        self._last.clear()
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(SETTLED, self._settle)
        self._confirm(url)

    def heard(self, url: str, message: Any) -> None:
        """A message was taken in by ccxt."""
        self._look()
        confirms = ACKNOWLEDGED.get(self.row.client)
        if url not in self._confirming or confirms is None or not isinstance(message, dict):
            return
        name = confirms.name(message)
        if name is not None:
            self._confirming[url].add(name)
            self._confirm(url)

    def unread(self, error: Exception) -> None:
        """Something came that could not be read: what it was must be asked for."""
        log.warning("%s: %s", self.row.client, self._key.hide(f"{type(error).__name__}: {error}"))
        self._put(Connected(time.time_ns()))

    def _confirm(self, url: str) -> None:
        """Settle, once every connection has all its confirmations."""
        confirms = ACKNOWLEDGED.get(self.row.client)
        if confirms is not None and len(self._confirming[url]) >= confirms.count(url):
            del self._confirming[url]
            if not self._confirming:
                self._settle()

    def _settle(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._confirming.clear()
        if self._held is None:
            return
        held, self._held = self._held, None
        for each in (Connected(time.time_ns()), *held):
            self._put(each)

    def _put(self, told: Told) -> None:
        if self._held is not None:
            self._held.append(told)
        else:
            self._queue.put_nowait(told)

    def _listen(self) -> None:
        client, own = self.client, self.row.positions
        client.orders = ById(self._order)
        client.triggerOrders = ById(self._order)
        client.myTrades = Plain(self._fill)
        if own == "one":
            client.positions = BySide(self._position)
        elif own == "shelves":
            client.positions = Shelves(self._position)
        client.listener = self

    def _order(self, raw: dict[str, Any]) -> None:
        def take() -> None:
            found = self.reader.order(raw)
            self._change("order", f"{found.symbol} {found.number}", found)

        self._read(take)

    def _fill(self, raw: dict[str, Any]) -> None:
        self._read(lambda: self._once(self.reader.fill(raw, streamed=True)))

    def _once(self, fill: VenueFill) -> None:
        name = fill.symbol, fill.trade, fill.number
        if name in self._fills:
            return
        self._fills[name] = None
        if len(self._fills) > KNOWN:
            self._fills.popitem(last=False)
        self._put(fill)

    def _position(self, raw: dict[str, Any]) -> None:
        def take() -> None:
            found = reading.position(raw)
            if found is not None:
                self._change("position", found.symbol, found)

        self._read(take)

    def _read(self, take: Callable[[], None]) -> None:
        try:
            take()
        except (KeyError, ValueError, TypeError, ArithmeticError) as error:
            self.unread(error)

    def _change(self, kind: str, name: str, told: Told) -> None:
        if self._last.pop((kind, name), None) != told:
            self._put(told)
        self._last[kind, name] = told
        if len(self._last) > KNOWN:
            self._last.popitem(last=False)

    def _look(self) -> None:
        """Tell money that has changed."""
        kept = self.client.balance or {}
        several = [kept] if "total" in kept else kept.values()
        for each in several:
            if isinstance(each, dict) and "total" in each:
                self._read(lambda each=each: self._money(reading.balances(each)))  # type: ignore[misc]

    def _money(self, found: list[VenueBalance]) -> None:
        for each in found:
            self._change("balance", each.currency, each)

    def _channels(self) -> list[tuple[str, dict[str, Any]]]:
        """ccxt's methods, with their parameters."""
        has = self.client.has
        found = [("watch_orders", {**params}) for params in self.row.watched]
        found += [("watch_my_trades", {})] if has.get("watchMyTrades") else []
        found += [("watch_balance", {})] if has.get("watchBalance") else []
        contracts = self.row.market != "spot" and has.get("watchPositions")
        return found + ([("watch_positions", {})] if contracts else [])

    async def _keep(self, name: str, params: dict[str, Any]) -> None:
        """Ask for a channel again and again."""
        watch: Callable[..., Awaitable[Any]] = getattr(self.client, name)
        pause = SHORTEST
        while True:
            try:
                found = await watch(params=params)
                pause = SHORTEST
            except Exception as error:
                log.info("%s %s: %s", self.row.client, name, type(error).__name__)
                self._forget_logins()
                await asyncio.sleep(pause * random.uniform(0.5, 1.5))
                pause = min(LONGEST, 2 * pause)
                continue
            if name == "watch_positions" and not self.row.positions:
                for each in found:
                    self._position(each)

    def _forget_logins(self) -> None:
        """A listen key may be one that the venue has forgotten: take a new one."""
        for each in self.client.options.values():
            if isinstance(each, dict) and "lastAuthenticatedTime" in each:
                each["lastAuthenticatedTime"] = 0
