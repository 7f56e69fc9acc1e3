"""What the desk is doing, as its topics tell it: orders, accounts, markets, dead letters."""

from __future__ import annotations

from bisect import insort
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson

from gateway.control.halts import halted
from gateway.watching.happenings import Happening, became, order_in_words, ordered
from schemas import names
from schemas.codec import decode
from schemas.errors import Poison
from schemas.signals import ConsolidatedBook

FOLLOWED: dict[str, int | None] = {
    names.ORDERS: 20_000,
    names.PORTFOLIO: 5_000,
    names.STATUSES: 5_000,
    names.STATE: None,
    names.LETTERS: 200,
    names.ADVICE: 50,
}
"""Topics, with how many records before the end of each partition are looked at first (None: all).

Most order records ask for nothing, so that the last ones that did are many records back.
"""

HELD = b'"outcome":"held"'
"""Most order records ask for nothing; they are passed over unread."""

MARK = b'"type":"mark"'
SHOWN = 30
"""Happenings that are kept."""


@dataclass
class Board:
    """Fed with records of FOLLOWED in any order between topics. markets: the latest signals;
    advice: by market and advisor, its latest record; books: by symbol, the latest consolidated book
    that tells its venues, and when it was `written` (seconds since 1970); looked: when they were
    looked at.
    """

    orders: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=6))
    happenings: list[Happening] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    positions: dict[str, dict[str, Any]] = field(default_factory=dict)
    accounts: dict[str, dict[str, Any]] = field(default_factory=dict)
    strategies: dict[str, dict[str, Any]] = field(default_factory=dict)
    settings: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    markets: dict[str, dict[str, Any]] = field(default_factory=dict)
    books: dict[str, dict[str, Any]] = field(default_factory=dict)
    advice: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    looked: float = 0.0
    fills: int = 0
    letters: int = 0
    last_letter: str = ""

    def take(self, topic: str, value: bytes) -> None:
        """Let one record in; bytes that are no JSON are passed over."""
        if (topic == names.ORDERS and HELD in value) or (topic == names.STATUSES and MARK in value):
            return
        try:
            record = orjson.loads(value)
        except orjson.JSONDecodeError:
            return
        if topic == names.ORDERS:
            self.orders.append(record)
            self.outcomes[record["outcome"]] += 1
            self._happens(ordered(record))
        elif topic == names.STATUSES:
            self.fills += record["type"] == "fill"
            self._happens(became(record))
        elif topic == names.PORTFOLIO:
            kinds = {"account": self.accounts, "position": self.positions}
            kinds.get(record["type"], self.strategies)[record["key"]] = record
        elif topic == names.STATE:
            self.settings.setdefault(record["account"], {})[record["setting"]] = record
        elif topic == names.SIGNALS:
            self.markets[record["key"]] = record
        elif topic == names.ADVICE:
            self.advice[record["key"], record["opinion"]["advisor"]] = record
        elif topic == names.LETTERS:
            self.letters += 1
            self.last_letter = f"{record['topic']} {record['source_key']}: {record['reason']}"

    def consolidated(self, value: bytes, written: float) -> None:
        """Let a record of market.books in that tells its venues; bytes that are none are passed
        over.
        """
        try:
            record = decode(ConsolidatedBook, value)
        except Poison:
            return
        self.books[record.symbol] = {**record.model_dump(mode="json"), "written": written}

    def take_all(self, records: Iterable[tuple[str, bytes, bytes]]) -> None:
        """Let many in, as topic, key and value; of a portfolio row only the latest is read."""
        latest: dict[bytes, bytes] = {}
        for topic, key, value in records:
            if topic == names.PORTFOLIO:
                latest[key] = value
            else:
                self.take(topic, value)
        for value in latest.values():
            self.take(names.PORTFOLIO, value)

    def halted(self, account: str) -> str:
        """Why an account enters nothing, "" where it does."""
        return halted(self.settings.get(account, {}))

    def mode(self, account: str) -> str:
        """How its orders are carried out, as a person has set it; "" where nobody has."""
        row = self.settings.get(account, {}).get("mode")
        return str(row["value"]) if row else ""

    def strategy(self, account: str, name: str) -> str:
        """What a person has set of a strategy: "stopped", "started ..."; "" for nothing."""
        row = self.settings.get(account, {}).get(f"strategy/{name}")
        return str(row["value"]).replace(":", " ", 1) if row else ""

    def _happens(self, happening: Happening | None) -> None:
        """The latest last; a refusal that is said again is counted, not repeated."""
        if happening is None:
            return
        for before in self.happenings:
            if before.repeats(happening):
                happening.count = before.count + 1
                self.happenings.remove(before)
                break
        insort(self.happenings, happening, key=lambda each: each.time)
        del self.happenings[:-SHOWN]


__all__ = ["FOLLOWED", "Board", "order_in_words"]
