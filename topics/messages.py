"""A Kafka message's key and place, and whether its record may be under that key."""

from __future__ import annotations

from confluent_kafka import Message

from schemas.errors import Poison
from schemas.record import Record
from schemas.signals import ConsolidatedBook
from topics.snapshots import Place


def key_of(message: Message) -> str:
    """A message's key; what is no text in it is escaped."""
    return bytes(message.key() or b"").decode(errors="backslashreplace")


def place_of(message: Message) -> Place:
    """The partition that a message came from."""
    return message.topic() or "", message.partition() or 0


def of_key(key: str, record: Record) -> Record:
    """The record, if it is of the key that it came under; else Poison."""
    if record.key != key:
        raise Poison(f"the record says that it is of key {record.key!r}")
    if not (all(key.partition(":")) or isinstance(record, ConsolidatedBook)):
        raise Poison("its key is not of the form `venue:symbol` or `account:symbol`")
    return record
