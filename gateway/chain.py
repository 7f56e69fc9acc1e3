"""One order's chain on the topics, from what became of it back to the frames that caused it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar

from engine.identity import raw_id, record_id
from schemas import names
from schemas.codec import HEAD, decode
from schemas.decisions import Decision
from schemas.errors import TapelineError
from schemas.orders import OrderDecision
from schemas.raw import RawFrame
from schemas.record import Record
from schemas.signals import Signal
from schemas.statuses import JournalEntry, Status
from schemas.ticks import Ticks
from topics.reading import read_all
from topics.settings import Settings

R = TypeVar("R", bound=Record)

MOST_DRAFTS = 256
"""More records than any stage makes of one."""

RECENT = 5
"""Orders named to a person who asked for one that is not there."""


class UnknownOrder(TapelineError):
    """No order, or more than one, begins like that."""


class BrokenChain(TapelineError):
    """A record that another one names as its cause is not on its topic (any more)."""


@dataclass(frozen=True)
class Chain:
    """An order's records, each the cause of the one before it. statuses: in order."""

    statuses: tuple[Status, ...]
    journal: JournalEntry
    order: OrderDecision
    decision: Decision
    signal: Signal
    ticks: Ticks
    raw: RawFrame

    @property
    def market(self) -> str:
        """The market's key."""
        return self.raw.key

    def misnamed(self) -> list[str]:
        """Records whose id does not follow from where they come from; none when all is well."""
        made = (
            ("orders", self.order),
            ("decisions", self.decision),
            ("signals", self.signal),
            ("ticks", self.ticks),
            ("executor", self.journal),
            *(("executor", status) for status in self.statuses),
        )
        wrong = [f"{stage} {one.id}" for stage, one in made if not follows(stage, one)]
        if self.raw.id != raw_id(self.raw.run, self.raw.key, self.raw.run_seq):
            wrong.append(f"raw {self.raw.id}")
        return wrong


def follows(stage: str, record: Record) -> bool:
    """True when the record's id is that of the n-th record its stage makes of its cause."""
    return any(record.id == record_id(stage, record.cause, n) for n in range(MOST_DRAFTS))


def find(asked: str, source: Source) -> Chain:
    """The chain of the order with that client order id, or of the only one that begins so."""
    journal = chosen(asked, journal_of(source))
    name = journal.command.client_order_id
    market = f"{journal.command.venue}:{journal.command.symbol}"
    account = f"{journal.command.account}:{journal.command.symbol}"
    order = numbered(source, names.ORDERS, OrderDecision, account, journal.order_seq)
    decision = caused(source, names.DECISIONS, Decision, market, order.cause)
    signal = caused(source, names.SIGNALS, Signal, market, decision.cause)
    ticks = caused(source, names.TICKS, Ticks, market, signal.cause)
    raw = caused(source, names.RAW, RawFrame, market, ticks.cause)
    statuses = tuple(statuses_of(source, account, name))
    return Chain(statuses, journal, order, decision, signal, ticks, raw)


def journal_of(source: Source) -> dict[str, JournalEntry]:
    """The latest entry of each order, in the order of their times."""
    entries = [decode(JournalEntry, value) for _, value in source.of_all(names.JOURNAL)]
    entries.sort(key=lambda entry: (entry.seen_time, entry.seq))
    return {entry.command.client_order_id: entry for entry in entries}


def chosen(asked: str, journal: dict[str, JournalEntry]) -> JournalEntry:
    """The entry that is meant; UnknownOrder, naming some there are, when none or several are."""
    if entry := journal.get(asked):
        return entry
    alike = [name for name in journal if name.startswith(asked)]
    if len(alike) == 1:
        return journal[alike[0]]
    some = ", ".join((alike or list(journal))[-RECENT:])
    if alike:
        raise UnknownOrder(f"{len(alike)} orders begin with {asked}; the last ones: {some}")
    what = f"the last ones: {some}" if some else "the journal is empty"
    raise UnknownOrder(f"there is no order {asked}; {what}")


class Source(Protocol):
    """What is published of one key."""

    def of(self, topic: str, key: str) -> Iterable[tuple[int, bytes]]:
        """Sequence and bytes of the key's records, in sequence."""
        ...

    def of_all(self, topic: str) -> Iterable[tuple[int, bytes]]:
        """The same of all keys."""
        ...


class Published:
    """Records as they are on the topics of a broker: each once, in the order of its partition."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def of(self, topic: str, key: str) -> Iterator[tuple[int, bytes]]:
        """Sequence and bytes of the records of one key."""
        wanted = key.encode()
        return self._read(topic, lambda found: found == wanted)

    def of_account(self, topic: str, account: str) -> Iterator[tuple[int, bytes]]:
        """Sequence and bytes of the records of all keys `account:...`."""
        start = f"{account}:".encode()
        return self._read(topic, lambda found: found.startswith(start))

    def of_all(self, topic: str) -> Iterator[tuple[int, bytes]]:
        """Sequence and bytes of all records."""
        return self._read(topic, lambda found: True)

    def _read(self, topic: str, wanted: Callable[[bytes], bool]) -> Iterator[tuple[int, bytes]]:
        last: dict[bytes, int] = {}
        for message in read_all(self._settings, topic):
            key, value = bytes(message.key() or b""), bytes(message.value() or b"")
            if not value or not wanted(key):
                continue
            head, before = HEAD.match(value), last.get(key, -1)
            seq = int(head[3]) if head else before + 1
            if seq > before:
                last[key] = seq
                yield seq, value


def caused(source: Source, topic: str, model: type[R], key: str, cause: str) -> R:
    """The record of a key with that id; BrokenChain when it is gone."""
    mark = f'"id":"{cause}","cause"'.encode()
    for _, value in source.of(topic, key):
        if mark in value[:200]:
            return decode(model, value)
    raise BrokenChain(f"{topic} holds no record {cause} of {key} (any more): see its retention")


def numbered(source: Source, topic: str, model: type[R], key: str, seq: int) -> R:
    """The record of a key with that sequence; BrokenChain when it is gone."""
    for found, value in source.of(topic, key):
        if found == seq:
            return decode(model, value)
    raise BrokenChain(f"{topic} holds no record {key} seq {seq} (any more): see its retention")


def statuses_of(source: Source, key: str, order: str) -> Iterator[Status]:
    """What was published of one order, in order."""
    mark = order.encode()
    for _, value in source.of(names.STATUSES, key):
        if mark in value:
            yield decode(Status, value)


def first_difference(published: bytes, again: bytes) -> str:
    """Where two encoded records part, with a few bytes of both."""
    at = next(
        (n for n, (a, b) in enumerate(zip(published, again, strict=False)) if a != b),
        min(len(published), len(again)),
    )
    start = max(0, at - 24)
    was, now = (part[start : at + 24].decode(errors="replace") for part in (published, again))
    return f"byte {at}: published ...{was}..., re-computed ...{now}..."
