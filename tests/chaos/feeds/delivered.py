"""Whether market.raw holds what each connection was sent: all of it, or a prefix and then a mark.

A connection's frames are on the keys of its symbols, between two marks there, and on the venue's
shared key. `Place` says of a frame on market.raw which one it is of those that were sent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from infra.replaying import tape
from infra.replaying.connection import Connection
from infra.replaying.tape import Row, rows
from tests.chaos.feeds.collected import Collected, segments

Frames = Sequence[tuple[Collected, int, bytes]]


class Place(NamedTuple):
    """A frame that was sent: its connection, its number there, and what the tape says of it."""

    connection: int
    number: int
    row: Row


@dataclass
class Sent:
    """A connection of the replaying venue. keys: of its symbols; got: places of frames that are on
    one of them; end: as of infra.replaying.connection.
    """

    number: int
    venue: str
    end: str
    keys: frozenset[str]
    rows: list[Row]
    got: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, connection: Connection, venue: str, keys: Mapping[str, str]) -> Sent:
        """A connection whose frames were kept in a list. keys: by the venue's names."""
        sent = [tape.row(each, 0) for each in connection.sent]
        mine = frozenset(keys[topic.name] for topic in connection.topics if topic.name in keys)
        return cls(connection.number, venue, connection.end, mine, sent)

    @property
    def reached(self) -> int:
        """So many frames must have come: all of one that was closed in order, else all up to the
        last that is on a symbol's key."""
        return len(self.rows) if self.end == "closed" else max(self.got, default=-1) + 1

    @property
    def rest(self) -> list[int]:
        """Frames that came though they are on no symbol's key."""
        return [index for index in range(self.reached) if index not in self.got]


@dataclass
class Delivered:
    """What was found. places: of frames on market.raw, by key, sequence and index there."""

    faults: list[str] = field(default_factory=list)
    places: dict[tuple[str, int, int], Place] = field(default_factory=dict)
    lags: list[int] = field(default_factory=list)
    sent: int = 0
    lost: int = 0


def connections(
    home: Path, told: Mapping[str, Any], keys: Mapping[tuple[str, str], str]
) -> list[Sent]:
    """All connections in the order of their openings. keys: by market and name."""
    return [
        Sent(
            each["number"],
            each["market"].partition(" ")[0],
            each["end"],
            frozenset(
                keys[each["market"], name]
                for _, name in each["topics"]
                if (each["market"], name) in keys
            ),
            list(rows(home / "sent" / f"{each['number']}.tape")),
        )
        for each in told["connections"]
    ]


def delivered(raw: Mapping[str, list[Collected]], sent: Sequence[Sent]) -> Delivered:
    """Compare all of it."""
    _complete(sent)
    found = Delivered(sent=sum(len(each.rows) for each in sent))
    for key in sorted({key for each in sent for key in each.keys}):
        _key(key, raw.get(key, []), [each for each in sent if key in each.keys], found)
    for venue in sorted({each.venue for each in sent}):
        _shared(raw.get(f"{venue}:*", []), [each for each in sent if each.venue == venue], found)
    found.lost = sum(len(each.rows) - each.reached for each in sent)
    return found


def _complete(sent: Sequence[Sent]) -> None:
    """Give a connection the keys of those before and after it, for it may have ended before all was
    subscribed: connections that have a key in common stand for one another.
    """
    lines: list[set[str]] = []
    for each in sent:
        mine = set(each.keys)
        for line in [line for line in lines if line & mine]:
            lines.remove(line)
            mine |= line
        if mine:
            lines.append(mine)
    for each in sent:
        theirs = [line for line in lines if line & each.keys]
        found = theirs or (lines if len(lines) == 1 else [])
        each.keys = frozenset().union(*found)


def _key(key: str, records: list[Collected], sent: Sequence[Sent], found: Delivered) -> None:
    """One symbol: between two marks is what one connection brought."""
    parts = segments(records)
    if parts[0]:
        found.faults.append(f"unmarked: {key} has frames before the collector's first mark")
    if len(parts) - 1 < len(sent) or any(parts[len(sent) + 1 :]):
        told = f"{len(parts) - 1} marks on {key} for {len(sent)} connections"
        found.faults.append(f"unmarked: {told}")
    for part, each in zip(parts[1:], sent, strict=False):
        _segment(key, part, each, found)


def _segment(key: str, part: Frames, sent: Sent, found: Delivered) -> None:
    """Its frames are those of the connection, in order; what is passed over is on other keys."""
    at = 0
    for record, index, digest in part:
        place = at
        while place < len(sent.rows) and sent.rows[place].digest != digest:
            place += 1
        if place == len(sent.rows):
            told = f"{key} record {record.seq} frame {index}"
            found.faults.append(f"strange: {told} was not sent there on {sent.number}")
            continue
        sent.got.add(place)
        row, at = sent.rows[place], place + 1
        found.places[key, record.seq, index] = Place(sent.number, place, row)
        found.lags.append(record.received[index] - row.time)


def _shared(records: Iterable[Collected], sent: Sequence[Sent], found: Delivered) -> None:
    """The shared key has the rest of each connection, in its order, and nothing else."""
    there = [digest for _, _, digest in (each for part in segments([*records]) for each in part)]
    left = Counter(there)
    alone = {digest: at for at, digest in enumerate(there) if left[digest] == 1}
    for each in sent:
        rest = [each.rows[index].digest for index in each.rest]
        for digest in rest:
            if not left[digest]:
                found.faults.append(f"missing: a frame of connection {each.number}")
            left[digest] -= 1
        order = [alone[digest] for digest in rest if digest in alone]
        if order != sorted(order):
            found.faults.append(f"disorder: shared frames of connection {each.number}")
    tails = Counter(row.digest for each in sent for row in each.rows[each.reached :])
    for count in (left - tails).values():
        found.faults += ["strange: a frame on the shared key was sent to nobody"] * count
