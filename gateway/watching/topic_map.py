"""`tapeline topics`: the map, and what the broker has of it."""

from __future__ import annotations

from typing import Any

import orjson
from rich import box
from rich.table import Table
from rich.text import Text

from gateway.running.broker import answers, require
from gateway.terminal.output import Output
from gateway.watching.tail import spec_of
from schemas.codec import json_schema
from topics import TOPICS
from topics.admin import Found, create, survey
from topics.settings import Settings
from topics.spec import DAY, TopicSpec


def show(output: Output, settings: Settings) -> int:
    """Print the map; 1 when a broker answers and has not what the map says."""
    there = answers(settings)
    found = survey(settings) if there else [Found(spec, spec.name, 0) for spec in TOPICS]
    rows = [_row(each, there) for each in found]
    if output.json:
        output.lines(rows)
    else:
        output.show(_table(rows))
        if not there:
            where = settings.bootstrap or "any address that is known"
            output.note(f"no broker answers on {where}: this is the map alone")
    return int(there and any(each.fault for each in found))


def make(output: Output, settings: Settings) -> int:
    """Create what is missing, then show the map."""
    require(settings)
    for name in create(settings):
        output.note(f"created {name}")
    return show(output, settings)


def schema(topic: str, output: Output, settings: Settings) -> int:
    """Print the JSON Schema of a topic's record, or of all as one object by topic."""
    if topic == "all":
        output.object({spec.name: orjson.loads(json_schema(spec.record)) for spec in TOPICS})
    elif output.json:
        output.object(orjson.loads(json_schema(spec_of(topic, settings).record)))
    else:
        print(json_schema(spec_of(topic, settings).record).decode())
    return 0


def told(spec: TopicSpec) -> dict[str, Any]:
    """A topic as it is listed."""
    return {
        "topic": spec.name,
        "key": spec.key,
        "record": spec.record.__name__,
        "writer": spec.writer,
        "partitions": spec.partitions,
        "compacted": spec.compacted,
    }


def _row(found: Found, there: bool) -> dict[str, Any]:
    return {
        **told(found.spec),
        "keep_ms": found.spec.keep,
        "on_broker": found.partitions if there else None,
        "fault": found.fault if there else None,
    }


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("topic", "key", "written by", "record", "partitions", "kept", "on the broker"):
        table.add_column(name, justify="right" if name == "partitions" else "left", no_wrap=True)
    for row in rows:
        table.add_row(
            row["topic"], row["key"], row["writer"], row["record"], str(row["partitions"]),
            _kept(row), _there(row),
        )  # fmt: skip
    return table


def _kept(row: dict[str, Any]) -> str:
    if row["compacted"]:
        return "latest of each key"
    days = (row["keep_ms"] or DAY) // DAY
    return f"{days} day{'s' * (days > 1)}"


def _there(row: dict[str, Any]) -> Text:
    if row["on_broker"] is None:
        return Text("?", style="dim")
    if row["fault"]:
        return Text("missing" if not row["on_broker"] else "other partitions", style="red")
    return Text("yes", style="green")
