"""Orders of every type in a moving market: what must hold, whatever restarts, to the byte."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.lifecycle import TERMINAL
from engine.stage import Cell, Output
from executor.paper.journal import Journal
from schemas.codec import decode, encode
from schemas.orders import Intent, OrderCommand, OrderType, TimeInForce
from schemas.refusals import Reason
from schemas.statuses import JournalEntry, OrderState, Status
from schemas.system import Snapshot
from schemas.ticks import BookState, Ticks
from tests.recorded import long
from tests.unit.executing import (
    MS,
    STAGE,
    Input,
    bare,
    by_place,
    command,
    decided,
    feed,
    journal,
    play,
    play_with_crashes,
    statuses,
)
from tests.unit.market_tape import Row, depth, funding, quote, record, trade, whole

SIDES = ("buy", "sell")
BOOKS = (BookState.OK,) * 6 + (BookState.GAPPED, BookState.STALE)


class Desk:
    """A market whose mid walks and an account that gives every command there is."""

    def __init__(self, random: Random, length: int) -> None:
        self.random, self.mid, self.now = random, 100, 10
        self.ids: list[str] = []
        self.inputs: list[Input] = []
        for n in range(length):
            self.now += random.choice((0, MS, 4 * MS, 7 * MS))
            self.inputs.append(self.ticks(n))
            asked = self.command(n) if random.random() < 0.6 else None
            self.inputs.append(decided(n, self.now, n, asked, clock=random.random() < 0.2))
        self.inputs.append(record(length, self.now + 1000 * MS))
        self.inputs.append(decided(length, self.now + 1000 * MS, length))

    def ticks(self, seq: int) -> Ticks:
        rows = [self.row() for _ in range(self.random.randrange(5))]
        book = self.random.choice(BOOKS)
        first = [self.snapshot()] if seq == 0 or self.random.random() < 0.3 else []
        return record(seq, self.now, *first, *rows, book=BookState.OK if seq == 0 else book)

    def snapshot(self) -> Row:
        bids = tuple((str(self.mid - n), str(self.random.randint(1, 4))) for n in range(1, 4))
        asks = tuple((str(self.mid + n), str(self.random.randint(1, 4))) for n in range(1, 4))
        return whole(bids, asks)

    def row(self) -> Row:
        self.mid = max(90, min(110, self.mid + self.random.randint(-2, 2)))
        price, size = str(self.mid + self.random.randint(-1, 1)), str(self.random.randint(1, 4))
        kind = self.random.randrange(6)
        if kind < 3:
            return trade(price, size, self.random.choice(SIDES))
        if kind == 3:
            return quote(str(self.mid - 1), str(self.mid + 1))
        if kind == 4:
            return depth(((str(self.mid - 1), size),), ((str(self.mid + 1), size),))
        return funding(price, self.random.choice(("0.0001", "-0.0002", None)), self.now + 3 * MS)

    def price(self, spread: int = 4) -> str:
        return str(self.mid + self.random.randint(-spread, spread))

    def command(self, n: int) -> OrderCommand:
        name = f"c{n}" if not self.ids or self.random.random() > 0.05 else self.ids[-1]
        self.ids.append(name)
        kind = self.random.randrange(10)
        if kind < 6:
            return command(name, **self.order())
        some = tuple(self.random.choices(self.known(), k=self.random.randint(1, 3)))
        if kind == 6:
            return command(name, action="cancel", orders=some if self.random.random() < 0.8 else ())
        if kind == 7:
            return command(name, action="protect", **self.protection())
        return command(name, action="modify", orders=some, **self.change())

    def known(self) -> list[str]:
        """Ids that may be at the venue: the account's own, and children by asking the venue."""
        cell = Cell.fresh(STAGE, "paper")
        for one in self.inputs:
            feed(cell, one)
        return [*cell.state.living, *self.ids[-3:]]

    def protection(self) -> dict[str, Any]:
        given = {"stop": self.price(5), "target": self.price(5)}
        return {key: value for key, value in given.items() if self.random.random() < 0.7}

    def change(self) -> dict[str, Any]:
        given = {"price": self.price(), "trigger": self.price()}
        some = {key: value for key, value in given.items() if self.random.random() < 0.5}
        return {"quantity": str(self.random.randint(0, 5)), **some}

    def order(self) -> dict[str, Any]:
        random = self.random
        kind = random.choice(tuple(OrderType))
        reducing = random.random() < 0.25
        fields: dict[str, Any] = {
            "type": kind,
            "side": random.choice(SIDES),
            "quantity": str(random.randint(1, 4)),
            "time_in_force": random.choice(tuple(TimeInForce)),
            "reduce_only": reducing,
            "intent": Intent.CLOSE if reducing else Intent.OPEN,
            "post_only": random.random() < 0.2,
        }
        if kind in (OrderType.LIMIT, OrderType.STOP_LIMIT):
            fields["price"] = self.price()
        if kind is OrderType.LIMIT and random.random() < 0.6:
            style = {"visible": str(random.randint(1, 3)), "variance": "0.5", "lot": "1"}
            quantity = str(random.randint(2, 9))
            fields |= {"style": style, "quantity": quantity, "time_in_force": TimeInForce.GTC}
        if kind in (OrderType.STOP, OrderType.STOP_LIMIT):
            fields["trigger"] = self.price()
        return fields if reducing else {**fields, **self.protection()}


desks = st.builds(
    lambda seed, length: Desk(Random(seed), length).inputs,
    st.integers(0, 10**9),
    st.integers(2, 40),
)
crash_plans = st.lists(st.tuples(st.integers(0, 100), st.integers(0, 30)), min_size=1, max_size=3)


@settings(max_examples=long(60, 20), deadline=None)
@given(desks, crash_plans)
def test_restarts_anywhere_change_no_byte(
    inputs: list[Input], crashes: list[tuple[int, int]]
) -> None:
    assert by_place(play_with_crashes(inputs, crashes)) == by_place(play(inputs))


@settings(max_examples=long(150, 50), deadline=None)
@given(desks)
def test_a_restart_after_every_input_changes_no_byte(inputs: list[Input]) -> None:
    cell, outputs = Cell.fresh(STAGE, "paper"), []
    for one in inputs:
        outputs += feed(cell, one)
        cell = Cell.restore(STAGE, decode(Snapshot, encode(cell.snapshot())))
    assert by_place(outputs) == by_place(play(inputs))


@settings(max_examples=long(150, 50), deadline=None)
@given(desks)
def test_the_journal_comes_first_and_admits_every_entry(inputs: list[Input]) -> None:
    written: dict[str, JournalEntry] = {}
    kept, news = Journal(), Counter[str]()
    for out in play(inputs):
        if isinstance(out.record, JournalEntry):
            assert kept.admit(out.record), "nothing is written twice"
            written[out.key] = out.record
        elif isinstance(out.record, Status) and out.record.client_order_id is not None:
            entry = written[out.record.client_order_id]
            if out.record.reason is Reason.DUPLICATE:
                continue
            told = news[entry.key]
            news[entry.key] += 1
            if out.record.state is OrderState.SENT and not entry.statuses:
                assert entry.state is OrderState.INTENDED
            else:
                assert bare(out.record) == entry.statuses[told]


def is_part(order: OrderCommand) -> bool:
    """Whether it is a part of another order."""
    return order.parent is not None and order.role is None


class Book:
    """What a reader of the statuses knows: the position, and each order's quantity and fills."""

    def __init__(self, entries: list[JournalEntry]) -> None:
        self.commands = {entry.key: entry.command for entry in entries}
        self.position = 0
        self.whole: dict[str, int] = {}
        self.filled: Counter[str] = Counter()
        self.open: set[str] = set()
        self.worked: Counter[str] = Counter()
        self.largest: Counter[str] = Counter()

    def take(self, status: Status) -> None:
        order_id = status.client_order_id
        if order_id is None or status.reason is Reason.DUPLICATE:
            return
        order = self.commands[order_id]
        if status.type == "fill":
            self._fill(order, status)
        elif status.state in (OrderState.OPEN, OrderState.PARTIALLY_FILLED):
            assert status.quantity is not None
            self.whole[order_id] = int(status.quantity)
            self.largest[order_id] = max(self.largest[order_id], self.whole[order_id])
            if order.style is not None and status.filled is not None:
                self._worked(order, status)
        if status.state in TERMINAL:
            self.open.discard(order_id)
        elif status.state is not OrderState.SENT:
            self.open.add(order_id)

    def _worked(self, order: OrderCommand, status: Status) -> None:
        """An order in parts tells what its parts have traded, and is never filled beyond itself."""
        filled = int(status.filled or 0)
        assert filled == self.worked[order.client_order_id]
        out = [
            self.whole.get(name, int(each.quantity)) - self.filled[name]
            for name, each in self.commands.items()
            if is_part(each) and each.parent == order.client_order_id and name in self.open
        ]
        assert filled + sum(out) <= max(int(order.quantity), self.largest[order.client_order_id])

    def _fill(self, order: OrderCommand, status: Status) -> None:
        quantity, before = int(status.quantity or 0), self.position
        assert quantity > 0
        assert order.action == "place"
        self.position += quantity if order.side == "buy" else -quantity
        if order.reduce_only:
            assert 0 <= self.position * (1 if before > 0 else -1) < abs(before)
        self.filled[order.client_order_id] += quantity
        total = self.filled[order.client_order_id]
        assert total == int(status.filled or 0)
        wanted = self.whole.get(order.client_order_id, int(order.quantity))
        assert total <= wanted
        assert (status.state is OrderState.FILLED) == (total == wanted)
        if is_part(order):
            self.worked[order.parent or ""] += quantity
        limit = order.price if order.type is OrderType.LIMIT else None
        if limit and not order.post_only and order.client_order_id not in self.whole:
            assert (float(status.price or 0) - float(limit)) * (order.side == "buy" or -1) <= 0

    def protection(self) -> list[OrderCommand]:
        return [self.commands[each] for each in self.open if self.commands[each].role]


def steps_of(outputs: list[Output]) -> list[list[Status]]:
    """Statuses of each step."""
    found: dict[str, list[Status]] = {}
    for status in statuses(outputs):
        found.setdefault(status.cause, []).append(status)
    return list(found.values())


@settings(max_examples=long(200, 66), deadline=None)
@given(desks)
def test_what_must_hold_of_a_desk(inputs: list[Input]) -> None:
    outputs = play(inputs)
    book = Book(journal(outputs))
    for step in steps_of(outputs):
        for status in step:
            book.take(status)
        children = book.protection()
        assert len({child.role for child in children}) == len(children), "one pair at most"
        for child in children:
            assert child.side == ("sell" if book.position > 0 else "buy")
            rest = book.whole[child.client_order_id] - book.filled[child.client_order_id]
            assert rest == abs(book.position) > 0


def test_the_desks_of_these_tests_do_everything() -> None:
    told: Counter[Any] = Counter()
    for seed in range(60):
        outputs = play(Desk(Random(seed), 40).inputs)
        commands = {entry.key: entry.command for entry in journal(outputs)}
        parts = Counter(order.parent for order in commands.values() if is_part(order))
        told.update(("parts", min(2, count)) for count in parts.values())
        for status in statuses(outputs):
            order = commands.get(status.client_order_id or "")
            told[status.type, status.liquidity] += 1
            told[status.state, status.reason] += 1
            told[order and order.role, status.state] += 1
    ends = (OrderState.FILLED, OrderState.CANCELLED, OrderState.PARTIALLY_FILLED)
    for role in ("stop", "target"):
        assert all(told[role, state] for state in ends)
    for reason in (Reason.OTHER_FILLED, Reason.POSITION_CLOSED, Reason.WOULD_TAKE):
        assert told[OrderState.CANCELLED, reason] or told[OrderState.REJECTED, reason], reason
    assert told["parts", 1] > 50
    assert told["parts", 2] > 5
    assert told["fill", "maker"] > 50
    assert told["fill", "taker"] > 50
    assert told["funding", None] > 5
    assert told[OrderState.DONE, None] > 20
    assert told[OrderState.REJECTED, Reason.UNKNOWN_ORDER]
    assert told[OrderState.DONE, Reason.UNKNOWN_ORDER]
