"""A done order leaves the journal late enough, and is not taken for a new one afterwards."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import cast

from executor.live.archiving import Archive
from executor.live.executor import LiveExecutor
from executor.venues.settings import LiveAccount
from schemas import names
from schemas.codec import decode
from schemas.statuses import JournalEntry, OrderState
from tests.unit.test_live_desk import BTC, Broker, desk_of, sent


def done(number: int) -> JournalEntry:
    """An order that is over; its command is trading.orders' record of that number."""
    return sent(number).model_copy(update={"state": OrderState.FILLED, "seen_time": number})


async def test_a_command_that_may_be_read_again_stays_in_the_journal() -> None:
    """It was read, and its offset is not committed: a restart would take it for a new one."""
    broker = Broker()
    desk = desk_of(broker)
    desk.settings = LiveAccount(exchange="binance", stays=0)
    for number in range(4):
        desk.orders.keep(done(number))
    desk.orders.taken[f"main:{BTC}"] = 1
    desk.busy.add("tl0")
    archive = Archive(cast(LiveExecutor, SimpleNamespace(desk=desk)), broker)
    assert archive.ready() == ["tl1"]
    desk.busy.clear()
    await archive.bury(archive.ready())
    assert list(desk.orders.finished) == ["tl2", "tl3"]
    assert all(desk.orders.known(f"tl{number}") for number in range(4))
    assert [decode(JournalEntry, value).key for value in broker.journal[:2]] == ["tl0", "tl1"]
    assert broker.journal[2:] == [b"", b""], "tombstones, once the archive has them"
    assert broker.durable == [names.ARCHIVE] * 2 + [names.JOURNAL] * 2


async def test_what_is_said_of_an_order_while_it_is_archived_keeps_it() -> None:
    broker = Broker()
    desk = desk_of(broker)
    desk.settings = LiveAccount(exchange="binance", stays=0)
    desk.orders.keep(done(0))
    desk.orders.taken[f"main:{BTC}"] = 0
    archive = Archive(cast(LiveExecutor, SimpleNamespace(desk=desk)), broker)
    burying = asyncio.create_task(archive.bury(archive.ready()))
    await asyncio.sleep(0)
    desk.orders.keep(done(0).model_copy(update={"seq": 1}))
    await burying
    assert list(desk.orders.finished) == ["tl0"]
    assert broker.durable == [names.ARCHIVE]
