"""The one thread that talks to librdkafka's consumer. Read this before changing anything here.

Two threads meet in this file: the *poll thread* (everything that runs below `Poller._run`) and
the *event loop*, where Faust, the agents and `Desk` (our Faust consumer) live. What keeps
records from being lost between them is a handful of rules:

1. **All calls that move the position or the flow are made by the poll thread**: assign, pause,
   resume, seek, poll, consume. The loop only flips the flag `flowing`, and commits. So no
   record can arrive between a decision about the flow and its effect.

2. **An assignment is an object, not a number.** `self.assignment` is replaced as a whole, on
   the loop, by `Desk.assigned` and `Desk.released`, and only while the poll thread waits for
   them inside a rebalance callback. Rebalance callbacks run inside poll() and consume(). So
   what those calls return belongs to the assignment of before the call if, and only if, it is
   still the same object after it. Reading some generation before poll() and trusting it after
   is the classic loss: poll() runs the callbacks, then returns a record of the *new*
   assignment, it is dropped as stale, and the commit goes past it.

3. **A new assignment is paused as soon as it is made**, and resumed by this thread at the top
   of a later turn, once Faust has said `resume_flow()`. Faust clears the queues of all streams
   just before that: a record delivered earlier would vanish un-acked. Should a call that ran a
   rebalance return records nevertheless, they are not taken, and those that belong to the new
   assignment are read again from its start, as none of it has been delivered.

4. **The hand-over deque is never rebound**: this thread appends to it at any time. The loop
   clears it, in place, only while this thread waits in a revocation. `_scheduled` is reset
   before the deque is emptied, so an append after that asks for a new wake-up.

5. **The start is an absolute offset** (see positions.py) and the ledger expects exactly that
   offset first, so records missing right after an assignment are seen like any other gap.

6. **Backpressure keeps polling.** Above `_high` records received and not safe, the thread first
   only waits (a pause throws librdkafka's prefetched records away), then pauses all partitions
   and goes on polling, so that rebalances are served and the group does not expel us.

7. **Nothing that goes wrong here is survived**: an exception in this thread ends the process.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Protocol, TypeVar

import confluent_kafka as ck
from faust.types import TP

from topics.rdkafka import failure
from topics.rdkafka.acks import Assignment
from topics.rdkafka.errors import judge
from topics.rdkafka.positions import resolve
from topics.rdkafka.survey import Closing, patiently

T = TypeVar("T")
Records = list[ck.Message]
TURN = 0.1
"""Seconds that one poll waits for a record, and so the delay of everything else here."""
PATIENT = 1.0
"""Seconds above the high mark before the partitions are paused."""


class Desk(Protocol):
    """What the poll thread asks of the event loop; each call blocks the thread until it is done."""

    async def positions(self, tps: frozenset[TP]) -> Mapping[TP, int] | None:
        """Wanted start offsets; None when the committed ones are to be used."""

    async def assigned(self, starts: Mapping[TP, int], group: frozenset[TP]) -> None:
        """Take over a new assignment. Nothing of it is delivered before `resume_flow`."""

    async def released(self, lost: bool) -> Mapping[TP, int]:
        """Finish with the assignment; return where the broadcast partitions will go on."""

    def deliver(self, assignment: Assignment, tp: TP, records: Records) -> None:
        """Give records of one partition to their streams, without waiting."""


class Poller:
    """Owner of the consumer client and its thread."""

    def __init__(
        self, client: ck.Consumer, desk: Desk, servers: str, batch: int, high: int
    ) -> None:
        self.client, self._desk, self._servers = client, desk, servers
        self._batch, self._high = batch, high
        self.assignment: Assignment | None = None
        self.flowing = False
        self.closing = threading.Event()
        self._queue: deque[tuple[Assignment, TP, Records]] = deque()
        self._scheduled = self._paused = False
        self._broadcast: frozenset[TP] = frozenset()
        self._carried: dict[TP, int] = {}
        self._thread: threading.Thread | None = None
        self._loop = asyncio.get_running_loop()

    # -- on the event loop -------------------------------------------------------------------

    def start(self, group_topics: frozenset[str], broadcast: frozenset[TP]) -> None:
        """Begin to read: the group's share of `group_topics`, and all of `broadcast`."""
        self._broadcast = broadcast
        self._thread = threading.Thread(
            target=self._run, args=(sorted(group_topics),), name="rdkafka-poll", daemon=True
        )
        self._thread.start()

    async def stop(self) -> None:
        """Leave the group and end the thread; what is still queued is never delivered."""
        self.closing.set()
        if self._thread is not None:
            await self._loop.run_in_executor(None, self._thread.join)
        else:
            self.client.close()

    def clear(self) -> None:
        """Drop what is handed over and not delivered; only while the thread waits for the loop."""
        self._queue.clear()

    def _drain(self) -> None:
        self._scheduled = False
        while self._queue and self.flowing:
            assignment, tp, records = self._queue.popleft()
            if assignment is self.assignment:
                self._desk.deliver(assignment, tp, records)

    # -- on the poll thread ------------------------------------------------------------------

    def _run(self, topics: list[str]) -> None:
        try:
            if topics:
                self.client.subscribe(
                    topics,
                    on_assign=self._on_assign,
                    on_revoke=lambda _client, _parts: self._release(lost=False),
                    on_lost=lambda _client, _parts: self._release(lost=True),
                )
            else:
                self._on_assign(self.client, [])
            while not self.closing.is_set():
                self._turn()
        except Closing:
            pass
        except BaseException as error:
            failure.die(f"the consumer failed: {error}", cause=error)
        finally:
            self.client.close()

    def _turn(self) -> None:
        self._adjust_flow()
        before = self.assignment
        first = self.client.poll(TURN)  # consume(n, t) would wait all of t unless n are there
        if first is None:
            return
        records = [first, *self.client.consume(self._batch - 1, 0)]
        if before is not None and self.assignment is before:
            self._hand_over(before, records)
        else:
            self._read_again(records)

    def _hand_over(self, assignment: Assignment, records: Records) -> None:
        for tp, group in self._by_partition(records).items():
            assignment.polled += len(group)
            self._queue.append((assignment, tp, group))
        if self._queue and not self._scheduled:
            self._scheduled = True
            self._loop.call_soon_threadsafe(self._drain)

    @staticmethod
    def _by_partition(records: Records) -> dict[TP, Records]:
        groups: dict[tuple[Any, Any], Records] = {}
        for record in records:
            error = record.error()
            if error is not None:
                judge(error)
            else:
                groups.setdefault((record.topic(), record.partition()), []).append(record)
        return {TP(*place): group for place, group in groups.items()}

    def _read_again(self, records: Records) -> None:
        """A rebalance ran inside the call that gave `records`: see rule 3."""
        ledgers = self.assignment.ledgers if self.assignment is not None else {}
        for tp in self._by_partition(records).keys() & ledgers.keys():
            self.client.seek(ck.TopicPartition(*tp, ledgers[tp].next))

    def _adjust_flow(self) -> None:
        assignment = self.assignment
        if assignment is None:
            return
        if self.flowing and not self._paused and assignment.backlog > self._high:
            self._wait_for_room(assignment)
        mark = self._high // 2 if self._paused else self._high
        pause = not self.flowing or assignment.backlog > mark
        if pause != self._paused:
            self._pause(pause)

    def _wait_for_room(self, assignment: Assignment) -> None:
        until = time.monotonic() + PATIENT
        while assignment.backlog > self._high // 2 and time.monotonic() < until:
            if not self.flowing or self.closing.is_set():
                return
            time.sleep(0.001)

    def _pause(self, pause: bool) -> None:
        change = self.client.pause if pause else self.client.resume
        change(self.client.assignment())
        self._paused = pause

    # -- rebalance callbacks: on the poll thread, inside poll() or consume() -------------------

    def _on_assign(self, client: ck.Consumer, parts: list[ck.TopicPartition]) -> None:
        if self.closing.is_set():
            return
        if self.assignment is not None:  # no revocation came for an empty share
            self._release(lost=False)
        group = frozenset(TP(part.topic, part.partition) for part in parts)
        fresh = group | (self._broadcast - self._carried.keys())
        wanted = self._on_loop(self._desk.positions(fresh))
        starts = self._carried | resolve(client, fresh, group, wanted, self._patiently)
        client.assign([ck.TopicPartition(*tp, offset) for tp, offset in sorted(starts.items())])
        self._pause(True)
        self._on_loop(self._desk.assigned(starts, group))

    def _release(self, lost: bool) -> None:
        if not self.closing.is_set() and self.assignment is not None:
            self._carried = dict(self._on_loop(self._desk.released(lost)))

    def _patiently(self, ask: Callable[[], object], what: str) -> object:
        return patiently(ask, what, self._servers, self.closing)

    def _on_loop(self, task: Coroutine[Any, Any, T]) -> T:
        """Result of `task`, run on the loop; a rebalance must not go on before it is done."""
        future = asyncio.run_coroutine_threadsafe(task, self._loop)
        while True:
            try:
                return future.result(0.2)
            except TimeoutError:
                if future.done():
                    raise
                if self.closing.is_set():
                    future.cancel()
                    raise Closing from None
