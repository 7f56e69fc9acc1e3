"""One process of the executor of a live account: starts, takes its commands, ends when all is said.

The same parts as executor.live.intake runs, without Faust around them: a trial is short.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from executor.live import points
from executor.live.executor import LiveExecutor
from executor.live.opening import opened
from executor.venues.key import Key
from executor.venues.settings import LiveAccount
from schemas import names
from schemas.codec import decode
from schemas.orders import OrderDecision
from schemas.system import Severity
from tests.chaos.executor.spec import Spec
from topics.acknowledged import Acknowledged
from topics.lease import Lease
from topics.partition import partition_of
from topics.reading import read_partition
from topics.settings import Settings

QUIET = 0.3
"""Seconds without anything under way, after which a sitting is over."""


class Forgetful:
    """The mutant: what goes to the journal is called durable and is nowhere."""

    def __init__(self, inner: Acknowledged) -> None:
        self._inner = inner

    def send(
        self, topic: str, key: str, value: bytes | None, partition: int | None = None
    ) -> asyncio.Future[None]:
        """Produce what is not of the journal."""
        if topic != names.JOURNAL:
            return self._inner.send(topic, key, value, partition)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done


def die_at(spec: Spec) -> None:
    """Let the process be killed when it comes to its point for the nth time."""
    left = spec.nth

    def reached(name: str) -> None:
        nonlocal left
        if name == spec.point:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    if spec.point:
        points.reached = reached


def decisions(settings: Settings, spec: Spec) -> Iterator[OrderDecision]:
    """The account's records on trading.orders."""
    number = partition_of(names.ORDERS, f"{spec.account}:*")
    for message in read_partition(settings, names.ORDERS, number, spec.orders):
        record = decode(OrderDecision, bytes(message.value() or b""))
        if record.account == spec.account:
            yield record


async def sit(spec: Spec) -> int:
    """Run it; 0 when everything is settled."""
    settings = Settings(
        broker_url=spec.broker, redis_url=spec.redis, prefix=spec.prefix, home=Path(spec.home)
    )
    account = LiveAccount(exchange="binance", address=spec.address, timeout=1.0, visible=0.2)
    lease = Lease(spec.redis, spec.prefix, "executor", "chaos", [spec.account])
    await lease.acquire()
    keeper = asyncio.create_task(lease.keep())
    producer = Acknowledged(settings, fail)
    sent = producer if spec.journal else Forgetful(producer)
    live = opened(
        spec.account, account, Key(spec.account, f"secret-of-{spec.account}"),
        producer=sent, lease=lease, tell=tell, failed=lambda error: fail(repr(error)),
    )  # fmt: skip
    await live.start(settings, {"next": spec.statuses})
    for decision in await asyncio.to_thread(lambda: list(decisions(settings, spec))):
        await live.take(decision)
    over = await ended(live, spec.patience)
    await live.close()
    await producer.close()
    keeper.cancel()
    await lease.release()
    return 0 if over else 3


async def ended(live: LiveExecutor, patience: float) -> bool:
    """Wait until nothing has been under way for a while."""
    until, quiet = time.monotonic() + patience, 0.0
    while time.monotonic() < until and quiet < QUIET:
        quiet = quiet + 0.02 if live.idle else 0.0
        await asyncio.sleep(0.02)
    return quiet >= QUIET


def tell(severity: Severity, kind: str, text: str, facts: dict[str, str]) -> None:
    """What people would be told."""
    if severity is not Severity.INFO:
        print(f"{kind}: {text}", file=sys.stderr, flush=True)


def fail(text: str) -> None:
    """As a desk's process: at once, with everything uncommitted."""
    print(f"failed: {text}", file=sys.stderr, flush=True)
    os._exit(70)
