"""What the topics of one run hold, counted once over: events, orders, fills, money, latency."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson
from confluent_kafka import Message

from gateway.watching.pnl import agreements
from schemas import names
from schemas.codec import HEAD
from topics.reading import read_all
from topics.settings import Settings

Join = dict[tuple[str, int], int]
"""Wall time in ms of a raw record by the key and sequence of its ticks record."""


@dataclass
class Census:
    """Counts by what they are of. delays: ms from the raw record to the record of that topic.

    agreements: whether the portfolio of an account is what its statuses come to, as
    gateway.watching.pnl finds it.
    trading: approved orders, fills, stops and targets that fired, by account and strategy. filled:
    orders that were, without those that protect another.
    """

    records: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    notices: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    approved: list[str] = field(default_factory=list)
    states: dict[str, str] = field(default_factory=dict)
    trading: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    filled: list[str] = field(default_factory=list)
    accounts: dict[str, dict[str, Any]] = field(default_factory=dict)
    positions: dict[str, dict[str, Any]] = field(default_factory=dict)
    strategies: dict[str, dict[str, Any]] = field(default_factory=dict)
    agreements: dict[str, str] = field(default_factory=dict)
    letters: list[str] = field(default_factory=list)
    delays: dict[str, list[int]] = field(default_factory=dict)
    began: int = 0
    ended: int = 0

    @property
    def market_events(self) -> int:
        """Trades, quotes and depth updates."""
        return sum(self.events[kind] for kind in ("trades", "quotes", "depth_updates"))

    @property
    def fills(self) -> int:
        """Of all accounts and strategies."""
        return self.total("fills")

    def total(self, what: str) -> int:
        """Orders, fills, stops or targets of all accounts and strategies."""
        return sum(counts[what] for counts in self.trading.values())

    def count(self, row: dict[str, Any], what: str) -> None:
        """One more of them for the record's account and strategy."""
        self.trading.setdefault((row["account"], row["strategy"]), Counter())[what] += 1

    @property
    def rate(self) -> float:
        """Market events a second of wall time, from the first raw record to the last order's."""
        return self.market_events * 1000 / max(1, self.ended - self.began)


def unique(settings: Settings, topic: str) -> Iterator[tuple[Message, dict[str, Any]]]:
    """Each record of a topic once, as first published: doubles are told by their sequence."""
    last: dict[str, int] = {}
    for message in read_all(settings, topic):
        record = orjson.loads(bytes(message.value() or b"null"))
        if not record:
            continue
        key, seq = record["key"], record["seq"]
        if seq < 0 or seq > last.get(key, -1):
            last[key] = max(seq, last.get(key, -1))
            yield message, record


def take(settings: Settings) -> Census:
    """Read all topics of the flow. Cost: about 3 s for 240,000 market events."""
    census = Census()
    came = _raw(census, settings)
    join = _ticks(census, settings, came)
    _decisions(census, settings, join)
    _orders(census, settings, join)
    _statuses(census, settings)
    _portfolio(census, settings)
    census.agreements = agreements(settings)
    for topic in (names.BARS, names.SIGNALS, names.JOURNAL):
        census.records[topic] = sum(1 for _ in read_all(settings, topic))
    for _, letter in unique(settings, names.LETTERS):
        census.letters.append(f"{letter['topic']} {letter['source_key']}: {letter['reason']}")
    return census


def _raw(census: Census, settings: Settings) -> dict[str, int]:
    """Wall time of each raw record by its id."""
    came: dict[str, int] = {}
    for message in read_all(settings, names.RAW):
        if head := HEAD.match(bytes(message.value() or b"")):
            came.setdefault(head[1].decode(), message.timestamp()[1])
    census.records[names.RAW] = len(came)
    census.began = min(came.values(), default=0)
    return came


def _ticks(census: Census, settings: Settings, came: dict[str, int]) -> Join:
    join: Join = {}
    for message, ticks in unique(settings, names.TICKS):
        census.records[names.TICKS] += 1
        census.events["trades"] += len(ticks["trades"]["index"])
        census.events["quotes"] += len(ticks["quotes"]["index"])
        snapshots = sum(ticks["books"]["snapshot"])
        census.events["snapshots"] += snapshots
        census.events["depth_updates"] += len(ticks["books"]["index"]) - snapshots
        census.events["bars"] += len(ticks["bars"])
        census.notices.update(notice["type"] for notice in ticks["notices"])
        if ticks["cause"] in came and not ticks["clock"]:
            join[ticks["key"], ticks["seq"]] = came[ticks["cause"]]
            _delay(census, names.TICKS, message, came[ticks["cause"]])
    return join


def _delay(census: Census, topic: str, message: Message, began: int) -> None:
    census.delays.setdefault(topic, []).append(message.timestamp()[1] - began)


def _decisions(census: Census, settings: Settings, join: Join) -> None:
    for message, decision in unique(settings, names.DECISIONS):
        census.records[names.DECISIONS] += 1
        census.verdicts[decision["verdict"]] += 1
        if (began := join.get((decision["key"], decision["tick"]))) is not None:
            _delay(census, names.DECISIONS, message, began)


def _orders(census: Census, settings: Settings, join: Join) -> None:
    for message, order in unique(settings, names.ORDERS):
        census.records[names.ORDERS] += 1
        census.outcomes[order["outcome"]] += 1
        census.ended = max(census.ended, message.timestamp()[1])
        if order["outcome"] == "refused":
            census.refusals[order["reason"]] += 1
        if order["outcome"] == "approved":
            census.approved.append(order["command"]["client_order_id"])
            census.count(order, "orders")
        if (began := join.get((f"{order['venue']}:{order['symbol']}", order["tick"]))) is not None:
            _delay(census, names.ORDERS, message, began)


def _statuses(census: Census, settings: Settings) -> None:
    fired: set[str] = set()
    for _, status in unique(settings, names.STATUSES):
        census.records[names.STATUSES] += 1
        if order := status["client_order_id"]:
            census.states[order] = status["state"]
        if status["type"] != "fill":
            continue
        census.count(status, "fills")
        if status["role"] is None:
            census.filled.append(order)
        elif order not in fired:
            fired.add(order)
            census.count(status, f"{status['role']}s")


def _portfolio(census: Census, settings: Settings) -> None:
    for _, row in unique(settings, names.PORTFOLIO):
        census.records[names.PORTFOLIO] += 1
        kinds = {"account": census.accounts, "position": census.positions}
        kinds.get(row["type"], census.strategies)[row["key"]] = row


def percentile(values: list[int], share: float) -> int:
    """The value below which that share of them lies (nearest rank); 0 for none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0
