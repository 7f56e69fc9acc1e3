"""No account ever exceeds a cap by its own orders: random decisions, people's orders, fills,
partial fills, marks, commands of state, late news and restarts, against a venue that may fill
whatever was approved.

What the account has in truth: the positions as last told at their marks, the fills that it has not
been told of and the rest of what may still fill, these two at the prices of their decisions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal, localcontext
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from engine.account import Account
from engine.answers import Approved
from engine.asks import PERSON, Ask, intent_of
from engine.risk import MONEY
from engine.stage import Cell, Context
from schemas import names
from schemas.decisions import Verdict
from schemas.orders import Contract, Intent, OrderCommand, OrderDecision, OrderType, TimeInForce
from schemas.portfolio import Portfolio
from schemas.record import symbol_of
from tests.recorded import long
from tests.unit.ordering import account, restarted, state, strategy
from tests.unit.trading import ACCOUNT, SECOND, decision, feed, instrument, position, worth

D = Decimal
ZERO, PAR = D(0), D(100)
KEYS = tuple(
    f"binance:{name}" for name in ("A/USDT:USDT", "A/USDC:USDC", "B/USDT:USDT", "C/USDT:USDT")
)
LEVERAGE, LATEST = D(10), 90 * SECOND
"""News may be far later than an order's life and grace: see engine.account.GRACE."""

LIMITS = strategy(
    pyramiding=True, trailing=True, reduce=True, maximum_adds=9,
    risk={"maximum_positions": 3, "storm_orders": 9999, "correlation": "0.2",
          "concentration": "0.12", "symbol_cap": "0.08", "maximum_position_notional": "750",
          "risk_per_trade": "0.1", "unusual_factor": 1000,
          "price_band": "0.5", "resting_band": "0.5", "leverage": LEVERAGE},
)  # fmt: skip


@dataclass
class Working:
    """An order at the venue: what may still fill, at the price of its decision, and what has."""

    command: OrderCommand
    left: Decimal
    price: Decimal
    filled: Decimal = ZERO

    @property
    def opens(self) -> bool:
        return not self.command.reduce_only

    @property
    def signed(self) -> int:
        return 1 if self.command.side == "buy" else -1


@dataclass
class Symbol:
    """One symbol in truth. told: signed quantity and mark that the account knows; fills: sequence
    of the record that will tell it, signed quantity and price of those that entered since.
    """

    quantity: Decimal = ZERO
    told: tuple[Decimal, Decimal] = (ZERO, PAR)
    fills: list[tuple[int, Decimal, Decimal]] = field(default_factory=list)
    owner: str = ""
    done: list[str] = field(default_factory=list)
    seq: int = -1


@dataclass(frozen=True)
class Letter:
    """A record of the portfolio on its way."""

    sent: int
    key: str
    record: Portfolio


class Desk(RuleBasedStateMachine):
    """An account, its venue and the news between them."""

    def __init__(self) -> None:
        super().__init__()
        self.cell: Cell[Any] = account(limits=LIMITS, equity="1000")
        self.now, self.asked = 0, 0
        self.equity, self.most, self.halted = D(1000), 3, False
        self.symbols = {key: Symbol() for key in KEYS}
        self.working: dict[str, Working] = {}
        self.letters: list[Letter] = []
        self.seqs: dict[str, int] = {}

    @initialize()
    def listed(self) -> None:
        feed(self.cell, [(names.INSTRUMENTS, instrument(key, seq=5)) for key in KEYS])

    def next(self, what: str) -> int:
        self.seqs[what] = self.seqs.get(what, 0) + 1
        return self.seqs[what]

    @rule(
        key=st.sampled_from(KEYS),
        verdict=st.sampled_from([Verdict.LONG, Verdict.LONG, Verdict.SHORT, Verdict.EXIT]),
        price=st.sampled_from(["80", "100", "120"]),
        stop=st.sampled_from(["0.99", "0.97", "0.9"]),
        strength=st.sampled_from([0.3, 0.8, 0.8]),
        by=st.sampled_from(["main", "main", "trend"]),
    )
    def decide(
        self, key: str, verdict: Verdict, price: str, stop: str, strength: float, by: str
    ) -> None:
        away = D(stop) if verdict is Verdict.LONG else 2 - D(stop)
        gone = 2 - away
        record = decision(
            self.next(f"decision {key}"), verdict, key, entry=price, strategy=by,
            stop=str(D(price) * away), target=str(D(price) * gone), strength=strength,
            bid=(price, "9"), ask=(price, "9"), seen_time=self.now,
        )  # fmt: skip
        for output in self.cell.take(names.DECISIONS, record):
            order = output.record
            if isinstance(order, OrderDecision) and order.outcome == "approved":
                assert order.command is not None
                self.place(key, order.command, D(price))

    @rule(
        key=st.sampled_from(KEYS),
        side=st.sampled_from(["buy", "sell"]),
        quantity=st.sampled_from(["0.5", "3", "50"]),
        price=st.sampled_from(["80", "100", "120"]),
        rests=st.booleans(),
    )
    def person(self, key: str, side: Any, quantity: str, price: str, rests: bool) -> None:
        self.asked += 1
        kind: dict[str, Any] = {"type": OrderType.LIMIT, "price": D(price)}
        if rests:
            kind["time_in_force"] = TimeInForce.GTC
        self.ask(key, price, lambda held: Ask(
            intent_of(held, side, D(quantity)), side, PERSON, origin="person",
            quantity=D(quantity), identity=f"person-{self.asked}", **kind,
        ))  # fmt: skip

    @rule(data=st.data(), quantity=st.sampled_from(["0.1", "0.5", "3", "50"]))
    def modify(self, data: st.DataObject, quantity: str) -> None:
        mine = [name for name, each in self.working.items() if each.opens and resting(each)]
        if not mine:
            return
        old = self.working[data.draw(st.sampled_from(mine))]
        name, command = old.command.client_order_id, old.command
        key, self.asked = f"binance:{command.symbol}", self.asked + 1
        self.ask(key, str(old.price), lambda held: Ask(
            command.intent, command.side, PERSON, origin="person", action="modify",
            orders=(name,), type=OrderType.LIMIT, time_in_force=TimeInForce.GTC,
            quantity=D(quantity), price=old.price, identity=f"modify-{self.asked}",
        ))  # fmt: skip

    def ask(self, key: str, price: str, make: Any) -> None:
        """What a person asks, answered as within a step."""
        record = decision(0, Verdict.HOLD, key, bid=(price, "9"), ask=(price, "9"))
        with localcontext(MONEY):
            meets = Account(self.cell.state, record, Context(key, self.now, self.cell.tables, ()))
            meets.settle()
            found = self.cell.stage.answer(meets, make(meets.held))  # type: ignore[attr-defined]
        if isinstance(found, Approved):
            self.place(key, found.command, D(price))

    def place(self, key: str, command: OrderCommand, price: Decimal) -> None:
        """The venue has the order; from this moment on it may fill, and no cap is exceeded."""
        if command.action == "protect":
            return
        name = command.orders[0] if command.action == "modify" else command.client_order_id
        order = Working(command, D(command.quantity), price)
        larger = True
        if command.action == "modify":
            old = self.working[name]
            left = order.left - old.filled  # a change names the whole quantity
            larger = left >= old.left
            order = replace(old, left=max(old.left, left))
        self.working[name] = order
        if order.opens and larger:
            assert not self.halted
            self.check(key, command)
        if resting(order):
            self.tell(key)

    @rule(data=st.data(), share=st.sampled_from(["0", "0.3", "1", "1"]), mark=st.integers(80, 120))
    def fill(self, data: st.DataObject, share: str, mark: int) -> None:
        """The venue fills some, all or nothing of an order, and is done with what cannot rest."""
        if not self.working:
            return
        name = data.draw(st.sampled_from(sorted(self.working)))
        order = self.working[name]
        key = f"binance:{order.command.symbol}"
        symbol = self.symbols[key]
        quantity = (order.left * D(share)).quantize(D("0.001"))
        if order.opens:
            symbol.fills.append((symbol.seq + 1, quantity * order.signed, order.price))
        else:
            against = max(D(0), -symbol.quantity * order.signed)
            quantity = min(quantity, against)
        if not symbol.quantity:
            symbol.owner = order.command.strategy
        symbol.quantity += quantity * order.signed
        order.left -= quantity
        order.filled += quantity
        if order.left <= 0 or not resting(order) or share == "0":
            del self.working[name]
            symbol.done.append(name)
        self.tell(key, D(mark))

    def tell(self, key: str, mark: Decimal = PAR) -> None:
        """The portfolio's record of the symbol as it is now sets out."""
        symbol = self.symbols[key]
        symbol.seq += 1
        there = tuple(
            name for name, each in self.working.items()
            if f"binance:{each.command.symbol}" == key and resting(each)
        )  # fmt: skip
        record = position(
            symbol.seq, format(symbol.quantity, "f"), key, mark=str(mark), strategy=symbol.owner,
            contract=Contract(leverage=str(LEVERAGE)), finished=tuple(symbol.done[-8:]),
            open_orders=there, seen_time=self.now,
        )  # fmt: skip
        self.letters.append(Letter(self.now, key, record))

    @rule(number=st.integers(1, 9))
    def news(self, number: int) -> None:
        """Some of the news arrive."""
        for letter in self.letters[:number]:
            self.hear(letter)
        del self.letters[:number]

    def hear(self, letter: Letter) -> None:
        self.cell.take(names.PORTFOLIO, letter.record)
        symbol, seq = self.symbols[letter.key], letter.record.seq
        symbol.told = D(letter.record.quantity), D(letter.record.mark or 0)
        symbol.fills = [each for each in symbol.fills if each[0] > seq]

    @rule(seconds=st.sampled_from([1, 1, 2, 5, 12, 20, 40]))
    def wait(self, seconds: int) -> None:
        """Time passes; what is not executed by its expiry is expired, and old news are there."""
        self.now += seconds * SECOND
        for name, order in list(self.working.items()):
            if not resting(order) and self.now > order.command.expires:
                del self.working[name]
                key = f"binance:{order.command.symbol}"
                self.symbols[key].done.append(name)
                self.tell(key)
        late = [letter for letter in self.letters if self.now - letter.sent >= LATEST]
        if late:
            number = self.letters.index(late[-1]) + 1
            self.news(number)

    @rule()
    def restart(self) -> None:
        self.cell = restarted(self.cell)

    @rule(equity=st.sampled_from(["1000", "900", "300"]))
    def earn(self, equity: str) -> None:
        self.equity = D(equity)
        self.cell.take(names.PORTFOLIO, worth(self.next("equity"), equity))

    @rule(most=st.sampled_from([0, 2, 3, 3, 4]))
    def limit(self, most: int) -> None:
        self.most = most
        seq = self.next("limit")
        self.cell.take(*state("limit/maximum_positions", str(most), seq))

    @rule(stopped=st.sampled_from([False, False, False, True]))
    def halt(self, stopped: bool) -> None:
        self.halted = stopped
        seq = self.next("stopped")
        self.cell.take(*state("stopped", "true" if stopped else "false", seq))

    def exposures(self) -> Iterator[tuple[str, int, Decimal]]:
        """Key, side and notional of all that is there or may come."""
        for key, symbol in self.symbols.items():
            for quantity, price in (symbol.told, *(each[1:] for each in symbol.fills)):
                yield key, 1 if quantity > 0 else -1, abs(quantity) * price
        for order in self.working.values():
            if order.opens:
                yield f"binance:{order.command.symbol}", order.signed, order.left * order.price

    def check(self, key: str, command: OrderCommand) -> None:
        """The caps that the new order takes part in."""
        there = [each for each in self.exposures() if each[2]]
        base, quote = symbol_of(key).split("/")
        sign = 1 if command.side == "buy" else -1
        own = sum(notional for at, _, notional in there if at == key)
        based = sum(n for at, _, n in there if symbol_of(at).split("/")[0] == base)
        group = sum(n for at, s, n in there if symbol_of(at).split("/")[1] == quote and s == sign)
        limits = LIMITS.of(ACCOUNT).limits
        assert own <= limits.maximum_position_notional
        assert own / LEVERAGE <= self.equity * limits.symbol_cap
        assert based / LEVERAGE <= self.equity * limits.concentration
        assert group / LEVERAGE <= self.equity * limits.correlation
        assert sum(n for _, _, n in there) / LEVERAGE <= self.equity
        assert len({at for at, _, _ in there}) <= self.most
        if command.action == "place":
            assert command.intent in (Intent.OPEN, Intent.ADD)


def resting(order: Working) -> bool:
    return order.command.time_in_force is TimeInForce.GTC


Desk.TestCase.settings = settings(
    max_examples=long(300, 100), stateful_step_count=60, deadline=None
)
TestLimitsHold = Desk.TestCase
