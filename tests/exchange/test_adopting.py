"""A position and an order that a person has made by hand with the executor's key, taken over."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from io import StringIO

import pytest
from rich.console import Console

from engine.matching.codes import SELL
from executor.live import points, starting
from gateway.proof.adopted import Adopted, is_adopted
from schemas import names
from schemas.statuses import ADOPTED, ADOPTED_POSITION, OrderState
from tests.exchange.adoption import BTC, Person
from tests.exchange.conftest import ALICE, Venue
from tests.unit.small_desk import Topics as Published


@pytest.fixture
def person(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> Person:
    venue.quote()
    made = Person(venue)
    monkeypatch.setattr(starting, "read_partition", made.topics.read)
    return made


async def by_hand(person: Person, name: str = "web_1", price: str = "61000") -> None:
    """A long position of 0.3, and a bid for 0.5 that rests."""
    await person.client.create_order(BTC, "market", "buy", "0.3")
    more = {"newClientOrderId": name}
    await person.client.create_order(BTC, "limit", "buy", "0.5", price, more)


async def test_a_position_and_an_order_that_are_there_become_ours(person: Person) -> None:
    await by_hand(person)
    await person.begin()
    await person.settled()
    assert person.held() == person.there() == Decimal("0.3")
    row = person.portfolio()
    assert row is not None
    assert (row.entry, len(row.open_orders)) == ("61701", 1)
    (order,) = [one for one in person.topics.entries().values() if one.cause == ADOPTED]
    assert (order.state, order.command.price, order.sends[0].request) == (
        OrderState.OPEN, "61000", "adopt",
    )  # fmt: skip
    assert [kind for kind, _ in person.told].count("adopted") == 2
    await person.cancel(order.key)
    await person.until(lambda: not person.rests())
    await person.until(lambda: person.topics.entries()[order.key].state is OrderState.CANCELLED)
    await person.end()


async def test_a_restart_takes_nothing_over_twice(person: Person) -> None:
    await by_hand(person)
    for _ in range(2):
        await person.begin()
        await person.settled()
        await asyncio.sleep(1.5)
        await person.end()
        assert person.held() == person.there() == Decimal("0.3")
    causes = sorted(one.cause for one in person.topics.entries().values())
    assert causes == [ADOPTED, ADOPTED_POSITION]


async def test_left_alone_nothing_is_taken_over(person: Person) -> None:
    person.foreign = "leave"
    await by_hand(person, name="mine")
    await person.begin()
    await asyncio.sleep(3)
    await person.end()
    assert (person.topics.records, person.rests()) == ({}, ["mine"])
    kinds = {kind for kind, _ in person.told}
    assert {"foreign_order", "foreign_position"} <= kinds


async def test_an_order_with_a_name_of_our_alphabet_keeps_it(person: Person) -> None:
    await by_hand(person, name="mine")
    await person.begin()
    await person.settled()
    assert person.topics.entries()["mine"].state is OrderState.OPEN
    await person.client.cancel_order(None, BTC, {"origClientOrderId": "mine"})
    await person.until(lambda: person.topics.entries()["mine"].state is OrderState.CANCELLED)
    await person.end()


@pytest.mark.parametrize("name", ["mine", "web_1"])
async def test_what_an_order_fills_counts_once_before_and_after(person: Person, name: str) -> None:
    await by_hand(person, name=name, price="61700")
    person.local.rest(SELL, "61700", 200)
    await person.begin()
    await person.settled()
    (order,) = [one for one in person.topics.entries().values() if one.cause == ADOPTED]
    assert (order.command.quantity, order.before) == ("0.3", "-0.2")
    await person.until(lambda: person.held() == person.there() == Decimal("0.5"))
    person.local.rest(SELL, "61700", 100)
    await person.until(lambda: person.held() == Decimal("0.6"))
    await person.modify(order.key, "0.25")
    await person.settled()
    (rest,) = [each for each in person.local.account(ALICE).live.values()]
    assert rest.open == 150
    person.local.rest(SELL, "61700", 150)
    await person.until(lambda: person.topics.entries()[order.key].state is OrderState.FILLED)
    await person.settled()
    assert person.held() == person.there() == Decimal("0.75")
    await person.end()


async def test_what_is_traded_by_hand_meanwhile_is_taken_over_at_its_price(person: Person) -> None:
    await person.begin()
    await person.settled()
    await person.client.create_order(BTC, "market", "buy", "0.2")
    await person.until(lambda: person.held() == Decimal("0.2"))
    await person.client.create_order(BTC, "market", "sell", "0.05")
    await person.until(lambda: person.held() == Decimal("0.15"))
    await person.settled()
    assert person.held() == person.there() == Decimal("0.15")
    fills = [one for one in person.topics.statuses() if one.type == "fill"]
    assert [one.price for one in fills] == ["61701", "61699"]
    assert len({one.trade for one in fills}) == 2
    await person.end()


async def test_what_was_closed_by_hand_while_nobody_looked(person: Person) -> None:
    await by_hand(person)
    await person.begin()
    await person.settled()
    await person.end()
    await person.client.create_order(BTC, "market", "sell", "0.3")
    await person.begin()
    await person.settled()
    assert person.held() == person.there() == Decimal(0)
    await person.end()


@pytest.mark.parametrize("nth", [*range(1, 8), "adopted"])
async def test_killed_while_it_takes_over(
    person: Person, monkeypatch: pytest.MonkeyPatch, nth: int | str
) -> None:
    """What was journalled is ours, what was not is taken over by the next one. Points of a start
    and of what follows are counted; "adopted": with one of two in the journal.
    """
    met: list[str] = []

    def reached(name: str) -> None:
        met.append(name)
        if len(met) == nth or (nth == "adopted" and names.JOURNAL in person.topics.records):
            person.topics.dead = True

    await by_hand(person)
    monkeypatch.setattr(points, "reached", reached)
    await person.begin()
    await person.until(lambda: person.topics.dead)
    await person.end()
    monkeypatch.setattr(points, "reached", lambda name: None)
    await person.begin()
    await person.settled()
    assert person.held() == person.there() == Decimal("0.3")
    causes = sorted(one.cause for one in person.topics.entries().values())
    assert causes == [ADOPTED, ADOPTED_POSITION]
    await person.end()


async def test_why_says_that_it_was_adopted_and_when(person: Person) -> None:
    await by_hand(person)
    await person.begin()
    await person.settled()
    (order,) = [one for one in person.topics.entries().values() if one.cause == ADOPTED]
    await person.cancel(order.key)
    await person.until(lambda: person.topics.entries()[order.key].state is OrderState.CANCELLED)
    await person.settled()
    await person.end()
    published = Published()
    for status in person.topics.statuses():
        published.put(names.STATUSES, status)
    entries = person.topics.entries()
    for entry in entries.values():
        published.put(names.JOURNAL, entry)
    for name in entries:
        if not is_adopted(entries[name]):
            continue
        found = Adopted.of(entries[name], published)
        assert (found.misnamed(), found.verdict.difference) == ([], None)
        assert len(found.statuses) == sum(found.verdict.recorded.values()) == 2
        console = Console(width=300, record=True, file=StringIO())
        console.print(found.tree())
        assert "adopted 20" in (text := console.export_text()), text
        told = found.as_json()["adopted"]
        assert told["at"] is not None
        assert told["what"] in text
        assert (name == order.key) == ("cancel as" in text)
    broken = Published()
    broken.put(names.JOURNAL, entries[order.key])
    broken.put(names.STATUSES, found.statuses[0].model_copy(update={"price": "1"}))
    assert any(one for one in [Adopted.of(found.entry, broken).verdict.difference])
