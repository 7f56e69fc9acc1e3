"""Records as they are on the topics: what a past run is read from, and found again by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

from confluent_kafka import Message

from schemas.codec import HEAD, decode
from schemas.errors import TapelineError
from schemas.record import Record
from topics.reading import read_all, read_key
from topics.settings import Settings

R = TypeVar("R", bound=Record)

Values = Iterable[tuple[int, bytes]]
"""Sequence and bytes of records, once each."""

Pair = tuple[bytes, bytes]
"""A key and a value, as they lie on a topic."""

Keyed = tuple[str, int, bytes]
"""Key, sequence and bytes of a record."""


class BrokenChain(TapelineError):
    """A record that another one names as its cause is not on its topic (any more)."""


class Source(Protocol):
    """What is published, each record once, in the order of its partition."""

    def of(self, topic: str, key: str) -> Values:
        """The records of one key, in sequence."""
        ...

    def of_account(self, topic: str, account: str) -> Values:
        """The records of all keys `account:...`, as they lie on its partition."""
        ...

    def of_all(self, topic: str) -> Values:
        """The records of all keys."""
        ...

    def keyed(self, topic: str) -> Iterable[Keyed]:
        """The same with their keys, partition by partition."""
        ...

    def keys(self, topic: str) -> set[str]:
        """All keys that a topic has records of."""
        ...


class Published:
    """Records on the topics of a broker."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def of(self, topic: str, key: str) -> Iterator[tuple[int, bytes]]:
        """As `Source.of`."""
        wanted = key.encode()
        return _values(read_key(self._settings, topic, key), lambda found: found == wanted)

    def of_account(self, topic: str, account: str) -> Iterator[tuple[int, bytes]]:
        """As `Source.of_account`."""
        start = f"{account}:".encode()
        messages = read_key(self._settings, topic, f"{account}:*")
        return _values(messages, lambda found: found.startswith(start))

    def of_all(self, topic: str) -> Iterator[tuple[int, bytes]]:
        """As `Source.of_all`."""
        return _values(read_all(self._settings, topic), lambda found: True)

    def keyed(self, topic: str) -> Iterator[Keyed]:
        """As `Source.keyed`."""
        return once(pairs(read_all(self._settings, topic)))

    def keys(self, topic: str) -> set[str]:
        """As `Source.keys`."""
        return {key for key, _, _ in self.keyed(topic)}


def _values(
    messages: Iterable[Message], wanted: Callable[[bytes], bool]
) -> Iterator[tuple[int, bytes]]:
    return ((seq, value) for _, seq, value in once(pairs(messages), wanted))


def once(
    pairs: Iterable[Pair], wanted: Callable[[bytes], bool] = lambda found: True
) -> Iterator[Keyed]:
    """The records of these keys and values, without doubles (by sequence) and tombstones.

    What is not numbered (events, and letters on what ended a stage: seq -1) is given as often as it
    is there.
    """
    last: dict[bytes, int] = {}
    for key, value in pairs:
        if not value or not wanted(key):
            continue
        head, before = HEAD.match(value), last.get(key, -1)
        seq = int(head[3]) if head else before + 1
        if seq >= 0 and seq <= before:
            continue
        last[key] = max(seq, before)
        yield key.decode(errors="backslashreplace"), seq, value


def pairs(messages: Iterable[Message]) -> Iterator[Pair]:
    """Keys and values of messages; an empty value is a tombstone."""
    for message in messages:
        yield bytes(message.key() or b""), bytes(message.value() or b"")


def caused(source: Source, topic: str, model: type[R], key: str, cause: str) -> R:
    """The record of a key with that id; BrokenChain when it is gone."""
    found = named(source.of(topic, key), model, cause)
    if found is None:
        raise BrokenChain(f"{topic} holds no record {cause} of {key} (any more): see its retention")
    return found


def named(values: Values, model: type[R], id: str) -> R | None:
    """The record with that id, None where there is none."""
    mark = f'"id":"{id}","cause"'.encode()
    for _, value in values:
        if mark in value[:200]:
            return decode(model, value)
    return None


def numbered(source: Source, topic: str, model: type[R], key: str, seq: int) -> R:
    """The record of a key with that sequence; BrokenChain when it is gone."""
    for found, value in source.of(topic, key):
        if found == seq:
            return decode(model, value)
    raise BrokenChain(f"{topic} holds no record {key} seq {seq} (any more): see its retention")
