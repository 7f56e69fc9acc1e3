"""The executor and the orders stage killed at any moment: the same bytes, and no order twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings

from engine.orders import OrdersStage
from engine.risk import RiskLimits
from schemas import names
from schemas.codec import decode
from schemas.decisions import Verdict
from schemas.orders import OrderCommand, OrderDecision
from schemas.record import Record, symbol_of
from schemas.refusals import Reason
from schemas.statuses import OrderState, Status
from tests.recorded import long
from tests.unit.fake_broker import (
    Broker,
    Message,
    connected,
    executor,
    orders,
    read,
)
from tests.unit.fake_life import Action, Life, actions
from tests.unit.fake_records import held, market, order
from tests.unit.market_tape import record, trade, whole
from tests.unit.trading import ACCOUNT, BTC, ETH, SECOND, decision, instrument, position, worth
from topics.worker import Worker

Inputs = Mapping[str, Sequence[Message]]


def doubled(topic: str, records: Iterable[Record]) -> list[Message]:
    """Messages of one partition; every fifth record is there twice."""
    twice = [each for n, each in enumerate(records) for _ in range(1 if n % 5 else 2)]
    return [read(topic, at, record) for at, record in enumerate(twice)]


def asked(account: str) -> list[OrderDecision]:
    """Orders of an account in two markets that rest on their ticks 0 to 11.

    In BTC it buys at the market, in ETH it does what has a life at the venue.
    """
    found: list[OrderDecision] = []
    for n in range(12):
        found.append((held if n % 3 else order)(n, n, account, BTC))
        found.append(living(n, account) or held(n, n, account, ETH))
    return found


LIVING: Mapping[int, Mapping[str, Any]] = {
    1: {"stop": "95", "target": "105"},
    2: {"type": "limit", "time_in_force": "gtc", "price": "90"},
    3: {"side": "sell", "type": "stop", "trigger": "80", "reduce_only": True},
    4: {"action": "protect", "stop": "96", "target": "107"},
    6: {"action": "modify", "quantity": "0", "price": "91"},
    8: {"action": "cancel"},
    9: {"stop": "95", "target": "111"},
}
"""What an account asks for in ETH, by sequence."""


def living(n: int, account: str) -> OrderDecision | None:
    """The order record of a sequence that asks for something in ETH."""
    if n not in LIVING:
        return None
    plain = order(n, n, account, ETH)
    assert plain.command is not None
    fields = dict(LIVING[n])
    if fields.get("action") == "modify":
        second = order(2, 2, account, ETH).command
        fields["orders"] = (second.client_order_id if second else "",)
    body = {**plain.command.model_dump(), "quantity": "2", **fields}
    return plain.model_copy(update={"command": OrderCommand.model_validate(body)})


def ticked(messages: Sequence[Message]) -> list[Message]:
    """The ticks of a market at their offsets; the first is there twice."""
    first, *others = messages
    records = [first, first, *others]
    return [Message(each.place, at, each.name, each.body) for at, each in enumerate(records)]


def rising(key: str) -> list[Message]:
    """A market with an ask of 100 that rises by one a record, and is bought."""
    found: list[Message] = []
    for n in range(12):
        bids, asks = ((str(99 + n), "10"),), ((str(100 + n), "10"),)
        rows = whole(bids, asks), trade(str(100 + n), "1", "buy")
        found.append(read(names.TICKS, n, record(n, n * SECOND, *rows, key=key)))
    return found


EXECUTOR: Inputs = {
    "btc": ticked(market(12, BTC)),
    "eth": ticked(rising(ETH)),
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


@settings(max_examples=long(75, 25), deadline=None)
@given(actions(EXECUTOR))
def test_statuses_are_a_function_of_orders_and_ticks(happens: list[Action]) -> None:
    broker, _ = lived(of_executor, EXECUTOR, happens)
    assert broker.rows(names.STATUSES) == CALM
    assert broker.records(names.LETTERS) == []
    broker.rows(names.JOURNAL)


def test_orders_rest_and_protect_each_other_in_these_lives() -> None:
    told = [decode(Status, value) for rows in CALM.values() for value in rows]
    seen = {(one.role, one.type, one.state, one.reason) for one in told}
    assert ("target", "fill", OrderState.FILLED, None) in seen
    assert ("stop", "status", OrderState.CANCELLED, Reason.OTHER_FILLED) in seen
    assert (None, "status", OrderState.CANCELLED, None) in seen
    assert (None, "status", OrderState.DONE, None) in seen
    assert (None, "status", OrderState.CANCELLED, Reason.POSITION_CLOSED) in seen
    assert not [one for one in told if one.type == "rejection"]


def test_every_order_has_its_statuses() -> None:
    assert set(CALM) == {f"{account}:{symbol_of(key)}" for account in "ae" for key in (BTC, ETH)}
    assert all(len(rows) >= 12 for rows in CALM.values())


@settings(max_examples=long(150, 50), deadline=None)
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
