"""An entry of the journal is gone on with from its latest state, or not at all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from executor.live import starting, story
from executor.live.desk import Desk
from executor.live.gate import Gate
from executor.live.hearing import Hearing
from executor.live.orders import Orders
from executor.live.scribe import Scribe
from executor.live.starting import Found, Start, load
from executor.venues.settings import LiveAccount
from executor.venues.venue import Venue, VenueFill
from schemas import names
from schemas.codec import decode, encode
from schemas.errors import Fatal
from schemas.orders import Intent, OrderCommand, OrderDecision, OrderType
from schemas.statuses import JournalEntry, OrderState, Status
from topics.lease import Lease
from topics.settings import Settings

BTC = "BTC/USDT:USDT"


class Broker:
    """Keeps what is sent; the journal's records are durable a moment later."""

    def __init__(self) -> None:
        self.statuses: list[Status] = []
        self.records = 0
        self.late = 0.02
        self.durable: list[str] = []
        self.journal: list[bytes] = []

    def send(
        self, topic: str, key: str, value: bytes | None, partition: int | None = None
    ) -> asyncio.Future[None]:
        """Take a record."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self.records += 1
        if topic == names.STATUSES:
            self.statuses.append(decode(Status, value or b""))
        else:
            self.journal.append(value or b"")
        done.add_done_callback(lambda _: self.durable.append(topic))
        loop.call_later(self.late if topic == names.STATUSES else 0.02, done.set_result, None)
        return done


class Silent:
    """A venue that has nothing to tell when it is asked."""

    able = SimpleNamespace(amend=True, window=None, by_name=True)

    async def clock(self) -> int:
        """ns."""
        return 0

    async def positions(self) -> tuple[Any, ...]:
        """None."""
        return ()

    async def open_orders(self, symbol: str = "") -> tuple[Any, ...]:
        """None."""
        return ()

    async def find(self, symbol: str, name: str) -> None:
        """Nothing."""

    async def fills(self, symbol: str, since: int) -> tuple[Any, ...]:
        """None."""
        return ()


def ticking() -> Iterator[int]:
    """ns that go up."""
    at = time.time_ns()
    while True:
        at += 1
        yield at


def desk_of(broker: Broker) -> Desk:
    """A desk at that broker and a silent venue."""
    orders, clock = Orders(), ticking().__next__
    lease = SimpleNamespace(epoch=1, check=lambda: None)
    account = LiveAccount(exchange="binance")
    scribe = Scribe("main", broker, clock)
    return Desk(
        "main", account, cast(Venue, Silent()), scribe, Gate("main", orders), lease, clock,
        lambda *told: None, lambda error: None, orders,
    )  # fmt: skip


def decision(number: int) -> OrderDecision:
    """An approved order."""
    command = OrderCommand(
        client_order_id=f"tl{number}", account="main", venue="binance", symbol=BTC,
        intent=Intent.OPEN, side="buy", type=OrderType.MARKET, quantity="0.01", expires=10**19,
    )  # fmt: skip
    return OrderDecision(
        id=f"d{number}", key=f"main:{BTC}", seq=number, seen_time=1, account="main",
        venue="binance", symbol=BTC, outcome="approved", command=command,
    )  # fmt: skip


def fresh(number: int) -> JournalEntry:
    """An order whose request is about to be made, as it is written first."""
    return story.sending(story.begun(decision(number)), "place", f"tl{number}", 1, 5)


def sent(number: int) -> JournalEntry:
    """An order of which nobody knows what became of it, as the journal has it."""
    entry = fresh(number)
    told = {"seq": number, "key": f"main:{BTC}", "id": f"s{number}", "cause": f"d{number}"}
    statuses = (entry.statuses[0].model_copy(update=told),)
    return entry.model_copy(update={"seq": 0, "key": f"tl{number}", "statuses": statuses})


async def test_what_the_stream_says_while_a_start_is_journalled_is_counted_once() -> None:
    broker = Broker()
    desk = desk_of(broker)
    hearing = Hearing(desk)
    start = Start(desk, hearing, lambda name: None)
    entries = {f"tl{number}": sent(number) for number in range(3)}
    start.rebuild(Found(entries=entries, made={f"main:{BTC}": 2}), {})
    fill = VenueFill(
        trade="77", number="5", name="tl2", symbol=BTC, side="buy", price="61700",
        quantity="0.01", fee="0", currency="USDT", liquidity="taker", at=6,
    )  # fmt: skip
    asyncio.get_running_loop().call_later(0.01, hearing.fill, fill)
    await start.reconcile()
    hearing.fill(fill)
    await asyncio.sleep(0.05)
    await desk.close()
    assert [one.trade for one in broker.statuses if one.type == "fill"] == ["77"]
    assert desk.orders.finished["tl2"].state is OrderState.FILLED


async def test_an_entry_that_others_have_gone_on_with_is_not_written() -> None:
    desk = desk_of(Broker())
    start = Start(desk, Hearing(desk), lambda name: None)
    entry = sent(0)
    start.rebuild(Found(entries={"tl0": entry}), {})
    unknown = story.lost(story.answered(entry, "unknown", 6))
    await desk.write(unknown)
    with pytest.raises(Fatal, match="order tl0 was to be written as it is no more"):
        await desk.write(unknown)


async def test_who_has_lost_the_lease_writes_nothing() -> None:
    broker = Broker()
    desk = desk_of(broker)
    desk.lease = Lease("redis://127.0.0.1:1/0", "", "executor", "0", ["main"])  # never taken
    with pytest.raises(Fatal, match="the lease was not renewed"):
        await desk.write(sent(0))
    assert broker.records == 0


async def test_a_snapshot_waits_for_the_statuses_whose_sequences_it_has() -> None:
    broker = Broker()
    broker.late = 0.1
    desk = desk_of(broker)
    desk.begin(fresh(0))
    await desk.scribe.drained()
    assert broker.durable == [names.JOURNAL, names.STATUSES]


async def test_an_older_entry_that_came_late_to_the_journal_is_not_gone_on_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of a process that was stopped with the record on its way, and gone on with much later."""
    old = sent(0)
    new = old.model_copy(update={"seq": 3, "state": OrderState.FILLED})
    rows = [
        SimpleNamespace(key=lambda: b"tl0", value=lambda one=one: encode(one)) for one in (new, old)
    ]
    topics = {names.JOURNAL: rows, names.STATUSES: []}
    monkeypatch.setattr(starting, "read_partition", lambda settings, topic, *place: topics[topic])
    found = load(Settings(), "main", {"made": {f"main:{BTC}": 0}})
    broker = Broker()
    desk = desk_of(broker)
    Start(desk, Hearing(desk), lambda name: None).rebuild(found, {})
    assert desk.orders.living == {}
    assert desk.orders.finished["tl0"].state is OrderState.FILLED
    assert [decode(JournalEntry, value).seq for value in broker.journal] == [4], "it is last again"
    assert broker.statuses == []
