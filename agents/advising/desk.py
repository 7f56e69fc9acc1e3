"""Who is asked when: one question at a time of an advisor and a market, within the hour's budget.

What is under way is written down before it is asked and struck out when it is told, so that a
process that is killed does not forget money that it may have spent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple, Protocol

from agents.advising.asking import Answered, Asking
from engine.advice.briefing import Briefing
from engine.advice.budget import Ledger, Spending, of_calls
from engine.advice.market import Market
from engine.advice.settings import span
from engine.advice.texts import Text
from engine.circuit import Change, Circuit
from engine.identity import record_id
from schemas.advice import Advice, AdviceFault
from schemas.portfolio import Portfolio
from schemas.record import Record, symbol_of, venue_of
from schemas.signals import Signal
from schemas.system import Severity

Seat = tuple[str, str]
"""An advisor and a market."""
SENT = frozenset({AdviceFault.TIMEOUT, AdviceFault.UNREACHABLE, AdviceFault.RATE_LIMITED,
                  AdviceFault.PROVIDER_ERROR})  # fmt: skip
"""Faults that tell of a provider's health."""


class Standing(NamedTuple):
    """The last record of a market on ai.advice; asked: by advisor, when it was asked last, ns."""

    seq: int = -1
    seen_time: int = 0
    asked: dict[str, int] = {}


class Post(Protocol):
    """How the desk speaks."""

    def advice(self, record: Advice) -> None:
        """Publish."""

    def hold(self, key: str, id: str, advisor: str, worst: Spending) -> None:
        """Write down that a question of a market is under way."""

    def done(self, key: str, id: str) -> None:
        """Strike it out."""

    def ended(self, task: asyncio.Task[None]) -> None:
        """A question is over, or has failed otherwise than foreseen."""

    def event(self, severity: Severity, kind: str, text: str, facts: dict[str, str]) -> None:
        """Tell system.events."""

    async def flush(self) -> None:
        """Wait until all of that is on the broker."""

    async def standing(self, key: str) -> Standing:
        """Of a market."""
        ...


class Texts:
    """None; see agents.advising.sources."""

    def of(self, names: Sequence[str]) -> Iterable[Text]:
        """The texts of these sources, as they are known now."""
        return ()

    async def run(self) -> None:
        """Look for them, for ever."""


@dataclass
class Desk:
    """wall: ns since 1970, which budgets go by."""

    asking: Asking
    post: Post
    ledger: Ledger
    wall: Callable[[], int]
    texts: Texts = field(default_factory=Texts)
    markets: dict[str, Market] = field(default_factory=dict)
    asked: dict[Seat, int] = field(default_factory=dict)
    busy: dict[Seat, asyncio.Task[None]] = field(default_factory=dict)
    _standing: dict[str, Standing] = field(default_factory=dict)
    _opening: dict[str, asyncio.Lock] = field(default_factory=dict)
    _accounts: dict[str, Portfolio] = field(default_factory=dict)
    _troubles: set[str] = field(default_factory=set)

    def take(self, record: Record) -> None:
        """Let a record in; a signal may be the occasion of questions."""
        if isinstance(record, Portfolio):
            self._accounts[record.key] = record
            for market in self.markets.values():
                self._hold(market, record)
            return
        if record.key not in self.markets:
            market = self.markets[record.key] = Market(record.key)
            for row in self._accounts.values():
                self._hold(market, row)
        self.markets[record.key].take(record)
        if isinstance(record, Signal):
            self._look(record.key)

    @staticmethod
    def _hold(market: Market, row: Portfolio) -> None:
        venue, symbol = venue_of(market.key), symbol_of(market.key)
        if row.symbol in (None, symbol) and row.venue in (None, venue):
            market.take(row)

    def _look(self, key: str) -> None:
        for name in self.asking.section.asked(key):
            seat = name, key
            if seat not in self.busy and self._slot(seat) > self.asked.get(seat, -1):
                task = asyncio.create_task(self._question(seat), name=f"{name} {key}")
                self.busy[seat] = task
                task.add_done_callback(partial(self._over, seat))

    def _over(self, seat: Seat, task: asyncio.Task[None]) -> None:
        del self.busy[seat]
        self.post.ended(task)

    def _slot(self, seat: Seat) -> int:
        """Which period of the market's time it is; of bars, that of the last one that closed."""
        name, key = seat
        advisor, market = self.asking.section.advisors[name], self.markets[key]
        time = market.closed(advisor.interval) if advisor.by_bars else market.now
        return -1 if time is None else time // advisor.period

    async def _question(self, seat: Seat) -> None:
        """Ask, unless it was asked in this period before this process began, and tell."""
        name, key = seat
        await self._stand(key)
        slot = self._slot(seat)
        briefing = self._briefing(seat)
        if briefing is None or slot <= self.asked.get(seat, -1):
            return
        self.asked[seat] = slot
        id = record_id(f"advice/{name}", briefing.signal, slot)
        worst = self.asking.worst(name, briefing, self.wall())
        if why := self.ledger.reserve(id, name, worst):
            self._trouble("budget", name, f"{name} is not asked: {why}")
            self._tell(seat, id, briefing, Answered((), None, AdviceFault.BUDGET_SPENT, why))
            return
        self._better("budget", name, f"{name} is asked again")
        self.post.hold(key, id, name, worst)
        await self.post.flush()
        await self._asked(seat, id, briefing, worst)

    async def _asked(self, seat: Seat, id: str, briefing: Briefing, worst: Spending) -> None:
        name, key = seat
        try:
            answered = await self.asking.answer(name, briefing)
        except BaseException:
            self.ledger.settle(id, worst)  # nobody knows what of it was spent
            raise
        self.ledger.settle(id, of_calls(answered.calls, self.wall()))
        for call in answered.calls:
            self._health(call.provider, call.fault, answered.detail)
        self._tell(seat, id, briefing, answered)
        await self.post.flush()
        self.post.done(key, id)

    def _tell(self, seat: Seat, id: str, briefing: Briefing, answered: Answered) -> None:
        """Publish what came of it, at the market's time of now."""
        (name, key), shown = seat, briefing.canonical
        before = self._standing[key]
        now = max(self.markets[key].now, before.seen_time)
        opinion = self.asking.opinion(name, shown, answered, now)
        self._standing[key] = Standing(before.seq + 1, now, before.asked)
        self.post.advice(
            Advice(
                id=id,
                cause=briefing.signal,
                seq=before.seq + 1,
                key=key,
                seen_time=now,
                venue=briefing.venue,
                symbol=briefing.symbol,
                asked_time=briefing.now,
                context_hash=briefing.digest,
                briefing=shown,
                opinion=opinion,
                calls=answered.calls,
            )
        )

    def _briefing(self, seat: Seat) -> Briefing | None:
        name, key = seat
        advisor, market = self.asking.section.advisors[name], self.markets[key]
        since = market.now - span(advisor.text_age)
        return market.briefing(
            advisor.interval, advisor.window, advisor.account, tuple(self.texts.of(advisor.texts)),
            since, advisor.text_count,
        )  # fmt: skip

    async def _stand(self, key: str) -> None:
        """Know the last record of a market, once."""
        async with self._opening.setdefault(key, asyncio.Lock()):
            if key not in self._standing:
                found = await self.post.standing(key)
                for name, time in found.asked.items():
                    if name in self.asking.section.advisors:
                        period = self.asking.section.advisors[name].period
                        self.asked[name, key] = time // period
                self._standing[key] = found

    def leave(self, owned: Callable[[str], bool]) -> None:
        """Ask no more of markets that are not ours now."""
        for (name, key), task in list(self.busy.items()):
            if not owned(key):
                task.cancel(f"{name} {key} is another worker's")
        for key in [key for key in self._standing if not owned(key)]:
            del self._standing[key]

    # -- what people are told --------------------------------------------------------------------

    def circuit(self, provider: str, change: Change) -> None:
        """A provider's circuit has changed."""
        if change.after is Circuit.OPEN:
            words = f"{provider} has failed {change.failures} times in a row: left in peace"
            self.post.event(Severity.ERROR, "circuit", words, {"provider": provider, "to": "open"})
        elif change.after is Circuit.CLOSED:
            words = f"{provider} answers again: its circuit is closed"
            self.post.event(Severity.INFO, "circuit", words, {"provider": provider, "to": "closed"})

    def _health(self, provider: str, fault: AdviceFault | None, detail: str) -> None:
        if fault in SENT:
            self._trouble("provider", provider, f"{provider}: {fault}: {detail}")
        elif fault is None:
            self._better("provider", provider, f"{provider} answers")

    def _trouble(self, kind: str, who: str, text: str) -> None:
        """Tell it when it begins."""
        if (name := f"{kind} {who}") not in self._troubles:
            self._troubles.add(name)
            self.post.event(Severity.WARNING, kind, text, {"of": who})

    def _better(self, kind: str, who: str, text: str) -> None:
        """Tell that it is over, where it was told."""
        if (name := f"{kind} {who}") in self._troubles:
            self._troubles.remove(name)
            self.post.event(Severity.INFO, kind, text, {"of": who})
