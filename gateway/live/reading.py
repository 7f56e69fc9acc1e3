"""What records of the topics are news of: bytes to items. Pure; bytes that are none give nothing.

A topic's own reader is told all else by its name: `READERS` has them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson

from gateway.live.hub import Item
from gateway.live.orders import became, filled, ordered
from gateway.live.spoken import moment, spoken
from schemas import names
from schemas.commands import OWN

HELD = b'"outcome":"held"'
MARK = b'"type":"mark"'
QUIET = {names.ORDERS: HELD, names.STATUSES: MARK}
"""By topic, what most of its records have, which tell nothing but the time: they are not read."""

PUBLISHED = (b'"published":true', b'"fresh":true')
"""What a signal has that a closed bar has made, and that is told."""

LATEST = frozenset({names.SIGNALS, names.BOOKS, names.PORTFOLIO, names.INSTRUMENTS})
"""Topics of which only the last record of a key counts, where many come at once; and of signals,
those that are published.
"""

TOLD = frozenset({names.EVENTS, names.LETTERS})
"""Topics of what stages tell of themselves, mostly without an id or a time: where and when the
broker took it serves.
"""


class Raw(NamedTuple):
    """A record as it was read, of a logical topic. place: where; at: ns, the broker's."""

    topic: str
    key: bytes
    value: bytes
    place: str = ""
    at: int = 0


Heard = Callable[[dict[str, Any]], None]


def news(records: Iterable[Raw], beside: Mapping[str, Heard] = MappingProxyType({})) -> list[Item]:
    """The items of records in their order; of LATEST only those of the last one of a key.

    beside: by topic, who else is told each of its records, as JSON has it.
    """
    rows = [row for row in records if row.value and not _quiet(row.topic, row.value)]
    last = {(row.topic, row.key): at for at, row in enumerate(rows) if row.topic in LATEST}
    return [
        item
        for at, row in enumerate(rows)
        if last.get((row.topic, row.key), at) == at or _published(row)
        for item in items_of(row, beside.get(row.topic))
    ]


def _quiet(topic: str, value: bytes) -> bool:
    mark = QUIET.get(topic)
    return mark is not None and mark in value


def _published(row: Raw) -> bool:
    return row.topic == names.SIGNALS and all(mark in row.value for mark in PUBLISHED)


def items_of(row: Raw, beside: Heard | None = None) -> list[Item]:
    """The items of one record, none where it is not one that we know; `beside` is told it too."""
    reader = READERS.get(row.topic)
    if reader is None:
        return []
    try:
        record = orjson.loads(row.value)
        if row.topic in TOLD:
            record["id"] = record["id"] or row.place
            record["seen_time"] = record["seen_time"] or row.at
        if beside is not None:
            beside(record)
        return list(reader(record))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        return []  # it has a letter of its own


def _ticks(record: dict[str, Any]) -> Iterator[Item]:
    told = spoken({name: record.get(name) for name in TICKED})
    trades = [
        {"event_time": moment(at), "price": price, "quantity": quantity, "side": side, "id": id}
        for at, price, quantity, side, id in _rows(
            record["trades"], "event_time", "price", "quantity", "side", "trade_id"
        )
    ]
    fundings = [
        {"mark": mark, "index_price": index, "rate": rate, "due": moment(due)}
        for mark, index, rate, due in _rows(
            record["fundings"], "mark", "index_price", "rate", "due"
        )
    ]
    last = {"last": trades[-1]["price"]} if trades else {"last": None}
    funding = {"funding": fundings[-1] if fundings else None}
    yield Item("ticks", record["key"], "", {**told, **last, **funding, "trades": trades})


TICKED = ("id", "seq", "key", "venue", "symbol", "event_time", "seen_time", "book", "bid", "ask")


def _rows(columns: dict[str, list[Any]], *names: str) -> Iterator[tuple[Any, ...]]:
    return zip(*(columns[name] for name in names), strict=True)


def _bar(record: dict[str, Any]) -> Iterator[Item]:
    slot = f"{record['interval']}@{record['open_time']}"
    yield Item("bars", record["key"], slot, spoken(record))


def _book(record: dict[str, Any]) -> Iterator[Item]:
    if record["full"]:  # each clock record is: between them only what has changed is told
        yield Item("books", record["symbol"], "", _shown(record))


def _decision(record: dict[str, Any]) -> Iterator[Item]:
    told = _shown(record)
    yield Item("decisions", record["key"], record["strategy"], told)
    if record["verdict"] not in ("hold", "refused"):
        yield Item("judgments", record["key"], record["id"], told)


def _advice(record: dict[str, Any]) -> Iterator[Item]:
    calls = [{name: call.get(name) for name in CALLED} for call in record["calls"]]
    told = {**_shown(record), "calls": calls}
    del told["briefing"]
    yield Item("advice", record["key"], f"{record['id']}/{record['opinion']['advisor']}", told)


CALLED = ("provider", "model", "role", "cost", "latency", "tokens_in", "tokens_out", "fault")


def _order(record: dict[str, Any]) -> Iterator[Item]:
    told = ordered(record)
    yield Item("orders", record["account"], told["id"], told)


def _status(record: dict[str, Any]) -> Iterator[Item]:
    account, told = record["account"], spoken(record)
    yield Item("statuses", account, record["id"], told)
    if record["type"] == "fill":
        yield Item("fills", account, record["id"], filled(told))
    if record["client_order_id"] and record["state"]:
        yield Item("orders", account, record["client_order_id"], became(told))


def _portfolio(record: dict[str, Any]) -> Iterator[Item]:
    yield Item("portfolio", record["account"], record["key"], spoken(record))


def _command(record: dict[str, Any]) -> Iterator[Item]:
    told = {name: record[name] for name in ("id", "account", "by", "seq", "command")}
    time = moment(record["seen_time"])
    yield Item(
        "commands", record["account"], record["id"], {**told, "seen_time": time, "state": None}
    )


def _state(record: dict[str, Any]) -> Iterator[Item]:
    account, setting, cause = record["account"], record["setting"], record["cause"]
    if setting != "requests":
        yield Item("settings", account, setting, _shown(record))
    if setting in OWN:
        return  # no answer to a command: nobody has given one
    answer = {"setting": setting, "why": record["why"], "value": record["value"]}
    if setting == "requests":
        answer["value"] = _number(record["value"], cause)
    state = "refused" if setting == "refused" else "taken"
    told = {"id": cause, "account": account, "state": state, "answer": answer, "answers": [answer]}
    yield Item("commands", account, cause, told)


def _number(value: str, cause: str) -> str:
    """Of all the requests that are under way, the number of this one."""
    return next((str(each["number"]) for each in orjson.loads(value) if each["id"] == cause), "")


def _event(record: dict[str, Any]) -> Iterator[Item]:
    if record["kind"] != "audit":  # that takes a right of its own
        yield Item("events", "*", record["id"], spoken(record))


def _letter(record: dict[str, Any]) -> Iterator[Item]:
    told = {name: record[name] for name in ("id", "stage", "topic", "source_key", "reason")}
    time = {"seen_time": moment(record["seen_time"])}
    yield Item(
        "events",
        "*",
        record["id"],
        {**spoken(told), **time, "kind": "dead letter", "severity": "error"},
    )


def _instrument(record: dict[str, Any]) -> Iterator[Item]:
    yield Item("instruments", record["key"], "", spoken(record))


def _signal(record: dict[str, Any]) -> Iterator[Item]:
    yield Item("signals", record["key"], "", spoken(record))
    if record.get("published") and record.get("fresh"):
        told = {name: record[name] for name in ("id", "key", "action", "strength", "last")}
        reasons = [score["reason"] for score in record["scores"]]
        times = {name: moment(record[name]) for name in ("seen_time", "bar_time")}
        yield Item("published", record["key"], record["id"], {**told, **times, "reasons": reasons})


def _shown(record: dict[str, Any]) -> dict[str, Any]:
    """Without what it has read, which `why` tells."""
    told: dict[str, Any] = spoken(record)
    told.pop("reads", None)
    return told


READERS: dict[str, Callable[[dict[str, Any]], Iterator[Item]]] = {
    names.INSTRUMENTS: _instrument,
    names.TICKS: _ticks,
    names.BARS: _bar,
    names.BOOKS: _book,
    names.SIGNALS: _signal,
    names.DECISIONS: _decision,
    names.ADVICE: _advice,
    names.ORDERS: _order,
    names.STATUSES: _status,
    names.PORTFOLIO: _portfolio,
    names.COMMANDS: _command,
    names.STATE: _state,
    names.EVENTS: _event,
    names.LETTERS: _letter,
}
