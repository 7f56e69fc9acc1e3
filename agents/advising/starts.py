"""Where a worker begins to read: near the end, since a question of yesterday helps nobody."""

from __future__ import annotations

from collections.abc import Collection

from confluent_kafka import Consumer
from faust.types import TP

from engine.advice.section import AdviceSettings
from engine.advice.settings import span
from schemas import names
from topics.advised import since
from topics.reading import ends, reader
from topics.settings import Settings

BACK = 200
"""Signals before the end of a partition that are read: a clock record a second is of each key."""
RECENT = 60
"""Seconds of ticks that are read for what they tell of funding and open interest."""

NO_FUNDING = b'"fundings":{"index":[],'
NO_INTEREST = b'"interests":null'


def empty(value: bytes) -> bool:
    """A ticks record's bytes that tell neither funding nor open interest, as nearly all do."""
    return NO_FUNDING in value and NO_INTEREST in value


def starts(settings: Settings, section: AdviceSettings, tps: Collection[TP]) -> dict[TP, int]:
    """The offset of each partition to read from. Blocks."""
    consumer = reader(settings)
    found: dict[TP, int] = {}
    try:
        for topic in sorted({tp.topic for tp in tps}):
            wanted = {tp.partition for tp in tps if tp.topic == topic}
            places = _places(consumer, section, topic, settings.logical(topic))
            found |= {TP(topic, number): at for number, at in places.items() if number in wanted}
    finally:
        consumer.close()
    return found


def _places(
    consumer: Consumer, section: AdviceSettings, topic: str, logical: str
) -> dict[int, int]:
    marks = ends(consumer, topic)
    if logical == names.SIGNALS:
        return {number: max(low, end - BACK) for number, (low, end) in marks.items()}
    if logical == names.PORTFOLIO:
        return {number: low for number, (low, _) in marks.items()}
    if logical == names.ADVICE:
        return {number: end for number, (_, end) in marks.items()}
    seconds = _window(section) if logical == names.BARS else RECENT
    found = since(consumer, topic, marks, seconds)
    return {number: marks[number][1] if at is None else at for number, at in found.items()}


def _window(section: AdviceSettings) -> float:
    """Seconds for which bars have to be read so that every advisor's window is full."""
    spans = [span(one.interval) * (one.window + 2) for one in section.advisors.values()]
    return max(spans, default=0) / 1e9
