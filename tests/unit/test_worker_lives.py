"""The executor and the orders stage killed at any moment: the same bytes, and no order twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence

import pytest
from hypothesis import given, settings

from engine.orders import OrdersStage
from engine.risk import RiskLimits
from schemas import names
from schemas.codec import decode
from schemas.decisions import Verdict
from schemas.orders import OrderDecision
from schemas.record import Record, symbol_of
from tests.unit.fake_broker import (
    Broker,
    Message,
    connected,
    executor,
    held,
    market,
    order,
    orders,
    read,
)
from tests.unit.fake_life import Action, Life, actions
from tests.unit.trading import ACCOUNT, BTC, ETH, decision, instrument, position, worth
from topics.worker import Worker

Inputs = Mapping[str, Sequence[Message]]


def doubled(topic: str, records: Iterable[Record]) -> list[Message]:
    """Messages of one partition; every fifth record is there twice."""
    twice = [each for n, each in enumerate(records) for _ in range(1 if n % 5 else 2)]
    return [read(topic, at, record) for at, record in enumerate(twice)]


def asked(account: str) -> list[OrderDecision]:
    """Orders of an account in two markets that rest on their ticks 0 to 11."""
    found: list[OrderDecision] = []
    for n in range(12):
        found.append((held if n % 3 else order)(n, n, account, BTC))
        found.append((order if n % 4 == 1 else held)(n, n, account, ETH))
    return found


def ticked(key: str) -> list[Message]:
    """The ticks 0 to 11 of a market; the first is there twice."""
    first, *others = market(12, key)
    records = [first, first, *others]
    return [Message(each.place, at, each.name, each.body) for at, each in enumerate(records)]


EXECUTOR: Inputs = {
    "btc": ticked(BTC),
    "eth": ticked(ETH),
    "a": doubled(names.ORDERS, asked("a")),
    "e": doubled(names.ORDERS, asked("e")),
}
LONG_SHORT = (Verdict.LONG, Verdict.HOLD, Verdict.SHORT, Verdict.EXIT)
ORDERS: Inputs = {
    "btc": doubled(names.DECISIONS, (decision(n, LONG_SHORT[n % 4], BTC) for n in range(10))),
    "eth": doubled(names.DECISIONS, (decision(n, LONG_SHORT[n * 2 % 3], ETH) for n in range(10))),
    "portfolio": doubled(
        names.PORTFOLIO,
        [
            record
            for n in range(8)
            for record in (worth(n, str(10_000 - n)), position(n, str(n % 3 - 1), BTC))
        ],
    ),
    "instruments btc": doubled(names.INSTRUMENTS, [instrument(BTC)]),
    "instruments eth": doubled(names.INSTRUMENTS, [instrument(ETH)]),
}


def lived(
    make: Callable[[Broker], Worker], inputs: Inputs, happens: Iterable[Action]
) -> tuple[Broker, Worker]:
    """The broker and the last worker after a life."""
    with pytest.MonkeyPatch.context() as patch:
        life = Life(connected(patch), make, inputs)
        asyncio.run(life.live(happens))
    return life.broker, life.worker


def of_executor(broker: Broker) -> Worker:
    return executor(broker, "a", "e")


def of_orders(broker: Broker) -> Worker:
    return orders(broker, OrdersStage((ACCOUNT,), RiskLimits(maximum_positions=2)))


CALM = lived(of_executor, EXECUTOR, [])[0].rows(names.STATUSES)


@pytest.mark.parametrize("inputs", [EXECUTOR, ORDERS])
def test_each_input_is_a_partition_of_its_own(inputs: Inputs) -> None:
    places = [{message.place for message in messages} for messages in inputs.values()]
    assert all(len(place) == 1 for place in places)
    assert len(set.union(*places)) == len(inputs)


@settings(max_examples=150, deadline=None)
@given(actions(EXECUTOR))
def test_statuses_are_a_function_of_orders_and_ticks(happens: list[Action]) -> None:
    broker, _ = lived(of_executor, EXECUTOR, happens)
    assert broker.rows(names.STATUSES) == CALM
    assert broker.records(names.LETTERS) == []
    broker.rows(names.JOURNAL)


def test_every_order_has_its_statuses() -> None:
    assert set(CALM) == {f"{account}:{symbol_of(key)}" for account in "ae" for key in (BTC, ETH)}
    assert all(len(rows) >= 12 for rows in CALM.values())


@settings(max_examples=150, deadline=None)
@given(actions(ORDERS))
def test_each_decision_gives_one_order_record_and_no_command_twice(happens: list[Action]) -> None:
    broker, _ = lived(of_orders, ORDERS, happens)
    made = broker.rows(names.ORDERS)
    assert {key: len(rows) for key, rows in made.items()} == {
        f"{ACCOUNT}:{symbol_of(key)}": 10 for key in (BTC, ETH)
    }
    records = [decode(OrderDecision, value) for rows in made.values() for value in rows]
    identities = [each.command.client_order_id for each in records if each.command]
    assert len(set(identities)) == len(identities)
