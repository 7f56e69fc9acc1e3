"""A house: accounts of one section of a venue that trade with one another, on one engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from engine.clearing.codes import Mode
from engine.clearing.codes import Op as Pay
from engine.clearing.codes import Why as Unpaid
from engine.clearing.engine import Clearing
from engine.clearing.state import Row, Wallet
from engine.matching.codes import IOC, POST_ONLY, REDUCE_ONLY, Command, Event, Happening, Kind, Op
from engine.matching.codes import Why as Reject
from infra.exchange.accounts import Account, Key
from infra.exchange.bookkeeping import Books, Hear
from infra.exchange.clock import Clock
from infra.exchange.conditions import Conditions
from infra.exchange.facts import Fact
from infra.exchange.listing import Listing, Market
from infra.exchange.orders import Order, Type, Wish

Why = Reject | Unpaid
ACCOUNTS = 1 << 10
LEVERAGE = 20
"""Of an account in a contract until it asks for another, as at Binance USD-M."""


class NoRoom(Exception):
    """More accounts than the house was made for."""


def why_of(event: Event) -> Why:
    """The reason of a refusal."""
    return Unpaid(event.why) if event.why >= Unpaid.INSUFFICIENT else Reject(event.why)


class House:
    """Commands in, facts to all who hear. A refusal is a Why, and nothing else has happened."""

    def __init__(
        self,
        name: str,
        listing: Listing,
        clock: Clock,
        accounts: int = ACCOUNTS,
        leverage: int = LEVERAGE,
    ) -> None:
        self.name = name
        self.listing = listing
        self.clock = clock
        self.books = Books(listing)
        self.keys: dict[str, Account] = {}
        self._most = accounts
        self._leverage = leverage
        self._hearers: list[Hear] = []
        self._listeners: list[Callable[[Sequence[Fact]], None]] = []
        self._numbers = 0
        self.conditions = Conditions(clock, self.number)
        ladders = [market.ladder for market in listing.markets]
        self._engine = Clearing(ladders, listing.terms(), accounts)

    def hear(self, hearer: Hear) -> None:
        """Tell of every fact from now on."""
        self._hearers.append(hearer)

    def listen(self, listener: Callable[[Sequence[Fact]], None]) -> None:
        """As hear, of all facts of a command at once, after those who hear each."""
        self._listeners.append(listener)

    def open(self, key: Key, money: dict[str, int] | None = None, keeps: bool = True) -> Account:
        """A new account with so much money in units; NoRoom beyond what the house was made for."""
        number = len(self.books.accounts) + 1
        if number >= self._most:
            raise NoRoom(f"{self.name} has room for {self._most - 1} accounts")
        account = Account(number, key, keeps)
        self.books.accounts[number] = self.keys[key.name] = account
        for asset, units in (money or {}).items():
            self.pay(account, asset, units)
        for market in self.listing.markets:
            self.leverage(account, market, self._leverage)
        return account

    def pay(self, account: Account, asset: str, units: int) -> Why | None:
        """Deposit, or with negative units withdraw."""
        op = Pay.DEPOSIT if units > 0 else Pay.WITHDRAW
        symbol = self.listing.asset(asset)
        return self._command(
            Command(op, symbol=symbol, account=account.number, quantity=abs(units))
        )

    def number(self) -> int:
        """One that no order has had."""
        self._numbers += 1
        return self._numbers

    def place(self, account: Account, wish: Wish, number: int | None = None) -> Order | Why:
        """Take an order, which may have ended when this returns.

        A market order is an IOC up to its bound, or to the last price that it needs. number: one
        that `number` gave before.
        """
        order = self._begun(account, wish, number)
        events = self._engine.submit(self._asked(order))
        if events and events[0].happening == Happening.REJECTED:
            self.books.refuse(order)
            return why_of(events[0])
        self._tell(events, order)
        return order

    def stillborn(self, account: Account, wish: Wish, why: Why, number: int | None = None) -> Order:
        """An order that is taken and ends at once, where a venue tells a refusal so."""
        order = self._begun(account, wish, number)
        self._send(self.books.stillborn(order, why, self.clock.now()))
        return order

    def _begun(self, account: Account, wish: Wish, number: int | None = None) -> Order:
        now = self.clock.now()
        number = number or self.number()
        order = Order(number, account, wish, wish.price, wish.lots, now, now)
        self.books.begin(order)
        return order

    def _asked(self, order: Order) -> Command:
        wish, tif, price = order.wish, order.wish.tif, order.wish.price
        if wish.type is Type.MARKET:
            tif = IOC
            price = self.books.depths[wish.market.number].worst(order.buys, wish.lots, price)
        flags = tif | wish.prevention
        flags |= (POST_ONLY if wish.post_only else 0) | (REDUCE_ONLY if wish.reduce_only else 0)
        return Command(
            Op.PLACE, wish.side, Kind.LIMIT, flags, wish.market.number, order.number,
            order.account.number, price, wish.lots,
        )  # fmt: skip

    def cancel(self, order: Order) -> Why | None:
        """Withdraw what is open of an order."""
        return self._command(
            Command(Op.CANCEL, order_id=order.number, account=order.account.number)
        )

    def withdraw(self, order: Order, why: Why) -> None:
        """Cancel an order for a reason of the venue's own."""
        asked = Command(Op.CANCEL, order_id=order.number, account=order.account.number)
        self._tell([event._replace(why=why) for event in self._engine.submit(asked)])

    def amend(self, order: Order, price: int, lots: int) -> Why | None:
        """Another price, another whole quantity; at most what was traded withdraws it."""
        return self._command(
            Command(
                Op.AMEND,
                order_id=order.number,
                account=order.account.number,
                price=price,
                quantity=lots,
            )
        )

    def leverage(self, account: Account, market: Market, leverage: int) -> Why | None:
        """Of an account in a contract; BAD for spot."""
        return self._money(Pay.LEVERAGE, account, market, quantity=leverage)

    def margin_mode(self, account: Account, market: Market, mode: Mode) -> Why | None:
        """Cross or isolated; not while there is a position or an order."""
        return self._money(Pay.MARGIN_MODE, account, market, kind=mode)

    def mark(self, market: Market, price: int) -> Why | None:
        """The mark price in ticks; liquidates who cannot stand it."""
        return self._command(Command(Pay.MARK, symbol=market.number, price=price))

    def fund(self, market: Market, rate: int, time: int) -> Why | None:
        """Funding at a rate in 10^-8, at a time in ns that is a multiple of the interval."""
        return self._command(
            Command(Pay.FUNDING, symbol=market.number, quantity=rate, trigger=time)
        )

    def wallet(self, account: Account, asset: str) -> Wallet:
        """Money of an asset."""
        return self._engine.wallet(account.number, self.listing.asset(asset))

    def row(self, account: Account, market: Market) -> Row:
        """What an account has in a market."""
        return self._engine.row(account.number, market.number)

    def words(self) -> list[int]:
        """The engine's whole state."""
        return self._engine.words()

    def _money(
        self, op: Pay, account: Account, market: Market, kind: int = 0, quantity: int = 0
    ) -> Why | None:
        return self._command(
            Command(op, kind=kind, symbol=market.number, account=account.number, quantity=quantity)
        )

    def _command(self, command: Command) -> Why | None:
        events = self._engine.submit(command)
        if events and events[0].happening == Happening.REJECTED:
            return why_of(events[0])
        self._tell(events)
        return None

    def _tell(self, events: Iterable[Event], new: Order | None = None) -> None:
        facts = self.books.take(events, self.clock.now(), new)
        self._charge()
        self._send(facts)

    def _send(self, facts: Sequence[Fact]) -> None:
        for fact in facts:
            for hear in self._hearers:
                hear(fact)
        for listen in self._listeners:
            listen(facts)
        self.conditions.followed(facts)

    def _charge(self) -> None:
        """Take the fees of spot out of what its trades brought, which is always enough."""
        for (account, asset), units in self.books.dues.items():
            if units:
                op = Pay.WITHDRAW if units > 0 else Pay.DEPOSIT
                paid = Command(op, symbol=asset, account=account, quantity=abs(units))
                (event,) = self._engine.submit(paid)
                if event.happening == Happening.REJECTED:
                    raise RuntimeError(f"account {account} cannot pay a fee: {why_of(event).name}")
        self.books.dues.clear()
