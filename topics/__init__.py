"""Where it flows: the whole map on one screen. Names are logical; settings may put a prefix before.

Market topics have 8 partitions, trading topics 4 (by account), control, system and letters 1.
People's commands are kept for ten years: their sequence goes on from the last one that is there. So
are done orders of live accounts, which leave trading.journal for trading.archive.
"""

from __future__ import annotations

from schemas import names
from schemas.advice import Advice
from schemas.commands import ControlCommand, ControlState
from schemas.decisions import Decision
from schemas.instruments import Instrument
from schemas.orders import OrderDecision
from schemas.portfolio import Portfolio
from schemas.raw import RawFrame
from schemas.signals import ConsolidatedBook, Signal
from schemas.statuses import JournalEntry, Status
from schemas.system import DeadLetter, Snapshot, SystemEvent
from schemas.ticks import Bar, Ticks
from topics.spec import ACCOUNT, DAY, WHOLE, TopicSpec

RAW = TopicSpec(names.RAW, RawFrame, "venue:symbol", "raw", 8, keep=3 * DAY, largest=16 << 20)
INSTRUMENTS = TopicSpec(names.INSTRUMENTS, Instrument, "venue:symbol", "raw", 8, compacted=True)
TICKS = TopicSpec(names.TICKS, Ticks, "venue:symbol", "ticks", 8, keep=3 * DAY, largest=16 << 20)
BARS = TopicSpec(names.BARS, Bar, "venue:symbol", "ticks", 8, keep=30 * DAY)
BOOKS = TopicSpec(names.BOOKS, ConsolidatedBook, "symbol", "books", 8, keep=DAY)
SIGNALS = TopicSpec(names.SIGNALS, Signal, "venue:symbol", "signals", 4, keep=7 * DAY)
ADVICE = TopicSpec(names.ADVICE, Advice, "venue:symbol", "advice", 4, keep=90 * DAY)
DECISIONS = TopicSpec(names.DECISIONS, Decision, "venue:symbol", "decisions", 4, keep=30 * DAY)
ORDERS = TopicSpec(
    names.ORDERS, OrderDecision, "account:symbol", "orders", 4, keep=90 * DAY, by=ACCOUNT
)
JOURNAL = TopicSpec(
    names.JOURNAL, JournalEntry, "client order id", "executor", 4, compacted=True, flush=True
)
ARCHIVE = TopicSpec(names.ARCHIVE, JournalEntry, "client order id", "executor", 4, keep=3650 * DAY)
STATUSES = TopicSpec(
    names.STATUSES, Status, "account:symbol", "executor", 4, keep=90 * DAY, by=ACCOUNT
)
PORTFOLIO = TopicSpec(
    names.PORTFOLIO, Portfolio, "account:symbol", "portfolio", 4, compacted=True, by=ACCOUNT
)
COMMANDS = TopicSpec(
    names.COMMANDS, ControlCommand, "account:*", "gateway", 1, keep=3650 * DAY, by=ACCOUNT
)
STATE = TopicSpec(names.STATE, ControlState, "account:setting", "control", 1, compacted=True)
SNAPSHOTS = TopicSpec(
    names.SNAPSHOTS,
    Snapshot,
    "stage:key",
    "each stage",
    1,
    compacted=True,
    lag=0,
    largest=16 << 20,
)
EVENTS = TopicSpec(names.EVENTS, SystemEvent, "stage", "all", 1, keep=7 * DAY)
LETTERS = TopicSpec(
    names.LETTERS, DeadLetter, "source key", "all", 1, keep=90 * DAY, largest=32 << 20
)

TOPICS: tuple[TopicSpec, ...] = (
    RAW, INSTRUMENTS, TICKS, BARS, BOOKS, SIGNALS, ADVICE, DECISIONS, ORDERS, JOURNAL, ARCHIVE,
    STATUSES, PORTFOLIO, COMMANDS, STATE, SNAPSHOTS, EVENTS, LETTERS,
)  # fmt: skip

BY_NAME = {spec.name: spec for spec in TOPICS}

__all__ = ["ACCOUNT", "BY_NAME", "TICKS", "TOPICS", "WHOLE", "TopicSpec"]
