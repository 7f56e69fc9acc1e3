"""Where each partition starts: as absolute offsets, decided before anything is fetched.

librdkafka can look logical offsets up by itself, but a pause or seek during that lookup has
been seen to leave a partition without data, and it resets an offset out of range silently.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TypeVar

import confluent_kafka as ck
from faust.types import TP

T = TypeVar("T")
REQUEST_TIMEOUT = 5.0

log = logging.getLogger("topics.rdkafka")


class OutOfRange(Exception):
    """A position that the stage has asked for and the broker does not have (any more)."""


def choose(tp: TP, wanted: int | None, committed: int | None, low: int, high: int) -> int:
    """The start offset of `tp`, of which the broker has low (included) to high (excluded).

    A wanted position is exact or an error. A committed one that is out of range (retention was
    faster than us, or the topic was made anew) is told in the log and replaced by the earliest.
    """
    if wanted is not None:
        if not low <= wanted <= high:
            raise OutOfRange(
                f"topic {tp.topic} partition {tp.partition}: start offset {wanted} is wanted, "
                f"but the broker has only {low} to {high}"
            )
        return wanted
    if committed is None:
        return low
    if not low <= committed <= high:
        log.warning(
            "topic %s partition %d: committed offset %d is out of range (%d to %d), "
            "records are lost; going on at %d", *tp, committed, low, high, low,
        )  # fmt: skip
        return low
    return committed


def committed_offsets(client: ck.Consumer, tps: frozenset[TP]) -> dict[TP, int]:
    """The group's committed offsets, of those partitions that have one."""
    asked = [ck.TopicPartition(*tp) for tp in sorted(tps)]
    answer = client.committed(asked, timeout=REQUEST_TIMEOUT) if asked else []
    for part in answer:
        if part.error:
            raise ck.KafkaException(part.error)
    return {TP(part.topic, part.partition): part.offset for part in answer if part.offset >= 0}


def watermarks(client: ck.Consumer, tp: TP) -> tuple[int, int]:
    """Earliest offset of `tp` on the broker, and the one that the next record will get."""
    marks = client.get_watermark_offsets(ck.TopicPartition(*tp), timeout=REQUEST_TIMEOUT)
    if marks is None:
        raise ck.KafkaException(ck.KafkaError(ck.KafkaError._TIMED_OUT))
    return marks


def resolve(
    client: ck.Consumer,
    tps: frozenset[TP],
    group: frozenset[TP],
    wanted: Mapping[TP, int] | None,
    patiently: Callable[[Callable[[], object], str], object],
) -> dict[TP, int]:
    """Absolute start offsets of `tps`; blocks, and asks the broker through `patiently`."""
    committed: dict[TP, int] = {}

    def ask_committed() -> None:
        committed.update(committed_offsets(client, tps & group))

    starts: dict[TP, int] = {}

    def ask_watermarks() -> None:
        for tp in sorted(tps - starts.keys()):
            place = wanted.get(tp) if wanted is not None else None
            starts[tp] = choose(tp, place, committed.get(tp), *watermarks(client, tp))

    if wanted is None:
        patiently(ask_committed, "the committed offsets")
    patiently(ask_watermarks, "the watermarks")
    return starts
