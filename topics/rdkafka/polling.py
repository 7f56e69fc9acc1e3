"""The one thread that talks to librdkafka's consumer. Read this before changing anything here.

Two threads meet in this file: the *poll thread* (everything that runs below `Poller._run`) and
the *event loop*, where Faust, the agents and `Desk` (our Faust consumer) live. What keeps
records from being lost between them is a handful of rules:

1. **All calls of the consumer client are made by the poll thread**, once it runs. The loop only
   flips the flag `flowing`, and hands in jobs (`run`: the commit), which are done between two
   polls, or while the thread waits for the loop. So no record can arrive between a decision
   about the flow and its effect. It is no matter of taste either: confluent-kafka 2.16 lets
   one call at a time into a consumer, and a second thread may wait for its turn for ever.

2. **An assignment is an object, not a number.** `self.assignment` is replaced as a whole, on
   the loop, by `Desk.assigned` and `Desk.released`, and only while the poll thread waits for
   them inside a rebalance callback. Rebalance callbacks run inside poll() and consume(). So
   what those calls return belongs to the assignment of before the call if, and only if, it is
   still the same object after it. Reading some generation before poll() and trusting it after
   is the classic loss: poll() runs the callbacks, then returns a record of the *new*
   assignment, it is dropped as stale, and the commit goes past it.

3. **A new assignment is at first not told to librdkafka**: the callback assigns nothing, and this
   thread assigns the partitions at the top of a later turn, once Faust has said
   `resume_flow()`. Faust clears the queues of all streams just before that: a record delivered
   earlier would vanish un-acked. So the call that runs a rebalance can only return records of
   the old assignment, and they are not taken: their new owner reads them again, as the commit
   did not pass them. (To assign and pause would do too, but the first record after a resume
   takes a second: the broker thread of librdkafka is not woken up.)

4. **The hand-over deque is never rebound**: this thread appends to it at any time. The loop
   clears it, in place, only while this thread waits in a revocation. `_scheduled` is reset
   before the deque is emptied, so an append after that asks for a new wake-up. The loop is
   woken as the last thing before this thread lets go of the interpreter: woken earlier, it
   would wait for it, and each record would cost two changes of threads more.

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
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

import confluent_kafka as ck
from faust.types import TP

from topics.rdkafka import failure
from topics.rdkafka.acks import Assignment
from topics.rdkafka.desk import Desk
from topics.rdkafka.positions import resolve
from topics.rdkafka.records import Records, by_partition
from topics.rdkafka.survey import Closing, patiently

T = TypeVar("T")
TURN = 0.1
"""Seconds that one poll waits for a record, and so the delay of everything else here."""
WAITED = 0.0002
"""Seconds: a poll that took longer has waited for its record, and found no others behind it."""
PATIENT = 1.0
"""Seconds above the high mark before the partitions are paused."""


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
        self.highs: dict[TP, int] = {}
        self._sampled = 0.0
        self._jobs: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._queue: deque[tuple[Assignment, TP, Records]] = deque()
        self._scheduled = self._paused = False
        self._broadcast: frozenset[TP] = frozenset()
        self.held: frozenset[TP] = frozenset()
        self._holding: frozenset[TP] = frozenset()
        self._unassigned: list[ck.TopicPartition] = []
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

    async def run(self, job: Callable[[], T]) -> T:
        """Result of `job`, done by the poll thread within TURN; it is held meanwhile."""
        future: Future[T] = Future()

        def do() -> None:
            try:
                future.set_result(job())
            except BaseException as error:
                future.set_exception(error)

        self._jobs.put(do)
        return await asyncio.wrap_future(future)

    async def move(self, tp: TP, offset: int) -> None:
        """Go on with `tp` at `offset`: a new assignment of the same partitions. Once the events in
        progress are done, so never to be awaited by an agent's body.
        """
        await self.run(lambda: self._move(tp, offset))

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
                    on_lost=self._on_lost,
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
        while not self._jobs.empty():
            self._wake()
            self._do_job()
        self._sample_highs()
        self._adjust_flow()
        before = self.assignment
        self._wake()  # last: this thread lets go of the interpreter in poll(), and the loop gets it
        asked = time.monotonic()
        first = self.client.poll(TURN)  # consume(n, t) would wait all of t unless n are there
        if first is None:
            return
        records = [first]
        if time.monotonic() - asked < WAITED:  # else it was the only one
            records += self.client.consume(self._batch - 1, 0)
        if before is not None and self.assignment is before:
            self._hand_over(before, records)

    def _do_job(self) -> None:
        with suppress(Empty):
            self._jobs.get(timeout=0.2)()

    def _sample_highs(self) -> None:
        """Once a second, note what the broker said last about the ends of our partitions."""
        assignment, now = self.assignment, time.monotonic()
        if assignment is None or now - self._sampled < 1.0:
            return
        self._sampled = now
        for tp in assignment.ledgers:
            marks = self.client.get_watermark_offsets(ck.TopicPartition(*tp), cached=True)
            self.highs[tp] = marks[1] if marks else -1

    def _hand_over(self, assignment: Assignment, records: Records) -> None:
        for tp, group in by_partition(records).items():
            assignment.polled += len(group)
            self._queue.append((assignment, tp, group))

    def _wake(self) -> None:
        """Have the loop take what is handed over."""
        if self._queue and not self._scheduled:
            self._scheduled = True
            self._loop.call_soon_threadsafe(self._drain)

    def _adjust_flow(self) -> None:
        assignment = self.assignment
        if assignment is None:
            return
        if self._unassigned and self.flowing:
            self.client.assign(self._unassigned)
            self._unassigned = []
        if self.flowing and not self._paused and assignment.backlog > self._high:
            self._wait_for_room(assignment)
        mark = self._high // 2 if self._paused else self._high
        pause, held = assignment.backlog > mark, self.held
        if pause != self._paused or held != self._holding:
            self._pause(pause, held)

    def _wait_for_room(self, assignment: Assignment) -> None:
        self._wake()
        until = time.monotonic() + PATIENT
        while assignment.backlog > self._high // 2 and time.monotonic() < until:
            if not self.flowing or self.closing.is_set():
                return
            time.sleep(0.001)

    def _pause(self, everything: bool, held: frozenset[TP]) -> None:
        """Pause all partitions, or those that the app holds; resume the others."""
        if self._unassigned:
            return
        for place in self.client.assignment():
            stop = everything or TP(place.topic, place.partition) in held
            (self.client.pause if stop else self.client.resume)([place])
        self._paused, self._holding = everything, held

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
        self._begin(starts, group)

    def _begin(self, starts: Mapping[TP, int], group: frozenset[TP]) -> None:
        self.client.assign([])
        self._paused, self._holding = False, frozenset()
        self._unassigned = [ck.TopicPartition(*tp, at) for tp, at in sorted(starts.items())]
        self._on_loop(self._desk.assigned(starts, group))

    def _move(self, tp: TP, offset: int) -> None:
        old = self.assignment
        if old is None or tp not in old.ledgers:
            raise LookupError(f"{tp.topic}-{tp.partition} is not assigned")
        self._release(lost=False)
        starts = {each: ledger.safe for each, ledger in old.ledgers.items()}
        self._begin({**starts, tp: offset}, old.group)

    def _on_lost(self, _client: ck.Consumer, _parts: list[ck.TopicPartition]) -> None:
        """The session has expired: the partitions may be another worker's already.

        librdkafka would rejoin, but as a static member it has then been seen to be fenced by
        its own new self, and to stay dead without a word.
        """
        if not self.closing.is_set():
            failure.die("the group session has expired (no broker for broker_session_timeout?)")

    def _release(self, lost: bool) -> None:
        if not self.closing.is_set() and self.assignment is not None:
            self.assignment.lost = lost
            self._carried = dict(self._on_loop(self._desk.released(lost)))

    def _patiently(self, ask: Callable[[], object], what: str) -> object:
        return patiently(ask, what, self._servers, self.closing)

    def _on_loop(self, task: Coroutine[Any, Any, T]) -> T:
        """Result of `task`, run on the loop; a rebalance must not go on before it is done.

        Jobs are done meanwhile: the task may be waiting for its commit.
        """
        future = asyncio.run_coroutine_threadsafe(task, self._loop)
        future.add_done_callback(lambda _: self._jobs.put(lambda: None))
        while not future.done():
            if self.closing.is_set():
                future.cancel()
                raise Closing
            self._do_job()
        return future.result()
