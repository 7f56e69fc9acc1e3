"""`tapeline topics --console`: Kafka's own console consumer, from the cached jars."""

from __future__ import annotations

import os
from collections.abc import Sequence

from gateway.terminal.downloads import Downloads
from gateway.terminal.output import Output
from gateway.watching.tail import spec_of
from infra.local.jars import fetch, locked
from infra.local.java import java
from topics.settings import Settings

MAIN = "org.apache.kafka.tools.consumer.ConsoleConsumer"


def words(topic: str, settings: Settings, more: Sequence[str]) -> list[str]:
    """The command; `more` are further arguments of the console consumer."""
    quiet = ("-Xshare:auto", "-XX:TieredStopAtLevel=1", "-Dlog4j2.level=ERROR")
    name = settings.physical(spec_of(topic, settings).name)
    return [
        str(java()), *quiet, MAIN, "--bootstrap-server", settings.bootstrap,
        "--topic", name, "--from-beginning", *more,
    ]  # fmt: skip


def consume(topic: str, output: Output, settings: Settings, more: Sequence[str]) -> None:
    """Become the console consumer; never returns."""
    command = words(topic, settings, more)
    with Downloads(output) as progress:
        jars = fetch(locked(), progress=progress)
    os.environ["CLASSPATH"] = os.pathsep.join(map(str, jars))
    os.execv(command[0], command)
