"""What the engine's events do to orders, positions, depth and tape, and which facts they are.

Facts of money come before the trades that they are of, as at Binance ACCOUNT_UPDATE comes before
ORDER_TRADE_UPDATE; an order is told as NEW before anything else of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from engine.clearing.codes import OWN_IDS
from engine.clearing.codes import Happening as Paid
from engine.matching.codes import BUY, KEPT, MAKER_DONE, TAKER_DONE, UNCROSSED, Event, Happening
from engine.matching.codes import Why as Reject
from infra.exchange.accounts import Account, Income
from infra.exchange.depth import Depth
from infra.exchange.facts import Changed, Configured, Execution, Fact, Marked, Reason, Report, Trade
from infra.exchange.listing import Listing, Market
from infra.exchange.orders import Fill, Order, Status, Type, Wish
from infra.exchange.tape import Tape
from schemas.instruments import Kind

Hear = Callable[[Fact], None]


class Books:
    """Everything that a house knows of orders, beside the engine."""

    def __init__(self, listing: Listing) -> None:
        self.listing = listing
        self.depths = [Depth() for _ in listing.markets]
        self.tapes = [Tape() for _ in listing.markets]
        self.marks = [market.ladder.reference for market in listing.markets]
        self.lasts = [market.ladder.reference for market in listing.markets]
        self.accounts: dict[int, Account] = {}
        self.live: dict[int, Order] = {}
        self.trades = 0
        self.incomes = 0
        self.dues: dict[tuple[int, int], int] = {}
        """Fees of spot that the house is to take: units by account and asset."""
        self._facts: list[Fact] = []
        self._changed: dict[tuple[int, Reason], dict[int, None]] = {}
        self._amounts: dict[tuple[int, Reason], int] = {}
        self._assets: dict[tuple[int, Reason], dict[int, None]] = {}
        self._acts: dict[int, Callable[[Event, int], None]] = {
            Happening.TRADE: self._traded,
            Happening.RESTED: self._rested,
            Happening.CANCELLED: self._cancelled,
            Happening.AMENDED: self._amended,
            Paid.BALANCE: self._balance,
            Paid.FUNDING: self._funded,
            Paid.LEVERAGE: self._leverage,
            Paid.MARGIN_MODE: self._mode,
            Paid.MARK: self._marked,
            Paid.LIQUIDATED: self._liquidated,
            Paid.DELEVERAGED: self._deleveraged,
            Paid.COVERED: self._covered,
        }

    def begin(self, order: Order) -> None:
        """An order is about to meet the engine."""
        self.live[order.number] = order

    def refuse(self, order: Order) -> None:
        """The engine would not have it: it never was."""
        del self.live[order.number]

    def stillborn(self, order: Order, why: int, at: int) -> list[Fact]:
        """The facts of an order that was taken and ended before it could trade."""
        order.account.enter(order)
        born = Report(order, Execution.NEW, Status.NEW, 0, 0, at)
        order.why = why
        self._now(order, Status.EXPIRED)
        return [born, Report(order, Execution.EXPIRED, Status.EXPIRED, 0, 0, at)]

    def take(self, events: Iterable[Event], at: int, new: Order | None = None) -> list[Fact]:
        """The facts of one command's events. new: the order that it placed."""
        self._facts = []
        if new is not None:
            new.account.enter(new)
            before: list[Fact] = [Report(new, Execution.NEW, Status.NEW, 0, 0, at)]
        else:
            before = []
        for event in events:
            act = self._acts.get(event.happening)
            if act is not None:
                act(event, at)
        return [*before, *self._changes(at), *self._facts]

    def _changes(self, at: int) -> Iterable[Fact]:
        for (number, reason), markets in self._changed.items():
            account = self.accounts[number]
            found = tuple(self.listing.markets[each] for each in markets)
            assets = dict.fromkeys(self.listing.asset(each.settle) for each in found)
            assets |= self._assets.get((number, reason), {})
            for each in found:
                if each.record.kind is Kind.SPOT:
                    assets[self.listing.asset(each.base)] = None
            amount = self._amounts.get((number, reason), 0)
            yield Changed(account, reason, found, tuple(assets), amount, at)
        self._changed, self._amounts, self._assets = {}, {}, {}

    def _touch(self, account: int, reason: Reason, market: int) -> None:
        self._changed.setdefault((account, reason), {})[market] = None

    def _order(self, number: int, event: Event, account: int, at: int, side: int) -> Order:
        """An order by its number; the engine's own is made up when it first trades."""
        if number not in self.live and number >= OWN_IDS:
            market = self.listing.markets[event.symbol]
            client = f"autoclose-{number - OWN_IDS}"
            wish = Wish(market, side, Type.LIQUIDATION, event.quantity, event.price, client)
            order = Order(number, self.accounts[account], wish, event.price, event.quantity, at, at)
            self.live[number] = order
            order.account.enter(order)
            self._facts.append(Report(order, Execution.NEW, Status.NEW, 0, 0, at))
        return self.live[number]

    def _traded(self, event: Event, at: int) -> None:
        market = self.listing.markets[event.symbol]
        side = event.side
        taker = self._order(event.order_id, event, event.account, at, side)
        maker = self._order(event.maker_id, event, event.maker_account, at, 1 - side)
        self.trades += 1
        buyer, seller = (taker, maker) if side == BUY else (maker, taker)
        numbers = buyer.number, seller.number
        trade = Trade(self.trades, market, event.price, event.quantity, side == BUY, at, *numbers)
        self.tapes[event.symbol].trade(trade)
        self.lasts[event.symbol] = event.price
        self._facts.append(trade)
        both = event.flags & UNCROSSED
        self._fill(taker, trade, False, event.flags & TAKER_DONE > 0)
        self._fill(maker, trade, True, event.flags & MAKER_DONE > 0, pays_as_maker=not both)

    def _fill(
        self, order: Order, trade: Trade, maker: bool, done: bool, pays_as_maker: bool = True
    ) -> None:
        """done: the engine has no more of it; what an order that reduces was cut by is told by
        that alone."""
        market, account = order.market, order.account
        if order.number >= OWN_IDS:
            order.lots = max(order.lots, order.filled + trade.lots)
        order.filled += trade.lots
        order.tick_lots += trade.price * trade.lots
        order.updated = trade.at
        if order.rests:
            self.depths[market.number].add(order.buys, trade.price, -trade.lots)
        fee = self._fee(order, trade, maker and pays_as_maker)
        signed = trade.lots if order.buys else -trade.lots
        realised = self._settle(account, market, signed, trade.price)
        fill = Fill(trade.number, order, trade.price, trade.lots, maker, fee, realised, trade.at)
        if account.keeps:
            order.fills.append(fill)
            account.fills.append(fill)
            self._income(account, market, "REALIZED_PNL", realised, trade.at, trade.number)
            self._income(account, market, "COMMISSION", -fee, trade.at, trade.number)
        self._touch(account.number, Reason.ORDER, market.number)
        if done and order.filled < order.lots:
            self._cut(order)
        self._now(order, Status.FILLED if done else Status.PARTIALLY_FILLED)
        self._report(order, Execution.TRADE, trade.at, fill)

    def _fee(self, order: Order, trade: Trade, as_maker: bool) -> int:
        """As engine.clearing charges it; the engine's own orders pay none. Spot's is due."""
        market = order.market
        if order.number >= OWN_IDS:
            return 0
        fee = market.fee(order.buys, as_maker, trade.price, trade.lots)
        if market.record.kind is Kind.SPOT:
            due = order.account.number, self.listing.asset(market.charged(order.buys))
            self.dues[due] = self.dues.get(due, 0) + fee
        return fee

    def _cut(self, order: Order) -> None:
        """An order that reduces is as large as what it could reduce."""
        if order.rests:
            self.depths[order.market.number].add(order.buys, order.price, -order.open)
        order.lots = order.filled

    def _settle(self, account: Account, market: Market, signed: int, price: int) -> int:
        if market.record.kind is Kind.SPOT:
            return 0
        return account.position(market.number).trade(market, signed, price)

    def _income(
        self, account: Account, market: Market, kind: str, amount: int, at: int, trade: int = 0
    ) -> None:
        if amount and market.record.kind is not Kind.SPOT:
            self.incomes += 1
            told = (self.incomes, market.name, kind, market.settle, amount, at, trade)
            account.income.append(Income(*told))

    def _now(self, order: Order, status: Status) -> None:
        order.status = status
        if not status.live:
            self.live.pop(order.number, None)
            order.account.done(order)

    def _report(self, order: Order, what: Execution, at: int, fill: Fill | None = None) -> None:
        report = Report(order, what, order.status, order.filled, order.tick_lots, at, fill)
        self._facts.append(report)

    def _rested(self, event: Event, at: int) -> None:
        order = self.live[event.order_id]
        order.rests, order.price = True, event.price
        order.lots = order.filled + event.quantity
        self.depths[event.symbol].add(order.buys, event.price, event.quantity)

    def _cancelled(self, event: Event, at: int) -> None:
        order = self.live.get(event.order_id)
        if order is None:
            return
        if order.rests:
            self.depths[event.symbol].add(order.buys, order.price, -event.quantity)
        order.rests, order.why, order.updated = False, event.why, at
        asked = event.why == Reject.ASKED
        self._now(order, Status.CANCELED if asked else Status.EXPIRED)
        self._report(order, Execution.CANCELED if asked else Execution.EXPIRED, at)

    def _amended(self, event: Event, at: int) -> None:
        """An order that keeps its place stays displayed; another comes back as RESTED."""
        order = self.live[event.order_id]
        before = order.lots - order.filled
        kept = event.flags & KEPT
        change = event.quantity - before if kept else -before
        self.depths[event.symbol].add(order.buys, order.price, change)
        order.lots, order.updated = order.filled + event.quantity, at
        order.price, order.rests = event.price, bool(kept)
        self._report(order, Execution.AMENDMENT, at)

    def _balance(self, event: Event, at: int) -> None:
        if event.account:
            reason = Reason.DEPOSIT if event.quantity > 0 else Reason.WITHDRAW
            name = (event.account, reason)
            self._changed.setdefault(name, {})
            self._assets.setdefault(name, {})[event.symbol] = None
            self._amounts[name] = event.quantity

    def _funded(self, event: Event, at: int) -> None:
        if event.account:
            market = self.listing.markets[event.symbol]
            account = self.accounts[event.account]
            self._income(account, market, "FUNDING_FEE", event.quantity, at)
            self._touch(event.account, Reason.FUNDING, event.symbol)
            self._amounts[event.account, Reason.FUNDING] = event.quantity

    def _leverage(self, event: Event, at: int) -> None:
        market = self.listing.markets[event.symbol]
        self._facts.append(Configured(self.accounts[event.account], market, event.quantity, at))

    def _mode(self, event: Event, at: int) -> None:
        self._touch(event.account, Reason.MARGIN_TYPE, event.symbol)

    def _marked(self, event: Event, at: int) -> None:
        self.marks[event.symbol] = event.price
        self._facts.append(Marked(self.listing.markets[event.symbol], event.price, at))

    def _liquidated(self, event: Event, at: int) -> None:
        market = self.listing.markets[event.symbol]
        account = self.accounts[event.account]
        self._income(account, market, "INSURANCE_CLEAR", -event.quantity, at)
        self._touch(event.account, Reason.INSURANCE, event.symbol)

    def _deleveraged(self, event: Event, at: int) -> None:
        """event.side is that of the closing order: the account's lots go that way."""
        market = self.listing.markets[event.symbol]
        for number, other in ((event.account, False), (event.maker_account, True)):
            account = self.accounts[number]
            held = account.position(market.number)
            signed = -event.quantity if held.lots > 0 else event.quantity
            realised = held.trade(market, signed, event.price)
            kind = "REALIZED_PNL" if other else "INSURANCE_CLEAR"
            self._income(account, market, kind, realised, at)
            self._touch(number, Reason.INSURANCE, event.symbol)

    def _covered(self, event: Event, at: int) -> None:
        name = (event.account, Reason.INSURANCE)
        self._changed.setdefault(name, {})
        self._assets.setdefault(name, {})[event.symbol] = None
