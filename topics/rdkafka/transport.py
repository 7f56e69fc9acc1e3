"""The Faust transport `rdkafka://`, found by Faust through the entry point faust.transports."""

from __future__ import annotations

import logging
from typing import Any, ClassVar

import confluent_kafka as ck
import faust.streams
from faust.transport import base
from faust.types.enums import ProcessingGuarantee
from faust.utils.terminal import SpinnerHandler

from topics.rdkafka import failure
from topics.rdkafka.consumer import Consumer
from topics.rdkafka.producer import Producer

DEFAULT_PORT = 9092


class Transport(base.Transport):
    """One librdkafka consumer and one idempotent librdkafka producer for an app."""

    Consumer: ClassVar[Any] = Consumer
    Producer: ClassVar[Any] = Producer
    driver_version = f"confluent_kafka={ck.__version__} librdkafka={ck.libversion()[0]}"

    @property
    def servers(self) -> str:
        """The brokers as librdkafka wants them: `host:port,host:port`."""
        return ",".join(f"{url.host or '127.0.0.1'}:{url.port or DEFAULT_PORT}" for url in self.url)

    def create_consumer(self, *args: Any, **kwargs: Any) -> Any:
        """Make the app's consumer; the process ends (78) if the app cannot work with it."""
        refuse_what_is_unsafe(self.app.conf)
        quiet_root_logger()
        return super().create_consumer(*args, **kwargs)


def refuse_what_is_unsafe(conf: Any) -> None:
    """End the process (78) if a setting is unsafe or not supported."""
    if conf.processing_guarantee is ProcessingGuarantee.EXACTLY_ONCE:
        failure.die(
            "processing_guarantee=exactly_once loses and repeats records in Faust; rdkafka:// "
            "gives at_least_once, and ids make the effects exactly once",
            failure.CONFIGURATION,
        )
    if conf.stream_publish_on_commit:
        failure.die(
            "stream_publish_on_commit publishes for events that are not acked; rdkafka:// "
            "flushes all produced records before each commit instead",
            failure.CONFIGURATION,
        )
    if getattr(faust.streams, "_CStreamIterator", None) is None:
        failure.die(
            "Faust's Cython extensions are not loaded (NO_CYTHON?); its Python streams ack "
            "events that they skip",
            failure.CONFIGURATION,
        )


def quiet_root_logger() -> None:
    """Undo what `faust worker -l warn` does: a spinner that sets the root logger to DEBUG.

    Every send would then build a log record for it, at a fifth of the throughput.
    """
    root = logging.getLogger()
    levels = [handler.level for handler in root.handlers if not isinstance(handler, SpinnerHandler)]
    if len(levels) != len(root.handlers) and levels:
        root.setLevel(max(root.level, min(levels)))
