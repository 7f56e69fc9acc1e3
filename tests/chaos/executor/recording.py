"""What the exchange's books say of an account, with times that no skew moves, and when faults were
at work on the executor.

Times are those of the exchange's clock without its skew, which the executor's process shares: a
clock that is set ahead for a second would make a stretch of time that was never there.
"""

from __future__ import annotations

from infra.exchange.conditional import Condition
from infra.exchange.facts import Fact, Report
from infra.exchange.faults import SECOND, Armed, Faults
from infra.exchange.house import House
from tests.chaos.executor.exposure import Covers, Filled, Span

ALL = 1 << 62
"""Lots of a stop that closes whatever there is."""
HARMLESS_KINDS = ("double",)
"""Of faults that keep nobody from protecting: an event that comes twice."""
RECOVERY = 1.0
"""Seconds after a fault is over in which the executor may still wait for what it has spoilt: the
time-out of a request (tests.chaos.executor.sitting).
"""


class Recorder:
    """Hears all executions and all stops of a house, by account."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._events: dict[str, list[Filled | Covers]] = {}
        house.hear(self._told)
        house.conditions.hear(self._changed)

    def begin(self, account: str) -> None:
        """Keep what happens to an account from here on."""
        self._events[account] = []

    def taken(self, account: str) -> list[Filled | Covers]:
        """What has happened, which is not kept any more."""
        return self._events.pop(account)

    def now(self) -> int:
        """The exchange's time without its skew, ns."""
        return self._house.clock.source()

    def _told(self, fact: Fact) -> None:
        if not isinstance(fact, Report) or fact.fill is None:
            return
        order, lots = fact.order, fact.fill.lots
        kept = self._events.get(order.account.key.name)
        if kept is not None:
            symbol = order.market.record.symbol
            signed = lots if order.buys else -lots
            kept.append(Filled(self.now(), symbol, order.wish.client, signed))

    def _changed(self, condition: Condition) -> None:
        kept = self._events.get(condition.account.key.name)
        if kept is not None:
            lots = covered(condition) * (1 if condition.buys else -1)
            symbol = condition.market.record.symbol
            kept.append(Covers(self.now(), symbol, condition.number, lots))


def covered(condition: Condition) -> int:
    """Lots that a conditional order would still trade."""
    if not condition.state.live:
        return 0
    if condition.order is not None:
        return condition.order.open
    return condition.terms.lots or ALL


class Struck(Armed):
    """A fault that is armed; times: when it struck, ns."""

    def __init__(self, armed: Armed) -> None:
        super().__init__(armed.fault, armed.since)
        self.times: list[int] = []

    def strikes(self, method: str, path: str, now: int = 0) -> bool:
        """As any, and the time is noted."""
        found = super().strikes(method, path, now)
        if found:
            self.times.append(now)
        return found

    @property
    def hinders(self) -> Span | None:
        """When it may have kept the executor from protecting: from its first stroke until RECOVERY
        after its last one is over. None of one that did not strike, or that cannot.
        """
        fault = self.fault
        if fault.kind in HARMLESS_KINDS or fault.method == "GET":
            return None
        if fault.kind == "maintenance":  # its streams are closed, whoever asks
            begin = last = self.since + int(fault.after * SECOND)
        elif self.times:
            begin, last = self.times[0], self.times[-1]
        else:
            return None
        takes = max(fault.lasts, fault.seconds) + RECOVERY
        return Span(begin, last + int(takes * SECOND))


def watched(faults: Faults) -> Struck:
    """The fault that was armed last, with its times noted from here on."""
    faults.armed[-1] = struck = Struck(faults.armed[-1])
    return struck
