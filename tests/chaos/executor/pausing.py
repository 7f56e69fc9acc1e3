"""A process that is stopped while it sends, another that takes over, and the first gone on with;
then a third one, which has only what the two have left behind.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from infra.exchange.dialects.binance import errors
from infra.exchange.faults import Fault
from schemas import names
from schemas.orders import OrderType
from tests.chaos.executor.commands import Script
from tests.chaos.executor.faults import ORDER
from tests.chaos.executor.judge import Told, judge
from tests.chaos.executor.sitting import stopped
from tests.chaos.executor.spec import Spec
from tests.chaos.executor.yard import Yard

SIGNING = "infra.exchange.dialects.binance.signing.refused"
SYMBOL = "BTC/USDT:USDT"


@dataclass
class Paused:
    """What was seen. sent: requests for orders that came to the exchange before the first process
    was gone on with, and after; orders: at the exchange; code: the end of the first; refused: the
    exchange's codes of its requests whose signature or time was refused; faults: see the judge.
    """

    sent: tuple[int, int]
    orders: int
    code: int
    refused: list[int]
    faults: list[str]


async def paused(place: Yard, other: Yard, seconds: float, **told: object) -> Paused:
    """One order; the process is stopped at told["point"] for so many seconds."""
    account = f"p{told['point']}{'' if told.get('fenced', True) else 'x'}"
    place.quote()
    there = place.open(account)
    script = Script(account, random.Random(1))
    script._place(type=OrderType.MARKET, quantity="0.01", symbol=SYMBOL, side="buy")
    settings = place.settings
    marks = [
        await asyncio.to_thread(place.mark, topic, account)
        for topic in (names.ORDERS, names.STATUSES)
    ]
    await place.publish(script.made)
    given = dict(
        account=account, address=place.running.address, broker=settings.bootstrap,
        redis=settings.redis, prefix=settings.prefix, home=str(settings.home),
        orders=marks[0], statuses=marks[1], commands=1,
    )  # fmt: skip
    first = Spec(**given, stops=True, keeps=False, **told)  # type: ignore[arg-type]
    requests = place.running.exchange.faults.arm(
        Fault(kind="lost", path=ORDER, method="POST", skip=1_000_000)
    )
    old = asyncio.create_task(place.sit(first))
    pid = await pid_of(stopped(first))
    began = time.monotonic()
    assert (await other.sit(Spec(**given)))[0] == 0  # type: ignore[arg-type]
    await asyncio.sleep(max(0.0, began + seconds - time.monotonic()))
    before = requests.met
    with patch(SIGNING, wraps=errors.refused) as refused:
        os.kill(pid, signal.SIGCONT)
        code, _ = await old
    sent = before, requests.met - before
    if told.get("fenced", True):
        assert (await other.sit(Spec(**given)))[0] == 0  # type: ignore[arg-type]
    found = await asyncio.to_thread(Told, settings, account, marks[1])
    return Paused(
        sent=sent,
        orders=len(there.orders),
        code=code,
        refused=[int(call.args[0]) for call in refused.call_args_list],
        faults=judge(place.house, there, script.made, found),
    )


async def pid_of(file: Path) -> int:
    """Of the process, once it has stopped."""
    until = time.monotonic() + 60
    while not (file.is_file() and file.read_text()):
        assert time.monotonic() < until, "it did not come to its point"
        await asyncio.sleep(0.02)
    return int(file.read_text())
