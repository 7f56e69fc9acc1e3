"""The small desk's story, played so long that every kind of order is in it, and each explained.

Several files ask this; one process runs them all (tests/scheduling.py), so it is computed once.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from gateway.proof.chain import Chain
from gateway.proof.comparison import Verdict
from gateway.proof.finding import find
from gateway.proof.recompute import recompute
from schemas.orders import OrderDecision
from schemas.statuses import JournalEntry
from tests.unit.small_desk import SECOND, SETTINGS, Story, Topics

SPAN = 100 * SECOND
"""ns of market that are played: enough for indicators to warm up and orders to be filled."""

Entries = dict[str, JournalEntry]
Kind = Callable[[OrderDecision, JournalEntry], bool]

KINDS: dict[str, Kind] = {
    "a strategy's entry": lambda by, of: by.origin == "strategy" and of.command.intent == "open",
    "a strategy's close": lambda by, of: by.origin == "strategy" and of.command.intent == "close"
    and of.command.role is None,
    "by hand": lambda by, of: by.origin == "person" and of.command.intent == "open",
    "approved by hand": lambda by, of: of.command.strategy == "main" and by.origin == "person",
    "a stop that fired": lambda by, of: of.command.role == "stop" and of.state == "filled",
    "a target that was hit": lambda by, of: of.command.role == "target" and of.state == "filled",
    "a stop that was not needed": lambda by, of: of.command.role == "stop" and of.state != "filled",
    "moved protection": lambda by, of: of.command.action == "protect",
    "changed by hand": lambda by, of: of.command.action == "modify",
    "cancelled by hand": lambda by, of: of.command.type == "limit" and of.command.role is None
    and of.state == "cancelled",
    "flattened": lambda by, of: by.origin == "person" and of.command.intent == "close"
    and of.command.strategy == "person" and of.command.role is None,
    "closed by the watch": lambda by, of: by.origin == "risk",
}  # fmt: skip
"""Every way in which an order can come about, as the story has it."""


@cache
def played() -> Topics:
    """All that was published."""
    return Story().play(SPAN)


def entries(topics: Topics) -> Entries:
    found = (row for _, row in topics.rows if isinstance(row, JournalEntry))
    return {row.command.client_order_id: row for row in found}


def asked_by(topics: Topics, entry: JournalEntry) -> OrderDecision:
    key = f"{entry.command.account}:{entry.command.symbol}"
    return next(
        row for _, row in topics.rows
        if isinstance(row, OrderDecision) and (row.key, row.seq) == (key, entry.order_seq)
    )  # fmt: skip


def order(topics: Topics, kind: str) -> str:
    """The first order of that kind."""
    return next(
        name for name, entry in entries(topics).items()
        if KINDS[kind](asked_by(topics, entry), entry)
    )  # fmt: skip


@cache
def explained(kind: str) -> tuple[Chain, Verdict]:
    """The first order of that kind, with what came of computing it again."""
    chain = find(order(played(), kind), played())
    return chain, recompute(chain, SETTINGS, played())
