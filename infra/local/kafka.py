"""One Apache Kafka broker on this machine, for a desk, a demo or a test."""

import logging
import os
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from infra.local import settings
from infra.local.classes import ClassArchive
from infra.local.errors import LocalError
from infra.local.formatted import META, Formatted
from infra.local.jars import Progress, fetch, locked
from infra.local.java import java
from infra.local.ports import HOST, is_open
from infra.local.process import Child
from infra.local.server import READY, Server
from infra.local.waiting import wait_for

CLUSTER = "tapeline-local-desk-00"  # an identity of 22 characters, as Kafka has them

NO_ROOM = ("No space left on device", "File too large", "Disk quota exceeded")
"""What the system says when a disk, a file or a quota is full."""

LAST_WORDS = 256 * 1024
"""Bytes of the log that a broker fills while it ends: each failure has a long trace."""

_quiet = logging.Logger("kafka-probe", logging.CRITICAL)


class Kafka(Server):
    """A broker and controller in one process; its records survive kill -9."""

    name = "Apache Kafka"

    def __init__(
        self, data: Path, port: int | None = None, access: settings.Access = settings.OPEN
    ) -> None:
        super().__init__(data, port)
        self._access = access
        self._jars: tuple[Path, ...] = ()
        self._classes: ClassArchive | None = None

    @property
    def bootstrap(self) -> str:
        """The address for clients, `127.0.0.1:PORT`; LocalError before the first start."""
        return f"{HOST}:{self.port}"

    def stop(self) -> None:
        """Ends it in order; the first stop with a new Java takes seconds more, to keep classes."""
        super().stop()
        if self._classes:
            self._classes.keep()

    def kill(self) -> None:
        """Ends it with SIGKILL; nothing happens if it does not run."""
        super().kill()
        if self._classes:
            self._classes.drop()

    @property
    def full(self) -> bool:
        """True when the last lines of its log say that it could not write for want of room."""
        last = self.tail(LAST_WORDS)
        return any(words in last for words in NO_ROOM)

    def _fetch(self, progress: Progress | None) -> None:
        self._jars = fetch(locked(), progress=progress)

    def _prepare(self) -> Child:
        text = settings.properties(self.port, self._ports["controller"], self._access)
        (self.data / "server.properties").write_text(text)
        (self.data / "log4j2.properties").write_text(settings.LOG4J)
        self._classes = ClassArchive(java(), self._jars)
        if not (self.data / "records" / META).exists():
            self._format(self._classes.reading())
        return self._java(*self._classes.options(), "kafka.Kafka")

    def _format(self, options: tuple[str, ...]) -> None:
        """Gives the records directory its identity; done once in its life.

        How a broker is reached is nothing that a directory knows.
        """
        formatted = Formatted(self._jars, f"{CLUSTER}\n{settings.properties(0, 0)}")
        if not formatted.give(self.data / "records"):
            self._run_tool(options)
            formatted.keep(self.data / "records")

    def _run_tool(self, options: tuple[str, ...]) -> None:
        tool = ("kafka.tools.StorageTool", "format", "--cluster-id", CLUSTER, "--config")
        child = self._java(settings.SHORT, *options, *tool)
        child.start()
        if not wait_for(lambda: not child.running, READY) or child.kill() != 0:
            raise LocalError(
                f"Kafka's storage was not formatted: the reason is in {child.log}.", child.tail()
            )

    def _java(self, *arguments: str) -> Child:
        """A program of Kafka's, run in the data directory; its last argument is its properties."""
        log4j = "-Dlog4j2.configurationFile=log4j2.properties"
        return Child(
            (str(java()), *settings.JVM, log4j, *arguments, "server.properties"),
            log=self.data / "broker.log",
            record=self._record,
            env={"CLASSPATH": os.pathsep.join(map(str, self._jars))},
            cwd=self.data,
        )

    def _serves(self) -> bool:
        """True once the broker is in the metadata it gives: before, it is fenced from clients."""
        if not is_open(self.port):
            return False
        try:
            told: dict[str, str | int | float | bool] = {
                "bootstrap.servers": self.bootstrap,
                **self._access.client,
            }
            client = AdminClient(told, logger=_quiet)
            return bool(client.list_topics(timeout=5).brokers)
        except KafkaException:
            return False
