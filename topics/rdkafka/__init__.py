"""A Faust transport on librdkafka that loses nothing: `broker="rdkafka://host:port"`.

    attach(app, broadcast=..., positions=..., checkpoint=..., revoked=...)

    @app.agent(topic, name="stage")
    async def stage(stream):
        async for batch in batches(stream):           # records of one partition, in order
            for record in batch:
                app.producer.emit("out", record.key(), work(record.value()))

An offset is committed only when every record before it is processed, every record produced by
then is on the broker, and the checkpoint is done. A body that raises or a delivery that fails
ends the process with exit code 70, uncommitted; a wrong configuration with 78. polling.py says
how, and what must not be changed lightly.
"""

from topics.rdkafka.attachment import Attachment, attach
from topics.rdkafka.batches import batches
from topics.rdkafka.failure import CONFIGURATION, FAIL_STOP, die
from topics.rdkafka.producer import Producer, producer_of
from topics.rdkafka.transport import Transport

__all__ = [
    "CONFIGURATION",
    "FAIL_STOP",
    "Attachment",
    "Producer",
    "Transport",
    "attach",
    "batches",
    "die",
    "producer_of",
]
