"""The rules of accounts and margin in plain Python: the reference of engine.clearing.

Nothing is kept that can be worked out: what is in use, unrealised or owed is summed up anew from
positions, orders and prices whenever it is asked for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from engine.clearing import codes
from engine.clearing.codes import MAX_MONEY, OWN_IDS, RATE, Happening, Mode, Op, Why
from engine.clearing.contract import Contract, Kind, Terms, Tier
from engine.matching import codes as matching
from engine.matching.codes import BUY, IOC, REDUCE_ONLY, SELL, UNCROSSED, Command, Phase
from engine.matching.instrument import Instrument
from tests.matching.naive import Market, Naive, Order

ASKED = 0
LIMIT = matching.Kind.LIMIT


@dataclass(slots=True)
class Position:
    """One account in one symbol; its lots are the matching engine's. cost: signed, of settle."""

    cost: int = 0
    margin: int = 0
    leverage: int = 1
    mode: int = Mode.CROSS


@dataclass(slots=True)
class Hold:
    """An order under way that holds money: at a price, for what is open of it."""

    order: Order
    price: int
    lots: int


def ceil(above: int, below: int) -> int:
    return -(-above // below)


def toward_zero(above: int, below: int) -> int:
    return above // below if above >= 0 else -(-above // below)


class Cleared(Naive):
    """submit(command) -> events, as Naive, with money."""

    def __init__(
        self,
        instruments: Sequence[Instrument],
        terms: Terms,
        accounts: int = 1,
        max_orders: int = 1 << 20,
    ) -> None:
        super().__init__(instruments, accounts, max_orders)
        self.terms = terms
        self.contracts = terms.contracts
        self.most = [c.most_lots(i) for c, i in zip(self.contracts, instruments, strict=True)]
        self.marks = [i.reference for i in instruments]
        self.funded = [0] * len(instruments)
        self.wallets: defaultdict[tuple[int, int], int] = defaultdict(int)
        self.held: defaultdict[tuple[int, int], int] = defaultdict(int)
        self.funds = [0] * terms.assets
        self.houses = [0] * terms.assets
        self.deposited = [0] * terms.assets
        self.rows: defaultdict[tuple[int, int], Position] = defaultdict(Position)
        self.holds: dict[int, Hold] = {}
        self.liquidations = 0
        self.in_liquidation: tuple[int, int] | None = None
        self.liquidated_value = 0
        self.deal: tuple[Order, int, int] | None = None

    def _steps(self) -> dict[int, Callable[[Command], int]]:
        steps = super()._steps()
        del steps[matching.Op.POSITION]
        return {
            **steps,
            Op.DEPOSIT: self._deposit,
            Op.WITHDRAW: self._withdraw,
            Op.LEVERAGE: self._leverage,
            Op.MARGIN_MODE: self._mode,
            Op.MARK: self._mark,
            Op.FUNDING: self._funding,
        }

    # ---- what things are worth

    def value(self, symbol: int, price: int, lots: int) -> int:
        c = self.contracts[symbol]
        return lots * c.unit // price if c.kind == Kind.INVERSE else lots * c.unit * price

    def sign(self, symbol: int, side: int) -> int:
        """Of what a trade of that side adds to the cost."""
        return 1 if (side == BUY) != (self.contracts[symbol].kind == Kind.INVERSE) else -1

    def marked(self, symbol: int, lots: int) -> int:
        """Signed value of a position at the mark, as its cost is signed."""
        side = BUY if lots > 0 else SELL
        return self.sign(symbol, side) * self.value(symbol, self.marks[symbol], abs(lots))

    def unrealised(self, symbol: int, account: int) -> int:
        lots = self._held(account, symbol)
        return self.marked(symbol, lots) - self.rows[symbol, account].cost if lots else 0

    def maintenance(self, symbol: int, account: int) -> int:
        notional = abs(self.marked(symbol, self._held(account, symbol)))
        tier, amount = self._tier(symbol, notional)
        return max(0, ceil(notional * tier.rate, RATE) - amount)

    def _tier(self, symbol: int, notional: int) -> tuple[Tier, int]:
        contract = self.contracts[symbol]
        for tier, amount in zip(contract.tiers, contract.amounts(), strict=True):
            if notional <= tier.cap:
                return tier, amount
        return contract.tiers[-1], contract.amounts()[-1]

    # ---- what orders hold

    def _ordered(self, symbol: int, account: int, side: int) -> list[Hold]:
        return [
            hold
            for hold in self.holds.values()
            if (hold.order.symbol, hold.order.account, hold.order.side) == (symbol, account, side)
        ]

    def _values(self, symbol: int, account: int, side: int) -> int:
        held = self._ordered(symbol, account, side)
        return sum(self.value(symbol, hold.price, hold.lots) for hold in held)

    def exposure(self, symbol: int, account: int) -> int:
        """The larger of what it would be long, and short, were all its orders filled."""
        position = self._invested(symbol, account)
        buys, sells = (self._values(symbol, account, side) for side in (BUY, SELL))
        return max(position + buys, sells - position)

    def _invested(self, symbol: int, account: int) -> int:
        cost = abs(self.rows[symbol, account].cost)
        return cost if self._held(account, symbol) > 0 else -cost

    def needed(self, symbol: int, account: int) -> int:
        """Initial margin of a position and its orders, with the orders' fees; of an isolated
        position that of the orders alone: its own has left the wallet."""
        row, contract = self.rows[symbol, account], self.contracts[symbol]
        bound = self.exposure(symbol, account)
        if row.mode == Mode.ISOLATED:
            bound -= abs(row.cost)
        orders = sum(self._values(symbol, account, side) for side in (BUY, SELL))
        return ceil(bound, row.leverage) + ceil(orders * contract.taker, RATE)

    def _contracts(self, asset: int) -> list[int]:
        return [
            symbol
            for symbol, contract in enumerate(self.contracts)
            if contract.settle == asset and contract.kind != Kind.SPOT
        ]

    def _crossed(self, account: int, asset: int) -> list[int]:
        """Symbols of its cross positions."""
        return [
            symbol
            for symbol in self._contracts(asset)
            if self._held(account, symbol) and self.rows[symbol, account].mode == Mode.CROSS
        ]

    def equity(self, account: int, asset: int) -> int:
        crossed = self._crossed(account, asset)
        return self.wallets[account, asset] + sum(self.unrealised(s, account) for s in crossed)

    def free(self, account: int, asset: int) -> int:
        """What of a wallet nothing is held for; gains that are not realised count for margin."""
        used = sum(self.needed(symbol, account) for symbol in self._contracts(asset))
        return self.equity(account, asset) - used

    def withdrawable(self, account: int, asset: int) -> int:
        gain = max(0, self.equity(account, asset) - self.wallets[account, asset])
        return self.free(account, asset) - gain

    def _bound(self, order: Order, price: int, lots: int) -> tuple[int, int]:
        """The asset that a spot order holds, and how much of it."""
        contract = self.contracts[order.symbol]
        if order.side == SELL:
            return contract.base, lots * contract.lot
        value = self.value(order.symbol, price, lots)
        return contract.settle, value + ceil(value * contract.taker, RATE)

    # ---- an order holds, and lets go

    def _place(self, c: Command) -> int:
        if self._malformed(c) or self._foreign(c):
            return matching.Why.BAD
        return super()._place(c)

    def _foreign(self, c: Command) -> bool:
        """Whether it is nobody's, takes an id of the engine's, or reduces what is no position."""
        own = c.order_id >= OWN_IDS and not self.in_liquidation
        spot = self.contracts[c.symbol].kind == Kind.SPOT
        return not c.account or own or (spot and bool(c.flags & REDUCE_ONLY))

    def _refusal(self, market: Market, order: Order) -> int:
        return super()._refusal(market, order) or self._hold_for(
            order, market.limit(order), order.displayed
        )

    def _hold_for(self, order: Order, price: int, lots: int) -> int:
        if order.flags & REDUCE_ONLY:
            return ASKED
        if lots > self.most[order.symbol]:
            return Why.WIDE
        if self.contracts[order.symbol].kind == Kind.SPOT:
            return self._hold_spot(Hold(order, price, lots))
        return self._hold_margin(Hold(order, price, lots))

    def _hold_spot(self, hold: Hold) -> int:
        asset, amount = self._bound(hold.order, hold.price, hold.lots)
        if amount > self.withdrawable(hold.order.account, asset):
            return Why.INSUFFICIENT
        self._set_aside(hold.order.account, asset, amount)
        self.holds[hold.order.order_id] = hold
        return ASKED

    def _set_aside(self, account: int, asset: int, amount: int) -> None:
        self.wallets[account, asset] -= amount
        self.held[account, asset] += amount

    def _hold_margin(self, hold: Hold) -> int:
        order = hold.order
        symbol, account = order.symbol, order.account
        free = self.free(account, self.contracts[symbol].settle)
        needed, exposure = self.needed(symbol, account), self.exposure(symbol, account)
        self.holds[order.order_id] = hold
        why = self._margin_refusal(hold, free, needed, exposure)
        if why:
            del self.holds[order.order_id]
        return why

    def _margin_refusal(self, hold: Hold, free: int, needed: int, exposure: int) -> int:
        symbol, account = hold.order.symbol, hold.order.account
        lots = self._held(account, symbol) * (1 if hold.order.side == BUY else -1)
        lots += sum(each.lots for each in self._ordered(symbol, account, hold.order.side))
        if lots > self.most[symbol]:
            return Why.WIDE
        after = self.exposure(symbol, account)
        if after > exposure and self.rows[symbol, account].leverage > self._leverage_at(
            symbol, after
        ):
            return Why.LEVERAGE
        more = self.needed(symbol, account) - needed + self._open_loss(hold)
        return Why.INSUFFICIENT if more > 0 and more > free else ASKED

    def _leverage_at(self, symbol: int, notional: int) -> int:
        """The highest leverage of its tier; none beyond the last."""
        tier, _ = self._tier(symbol, notional)
        return tier.leverage if notional <= tier.cap else 0

    def _open_loss(self, hold: Hold) -> int:
        """What it would have lost at once, were it filled at its price."""
        symbol = hold.order.symbol
        sign = self.sign(symbol, hold.order.side)
        at_price = sign * self.value(symbol, hold.price, hold.lots)
        return max(0, at_price - sign * self.value(symbol, self.marks[symbol], hold.lots))

    def _let_go(self, order: Order, lots: int) -> int:
        """Let go of what is held for so many lots of an order; how much money that was (spot)."""
        hold = self.holds.get(order.order_id)
        if hold is None:
            return 0
        lots = min(lots, hold.lots)
        freed = 0
        if self.contracts[order.symbol].kind == Kind.SPOT:
            asset, before = self._bound(order, hold.price, hold.lots)
            freed = before - self._bound(order, hold.price, hold.lots - lots)[1]
            self._set_aside(order.account, asset, -freed)
        hold.lots -= lots
        if not hold.lots:
            del self.holds[order.order_id]
        return freed

    def _enter(self, market: Market, order: Order) -> None:
        super()._enter(market, order)
        if order.order_id not in self.orders:
            self._let_go(order, order.whole)

    def _drop(self, market: Market, order: Order, why: int) -> None:
        super()._drop(market, order, why)
        self._let_go(order, order.whole)

    def _shrink(self, order: Order, quantity: int) -> None:
        if quantity < order.open:
            self._let_go(order, quantity)
        super()._shrink(order, quantity)

    def _reheld(self, order: Order, price: int, quantity: int) -> int:
        hold = self.holds.get(order.order_id)
        if hold is None:
            return ASKED
        before = (hold.price, hold.lots)
        self._let_go(order, hold.lots)
        why = self._hold_for(order, price, quantity)
        if why:
            hold.price, hold.lots = before
            self.holds[order.order_id] = hold
            if self.contracts[order.symbol].kind == Kind.SPOT:
                self._set_aside(order.account, *self._bound(order, *before))
        return why

    # ---- a trade

    def _trade(
        self, market: Market, taker: Order, maker: Order, price: int, flags: int = 0
    ) -> None:
        self.deal = taker, price, flags
        super()._trade(market, taker, maker, price, flags)

    def _hold(self, order: Order, quantity: int) -> None:
        assert self.deal
        taker, price, flags = self.deal
        contract = self.contracts[order.symbol]
        takes = order is taker or bool(flags & UNCROSSED)
        rate = contract.taker if takes else contract.maker
        if order.order_id >= OWN_IDS:
            rate = 0
        self._let_go(order, abs(quantity))
        if contract.kind == Kind.SPOT:
            self._exchange(order, price, abs(quantity), rate)
        else:
            self._settle(order.symbol, order.account, quantity, price, rate)

    def _charge(self, account: int, symbol: int, value: int, rate: int) -> None:
        """A fee, or a rebate; what is less than a unit stays with the payer."""
        asset = self.contracts[symbol].settle
        fee = toward_zero(value * rate, RATE)
        self.wallets[account, asset] -= fee
        self.houses[asset] += fee

    def _exchange(self, order: Order, price: int, lots: int, rate: int) -> None:
        """Spot: one asset for the other."""
        contract = self.contracts[order.symbol]
        sign = 1 if order.side == BUY else -1
        value = self.value(order.symbol, price, lots)
        super()._hold(order, sign * lots)
        self.wallets[order.account, contract.base] += sign * lots * contract.lot
        self.wallets[order.account, contract.settle] -= sign * value
        self._charge(order.account, order.symbol, value, rate)

    def _settle(self, symbol: int, account: int, quantity: int, price: int, rate: int) -> None:
        """A contract's trade of a signed quantity: what closes is realised, what opens is cost."""
        held = self._held(account, symbol)
        closed = min(abs(quantity), abs(held)) if held * quantity < 0 else 0
        sign = self.sign(symbol, BUY if quantity > 0 else SELL)
        value = self.value(symbol, price, abs(quantity))
        closing = self.value(symbol, price, closed)
        if closed:
            self._realise(symbol, account, closed, sign * closing)
        self.rows[symbol, account].cost += sign * (value - closing)
        self.positions[symbol, account] = held + quantity
        if self.in_liquidation == (symbol, account):
            self.liquidated_value += value
        self._charge(account, symbol, value, rate)
        self._back(symbol, account, value - closing)
        self._cover(account, self.contracts[symbol].settle)

    def _realise(self, symbol: int, account: int, closed: int, value: int) -> None:
        row, held = self.rows[symbol, account], abs(self._held(account, symbol))
        part = toward_zero(row.cost * closed, held)
        result = -(part + value)
        row.cost -= part
        if row.mode == Mode.ISOLATED and self.in_liquidation == (symbol, account):
            row.margin += result
            return
        freed = row.margin * closed // held if row.mode == Mode.ISOLATED else 0
        row.margin -= freed
        result += freed
        if row.mode == Mode.ISOLATED and result < 0:
            taken = min(row.margin, -result)
            row.margin -= taken
            result += taken
        self.wallets[account, self.contracts[symbol].settle] += result

    def _back(self, symbol: int, account: int, opened: int) -> None:
        """Margin of what an isolated position opens leaves the wallet, as far as it is there."""
        row, key = self.rows[symbol, account], (account, self.contracts[symbol].settle)
        if row.mode == Mode.ISOLATED and opened:
            moved = min(opened // row.leverage, max(0, self.wallets[key]))
            self.wallets[key] -= moved
            row.margin += moved

    def _cover(self, account: int, asset: int, owed: int = 0) -> None:
        """The fund pays what an account owes and has nothing left to pay with; then the house."""
        key = account, asset
        if not owed and self.wallets[key] < 0 and not self._crossed(account, asset):
            owed, self.wallets[key] = -self.wallets[key], 0
        if owed:
            paid = min(owed, self.funds[asset])
            self.funds[asset] -= paid
            self.houses[asset] -= owed - paid
            self._note(Happening.COVERED, asset, account, owed - paid, paid)

    # ---- commands about accounts

    def _note(
        self, what: Happening, symbol: int, account: int, price: int, quantity: int,
        side: int = 0, order_id: int = 0, other: int = 0, flags: int = 0,
    ) -> None:  # fmt: skip
        self.events.append(
            matching.Event(
                what, flags, side, 0, symbol, self.seq, order_id, 0, price, quantity, account, other
            )
        )

    def _deposit(self, c: Command) -> int:
        if c.symbol >= self.terms.assets or not 0 <= c.account < self.accounts or c.quantity <= 0:
            return matching.Why.BAD
        if self.deposited[c.symbol] + c.quantity > MAX_MONEY:
            return Why.WIDE
        self._move(c, c.quantity)
        return ASKED

    def _withdraw(self, c: Command) -> int:
        if c.symbol >= self.terms.assets or not 0 <= c.account < self.accounts or c.quantity <= 0:
            return matching.Why.BAD
        fund = self.funds[c.symbol]
        if c.quantity > (self.withdrawable(c.account, c.symbol) if c.account else fund):
            return Why.INSUFFICIENT
        self._move(c, -c.quantity)
        return ASKED

    def _move(self, c: Command, amount: int) -> None:
        self.deposited[c.symbol] += amount
        if c.account:
            self.wallets[c.account, c.symbol] += amount
        else:
            self.funds[c.symbol] += amount
        now = self.wallets[c.account, c.symbol] if c.account else self.funds[c.symbol]
        self._note(Happening.BALANCE, c.symbol, c.account, now, amount)

    def _no_contract(self, symbol: int) -> bool:
        known = symbol < len(self.contracts)
        return not known or self.contracts[symbol].kind == Kind.SPOT

    def _no_margin(self, c: Command) -> bool:
        return self._no_contract(c.symbol) or not 0 < c.account < self.accounts

    def _leverage(self, c: Command) -> int:
        if self._no_margin(c) or not 1 <= c.quantity <= self.contracts[c.symbol].tiers[0].leverage:
            return matching.Why.BAD
        row = self.rows[c.symbol, c.account]
        held = self._held(c.account, c.symbol)
        if row.mode == Mode.ISOLATED and held and c.quantity < row.leverage:
            return Why.POSITION
        exposure = self.exposure(c.symbol, c.account)
        if exposure and c.quantity > self._leverage_at(c.symbol, exposure):
            return Why.LEVERAGE
        before, free = row.leverage, self.free(c.account, self.contracts[c.symbol].settle)
        needed = self.needed(c.symbol, c.account)
        row.leverage = c.quantity
        more = self.needed(c.symbol, c.account) - needed
        if more > 0 and more > free:
            row.leverage = before
            return Why.INSUFFICIENT
        self._note(Happening.LEVERAGE, c.symbol, c.account, 0, c.quantity)
        return ASKED

    def _mode(self, c: Command) -> int:
        if self._no_margin(c) or c.kind not in list(Mode):
            return matching.Why.BAD
        orders = [self._ordered(c.symbol, c.account, side) for side in (BUY, SELL)]
        if self._held(c.account, c.symbol) or any(orders):
            return Why.POSITION
        self.rows[c.symbol, c.account].mode = c.kind
        self._note(Happening.MARGIN_MODE, c.symbol, c.account, 0, 0, flags=c.kind)
        return ASKED

    # ---- mark and funding

    def _mark(self, c: Command) -> int:
        if self._no_contract(c.symbol):
            return matching.Why.BAD
        instrument = self.markets[c.symbol].instrument
        if not instrument.lowest <= c.price <= instrument.highest:
            return matching.Why.BAD
        self.marks[c.symbol] = c.price
        self._note(Happening.MARK, c.symbol, 0, c.price, 0)
        self._watch(c.symbol)
        return ASKED

    def _funding(self, c: Command) -> int:
        if self._no_contract(c.symbol):
            return matching.Why.BAD
        interval = self.contracts[c.symbol].interval
        if not interval or abs(c.quantity) > RATE or c.trigger <= 0:
            return matching.Why.BAD
        if c.trigger % interval or c.trigger <= self.funded[c.symbol]:
            return Why.EARLY
        self.funded[c.symbol] = c.trigger
        self._fund(c.symbol, c.quantity)
        self._watch(c.symbol)
        return ASKED

    def _fund(self, symbol: int, rate: int) -> None:
        """What those on one side pay is shared among those on the other by lots."""
        asset = self.contracts[symbol].settle
        held = {a: self._held(a, symbol) for a in range(1, self.accounts)}
        pot = 0
        for account, lots in held.items():
            if lots * rate > 0:
                owed = ceil(abs(self.marked(symbol, lots)) * abs(rate), RATE)
                row = self.rows[symbol, account]
                if row.mode == Mode.ISOLATED:
                    owed = min(owed, row.margin)
                pot += owed
                self._pay(symbol, account, -owed)
        getters = {a: abs(lots) for a, lots in held.items() if lots * rate < 0}
        shares = {a: pot * lots // sum(getters.values()) for a, lots in getters.items()}
        for account, share in shares.items():
            self._pay(symbol, account, share)
        rest = pot - sum(shares.values())
        self.funds[asset] += rest
        self._note(Happening.FUNDING, symbol, 0, self.marks[symbol], rest)

    def _pay(self, symbol: int, account: int, amount: int) -> None:
        row = self.rows[symbol, account]
        if row.mode == Mode.ISOLATED:
            row.margin += amount
        else:
            self.wallets[account, self.contracts[symbol].settle] += amount
        self._note(Happening.FUNDING, symbol, account, self.marks[symbol], amount)

    # ---- liquidation

    def _watch(self, symbol: int) -> None:
        """Close what the mark has left without its maintenance margin."""
        for account in range(1, self.accounts):
            if self._held(account, symbol):
                while self._unsafe(account, symbol):
                    target = self._target(account, symbol)
                    if target is None:
                        break
                    self._liquidate(target, account)

    def _group(self, account: int, symbol: int) -> list[int]:
        """The positions that one margin backs."""
        if self.rows[symbol, account].mode == Mode.ISOLATED:
            return [symbol] if self._held(account, symbol) else []
        return self._crossed(account, self.contracts[symbol].settle)

    def _backing(self, account: int, symbol: int) -> int:
        row = self.rows[symbol, account]
        if row.mode == Mode.ISOLATED:
            return row.margin + self.unrealised(symbol, account)
        return self.equity(account, self.contracts[symbol].settle)

    def _unsafe(self, account: int, symbol: int) -> bool:
        group = self._group(account, symbol)
        needed = sum(self.maintenance(each, account) for each in group)
        return bool(group) and self._backing(account, symbol) < needed

    def _target(self, account: int, symbol: int) -> int | None:
        """Of the group's open markets the one that frees most."""
        ready = [s for s in self._group(account, symbol) if self.markets[s].phase == Phase.OPEN]
        return max(ready, key=lambda s: (self.maintenance(s, account), -s), default=None)

    def _liquidate(self, symbol: int, account: int) -> None:
        market, asset = self.markets[symbol], self.contracts[symbol].settle
        held = self._held(account, symbol)
        side = SELL if held > 0 else BUY
        share = self._share(account, symbol)
        bankruptcy = self.price_leaving(symbol, held, share)
        limit = self.price_leaving(symbol, held, share + self.funds[asset])
        order_id = OWN_IDS + self.liquidations
        self.liquidations += 1
        self._note(
            Happening.LIQUIDATION, symbol, account, bankruptcy, abs(held), side, order_id
        )  # fmt: skip
        self._withdraw_all(account, symbol)
        self.in_liquidation, self.liquidated_value = (symbol, account), 0
        limit = max(limit, market.low) if side == SELL else min(limit, market.high)
        if market.low <= limit <= market.high:
            self._close(symbol, account, side, limit, order_id)
        while self._held(account, symbol):
            self._deleverage(symbol, account, bankruptcy)
        self._finish(symbol, account)

    def _share(self, account: int, symbol: int) -> int:
        """What of its backing this position may lose: by maintenance."""
        group = self._group(account, symbol)
        whole = sum(self.maintenance(each, account) for each in group)
        backing = self._backing(account, symbol)
        if not whole:
            return backing
        return toward_zero(backing * self.maintenance(symbol, account), whole)

    def price_leaving(self, symbol: int, held: int, money: int) -> int:
        """The price at which closing a position at the mark would have cost that much money."""
        contract, instrument = self.contracts[symbol], self.markets[symbol].instrument
        lots, mark = abs(held), self.marks[symbol]
        if contract.kind == Kind.LINEAR:
            away = money // (lots * contract.unit)
            price = mark - away if held > 0 else mark + away
        else:
            worth = self.value(symbol, mark, lots) + (money if held > 0 else -money)
            if worth <= 0:
                return instrument.highest
            whole = lots * contract.unit
            price = ceil(whole, worth) if held > 0 else whole // worth
        return min(max(price, instrument.lowest), instrument.highest)

    def _withdraw_all(self, account: int, symbol: int) -> None:
        """Its orders in the markets that the same margin backs, by symbol, queue and priority."""
        symbols = [symbol]
        if self.rows[symbol, account].mode == Mode.CROSS:
            found = self._contracts(self.contracts[symbol].settle)
            symbols = [s for s in found if self.rows[s, account].mode == Mode.CROSS]
        for each in symbols:
            market = self.markets[each]
            for queue in self.queues(market):
                for order in [one for one in queue if one.account == account]:
                    self._drop(market, order, Why.LIQUIDATED)

    def _close(self, symbol: int, account: int, side: int, limit: int, order_id: int) -> None:
        lots = min(abs(self._held(account, symbol)), matching.MAX_QUANTITY)
        command = Command(
            matching.Op.PLACE, side, LIMIT, IOC | REDUCE_ONLY, symbol, order_id, account, limit,
            lots,
        )  # fmt: skip
        why = self._place(command)
        if why:
            self._reject(command, why)
        self._activate_all()

    def _deleverage(self, symbol: int, account: int, price: int) -> None:
        """Close against the opposite position that gained most for what backs it."""
        held = self._held(account, symbol)
        others = [a for a in range(1, self.accounts) if self._held(a, symbol) * held < 0]
        other = max(others, key=lambda a: (self.rank(symbol, a), -a))
        lots = min(abs(held), abs(self._held(other, symbol)))
        side = SELL if held > 0 else BUY
        self._note(Happening.DELEVERAGED, symbol, account, price, lots, side, other=other)
        signed = lots if side == BUY else -lots
        self._settle(symbol, account, signed, price, 0)
        self._settle(symbol, other, -signed, price, 0)

    def rank(self, symbol: int, account: int) -> float:
        row = self.rows[symbol, account]
        gain = float(self.unrealised(symbol, account)) * float(row.leverage)
        return gain / float(max(1, abs(row.cost)))

    def _finish(self, symbol: int, account: int) -> None:
        contract, row = self.contracts[symbol], self.rows[symbol, account]
        asset = contract.settle
        fee = self.liquidated_value * contract.liquidation // RATE
        self.in_liquidation = None
        if row.mode == Mode.ISOLATED:
            left, row.margin = row.margin, 0
            fee = min(fee, max(0, left))
            self.wallets[account, asset] += max(0, left) - fee
            self._cover(account, asset, max(0, -left))
        else:
            wallet, equity = self.wallets[account, asset], self.equity(account, asset)
            fee = min(fee, max(0, min(wallet, equity)))
            self.wallets[account, asset] -= fee
        self.funds[asset] += fee
        self._note(Happening.LIQUIDATED, symbol, account, 0, fee)

    # ---- the state as words

    def words(self) -> list[int]:
        """The state as engine.clearing.words tells it."""
        out = [2, *super().words()[1:], self.terms.assets, self.liquidations]
        for asset in range(self.terms.assets):
            out += [self.funds[asset], self.houses[asset], self.deposited[asset]]
        for symbol, contract in enumerate(self.contracts):
            out += [*contract_words(contract), self.marks[symbol], self.funded[symbol]]
        keys = sorted({*self.wallets, *self.held})
        wallets = [(*key, self.wallets[key], self.held[key]) for key in keys]
        rows = [
            (symbol, account, row.cost, row.margin, row.leverage, row.mode)
            for (symbol, account), row in sorted(self.rows.items())
        ]
        wallets = [row for row in wallets if any(row[2:])]
        rows = [row for row in rows if row[2:] != (0, 0, 1, 0)]
        for table in (wallets, rows):
            out += [len(table), *(word for row in table for word in row)]
        return out

    def total(self, asset: int) -> int:
        """All money of an asset; it is what was deposited."""
        wallets = sum(w for (_, a), w in [*self.wallets.items(), *self.held.items()] if a == asset)
        rows = [
            row.margin - row.cost
            for (symbol, _), row in self.rows.items()
            if self.contracts[symbol].settle == asset
        ]
        return wallets + sum(rows) + self.funds[asset] + self.houses[asset]


def contract_words(c: Contract) -> Iterator[int]:
    yield from (c.kind, c.settle, c.unit, c.base, c.lot, c.maker, c.taker, c.liquidation)
    yield from (c.interval, len(c.tiers))
    for tier in c.tiers:
        yield from (tier.cap, tier.rate, tier.leverage)


__all__ = ["Cleared", "codes"]
