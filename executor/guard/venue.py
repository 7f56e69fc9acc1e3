"""A venue with its guards: circuit breaker, rate budget, reads that are made again, error history.

It is a Venue like the one inside, so the executor needs not know of it. A send is made once at
most. While the circuit is open, what could add risk is refused at once, unsent; reads are refused
too, and not made again; what lessens risk (cancels, reduce-only orders) is always tried. A probe is
made every PROBE seconds then, so that a venue that is back is used again within that time.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from typing import TypeVar

from engine.circuit import Breaker, Change, Circuit
from executor.guard.allowance import Budget, Free
from executor.guard.breaker import CircuitOpen
from executor.guard.consequences import CONSEQUENCES, Health, Then, health_of
from executor.guard.errors import Errors
from executor.guard.reading import read
from executor.venues.venue import (
    Abilities,
    Category,
    Order,
    Told,
    Venue,
    VenueBalance,
    VenueError,
    VenueFill,
    VenueOrder,
    VenuePosition,
)
from executor.venues.venue import Change as Amendment
from schemas.system import Severity

T = TypeVar("T")
Tell = Callable[[Severity, str, str, dict[str, str]], None]

PROBE = 2.0
"""Seconds between two probes of an open circuit."""
EARLY = 1000
"""Orders whose cost was asked for and that were not placed yet; older ones are forgotten."""
MINUTE = 60.0
"""Seconds between two summaries of errors."""


def unheard(why: str) -> None:
    """Nobody closes the account."""


class GuardedVenue:
    """`inside` with its guards. clock: ns, never goes back; tell: to system.events.

    shut: told why the account must take no new entries (Then.NO_ENTRIES), once until the venue has
    taken a request again.
    """

    def __init__(
        self,
        inside: Venue,
        clock: Callable[[], int],
        tell: Tell,
        *,
        errors: Errors | None = None,
        breaker: Breaker | None = None,
        budget: Budget | None = None,
        shut: Callable[[str], None] = unheard,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.inside, self.exchange = inside, inside.exchange
        self.able: Abilities = inside.able
        self.errors = errors if errors is not None else Errors()
        self.breaker = breaker if breaker is not None else Breaker()
        self.budget: Budget = budget or Free()
        self._clock, self._tell, self._sleep = clock, tell, sleep
        self._shut, self._is_shut = shut, False
        self._beside: set[asyncio.Task[None]] = set()
        self._early: dict[str, asyncio.Task[None]] = {}
        self._prepared: dict[str, tuple[str | None, str | None]] = {}
        self._probing: asyncio.Task[None] | None = None

    # -- the venue -------------------------------------------------------------------------------

    async def open(self) -> None:
        """As of the venue, tried again where that can help; summaries are told from here on."""
        if not self._beside:
            self._start(self._summaries())
        await self._read("open", "", self.inside.open)
        self.able = self.inside.able

    async def close(self) -> None:
        """Stop what runs beside, then close the venue."""
        beside = (*self._beside, *self._early.values())
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
        self._summary()
        await self.budget.close()
        await self.inside.close()

    async def prepare(self, symbol: str, leverage: str | None, margin: str | None) -> None:
        """A send, where it is not so already."""
        if self._prepared.get(symbol) != (leverage, margin):
            prepare = partial(self.inside.prepare, symbol, leverage, margin)
            await self._send("prepare", symbol, prepare)
            self._prepared[symbol] = leverage, margin

    def steps(self, symbol: str) -> tuple[str, str]:
        """As of the venue."""
        return self.inside.steps(symbol)

    def size(self, symbol: str) -> str:
        """Of a contract."""
        return self.inside.size(symbol)

    def expect(self, name: str, symbol: str, lessens: bool) -> None:
        """An order is about to be placed: what that costs is asked for while it is journalled."""
        task = asyncio.ensure_future(self.budget.take("place", symbol, lessens=lessens))
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._early[name] = task
        if len(self._early) > EARLY:
            self._early.pop(next(iter(self._early))).cancel()

    async def place(self, order: Order) -> VenueOrder:
        """A send."""
        place, early = partial(self.inside.place, order), self._early.pop(order.name, None)
        return await self._guarded("place", order.symbol, place, order.reduce_only, early=early)

    async def amend(self, change: Amendment) -> VenueOrder:
        """A send."""
        old = change.order
        return await self._send(
            "amend", old.symbol, lambda: self.inside.amend(change), old.reduce_only
        )

    async def cancel(self, orders: Sequence[VenueOrder]) -> Sequence[VenueError | None]:
        """A send that lessens risk; what is said to each order counts as of a call of its own."""
        symbol = orders[0].symbol if orders else ""
        answers = await self._guarded(
            "cancel", symbol, lambda: self.inside.cancel(orders), True, len(orders)
        )
        for answer in answers:
            if answer is not None:
                self._failed("cancel", symbol, answer)
        return answers

    async def find(self, symbol: str, name: str) -> VenueOrder | None:
        """A read."""
        return await self._read("find", symbol, lambda: self.inside.find(symbol, name))

    async def open_orders(self, symbol: str | None = None) -> list[VenueOrder]:
        """A read."""
        return await self._read(
            "open_orders", symbol or "", lambda: self.inside.open_orders(symbol)
        )

    async def fills(self, symbol: str, since: int) -> list[VenueFill]:
        """A read."""
        return await self._read("fills", symbol, lambda: self.inside.fills(symbol, since))

    async def positions(self) -> list[VenuePosition]:
        """A read."""
        return await self._read("positions", "", self.inside.positions)

    async def balances(self) -> list[VenueBalance]:
        """A read."""
        return await self._read("balances", "", self.inside.balances)

    async def clock(self) -> int:
        """A read."""
        return await self._read("clock", "", self.inside.clock)

    def told(self) -> AsyncIterator[Told]:
        """The private stream, as it is."""
        return self.inside.told()

    # -- the guards ------------------------------------------------------------------------------

    async def _read(self, name: str, symbol: str, call: Callable[[], Awaitable[T]]) -> T:
        return await read(lambda: self._guarded(name, symbol, call, False), sleep=self._sleep)

    async def _send(
        self, name: str, symbol: str, call: Callable[[], Awaitable[T]], lessens: bool = False
    ) -> T:
        return await self._guarded(name, symbol, call, lessens)

    async def _guarded(
        self,
        name: str,
        symbol: str,
        call: Callable[[], Awaitable[T]],
        lessens: bool,
        times: int = 1,
        early: Awaitable[None] | None = None,
    ) -> T:
        allowed = self.breaker.allows(self._clock())
        self._changed()
        if not allowed and not lessens:
            raise CircuitOpen(self.exchange, name, self.breaker.failures)
        try:
            await (early or self.budget.take(name, symbol, lessens=lessens, times=times))
            given = await call()
        except VenueError as error:
            self._failed(name, symbol, error)
            raise
        except BaseException:
            self.breaker.abandoned()
            raise
        if _answered(given):
            self._is_shut = self._is_shut and name == "clock"  # which asks for no key
            self.breaker.succeeded(self._clock())
            self._changed()
        return given

    def _failed(self, name: str, symbol: str, error: VenueError) -> None:
        now = self._clock()
        self.errors.add(now, self.exchange, symbol, name, error)
        if error.category is Category.RATE_LIMIT and error.sent:
            self.budget.limited(error.wait)
        if CONSEQUENCES[error.category].then is Then.NO_ENTRIES and not self._is_shut:
            self._is_shut = True
            self._close_account(error)
        match health_of(error):
            case Health.ILL:
                self.breaker.failed(now)
            case Health.WELL:
                self.breaker.succeeded(now)
            case Health.NOTHING:
                self.breaker.abandoned()
        self._changed()

    def _changed(self) -> None:
        for change in self.breaker.changes():
            severity = Severity.WARNING if change.after is Circuit.OPEN else Severity.INFO
            facts = {"venue": self.exchange, "before": change.before, "after": change.after}
            self._tell(severity, "circuit", _said(self.exchange, change), facts)
            if change.after is Circuit.OPEN and self._probing is None:
                self._probing = self._start(self._probe())

    def _close_account(self, error: VenueError) -> None:
        row = CONSEQUENCES[error.category]
        text = f"{self.exchange}: {error}: no new entries; {row.remedy}"
        self._tell(row.severity, "account", text, {"venue": self.exchange})
        self._shut(text)

    # -- beside ----------------------------------------------------------------------------------

    def _start(self, work: Awaitable[None]) -> asyncio.Task[None]:
        task = asyncio.ensure_future(work)
        self._beside.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._beside.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            text = f"a guard has ended, it is a fault of ours: {error!r}"
            self._tell(Severity.ERROR, "guard", text, {"venue": self.exchange})

    async def _probe(self) -> None:
        """Ask the open venue for its time, and let it be tried as soon as it answers."""
        try:
            while self.breaker.state is Circuit.OPEN:
                await self._sleep(PROBE)
                try:
                    await self.inside.clock()
                except VenueError as error:
                    self.errors.add(self._clock(), self.exchange, "", "probe", error)
                else:
                    self.breaker.answered(self._clock())
        finally:
            self._probing = None

    async def _summaries(self) -> None:
        while True:
            await self._sleep(MINUTE)
            self._summary()

    def _summary(self) -> None:
        if (news := self.errors.news()) is not None:
            self._tell(news.severity, "errors", f"{self.exchange}: {news.text}", news.facts)


def _answered(given: object) -> bool:
    """Whether the venue has answered: not where all that it gave are errors, one an order."""
    if not isinstance(given, list | tuple) or not given:
        return True
    return not all(isinstance(one, VenueError) for one in given)


def _said(venue: str, change: Change) -> str:
    match change.after:
        case Circuit.OPEN:
            return f"{venue} has failed {change.failures} times in a row and is left in peace"
        case Circuit.TRIAL:
            return f"{venue} is tried again"
        case Circuit.CLOSED:
            return f"{venue} answers again"
