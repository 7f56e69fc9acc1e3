"""What the desk is doing, as its topics tell it: last orders, accounts, dead letters."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

import orjson

from schemas import names

FOLLOWED = (names.ORDERS, names.PORTFOLIO, names.STATUSES, names.LETTERS)
HELD = b'"outcome":"held"'
"""Most order records ask for nothing; they are passed over unread."""

MARK = b'"type":"mark"'


@dataclass
class Board:
    """Fed with records of FOLLOWED in any order between topics."""

    orders: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=6))
    outcomes: Counter[str] = field(default_factory=Counter)
    positions: dict[str, dict[str, Any]] = field(default_factory=dict)
    accounts: dict[str, dict[str, Any]] = field(default_factory=dict)
    strategies: dict[str, dict[str, Any]] = field(default_factory=dict)
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
        elif topic == names.STATUSES:
            self.fills += record["type"] == "fill"
        elif topic == names.PORTFOLIO:
            kinds = {"account": self.accounts, "position": self.positions}
            kinds.get(record["type"], self.strategies)[record["key"]] = record
        elif topic == names.LETTERS:
            self.letters += 1
            self.last_letter = f"{record['topic']} {record['source_key']}: {record['reason']}"


def order_in_words(record: dict[str, Any]) -> str:
    """One order record as people say it: what was done, or why not."""
    command = record.get("command")
    if record["outcome"] == "approved" and command:
        return (
            f"{command['intent']} {command['side']} {command['quantity']} {record['symbol']} "
            f"({command['client_order_id']})"
        )
    return f"{record['symbol']}: {record['outcome']}, {record.get('reason') or 'no reason'}"
