"""Records as librdkafka gives them, many at once."""

from __future__ import annotations

from typing import Any

import confluent_kafka as ck
from faust.types import TP

from topics.rdkafka.errors import judge

Records = list[ck.Message]


def by_partition(records: Records) -> dict[TP, Records]:
    """The records of each partition, in order. An error among them is judged, and may be raised."""
    if len(records) == 1 and records[0].error() is None:
        return {_place(records[0]): records}
    groups: dict[tuple[Any, Any], Records] = {}
    for record in records:
        error = record.error()
        if error is not None:
            judge(error)
        else:
            groups.setdefault((record.topic(), record.partition()), []).append(record)
    return {TP(*place): group for place, group in groups.items()}


def _place(record: ck.Message) -> TP:
    topic, partition = record.topic(), record.partition()
    assert topic is not None
    assert partition is not None
    return TP(topic, partition)
