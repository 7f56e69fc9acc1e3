"""`tapeline topics --tail`: a topic's records as they come."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from itertools import islice
from typing import Any

import orjson
from confluent_kafka import Message
from rich.text import Text

from gateway.terminal.output import Output
from gateway.watching.follower import Follower
from gateway.watching.view import clock
from topics import BY_NAME
from topics.admin import TopicError
from topics.settings import Settings
from topics.spec import TopicSpec

LONGEST = 2000
"""Characters of a record that people are shown."""


def spec_of(name: str, settings: Settings) -> TopicSpec:
    """The topic of a logical or physical name; TopicError with the nearest names, if any."""
    if spec := BY_NAME.get(name) or BY_NAME.get(settings.logical(name)):
        return spec
    if near := difflib.get_close_matches(name, BY_NAME, 3, 0.4):
        raise TopicError(f"there is no topic {name}: is it {' or '.join(near)}?")
    raise TopicError(f"there is no topic {name}; `tapeline topics` lists them")


def tail(
    topic: str,
    output: Output,
    settings: Settings,
    key: str | None = None,
    beginning: bool = False,
    count: int | None = None,
) -> None:
    """Show records, new ones or all, until `count` were shown or the person has seen enough."""
    spec = spec_of(topic, settings)
    wanted = None if key is None else key.encode()
    with Follower(settings, [spec.name], None if beginning else 0) as follower:
        for message in islice(_come(follower, wanted), count):
            if output.json:
                output.object(as_json(message))
            else:
                output.show(as_text(message))


def _come(follower: Follower, wanted: bytes | None) -> Iterator[Message]:
    while True:
        for _, message in follower.poll(0.2):
            if wanted is None or message.key() == wanted:
                yield message


def as_json(message: Message) -> dict[str, Any]:
    """Key, place, wall time in ms, and the value: JSON as it is, else text, or null."""
    value = bytes(message.value() or b"")
    try:
        told: Any = orjson.loads(value) if value else None
    except orjson.JSONDecodeError:
        told = value.decode(errors="replace")
    return {
        "topic": message.topic(),
        "key": bytes(message.key() or b"").decode(errors="replace"),
        "partition": message.partition(),
        "offset": message.offset(),
        "timestamp": message.timestamp()[1],
        "value": told,
    }


def as_text(message: Message) -> Text:
    """The same for people: a head line, and the value without what the head says."""
    told = as_json(message)
    value = told["value"]
    head = f"{told['partition']}@{told['offset']} {told['key']}"
    if not isinstance(value, dict):
        return Text.assemble((head, "bold"), f"\n{value}")
    head += f" seq {value.get('seq')} {clock(value.get('seen_time') or 0)}"
    body = {name: each for name, each in value.items() if name not in SAID and each != []}
    text = orjson.dumps(body).decode()
    cut = f" ... {len(text) - LONGEST:,} more" if len(text) > LONGEST else ""
    return Text.assemble((head, "bold cyan"), f"\n{text[:LONGEST]}{cut}")


SAID = frozenset({"v", "key", "seq", "seen_time"})
