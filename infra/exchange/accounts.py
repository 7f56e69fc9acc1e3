"""Who trades: API keys, the account's number in a house, its orders and positions."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections import OrderedDict, deque
from dataclasses import dataclass, field

from infra.exchange.listing import Market
from infra.exchange.orders import Fill, Order
from schemas.instruments import Kind

KEPT_ORDERS = 10_000
KEPT_FILLS = 20_000


@dataclass(frozen=True, slots=True)
class Key:
    """An API key and its secret; passphrase: where the venue wants one.

    withdraws: whether venues say of it that it may withdraw (there is nowhere to withdraw to).
    """

    name: str
    secret: str = field(repr=False)
    passphrase: str = field(default="", repr=False)
    withdraws: bool = False

    def digest(self, payload: bytes) -> bytes:
        """HMAC SHA-256 of the payload."""
        return hmac.new(self.secret.encode(), payload, hashlib.sha256).digest()

    def signs(self, payload: bytes, signature: str) -> bool:
        """Whether a hexadecimal HMAC SHA-256 of the payload is this key's."""
        return hmac.compare_digest(self.digest(payload).hex().encode(), signature.encode())

    def seals(self, payload: bytes, signature: str) -> bool:
        """As signs, of a base64 text."""
        return hmac.compare_digest(b64encode(self.digest(payload)), signature.encode())


@dataclass(frozen=True, slots=True)
class Income:
    """Money that came or went other than by a transfer: units, and the market's name."""

    number: int
    market: str
    kind: str
    asset: str
    amount: int
    at: int
    trade: int = 0


@dataclass(slots=True)
class Position:
    """Lots and their signed cost, as engine.clearing keeps them."""

    lots: int = 0
    cost: int = 0

    def trade(self, market: Market, signed: int, price: int) -> int:
        """Take a trade of signed lots in; what it realises. The closed cost is cut towards zero."""
        inverse = market.record.kind is Kind.INVERSE
        sign = 1 if (signed > 0) != inverse else -1
        worth = market.worth(price, abs(signed))
        closed = min(abs(signed), abs(self.lots)) if self.lots * signed < 0 else 0
        realised = closing = 0
        if closed:
            closing = market.worth(price, closed)
            part = abs(self.cost) * closed // abs(self.lots)
            part = part if self.cost > 0 else -part
            self.cost -= part
            realised = -(part + sign * closing)
        self.lots += signed
        self.cost += sign * (worth - closing)
        return realised


@dataclass(slots=True, eq=False)
class Account:
    """An account of a house. keeps: whether done orders and fills are remembered, up to a number.

    settings: what the venue's dialect keeps for it.
    """

    number: int
    key: Key
    keeps: bool = True
    positions: dict[int, Position] = field(default_factory=dict)
    live: dict[int, Order] = field(default_factory=dict)
    orders: OrderedDict[int, Order] = field(default_factory=OrderedDict)
    clients: dict[tuple[int, str], Order] = field(default_factory=dict)
    fills: deque[Fill] = field(default_factory=lambda: deque(maxlen=KEPT_FILLS))
    income: deque[Income] = field(default_factory=lambda: deque(maxlen=KEPT_FILLS))
    settings: dict[str, str] = field(default_factory=dict)

    def position(self, market: int) -> Position:
        """Its position in a market."""
        return self.positions.setdefault(market, Position())

    def enter(self, order: Order) -> None:
        """Remember an order that was taken."""
        self.live[order.number] = order
        self.clients[order.market.number, order.wish.client] = order
        if self.keeps:
            self.orders[order.number] = order
            if len(self.orders) > KEPT_ORDERS:
                self._forget()

    def done(self, order: Order) -> None:
        """An order that may not trade any more."""
        self.live.pop(order.number, None)
        if not self.keeps:
            self._unname(order)

    def order(self, number: int) -> Order | None:
        """An order that is remembered, or may still trade."""
        return self.orders.get(number) or self.live.get(number)

    def called(self, market: int, client: str) -> Order | None:
        """The last order of a client id."""
        return self.clients.get((market, client))

    def _forget(self) -> None:
        for number, order in self.orders.items():
            if not order.status.live:
                del self.orders[number]
                self._unname(order)
                return

    def _unname(self, order: Order) -> None:
        name = (order.market.number, order.wish.client)
        if self.clients.get(name) is order:
            del self.clients[name]
