"""The executor's worker: whatever arrives, and in whatever order, each order has one answer."""

from __future__ import annotations

from typing import Any

import pytest
from faust.types import TP

from executor.paper import held as held_module
from executor.paper import intake as intake_module
from schemas import names
from schemas.codec import encode
from schemas.orders import OrderDecision
from schemas.refusals import Reason
from tests.unit.fake_broker import (
    Broker,
    Died,
    Message,
    begin,
    connected,
    executor,
    garbage,
    give,
    read,
)
from tests.unit.fake_records import held, market, order, ticks
from tests.unit.trading import BTC

PLACE = read(names.TICKS, 0, ticks(0)).place


async def started(broker: Broker, *accounts: str) -> Any:
    """An executor that has restored what is on the broker."""
    one = executor(broker, *accounts)
    await begin(one)
    return one


def asked(*records: OrderDecision) -> list[Message]:
    """Order records at the offsets 0, 1, 2 ..."""
    return [read(names.ORDERS, at, record) for at, record in enumerate(records)]


def answers(broker: Broker, kind: str = "") -> list[str]:
    """The commands that were answered, in order; with a kind, those of that type of status."""
    told = [one for one in broker.records(names.STATUSES) if kind in ("", one.type)]
    return list(dict.fromkeys(one.client_order_id for one in told if one.client_order_id))


async def test_an_account_that_is_behind_waits_for_its_own_ticks(broker: Broker) -> None:
    """Account a has followed 5 and b 1; after a restart b's order comes before market.ticks."""
    one = await started(broker, "a", "b")
    last = read(names.ORDERS, 1, order(1, 5, "b"))
    await give(one, *market(6), *asked(held(0, 5, "a")), *asked(held(0, 1, "b")))
    await one.checkpoint()
    await give(one, last)
    await broker.flush()
    calm, count = broker.rows(names.STATUSES), len(broker.records(names.STATUSES))
    again = executor(broker, "a", "b")
    starts = await begin(again)
    await give(again, last, *market(6, since=starts[PLACE]))
    await broker.flush()
    assert broker.rows(names.STATUSES) == calm
    assert len(broker.records(names.STATUSES)) > count


async def test_an_order_after_one_that_cannot_be_read_waits_for_its_ticks(broker: Broker) -> None:
    one = await started(broker, "a")
    await give(one, *market(1), *asked(held(0, 0)))
    await give(one, garbage(names.ORDERS, 1, "a:BTC/USDT:USDT"))
    await give(one, read(names.ORDERS, 2, order(2, 5)))
    assert answers(broker) == []
    await give(one, *market(6, since=1), read(names.ORDERS, 3, held(3, 5)))
    (told,) = {one.book_seq for one in broker.records(names.STATUSES) if one.client_order_id}
    assert told == 5


@pytest.mark.parametrize(
    "bad",
    [
        read(names.TICKS, 1, ticks(1).model_copy(update={"v": 99})),
        garbage(names.TICKS, 1, BTC),
    ],
)
async def test_ticks_that_cannot_be_read_cost_no_order_after_them(
    broker: Broker, bad: Message
) -> None:
    one = await started(broker, "a")
    orders = [order(n, n) for n in range(4)]
    await give(one, *market(1), bad, *market(4, since=2), *asked(*orders))
    assert [letter.topic for letter in broker.records(names.LETTERS)] == [names.TICKS]
    assert answers(broker) == [each.command.client_order_id for each in orders if each.command]


async def test_a_book_with_a_hole_is_not_traded_on_until_its_next_snapshot(
    broker: Broker,
) -> None:
    one = await started(broker, "a")
    await give(one, *market(1), garbage(names.TICKS, 1, BTC), *market(4, since=2))
    await give(one, *asked(held(0, 0), order(1, 2), held(2, 3)))
    refused = {one.reason for one in broker.records(names.STATUSES) if one.type == "rejection"}
    assert refused == {Reason.NO_LIQUIDITY}
    whole = [ticks(4, 200, snapshot=True), ticks(5), ticks(6)]
    await give(one, *(read(names.TICKS, each.seq, each) for each in whole))
    await give(one, read(names.ORDERS, 3, order(3, 4)), read(names.ORDERS, 4, held(4, 6)))
    (fill,) = [one for one in broker.records(names.STATUSES) if one.type == "fill"]
    assert fill.price == "200"


async def test_a_book_that_is_met_without_its_snapshot_is_not_traded_on(broker: Broker) -> None:
    one = await started(broker, "a")
    await give(one, *market(8, since=5), *asked(order(0, 5), held(1, 7)))
    assert answers(broker)
    assert answers(broker, "fill") == []


async def test_a_ticks_key_that_is_no_text_is_a_letter(broker: Broker) -> None:
    one = await started(broker, "a")
    await give(one, Message(TP(names.TICKS, 0), 0, b"\xff\xfe", encode(ticks(0))))
    (letter,) = broker.records(names.LETTERS)
    assert letter.source_key == r"\xff\xfe"


async def test_ticks_under_a_foreign_key_are_a_letter_and_are_not_kept(broker: Broker) -> None:
    one = await started(broker, "a")
    await give(one, Message(PLACE, 0, b"nothing", encode(ticks(0))))
    for n in range(9):
        await give(one, read(names.TICKS, n + 1, ticks(n)), read(names.ORDERS, n, held(n, n)))
    await one.checkpoint()
    assert len(broker.records(names.LETTERS)) == 1
    assert (await begin(executor(broker, "a")))[PLACE] == 10


async def test_an_account_that_is_added_follows_the_market_from_its_beginning(
    broker: Broker,
) -> None:
    one = await started(broker, "a")
    await give(one, *market(3), *asked(held(0, 2)))
    await one.checkpoint()
    assert (await begin(executor(broker, "a")))[PLACE] == 3
    assert PLACE not in await begin(executor(broker, "a", "b"))


async def test_an_account_that_is_removed_keeps_no_ticks(broker: Broker) -> None:
    one = await started(broker, "a", "b")
    await give(one, *market(1), *asked(held(0, 0, "a")), *asked(held(0, 0, "b")))
    await one.checkpoint()
    left = await started(broker, "a")
    await give(left, *market(9, since=1), read(names.ORDERS, 1, held(1, 8)))
    await left.checkpoint()
    assert (await begin(executor(broker, "a")))[PLACE] == 9


async def test_an_account_without_a_lease_is_not_traded(broker: Broker) -> None:
    one = await started(broker, "a")
    await give(one, *market(1), *asked(order(0, 0, "ghost")))
    assert broker.records(names.STATUSES) == []


async def test_a_hole_in_the_orders_ends_the_process_though_its_ticks_never_come(
    broker: Broker,
) -> None:
    one = await started(broker, "a")
    await give(one, *market(1))
    with pytest.raises(Died, match=r"trading\.orders a:BTC/USDT:USDT seq 7000"):
        await give(one, *asked(held(0, 0), held(7000, 10**9)))


async def test_ticks_beyond_the_budget_are_read_again_and_give_the_same(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Orders that come long after their ticks: the same statuses, restarts included."""
    one, there = await started(broker, "a"), market(60)
    late = asked(held(0, 40), order(1, 50), held(2, 59))
    await give(one, *there, *late)
    await broker.flush()
    calm = broker.rows(names.STATUSES)
    assert any(calm.values())
    monkeypatch.setattr(held_module, "BUDGET", 3000)
    monkeypatch.setattr(intake_module, "AGAIN", 7)
    again = connected(monkeypatch)
    two = await started(again, "a")

    def read_again(place: Any, first: int, end: int) -> Any:
        return [message for message in there if first <= message.offset() < end]

    monkeypatch.setattr(two, "_again", read_again)
    await give(two, *there[:55], late[0])
    (waiting,) = two._held.values()
    assert waiting.size <= 3000
    assert waiting.left is not None
    await two.checkpoint()
    three = executor(again, "a")
    starts = await begin(three)
    assert starts[PLACE] == 41
    monkeypatch.setattr(three, "_again", read_again)
    await give(three, *there[starts[PLACE] :], *late[1:])
    await again.flush()
    assert again.rows(names.STATUSES) == calm
