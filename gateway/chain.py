"""One order's chain on the topics, from what became of it back to the frames that caused it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from engine.identity import raw_id, record_id
from gateway.census import HEAD
from schemas import names
from schemas.codec import decode
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


def find(asked: str, settings: Settings) -> Chain:
    """The chain of the order with that client order id, or of the only one that begins so."""
    journal = chosen(asked, journal_of(settings))
    name = journal.command.client_order_id
    market = f"{journal.command.venue}:{journal.command.symbol}"
    account = f"{journal.command.account}:{journal.command.symbol}"
    order = numbered(settings, names.ORDERS, OrderDecision, account, journal.order_seq)
    decision = caused(settings, names.DECISIONS, Decision, market, order.cause)
    signal = caused(settings, names.SIGNALS, Signal, market, decision.cause)
    ticks = caused(settings, names.TICKS, Ticks, market, signal.cause)
    raw = caused(settings, names.RAW, RawFrame, market, ticks.cause)
    statuses = tuple(statuses_of(settings, account, name))
    return Chain(statuses, journal, order, decision, signal, ticks, raw)


def journal_of(settings: Settings) -> dict[str, JournalEntry]:
    """The latest entry of each order, in the order of their times."""
    entries = [
        decode(JournalEntry, bytes(message.value() or b""))
        for message in read_all(settings, names.JOURNAL)
    ]
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


def values(settings: Settings, topic: str, key: str) -> Iterator[tuple[int, bytes]]:
    """Sequence and bytes of each record of a key, once, as they were published."""
    wanted, last = key.encode(), -1
    for message in read_all(settings, topic):
        if message.key() == wanted and (value := bytes(message.value() or b"")):
            head = HEAD.match(value)
            seq = int(head[3]) if head else last + 1
            if seq > last:
                last = seq
                yield seq, value


def caused(settings: Settings, topic: str, model: type[R], key: str, cause: str) -> R:
    """The record of a key with that id; BrokenChain when it is gone."""
    mark = f'"id":"{cause}","cause"'.encode()
    for _, value in values(settings, topic, key):
        if mark in value[:200]:
            return decode(model, value)
    raise BrokenChain(f"{topic} holds no record {cause} of {key} (any more): see its retention")


def numbered(settings: Settings, topic: str, model: type[R], key: str, seq: int) -> R:
    """The record of a key with that sequence; BrokenChain when it is gone."""
    for found, value in values(settings, topic, key):
        if found == seq:
            return decode(model, value)
    raise BrokenChain(f"{topic} holds no record {key} seq {seq} (any more): see its retention")


def statuses_of(settings: Settings, key: str, order: str) -> Iterable[Status]:
    """What was published of one order, in order."""
    mark = order.encode()
    for _, value in values(settings, names.STATUSES, key):
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


def causes(chain: Chain) -> Sequence[Record]:
    """The chain's records from the last effect to the first cause."""
    return (chain.journal, chain.order, chain.decision, chain.signal, chain.ticks, chain.raw)
