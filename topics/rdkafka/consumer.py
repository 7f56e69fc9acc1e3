"""Faust's Consumer on librdkafka: the desk that poll thread, streams and commits meet at."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, NoReturn

import confluent_kafka as ck
from faust.transport import consumer as faust_consumer
from faust.types import TP
from mode import Service
from mode.utils.futures import notify

from schemas.errors import TapelineError
from topics.heap import settle
from topics.metrics.consuming import Consuming
from topics.metrics.exposure import exposure_of
from topics.rdkafka import failure, settings
from topics.rdkafka.acks import Assignment, Gate, Nowhere
from topics.rdkafka.attachment import attachment_of
from topics.rdkafka.bodies import watch
from topics.rdkafka.commit import Committer
from topics.rdkafka.delivery import Batch, Delivery
from topics.rdkafka.offsets import Offsets
from topics.rdkafka.polling import Poller
from topics.rdkafka.records import Records
from topics.rdkafka.survey import Closing, patiently, survey
from topics.rdkafka.watchdog import Watchdog


class Gates(dict[TP, Gate]):
    """The acked offsets of each partition as Faust sees them; none of a partition not ours."""

    def __missing__(self, tp: TP) -> Nowhere:
        return Nowhere()


class Consumer(Offsets):
    """Delivers batches synchronously, acks contiguously, commits in order, stops on failure."""

    committer: Committer

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.attachment = attachment_of(self.app)
        self.delivery = Delivery(self.app)
        self._generation = 0
        self._topics: frozenset[str] | None = None
        self._watchdog: Watchdog | None = None
        self._unacked_messages: Any = set()  # Faust's WeakSet costs 2 us a message
        self._acked_index: Any = Gates()
        self._acked: Any = _Forgetful()

    # -- life cycle --------------------------------------------------------------------------

    @property
    def servers(self) -> str:
        """The brokers as librdkafka wants them."""
        transport: Any = self.transport
        return str(transport.servers)

    async def on_start(self) -> None:
        """Make the client; nothing is asked of the broker yet."""
        conf, extra = self.app.conf, self.attachment.consumer_settings
        wanted = settings.consumer(conf, self.servers, extra)
        self.client = failure.configured(lambda: ck.Consumer(wanted, logger=self.log.logger))
        batch = settings.batch_size(conf)
        high = max(conf.stream_buffer_maxsize, 2 * batch)
        self.poller = Poller(self.client, self, self.servers, batch, high)
        self.committer = Committer(
            self.poller, lambda: self.app.producer, self.attachment.checkpoint
        )
        for agent in self.app.agents.values():
            watch(agent)
        self._expose()

    def _expose(self) -> None:
        """Tell of the process from here on."""
        if (exposure := exposure_of(self.app)) is not None:
            Consuming(self, exposure)
            try:
                exposure.begin(asyncio.get_running_loop())
            except TapelineError as error:
                failure.die(str(error), failure.CONFIGURATION)

    async def subscribe(self, topics: Iterable[str]) -> None:
        """Check that all topics exist, then start to read them. Called once by the conductor."""
        wanted = frozenset(topics)
        if not wanted and self._topics is None:
            self._topics = wanted  # an app that only produces: let its tasks start
            await self.assigned({}, frozenset())
            return
        if self._topics is not None:
            if wanted != self._topics:
                failure.die("the topics of a running worker cannot change")
            return
        self._refuse_what_cannot_work(wanted)
        self._topics = wanted
        admin = settings.admin(
            self.servers, self.app.conf.broker_client_id, self.attachment.consumer_settings
        )
        try:
            found = await asyncio.get_running_loop().run_in_executor(
                None, patiently, lambda: survey(self.client, wanted, admin),
                "its topics", self.servers, self.poller.closing,
            )  # fmt: skip
        except Closing:
            return
        self.delivery.compacted = found.compacted
        self.poller.start(
            wanted - self.attachment.broadcast, found.all_of(self.attachment.broadcast)
        )
        self._watchdog = Watchdog(
            self.poller, found.compacted, self.attachment.stall_timeout, admin
        )
        self._watchdog.start()

    def _refuse_what_cannot_work(self, topics: frozenset[str]) -> None:
        unread = sorted(self.attachment.broadcast - topics)
        if unread:
            failure.die(
                f"broadcast topics that no agent reads: {', '.join(unread)}", failure.CONFIGURATION
            )
        if self.app.tables.data:
            failure.die("rdkafka:// has no tables; keep state in engine/", failure.CONFIGURATION)

    async def on_stop(self) -> None:
        """Final checkpoint and commit, then leave the group."""
        await self.wait_empty()
        if self._watchdog is not None:
            self._watchdog.stop()
        await self.poller.stop()
        if (exposure := exposure_of(self.app)) is not None:
            exposure.end()

    # -- what the poll thread asks for (polling.Desk) ------------------------------------------

    async def positions(self, tps: frozenset[TP]) -> Mapping[TP, int] | None:
        """Start offsets that the stage wants."""
        ask = self.attachment.positions
        return None if ask is None else await ask(tps)

    async def assigned(self, starts: Mapping[TP, int], group: frozenset[TP]) -> None:
        """Begin a new assignment, and let Faust prepare its streams for it."""
        self._generation += 1
        assignment = Assignment(self._generation, starts, group)
        self.app.consumer_generation_id = self._generation
        self._acked_index.clear()
        for tp in starts:
            self._acked_index[tp] = Gate(assignment, tp, self.abandoned)
        self.poller.assignment = assignment
        self.delivery.forget_routes()
        self.log.info("assigned: %s", {f"{t}-{p}": o for (t, p), o in sorted(starts.items())})
        if not self.app.rebalancing:
            self.app.on_rebalance_start()
        settle()
        await self.on_partitions_assigned(set(starts), self._generation)

    async def released(self, lost: bool) -> Mapping[TP, int]:
        """Stop the flow, wait for the events in progress, checkpoint, commit, let go.

        A lost assignment is not committed: its partitions may be another worker's already.
        """
        assignment = self.poller.assignment
        if assignment is None:
            return {}
        self.log.info("%s: %s", "lost" if lost else "revoked", sorted(assignment.group))
        self.app.on_rebalance_start()
        await self._on_partitions_revoked(set(assignment.ledgers))  # Faust calls wait_empty
        await self.wait_empty()
        if self.attachment.revoked is not None:
            await self.attachment.revoked(assignment.group)
        self.poller.clear()
        self.poller.assignment = None
        self.resume_partitions(list(self._paused_partitions))
        self._active_partitions.clear()
        ledgers = assignment.ledgers
        return {tp: ledgers[tp].safe for tp in ledgers.keys() - assignment.group}

    def deliver(self, assignment: Assignment, tp: TP, records: Records) -> None:
        """Give the records to their streams."""
        try:
            self.delivery.deliver(assignment, tp, records)
        except Exception as error:
            first = records[0].offset()
            failure.die(f"cannot deliver {tp.topic}-{tp.partition} from {first}: {error}",
                        cause=error)  # fmt: skip

    # -- acks and commits ----------------------------------------------------------------------

    def began(self, batch: Batch) -> None:
        """A stream has taken a batch: whoever stops the worker waits until it is done with it."""
        self._unacked_messages.add(batch)

    def finished(self, batch: Batch) -> None:
        """A stream is done with a batch."""
        if batch.done():
            self._unacked_messages.discard(batch)
            notify(self._waiting_for_ack)

    def abandoned(self, tp: TP, offset: int) -> NoReturn:
        """An agent has left its event before it was done with it."""
        failure.die(
            f"an agent left topic {tp.topic} partition {tp.partition} offset {offset} "
            "in the middle: not acked, it will be read again"
        )

    @Service.transitions_to(faust_consumer.CONSUMER_WAIT_EMPTY)
    async def wait_empty(self) -> None:
        """Wait for the events in progress, then make all that is acked final."""
        while self._unacked_messages:
            await self._wait_for_ack(timeout=1)
        await self.commit()

    @Service.transitions_to(faust_consumer.CONSUMER_COMMITTING)
    async def commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:
        """Checkpoint and commit what is acked now, unless the assignment is lost; see commit.py."""
        assignment = self.poller.assignment
        if assignment is None or assignment.lost:
            return False
        offsets = await self.committer.commit(assignment)
        if offsets:
            self.app.monitor.on_tp_commit(offsets)
            for tp in offsets:
                self.app.monitor.track_tp_end_offset(tp, self.highwater(tp))
        return bool(offsets)

    # -- flow ------------------------------------------------------------------------------------

    async def _drain_messages(self, fetcher: Any) -> None:
        """Records are pushed by the poll thread. That Faust ends its fetcher, as it does when a
        worker stops in the middle of a rebalance, is no crash: it holds nothing.
        """
        with suppress(asyncio.CancelledError):
            await fetcher.wait_until_stopped()

    def stop_flow(self) -> None:
        """Deliver nothing more."""
        super().stop_flow()
        self.poller.flowing = False

    def resume_flow(self) -> None:
        """Deliver: Faust has emptied the streams' queues just before."""
        super().resume_flow()
        self.poller.flowing = True

    def pause_partitions(self, tps: Iterable[TP]) -> None:
        """Fetch no more of them; what is fetched already is still delivered."""
        super().pause_partitions(tps)
        self.poller.held = frozenset(self._paused_partitions)

    def resume_partitions(self, tps: Iterable[TP]) -> None:
        """Fetch them again. Faust resumes all of a new assignment."""
        super().resume_partitions(tps)
        self.poller.held = frozenset(self._paused_partitions)


class _Forgetful(dict[TP, Nowhere]):
    def __missing__(self, tp: TP) -> Nowhere:
        return Nowhere()
