"""Entries of orders: in trading.journal while they are there, in trading.archive from then on.

The journal of a live account is on its account's partition and leaves tombstones, so an entry is
looked for in all of the topic. Cost: a reading of both topics; only entries that match are decoded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.identity import record_id
from gateway.proof.published import BrokenChain, Source
from schemas import names
from schemas.codec import decode
from schemas.statuses import ADOPTED, ADOPTED_POSITION, JournalEntry, Status

STAGE = "executor"
Entries = dict[str, JournalEntry]


def entry_of(name: str, source: Source) -> JournalEntry:
    """The latest entry of the order with that client order id; BrokenChain where there is none."""
    mark = f'"key":"{name}"'.encode()
    found = _latest(_holding(mark, source))
    if name not in found:
        raise BrokenChain(f"{names.JOURNAL} and {names.ARCHIVE} hold no order {name} (any more)")
    return found[name]


def archived(start: str, source: Source) -> Entries:
    """Orders in trading.archive whose client order id begins so."""
    mark = f'"key":"{start}'.encode()
    rows = (value for _, value in source.of_all(names.ARCHIVE) if mark in value)
    return _latest(decode(JournalEntry, value) for value in rows)


def related(name: str, source: Source) -> list[JournalEntry]:
    """Orders and commands that name this order: its protection, its parts, what changed or withdrew
    it; in the order of their beginning.
    """
    found = _latest(_holding(f'"{name}"'.encode(), source))
    about = (
        entry
        for entry in found.values()
        if name == entry.command.parent or name in entry.command.orders
    )
    return sorted(about, key=lambda entry: (entry.due, entry.key))


def origin(entry: JournalEntry, source: Source) -> JournalEntry:
    """The entry whose record of trading.orders led to this one: itself, or where it was made when
    that one had left the journal, the order that it is about.
    """
    while entry.order_seq < 0:
        about = entry.command.parent or next(iter(entry.command.orders), None)
        if about is None and entry.cause in (ADOPTED, ADOPTED_POSITION):
            raise BrokenChain(f"{names.JOURNAL} {entry.key} was adopted: ask why of it")
        if about is None:
            text = "the executor's own, by its watch on the way to liquidation: see system.events"
            raise BrokenChain(f"{names.JOURNAL} {entry.key} is {text}")
        entry = entry_of(about, source)
    return entry


def recorded(entry: JournalEntry) -> bool:
    """True for an order of a live account: what a real venue did cannot be computed again."""
    return bool(entry.sends) or entry.id == _entry_id(entry)


def misnamed(entry: JournalEntry) -> list[str]:
    """Ids of a live order's entry and of its statuses that do not follow from its client order id
    and their number.
    """
    wrong = [] if entry.id == _entry_id(entry) else [entry.id]
    told = enumerate(entry.statuses, entry.folded)
    return wrong + [one.id for n, one in told if one.id != status_id(entry, n)]


def status_id(entry: JournalEntry, n: int) -> str:
    """The id of a live order's n-th status."""
    return record_id(f"{STAGE}|status", entry.command.client_order_id, n)


def merged(entry: JournalEntry, published: Iterable[Status]) -> tuple[Status, ...]:
    """All that is known to have become of an order: trading.statuses forgets sooner than the
    archive, and what was just journalled is not there yet.
    """
    found = {status.id: status for status in (*entry.statuses, *published)}
    return tuple(sorted(found.values(), key=lambda status: status.seq))


def strange(entry: JournalEntry, statuses: Iterable[Status]) -> Iterator[str]:
    """Ids of published statuses that are none of this order's."""
    known = {status_id(entry, n) for n in range(entry.folded + len(entry.statuses))}
    for status in statuses:
        if status.id not in known and status.id != record_id(f"{STAGE}|told", status.cause, 0):
            yield status.id


def _entry_id(entry: JournalEntry) -> str:
    return record_id(STAGE, entry.command.client_order_id, entry.seq)


def _holding(mark: bytes, source: Source) -> Iterator[JournalEntry]:
    for topic in (names.JOURNAL, names.ARCHIVE):
        for _, value in source.of_all(topic):
            if mark in value:
                yield decode(JournalEntry, value)


def _latest(entries: Iterator[JournalEntry]) -> Entries:
    found: Entries = {}
    for entry in entries:
        name = entry.command.client_order_id
        if name not in found or entry.seq >= found[name].seq:
            found[name] = entry
    return found
