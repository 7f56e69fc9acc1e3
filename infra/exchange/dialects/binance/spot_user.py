"""User data of spot: subscriptions of connections of the WebSocket API, signed each.

https://developers.binance.com/docs/binance-spot-api-docs/websocket-api/user-data-stream-requests
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from infra.exchange.accounts import Account
from infra.exchange.dialects.binance import spot_events as events
from infra.exchange.dialects.binance.errors import Code, Refusal
from infra.exchange.dialects.binance.request import Request
from infra.exchange.dialects.binance.section import Endpoint, Section, Security, milliseconds
from infra.exchange.facts import Changed, Fact, Reason, Report
from infra.exchange.faults import Faults
from infra.exchange.sockets import Socket

MOST = 1_000
MOVED = (Reason.DEPOSIT, Reason.WITHDRAW)


class UserData:
    """Who listens to which account; a connection counts its subscriptions from 0."""

    def __init__(self, section: Section, faults: Faults) -> None:
        self.section = section
        self.faults = faults
        self._open: dict[Socket, dict[int, Account]] = {}
        self._made: defaultdict[Socket, int] = defaultdict(int)
        section.house.hear(self.heard)

    def methods(self) -> dict[str, Endpoint]:
        """Of the WebSocket API."""
        return {
            "userDataStream.subscribe.signature": Endpoint(self.subscribe, Security.SIGNED, 2),
            "userDataStream.unsubscribe": Endpoint(self.unsubscribe, weight=2),
            "session.subscriptions": Endpoint(self.listed, weight=2),
        }

    def subscribe(self, section: Section, request: Request) -> dict[str, Any]:
        """The account's events go to this connection from now on."""
        socket = connection(request)
        found = self._open.setdefault(socket, {})
        if len(found) >= MOST:
            raise Refusal(Code.UNKNOWN, "Too many user data stream subscriptions.")
        number = self._made[socket]
        self._made[socket] += 1
        found[number] = request.owner
        return {"subscriptionId": number}

    def unsubscribe(self, section: Section, request: Request) -> dict[str, Any]:
        """End one subscription of this connection, or all of them."""
        socket = connection(request)
        found = self._open.get(socket, {})
        only = request.whole("subscriptionId", -1)
        for number in [each for each in found if only in (-1, each)]:
            del found[number]
            ended = {"e": "eventStreamTerminated", "E": section.clock.milliseconds()}
            socket.send({"subscriptionId": number, "event": ended})
        return {}

    def listed(self, section: Section, request: Request) -> list[dict[str, Any]]:
        """Subscriptions of this connection."""
        found = self._open.get(connection(request), {})
        return [{"subscriptionId": number} for number in found]

    def end(self, socket: Socket) -> None:
        """A connection that is over."""
        self._open.pop(socket, None)
        self._made.pop(socket, None)

    def heard(self, fact: Fact) -> None:
        """Tell who listens of a fact, at once."""
        if not isinstance(fact, Report | Changed):
            return
        account = fact.order.account if isinstance(fact, Report) else fact.account
        listeners = list(self._listeners(account))
        if not listeners:
            return
        for event in self._events(fact, account):
            for told in self.faults.events(f"spot account {account.number}", event):
                for socket, number in listeners:
                    socket.send({"subscriptionId": number, "event": told})

    def _listeners(self, account: Account) -> Iterator[tuple[Socket, int]]:
        for socket, found in self._open.items():
            for number, owner in found.items():
                if owner is account:
                    yield socket, number

    def _events(self, fact: Report | Changed, account: Account) -> Iterator[dict[str, Any]]:
        """An order's event, then what the account has; of a deposit how much, then the same."""
        now, at = self.section.clock.milliseconds(), milliseconds(fact.at)
        if isinstance(fact, Report):
            market = fact.order.market
            yield events.execution_report(fact, now)
            yield events.position(self.section, account, (market.base, market.quote), at, now)
        elif fact.reason in MOVED:
            assets = [self.section.house.listing.assets[each] for each in fact.assets]
            for asset in assets:
                yield events.balance_update(asset, fact.amount, at, now)
            yield events.position(self.section, account, assets, at, now)


def connection(request: Request) -> Socket:
    """The connection that a request came over."""
    if request.socket is None:
        raise Refusal(Code.UNKNOWN, "This is for a connection of the WebSocket API.")
    return request.socket
