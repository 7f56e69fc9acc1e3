"""One process of the executor of a live account: starts, takes its commands, ends when all is said.

The same parts as executor.live.intake runs, without Faust around them: a trial is short.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from executor.live import points
from executor.live.archiving import Archive
from executor.live.executor import LiveExecutor
from executor.live.opening import opened
from executor.venues.key import Key
from executor.venues.settings import LiveAccount
from schemas import names
from schemas.codec import decode
from schemas.orders import OrderDecision
from schemas.statuses import JournalEntry
from schemas.system import Severity
from tests.chaos.executor.spec import Spec
from topics.acknowledged import Acknowledged
from topics.lease import Lease
from topics.partition import partition_of
from topics.reading import read_partition
from topics.settings import Settings

VISIBLE = 0.3
"""Seconds after which the local exchange surely shows what it has; it is stale for less."""
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


def die_at(spec: Spec, telling: int) -> None:
    """Let the process be killed when it comes to its point for the nth time, and tell where."""
    left = spec.nth

    def reached(name: str) -> None:
        nonlocal left
        if spec.point in (name, "any"):
            left -= 1
            if left == 0:
                os.write(telling, name.encode())
                mark(spec, "over")
                if spec.stops:
                    stopped(spec).write_text(str(os.getpid()))
                os.kill(os.getpid(), signal.SIGSTOP if spec.stops else signal.SIGKILL)

    if spec.point:
        points.reached = reached


def stopped(spec: Spec) -> Path:
    """The file that tells the pid of a sitting that has stopped."""
    return Path(spec.home) / f"{spec.account}.stopped"


def marks(spec: Spec) -> Path:
    """Tells when a sitting was ready, and when it was over: killed, or all was said."""
    return Path(spec.home) / f"{spec.account}.up"


def mark(spec: Spec, what: str) -> None:
    """It is "ready", or "over", at this moment (ns)."""
    with marks(spec).open("a") as file:
        file.write(f"{what} {time.time_ns()}\n")


async def swallowed(entry: JournalEntry) -> None:
    """The mutant: what protection wants is not done."""


class Trusting(Lease):
    """The mutant: it never asks whether the lease is its own."""

    def check(self) -> None:
        """It is taken to be."""


@dataclass
class Saved:
    """An account's snapshot, as the intake has it on trading.snapshots. next: offset of
    trading.orders behind what was taken; live: what the executor wants to find again.
    """

    file: Path
    next: int
    live: dict[str, Any]

    @classmethod
    def of(cls, spec: Spec) -> Saved:
        """The last one that was written whole, else where the trial begins."""
        file = Path(spec.home) / "snapshots" / f"{spec.account}.json"
        found = orjson.loads(file.read_bytes()) if file.is_file() else {}
        return cls(file, found.get("next", spec.orders), found.get("live", {"next": spec.statuses}))

    def write(self, offset: int, live: dict[str, Any]) -> None:
        """This one from here on."""
        self.file.parent.mkdir(exist_ok=True)
        new = self.file.with_suffix(".new")
        new.write_bytes(orjson.dumps({"next": offset, "live": live}))
        new.replace(self.file)


def decisions(settings: Settings, spec: Spec, begin: int) -> list[tuple[int, OrderDecision]]:
    """The account's records on trading.orders, each with its offset."""
    number = partition_of(names.ORDERS, f"{spec.account}:*")
    found = []
    for message in read_partition(settings, names.ORDERS, number, begin):
        record = decode(OrderDecision, bytes(message.value() or b""))
        if record.account == spec.account:
            found.append((message.offset() or 0, record))
    return found


async def sit(spec: Spec) -> int:
    """Run it; 0 when everything is settled."""
    settings = Settings(
        broker_url=spec.broker, redis_url=spec.redis, prefix=spec.prefix, home=Path(spec.home)
    )
    account = LiveAccount(
        exchange="binance", address=spec.address, timeout=1.0, visible=VISIBLE, stays=0
    )
    kind = Lease if spec.fenced else Trusting
    lease = kind(spec.redis, spec.prefix, "executor", "chaos", [spec.account])
    await lease.acquire()
    keeper = asyncio.create_task(kept(lease) if spec.keeps else asyncio.sleep(0))
    producer = Acknowledged(settings, fail)
    sent = producer if spec.journal else Forgetful(producer)
    live = opened(
        spec.account, account, Key(spec.account, f"secret-of-{spec.account}"),
        producer=sent, lease=lease, tell=tell, failed=lambda error: fail(repr(error)),
    )  # fmt: skip
    over = await worked(live, Archive(live, sent), settings, spec)
    await live.close()
    await producer.close()
    keeper.cancel()
    await lease.release()
    return 0 if over else 3


async def kept(lease: Lease) -> None:
    """As the worker does it: whoever has lost it ends."""
    try:
        await lease.keep()
    except Exception as error:
        fail(str(error))


async def worked(live: LiveExecutor, archive: Archive, settings: Settings, spec: Spec) -> bool:
    """Start, take what there is to take, and come to an end; False if it does not."""
    saved = Saved.of(spec)
    if not spec.protects:
        live.protecting.submit = swallowed
    await live.start(settings, saved.live)
    mark(spec, "ready")
    told = await asyncio.to_thread(decisions, settings, spec, saved.next)
    taken = saved.next
    for n, (offset, decision) in enumerate(told):
        await calmed(live, decision, spec.calm)
        await live.take(decision)
        taken = offset + 1
        if spec.archive and n == len(told) // 2:
            await asyncio.sleep(0.1)  # some of them are done by then
            await checkpoint(live, archive, saved, taken)
    over = await ended(live, spec.patience)
    mark(spec, "over")
    if over and spec.archive:
        await checkpoint(live, archive, saved, taken)
    return over


async def calmed(live: LiveExecutor, decision: OrderDecision, patience: float) -> None:
    """Wait while an order of the symbol is unknown."""
    until = time.monotonic() + patience
    while decision.symbol in live.desk.gate.unsure and time.monotonic() < until:
        await asyncio.sleep(0.05)


async def checkpoint(live: LiveExecutor, archive: Archive, saved: Saved, taken: int) -> None:
    """In the order of executor.live.intake."""
    gone = archive.ready()
    captured = live.dump()
    await live.desk.scribe.drained()
    saved.write(taken, captured)
    await archive.bury(gone)


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
