"""Conditional orders of a house: they wait beside the engine for a last trade or a mark price.

A house tells what happened, then the desk sends the orders of those that were met, one after the
other; what these bring about is looked at when the order before is done. No margin is held while
one waits: the order is checked as any other when it is sent.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Sequence

from infra.exchange.accounts import Account
from infra.exchange.clock import Clock
from infra.exchange.conditional import Condition, Failure, Leg, Source, State, Terms, Trail
from infra.exchange.facts import Changed, Fact, Marked, Report, Trade
from infra.exchange.listing import Market
from infra.exchange.orders import Order

KEPT = 1_000
"""Done ones that are remembered of an account."""
Send = Callable[[Condition], Order | Failure]
Hear = Callable[[Condition], None]


class Kept:
    """Conditional orders of an account, by number and by client id."""

    def __init__(self) -> None:
        self.all: OrderedDict[int, Condition] = OrderedDict()
        self.waiting: dict[int, Condition] = {}
        self.clients: dict[str, Condition] = {}
        self.done: deque[int] = deque()

    def enter(self, condition: Condition) -> None:
        """One more that waits."""
        self.all[condition.number] = self.waiting[condition.number] = condition
        self.clients[condition.terms.client] = condition

    def ended(self, condition: Condition) -> None:
        """It is done: the oldest such is forgotten."""
        self.done.append(condition.number)
        if len(self.done) > KEPT:
            old = self.all.pop(self.done.popleft())
            if self.clients.get(old.terms.client) is old:
                del self.clients[old.terms.client]


class Conditions:
    """send: carries out one that was met, set by the dialect. hearers are told of each change."""

    def __init__(self, clock: Clock, numbers: Callable[[], int]) -> None:
        self.send: Send = unsent
        self._clock = clock
        self._numbers = numbers
        self._accounts: dict[int, Kept] = {}
        self._waiting: dict[int, dict[int, Condition]] = {}
        self._working: dict[int, Condition] = {}
        self._due: deque[tuple[Condition, Leg]] = deque()
        self._hearers: list[Hear] = []
        self._busy = False

    def hear(self, hearer: Hear) -> None:
        """Tell of every change from now on."""
        self._hearers.append(hearer)

    def of(self, account: Account) -> Iterable[Condition]:
        """All that are remembered of an account, in the order in which they came."""
        return self._kept(account).all.values()

    def waiting(self, account: Account, market: Market | None = None) -> list[Condition]:
        """Those of an account that wait, in a market or in all."""
        found = self._kept(account).waiting.values()
        return [each for each in found if market is None or each.market is market]

    def numbered(self, account: Account, number: int) -> Condition | None:
        """One by its number."""
        return self._kept(account).all.get(number)

    def called(self, account: Account, client: str) -> Condition | None:
        """The last of a client id."""
        return self._kept(account).clients.get(client)

    def add(self, account: Account, terms: Terms, trail: Trail | None = None) -> Condition:
        """A new one, which waits from the next price on."""
        now = self._clock.now()
        condition = Condition(self._numbers(), account, terms, now, now, trail=trail)
        self._kept(account).enter(condition)
        self._waiting.setdefault(terms.market.number, {})[condition.number] = condition
        self._tell(condition, State.WAITING)
        return condition

    def amend(self, condition: Condition, terms: Terms) -> None:
        """Other terms of one that waits."""
        condition.terms = terms
        self._tell(condition, State.WAITING)

    def end(self, condition: Condition, state: State = State.CANCELED) -> None:
        """One that waits does so no more."""
        self._done(condition, state)

    def followed(self, facts: Sequence[Fact]) -> None:
        """What the house has told to all."""
        if not self._waiting and not self._working:
            return
        for fact in facts:
            if isinstance(fact, Trade):
                self._met(fact.market, Source.LAST, fact.price)
            elif isinstance(fact, Marked):
                self._met(fact.market, Source.MARK, fact.price)
            elif isinstance(fact, Report):
                self._reported(fact)
            elif isinstance(fact, Changed):
                self._closed(fact)
        if not self._busy:
            self._busy = True
            try:
                self._run()
            finally:
                self._busy = False

    def _kept(self, account: Account) -> Kept:
        return self._accounts.setdefault(account.number, Kept())

    def _met(self, market: Market, source: Source, price: int) -> None:
        for condition in self._waiting.get(market.number, {}).values():
            leg = condition.meets(source, price) if condition.state is State.WAITING else None
            if leg is not None:
                condition.state = State.TRIGGERING
                self._due.append((condition, leg))

    def _reported(self, report: Report) -> None:
        condition = self._working.get(report.order.number)
        if condition is not None and not report.status.live:
            del self._working[report.order.number]
            self._done(condition, State.FINISHED)

    def _closed(self, changed: Changed) -> None:
        """Those that are bound to a position end with it, also where the other side follows."""
        for market in changed.markets:
            lots = changed.account.position(market.number).lots
            for condition in self.waiting(changed.account, market):
                closes = lots < 0 if condition.buys else lots > 0
                if condition.terms.bound and not closes and condition.state is State.WAITING:
                    self._done(condition, State.EXPIRED)

    def _run(self) -> None:
        while self._due:
            condition, leg = self._due.popleft()
            if condition.state is not State.TRIGGERING:
                continue
            condition.fired = leg
            condition.triggered = self._clock.now()
            self._leave(condition)
            self._tell(condition, State.TRIGGERING)
            self._unpair(condition)
            sent = self.send(condition)
            if isinstance(sent, Failure):
                condition.failure = sent
                self._done(condition, State.FAILED)
                continue
            condition.order = sent
            self._tell(condition, State.TRIGGERED)
            if sent.status.live:
                self._working[sent.number] = condition
            else:
                self._done(condition, State.FINISHED)

    def _unpair(self, condition: Condition) -> None:
        for each in self.waiting(condition.account, condition.market):
            if each.terms.pair and each.terms.pair == condition.terms.pair:
                self._done(each, State.EXPIRED)

    def _leave(self, condition: Condition) -> None:
        waiting = self._waiting.get(condition.market.number, {})
        waiting.pop(condition.number, None)
        if not waiting:
            self._waiting.pop(condition.market.number, None)
        self._kept(condition.account).waiting.pop(condition.number, None)

    def _done(self, condition: Condition, state: State) -> None:
        self._leave(condition)
        self._kept(condition.account).ended(condition)
        self._tell(condition, state)

    def _tell(self, condition: Condition, state: State) -> None:
        condition.state, condition.updated = state, self._clock.now()
        for hear in self._hearers:
            hear(condition)


def unsent(condition: Condition) -> Order | Failure:
    """Where no dialect takes conditional orders."""
    return Failure(0, "conditional orders are not taken here")
