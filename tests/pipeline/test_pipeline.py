"""The recorded market through every stage on real Kafka."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import TypeVar

import pytest

from schemas import names
from schemas.codec import decode
from schemas.orders import OrderDecision
from schemas.portfolio import Portfolio
from schemas.record import Record
from schemas.statuses import JournalEntry, OrderState, Status
from schemas.ticks import NoticeType, Ticks
from tests.pipeline.run import MARKET, Run, same

pytestmark = [pytest.mark.broker, pytest.mark.timeout(600)]

R = TypeVar("R", bound=Record)


def records(run: Run, topic: str, model: type[R]) -> list[R]:
    """All records of a topic, each once."""
    return [decode(model, value) for rows in run.read(topic).values() for value in rows]


def test_counts_are_the_recordings(whole: Run) -> None:
    counts: Counter[str] = Counter()
    for ticks in records(whole, names.TICKS, Ticks):
        counts["trades"] += len(ticks.trades)
        counts["quotes"] += len(ticks.quotes)
        counts["snapshots"] += sum(ticks.books.snapshot)
        counts["depth"] += len(ticks.books) - sum(ticks.books.snapshot)
        counts["unapplied"] += sum(not applied for applied in ticks.books.applied)
        counts.update(notice.type for notice in ticks.notices)
    assert counts["trades"] == 35_389
    assert counts["quotes"] == 120_081
    assert counts["depth"] == 13_137
    assert counts["snapshots"] == 2
    assert counts["unapplied"] == 13  # those before the snapshots in the files
    for fault in (NoticeType.GAP, NoticeType.CROSSED, NoticeType.DEAD, NoticeType.STALE):
        assert counts[fault] == 0, fault
    assert not list(whole.values(names.LETTERS))


def test_two_plays_are_byte_identical(whole: Run, runs: Callable[[str], Run]) -> None:
    again = runs("again")
    again.start()
    again.play(speed=30)
    again.played()
    again.settle()
    again.stop()
    for topic in MARKET:
        same(whole.read(topic), again.read(topic))


def test_it_trades_and_every_command_has_one_effect(whole: Run) -> None:
    check_effects(whole)


def check_effects(run: Run) -> None:
    """Every approved command: one terminal journal entry, its fills once on the statuses."""
    commands = [
        order.command
        for order in records(run, names.ORDERS, OrderDecision)
        if order.command is not None
    ]
    assert len(commands) >= 10
    assert len({command.client_order_id for command in commands}) == len(commands)
    ends: dict[str, JournalEntry] = {}
    for key, value in run.values(names.JOURNAL):
        entry = decode(JournalEntry, value)
        if entry.state not in (OrderState.INTENDED, OrderState.SENT):
            known = ends.setdefault(key, entry)
            assert known.statuses == entry.statuses, f"{key} has two effects"
    filled: dict[str, Decimal] = {}
    for status in records(run, names.STATUSES, Status):
        if status.type == "fill":
            assert status.client_order_id is not None
            filled.setdefault(status.client_order_id, Decimal(0))
            filled[status.client_order_id] += Decimal(status.quantity or 0)
    for command in commands:
        entry = ends[command.client_order_id]
        journalled = [one for one in entry.statuses if one.type == "fill"]
        assert sum(Decimal(one.quantity or 0) for one in journalled) == filled.get(
            command.client_order_id, Decimal(0)
        )


def test_the_portfolio_recomputes_from_the_fills(whole: Run) -> None:
    cash, fees, position, marks = Decimal(0), Decimal(0), Counter[str](), dict[str, Decimal]()
    for status in records(whole, names.STATUSES, Status):
        if status.mark is not None:
            marks[status.symbol] = Decimal(status.mark)
        if status.type == "fill":
            sign = 1 if status.side == "buy" else -1
            quantity, price = Decimal(status.quantity or 0), Decimal(status.price or 0)
            cash -= sign * quantity * price
            position[status.symbol] += sign * quantity  # type: ignore[assignment]
            fees += Decimal(status.fee or 0)
    account = [
        record for record in records(whole, names.PORTFOLIO, Portfolio) if record.type == "account"
    ][-1]
    worth = sum((Decimal(position[symbol]) * marks[symbol] for symbol in marks), Decimal(0))
    assert Decimal(account.equity or 0) == Decimal(10_000) + cash + worth - fees
    assert Decimal(account.fees) == fees
