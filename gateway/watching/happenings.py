"""What became of orders, in lines for people: asked, refused, filled, stopped out."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

NAME = 10
"""Characters of an id that people are shown: 40 bits and more, enough to tell orders apart."""

BY = {"person": "by hand", "risk": "by the watch on risk"}


@dataclass
class Happening:
    """One line. time: ns of the market; name: the beginning of the id that `tapeline why` takes;
    count: how often it has been said.
    """

    time: int
    account: str
    outcome: str
    text: str
    name: str = ""
    count: int = 1

    def repeats(self, other: Happening) -> bool:
        """True for a refusal that has been said before in the same words."""
        said = (other.account, other.outcome, other.text)
        return self.outcome == "refused" and said == (self.account, self.outcome, self.text)


def ordered(record: dict[str, Any]) -> Happening:
    """An account's record: what it lets go and on which figures, or why not."""
    command = record.get("command") or {}
    name = command.get("client_order_id") or record["id"]
    text = order_in_words(record)
    return Happening(record["seen_time"], record["account"], record["outcome"], text, name[:NAME])


def order_in_words(record: dict[str, Any]) -> str:
    """One order record as people say it: what was done, or why not."""
    by = BY.get(record.get("origin") or "", record.get("strategy") or "")
    command = record.get("command")
    if not command:
        return " · ".join(filter(None, [_refusal(record), record["symbol"], by]))
    risk = record.get("assessment")
    figure = f"risk {risk['score']:.0f}/100" if risk else ""
    prices = [(name, command.get(name)) for name in ("price", "trigger", "stop", "target")]
    guards = " ".join(f"{name} {price}" for name, price in prices if price)
    refused = _refusal(record) if record["outcome"] == "refused" else ""
    said = [refused, _command(command), by, figure, guards]
    return " · ".join(filter(None, said))


def _command(command: dict[str, Any]) -> str:
    if command.get("action", "place") != "place":
        return f"{command['action']} {command['symbol']}"
    quantity = plain(command["quantity"])
    return f"{command['intent']} {command['side']} {quantity} {command['symbol']}"


def _refusal(record: dict[str, Any]) -> str:
    """The reason, with the figure that failed."""
    reason = str(record.get("reason") or record["outcome"])
    failed = next((each for each in record.get("checks") or () if not each["passed"]), None)
    if failed is None:
        return reason
    return f"{reason}: {failed['name']} {failed['value']}, limit {failed['limit']}"


def became(record: dict[str, Any]) -> Happening | None:
    """A status that people want to know of: fills, and what the venue turned away."""
    outcome = _outcome(record)
    if outcome is None:
        return None
    filled = record["type"] == "fill"
    figures = (
        f"{plain(record['quantity'])} at {record['price']}, fee {record['fee']}" if filled else ""
    )
    what = [record.get("side") or "", figures, record["symbol"], str(record.get("reason") or "")]
    text = " ".join(filter(None, what))
    owner = record.get("strategy") or ""
    words, name = " · ".join(filter(None, [text, owner])), record.get("client_order_id") or ""
    return Happening(record["seen_time"], record["account"], outcome, words, name[:NAME])


def _outcome(record: dict[str, Any]) -> str | None:
    if record["type"] == "rejection":
        return "rejected"
    if record["type"] == "fill":
        return f"{record['role']} hit" if record.get("role") else "filled"
    return None


def plain(text: str) -> str:
    """A decimal without the zeros behind it."""
    return f"{Decimal(text).normalize():f}"
