"""Messages of the private streams.

https://bybit-exchange.github.io/docs/v5/websocket/private/order
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from infra.exchange.accounts import Account
from infra.exchange.dialects.bybit.account import wallet_row
from infra.exchange.dialects.bybit.positions import position_event
from infra.exchange.dialects.bybit.section import LINEAR, Section
from infra.exchange.dialects.bybit.shapes import execution, fast_execution, order_row, uuid
from infra.exchange.facts import Changed, Configured, Fact, Report
from infra.exchange.listing import Market
from infra.exchange.orders import Fill, Order

TOPICS = ("order", "execution.fast", "execution", "position", "wallet")
"""In the order in which messages of one command go out."""


@dataclass(slots=True)
class News:
    """What one command did to one account: the last report of each order, its fills, markets whose
    position is told again, and whether its money changed."""

    account: Account
    reports: dict[Order, Report] = field(default_factory=dict)
    fills: list[Fill] = field(default_factory=list)
    markets: dict[Market, None] = field(default_factory=dict)
    paid: bool = False

    def take(self, fact: Report | Changed | Configured) -> None:
        """One more fact."""
        if isinstance(fact, Report):
            self.reports[fact.order] = fact
            self.markets[fact.order.market] = None
            if fact.fill is not None:
                self.fills.append(fact.fill)
        elif isinstance(fact, Changed):
            self.paid = True
            self.markets |= dict.fromkeys(fact.markets)
        else:
            self.markets[fact.market] = None


def news(facts: Sequence[Fact]) -> Iterable[News]:
    """What the facts of a command are to each account whose they are."""
    found: dict[int, News] = {}
    for fact in facts:
        if isinstance(fact, Report | Changed | Configured):
            account = fact.order.account if isinstance(fact, Report) else fact.account
            found.setdefault(account.number, News(account)).take(fact)
    return found.values()


def rows(section: Section, told: News, topic: str) -> list[dict[str, Any]]:
    """The data of a topic's message, nothing where there is none to send."""
    account = told.account
    if topic == "order":
        reports = told.reports.items()
        return [{"category": LINEAR, **order_row(order, report)} for order, report in reports]
    if topic == "execution":
        return [execution(section, fill) for fill in told.fills]
    if topic == "execution.fast":
        return [fast_execution(fill) for fill in told.fills]
    if topic == "position":
        return [position_event(section, account, market) for market in told.markets]
    return [wallet_row(section, account)] if told.paid else []


def message(
    section: Section, data: list[dict[str, Any]], topic: str, number: int
) -> dict[str, Any]:
    """A topic's message; number: makes its id."""
    made = {"topic": topic, "creationTime": section.clock.milliseconds(), "data": data}
    return made if topic == "execution.fast" else {"id": uuid(topic, number), **made}
