"""The matching rules in plain Python, as plainly as they can be told: the reference of the engine.

Orders of one side are one list in order of priority. Nothing here is fast, and nothing is shared
with the engine but its codes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, field

from engine.matching.codes import (
    BUY,
    CANCEL_BOTH,
    CANCEL_NEWEST,
    CANCEL_OLDEST,
    FLAGS,
    FOK,
    GTC,
    KEPT,
    MAKER_DONE,
    MAX_PARTS,
    MAX_POSITION,
    MAX_QUANTITY,
    POST_ONLY,
    PREVENTION,
    REDUCE_ONLY,
    TAKER_DONE,
    TIF,
    UNCROSSED,
    Command,
    Event,
    Happening,
    Kind,
    Op,
    Phase,
    Why,
)
from engine.matching.instrument import Instrument

LIMITED = (Kind.LIMIT, Kind.STOP_LIMIT)
ASLEEP = (Kind.STOP, Kind.STOP_LIMIT, Kind.TRAILING)


@dataclass(slots=True)
class Order:
    """whole: quantity of its life; displayed and hidden: what of it is open."""

    order_id: int
    account: int
    side: int
    kind: int
    flags: int
    symbol: int
    price: int
    whole: int
    displayed: int
    hidden: int
    peak: int
    trigger: int
    trail: int
    entered: int

    @property
    def open(self) -> int:
        return self.displayed + self.hidden

    @property
    def asleep(self) -> bool:
        return self.kind in ASLEEP

    @property
    def prevention(self) -> int:
        return self.flags & PREVENTION if self.account else 0

    def better(self, price: int, than: int) -> bool:
        """Whether a price is better for a resting order of this side."""
        return price > than if self.side == BUY else price < than

    def takes(self, price: int, limit: int) -> bool:
        """Whether this order, with that limit, would trade at a price."""
        return price <= limit if self.side == BUY else price >= limit


@dataclass(slots=True)
class Market:
    """One symbol. last: price of its last trade, 0 before the first."""

    instrument: Instrument
    phase: int
    low: int
    high: int
    last: int = 0
    books: tuple[list[Order], list[Order]] = field(default_factory=lambda: ([], []))
    stops: list[Order] = field(default_factory=list)
    trailing: list[Order] = field(default_factory=list)
    elected: list[Order] = field(default_factory=list)

    @property
    def reference(self) -> int:
        return self.last or self.instrument.reference

    @property
    def crossed(self) -> bool:
        buys, sells = self.books
        return bool(buys and sells and buys[0].price >= sells[0].price)

    def insert(self, order: Order) -> None:
        """Behind all whose price is as good."""
        book = self.books[order.side]
        place = len(book)
        while place and order.better(order.price, book[place - 1].price):
            place -= 1
        book.insert(place, order)

    def sleep(self, order: Order) -> None:
        self.stops.append(order)
        if order.kind == Kind.TRAILING and order not in self.trailing:
            self.trailing.append(order)

    def wake(self, order: Order) -> None:
        self.stops.remove(order)
        if order.kind == Kind.TRAILING:
            self.trailing.remove(order)

    def limit(self, order: Order) -> int:
        """The worst price that an order takes; without one of its own, the band's."""
        if order.kind in LIMITED:
            return order.price
        return self.high if order.side == BUY else self.low

    def reached(self, order: Order, price: int) -> bool:
        return price >= order.trigger if order.side == BUY else price <= order.trigger


class Naive:
    """submit(command) -> events. It starts empty, with command number 1 to come."""

    def __init__(
        self, instruments: Sequence[Instrument], accounts: int = 1, max_orders: int = 1 << 20
    ) -> None:
        self.markets = [Market(i, i.phase, i.lowest, i.highest) for i in instruments]
        self.accounts, self.max_orders = accounts, max_orders
        self.seq = 0
        self.orders: dict[int, Order] = {}
        self.positions: dict[tuple[int, int], int] = {}
        self.events: list[Event] = []

    def submit(self, command: Command) -> list[Event]:
        self.seq += 1
        self.events = []
        steps = self._steps()
        step = steps.get(command.op)
        why = step(command) if step else Why.BAD
        if why:
            self._reject(command, why)
        self._activate_all()
        return self.events

    def _steps(self) -> dict[int, Callable[[Command], int]]:
        return {
            Op.PLACE: self._place,
            Op.CANCEL: self._cancel,
            Op.REDUCE: self._reduce,
            Op.AMEND: self._amend,
            Op.PHASE: self._phase,
            Op.BAND: self._band,
            Op.POSITION: self._position,
        }

    def _activate_all(self) -> None:
        for market in self.markets:
            while market.elected:
                self._activate(market, market.elected.pop(0))

    # ---- what is said

    def _say(
        self,
        what: Happening,
        order: Order,
        quantity: int,
        price: int | None = None,
        why: int = Why.ASKED,
        flags: int = 0,
    ) -> None:
        shown = order.price if price is None else price
        self.events.append(
            Event(
                what, flags, order.side, why, order.symbol, self.seq, order.order_id, 0, shown,
                quantity, order.account, 0,
            )
        )  # fmt: skip

    def _reject(self, c: Command, why: int) -> None:
        self.events.append(
            Event(
                Happening.REJECTED, 0, c.side, why, c.symbol, self.seq, c.order_id, 0, c.price,
                c.quantity, c.account, 0,
            )
        )  # fmt: skip

    def _tell(
        self, what: Happening, c: Command, price: int = 0, quantity: int = 0, flags: int = 0
    ) -> None:
        self.events.append(
            Event(
                what, flags, 0, Why.ASKED, c.symbol, self.seq, 0, 0, price, quantity, c.account, 0
            )
        )

    # ---- placing

    def _place(self, c: Command) -> int:
        if self._malformed(c):
            return Why.BAD
        market = self.markets[c.symbol]
        order = Order(
            c.order_id, c.account, c.side, c.kind, c.flags, c.symbol, c.price, c.quantity,
            c.quantity, 0, c.visible if c.visible < c.quantity else 0, c.trigger, c.trail, 0,
        )  # fmt: skip
        why = self._door(market, order)
        if why:
            return why
        if order.asleep:
            self.orders[order.order_id] = order
            market.sleep(order)
            self._say(Happening.WAITING, order, order.open, order.trigger)
            return Why.ASKED
        why = self._refusal(market, order)
        if not why:
            self._enter(market, order)
        return why

    def _malformed(self, c: Command) -> bool:
        if not (
            c.side in (0, 1)
            and c.kind in list(Kind)
            and c.flags <= FLAGS
            and c.flags & TIF != TIF
            and c.symbol < len(self.markets)
            and c.order_id > 0
            and 0 <= c.account < self.accounts
            and 0 < c.quantity <= MAX_QUANTITY
            and min(c.price, c.trigger, c.visible, c.trail) >= 0
        ):
            return True
        limited = c.kind in LIMITED
        waits = limited and c.flags & TIF == GTC
        stopped = c.kind in (Kind.STOP, Kind.STOP_LIMIT)
        return not (
            (c.price > 0) == limited
            and (c.trigger > 0) == stopped
            and (c.trail > 0) == (c.kind == Kind.TRAILING)
            and (waits or not c.flags & POST_ONLY)
            and (waits or not c.visible)
            and c.visible <= c.quantity
            and c.quantity <= MAX_PARTS * (c.visible or c.quantity)
            and (c.account or not c.flags & REDUCE_ONLY)
            and self._fits(c.account, c.symbol, c.quantity)
        )

    def _fits(self, account: int, symbol: int, quantity: int) -> bool:
        return abs(self._held(account, symbol)) + quantity <= MAX_POSITION

    def _held(self, account: int, symbol: int) -> int:
        return self.positions.get((symbol, account), 0)

    def _door(self, market: Market, order: Order) -> int:
        """What refuses an order before the book is looked at."""
        instrument = market.instrument
        waits = order.asleep or (order.kind == Kind.LIMIT and order.flags & TIF == GTC)
        if order.order_id in self.orders:
            return Why.DUPLICATE
        if waits and len(self.orders) >= self.max_orders:
            return Why.FULL
        if market.phase == Phase.HALTED or (market.phase == Phase.AUCTION and not waits):
            return Why.PHASE
        if order.kind in LIMITED and not market.low <= order.price <= market.high:
            return Why.BAND
        if order.kind == Kind.TRAILING:
            sign = 1 if order.side == BUY else -1
            order.trigger = market.reference + sign * order.trail
            order.entered = self.seq
        if order.asleep and not instrument.lowest <= order.trigger <= instrument.highest:
            return Why.BAND
        if order.asleep and market.reached(order, market.reference):
            return Why.WOULD_TRIGGER
        return Why.ASKED

    def _refusal(self, market: Market, order: Order) -> int:
        """What refuses an order that is about to meet the book; it may cut one that reduces."""
        if order.flags & REDUCE_ONLY:
            room = self._reducible(order)
            if not room:
                return Why.REDUCE_ONLY
            if room < order.displayed:
                order.whole = order.displayed = room
        if order.flags & POST_ONLY and self._would_take(market, order):
            return Why.WOULD_TAKE
        if order.flags & TIF == FOK and not self._fillable(market, order):
            return Why.UNFILLED
        return Why.ASKED

    def _reducible(self, order: Order) -> int:
        held = self._held(order.account, order.symbol)
        return max(0, -held if order.side == BUY else held)

    def _would_take(self, market: Market, order: Order, price: int = 0) -> bool:
        against = market.books[1 - order.side]
        return bool(against and order.takes(against[0].price, price or order.price))

    def _fillable(self, market: Market, order: Order) -> bool:
        """Whether all of it would fill, by doing it to copies; orders that reduce do not count."""
        limit, want = market.limit(order), order.displayed
        reduces = bool(order.flags & REDUCE_ONLY)
        makers = [
            copy(maker)
            for maker in market.books[1 - order.side]
            if not maker.flags & REDUCE_ONLY
            or _same(order, maker)
            or (reduces and maker.account == order.account)
        ]
        while want and makers and order.takes(makers[0].price, limit):
            maker = makers.pop(0)
            if _same(order, maker):
                if order.prevention != CANCEL_OLDEST:
                    return False
                continue
            if reduces and maker.account == order.account:
                return False
            want -= min(want, maker.displayed)
            maker.displayed = min(maker.peak, maker.hidden)
            maker.hidden -= maker.displayed
            if maker.displayed:
                behind = [each for each in makers if each.price == maker.price]
                makers.insert(len(behind), maker)
        return not want

    # ---- matching

    def _enter(self, market: Market, order: Order) -> None:
        """Match an order and rest, or cancel, what is left of it."""
        alive = market.phase != Phase.OPEN or self._match(market, order)
        if alive and order.displayed:
            if order.kind == Kind.LIMIT and order.flags & TIF == GTC:
                self._rest(market, order)
            else:
                self._say(Happening.CANCELLED, order, order.open, why=Why.UNFILLED)

    def _rest(self, market: Market, order: Order) -> None:
        order.kind = Kind.LIMIT
        if order.peak:
            order.displayed, order.hidden = _split(order.open, order.peak)
        self.orders[order.order_id] = order
        market.insert(order)
        self._say(Happening.RESTED, order, order.open)

    def _match(self, market: Market, taker: Order) -> bool:
        """Trade while there is something to take; False where the taker was cancelled."""
        against, limit, prints = market.books[1 - taker.side], market.limit(taker), []
        alive = True
        while alive and taker.displayed and against and taker.takes(against[0].price, limit):
            maker = against[0]
            if _same(taker, maker):
                alive = self._prevent(market, taker, maker)
            elif self._spent(taker, maker):
                self._say(Happening.CANCELLED, taker, taker.open, why=Why.REDUCE_ONLY)
                alive = False
            elif self._spent(maker, taker):
                self._drop(market, maker, Why.REDUCE_ONLY)
            else:
                prints.append(maker.price)
                self._trade(market, taker, maker, maker.price)
        self._elect(market, prints)
        return alive

    def _prevent(self, market: Market, taker: Order, maker: Order) -> bool:
        if taker.prevention in (CANCEL_OLDEST, CANCEL_BOTH):
            self._drop(market, maker, Why.SELF_TRADE)
        if taker.prevention in (CANCEL_NEWEST, CANCEL_BOTH):
            self._say(Happening.CANCELLED, taker, taker.open, why=Why.SELF_TRADE)
            return False
        return True

    def _spent(self, order: Order, other: Order) -> bool:
        """Whether an order may only reduce, and a trade with the other would not."""
        own = order.account == other.account
        return bool(order.flags & REDUCE_ONLY) and (own or not self._reducible(order))

    def _trade(
        self, market: Market, taker: Order, maker: Order, price: int, flags: int = 0
    ) -> None:
        quantity = min(taker.displayed, maker.displayed)
        for order in (taker, maker):
            if order.flags & REDUCE_ONLY:
                quantity = min(quantity, self._reducible(order))
        taker.displayed -= quantity
        maker.displayed -= quantity
        flags |= 0 if taker.open else TAKER_DONE
        flags |= 0 if maker.open else MAKER_DONE
        self.events.append(
            Event(
                Happening.TRADE, flags, taker.side, Why.ASKED, taker.symbol, self.seq,
                taker.order_id, maker.order_id, price, quantity, taker.account, maker.account,
            )
        )  # fmt: skip
        for order in (taker, maker):
            self._hold(order, quantity if order.side == BUY else -quantity)
        self._refresh(market, maker)

    def _hold(self, order: Order, quantity: int) -> None:
        if order.account:
            held = self._held(order.account, order.symbol) + quantity
            self.positions[order.symbol, order.account] = held

    def _refresh(self, market: Market, order: Order) -> None:
        """After a trade: a resting order shows its next part, behind the others, or is gone."""
        if order.displayed:
            return
        market.books[order.side].remove(order)
        if order.hidden:
            order.displayed, order.hidden = _split(order.hidden, order.peak)
            market.insert(order)
            self._say(Happening.REFRESHED, order, order.displayed)
        else:
            del self.orders[order.order_id]

    # ---- stops

    def _elect(self, market: Market, prints: list[int]) -> None:
        """Let trade prices, in turn, move the trailing stops and elect the stops they reach."""
        for price in prints:
            market.last = price
            for order in market.trailing:
                sign = 1 if order.side == BUY else -1
                trigger = price + sign * order.trail
                if order.better(order.trigger, trigger):
                    order.trigger = trigger
                    market.stops.remove(order)
                    market.stops.append(order)
            for order in _by_trigger(market.stops):
                if market.reached(order, price):
                    market.wake(order)
                    market.elected.append(order)

    def _activate(self, market: Market, order: Order) -> None:
        del self.orders[order.order_id]
        order.kind = Kind.LIMIT if order.kind == Kind.STOP_LIMIT else Kind.MARKET
        order.trigger = order.trail = order.entered = 0
        self._say(Happening.TRIGGERED, order, order.open)
        outside = order.kind == Kind.LIMIT and not market.low <= order.price <= market.high
        why = Why.BAND if outside else self._refusal(market, order)
        if why:
            self._say(Happening.CANCELLED, order, order.open, why=why)
        else:
            self._enter(market, order)

    # ---- commands about an order

    def _found(self, c: Command) -> Order | None:
        """The order a command is about; an account other than 0 sees its own only."""
        order = self.orders.get(c.order_id)
        return None if order is None or (c.account and c.account != order.account) else order

    def _drop(self, market: Market, order: Order, why: int) -> None:
        if order.asleep:
            market.wake(order)
        else:
            market.books[order.side].remove(order)
        del self.orders[order.order_id]
        self._say(Happening.CANCELLED, order, order.open, why=why)

    def _cancel(self, c: Command) -> int:
        order = self._found(c)
        if order is None:
            return Why.UNKNOWN
        self._drop(self.markets[order.symbol], order, Why.ASKED)
        return Why.ASKED

    def _reduce(self, c: Command) -> int:
        order = self._found(c)
        if order is None:
            return Why.UNKNOWN
        if c.quantity <= 0:
            return Why.BAD
        self._shrink(order, c.quantity)
        return Why.ASKED

    def _shrink(self, order: Order, quantity: int) -> None:
        """Take a quantity off, first of what is hidden; the order keeps its place."""
        if quantity >= order.open:
            self._drop(self.markets[order.symbol], order, Why.ASKED)
            return
        order.whole -= quantity
        hidden = min(quantity, order.hidden)
        order.hidden -= hidden
        order.displayed -= quantity - hidden
        self._say(Happening.AMENDED, order, order.open, flags=KEPT)

    def _amend(self, c: Command) -> int:
        order = self._found(c)
        if order is None:
            return Why.UNKNOWN
        market = self.markets[order.symbol]
        price, trigger = c.price or order.price, c.trigger or order.trigger
        whole = c.quantity or order.whole
        why = self._amend_refusal(market, order, c, whole)
        if why:
            return why
        if whole - (order.whole - order.open) <= 0:
            self._drop(market, order, Why.ASKED)
        elif price == order.price and trigger == order.trigger and whole <= order.whole:
            self._shrink(order, order.whole - whole)
        elif (
            not order.asleep and order.flags & POST_ONLY and self._would_take(market, order, price)
        ):
            return Why.WOULD_TAKE
        else:
            why = self._reheld(order, price, order.open + whole - order.whole)
            if not why:
                self._reenter(market, order, price, trigger, whole)
            return why
        return Why.ASKED

    def _reheld(self, order: Order, price: int, quantity: int) -> int:
        """What refuses to hold money for an order as it would be; nothing here has money."""
        return Why.ASKED

    def _amend_refusal(self, market: Market, order: Order, c: Command, whole: int) -> int:
        instrument = market.instrument
        fits = self._fits(order.account, order.symbol, whole)
        if (
            min(c.price, c.trigger, c.quantity) < 0
            or whole > MAX_QUANTITY
            or whole > MAX_PARTS * (order.peak or whole)
            or not fits
            or (c.price and order.kind not in LIMITED)
            or (c.trigger and order.kind not in (Kind.STOP, Kind.STOP_LIMIT))
        ):
            return Why.BAD
        if market.phase == Phase.HALTED:
            return Why.PHASE
        if c.price and not market.low <= c.price <= market.high:
            return Why.BAND
        if c.trigger:
            if not instrument.lowest <= c.trigger <= instrument.highest:
                return Why.BAND
            after = copy(order)
            after.trigger = c.trigger
            if market.reached(after, market.reference):
                return Why.WOULD_TRIGGER
        return Why.ASKED

    def _reenter(self, market: Market, order: Order, price: int, trigger: int, whole: int) -> None:
        """The order as it is now goes to the back of the queue, over the book if it crosses."""
        (market.stops if order.asleep else market.books[order.side]).remove(order)
        order.displayed, order.hidden = order.open + whole - order.whole, 0
        order.price, order.trigger, order.whole = price, trigger, whole
        self._say(Happening.AMENDED, order, order.open)
        if order.asleep:
            market.sleep(order)
        else:
            del self.orders[order.order_id]
            self._enter(market, order)

    # ---- the market

    def _phase(self, c: Command) -> int:
        if c.symbol >= len(self.markets) or c.kind not in list(Phase):
            return Why.BAD
        market = self.markets[c.symbol]
        market.phase = c.kind
        self._tell(Happening.PHASE, c, flags=c.kind)
        while market.phase == Phase.OPEN and market.crossed:
            self._uncross(market, c)
        return Why.ASKED

    def _uncross(self, market: Market, c: Command) -> None:
        price, volume = clearing(market)
        self._tell(Happening.AUCTION, c, price, volume)
        buys, sells = market.books
        prints = []
        while buys and sells and buys[0].price >= price >= sells[0].price:
            buy, sell = buys[0], sells[0]
            if self._spent(buy, sell):
                self._drop(market, buy, Why.REDUCE_ONLY)
            elif self._spent(sell, buy):
                self._drop(market, sell, Why.REDUCE_ONLY)
            else:
                prints.append(price)
                self._trade(market, buy, sell, price, UNCROSSED)
                self._refresh(market, buy)
        self._elect(market, prints)

    def _band(self, c: Command) -> int:
        if c.symbol >= len(self.markets):
            return Why.BAD
        market = self.markets[c.symbol]
        instrument = market.instrument
        if not instrument.lowest <= c.price <= c.trigger <= instrument.highest:
            return Why.BAD
        market.low, market.high = c.price, c.trigger
        self._tell(Happening.BAND, c, c.price, c.trigger)
        return Why.ASKED

    def _position(self, c: Command) -> int:
        known = c.symbol < len(self.markets) and 0 < c.account < self.accounts
        if not known or abs(c.quantity) > MAX_POSITION:
            return Why.BAD
        self.positions[c.symbol, c.account] = c.quantity
        self._tell(Happening.POSITION, c, 0, c.quantity)
        return Why.ASKED

    # ---- the state as words

    def queues(self, market: Market) -> list[list[Order]]:
        """Buys, sells, sell stops, buy stops, each by priority."""
        stops = _by_trigger(market.stops)
        sells = [each for each in stops if each.side != BUY]
        return [*market.books, sells, [each for each in stops if each.side == BUY]]

    def words(self) -> list[int]:
        """The state as engine.matching.words tells it."""
        out = [1, self.seq, len(self.markets), self.accounts, self.max_orders]
        for market in self.markets:
            i = market.instrument
            out += [i.lowest, i.highest, i.reference, market.last, market.phase]
            out += [market.low, market.high]
            queues = self.queues(market)
            out += map(len, queues)
            for queue in queues:
                for order in queue:
                    out += _order_words(order)
        held = sorted((*key, value) for key, value in self.positions.items() if value)
        return [*out, len(held), *(word for row in held for word in row)]


def _order_words(order: Order) -> Iterator[int]:
    yield from (order.order_id, order.account)
    yield order.side | order.kind << 8 | order.flags << 16
    yield from (order.price, order.whole, order.displayed, order.hidden)
    yield from (order.peak, order.trigger, order.trail, order.entered)


def _same(taker: Order, maker: Order) -> bool:
    return bool(taker.prevention) and taker.account == maker.account


def _split(open_: int, peak: int) -> tuple[int, int]:
    shown = min(open_, peak)
    return shown, open_ - shown


def _by_trigger(stops: list[Order]) -> list[Order]:
    """Buys from the lowest trigger up, then sells from the highest down; else as they stand."""
    buys = [each for each in stops if each.side == BUY]
    sells = [each for each in stops if each.side != BUY]
    return sorted(buys, key=lambda o: o.trigger) + sorted(sells, key=lambda o: -o.trigger)


def clearing(market: Market) -> tuple[int, int]:
    """Price and volume that clear a crossed book: every tick between best sell and buy is tried.

    Most volume, then least imbalance, then nearest to the reference. Nothing else can tie: demand
    minus supply falls as the price rises, so what is best by the first two lies side by side.
    """
    buys, sells = market.books
    found = []
    for price in range(sells[0].price, buys[0].price + 1):
        demand = sum(each.open for each in buys if each.price >= price)
        supply = sum(each.open for each in sells if each.price <= price)
        distance = abs(price - market.reference)
        found.append((-min(demand, supply), abs(demand - supply), distance, price))
    volume, _, _, price = min(found)
    return price, -volume
