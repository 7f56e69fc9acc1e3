"""The audit log as a chain: each entry holds the hash of the one before it.

A changed, removed, inserted or reordered entry breaks the chain behind it. A chain whose end was
cut off, or that was written anew as a whole, is sound by itself: system.events has witnesses, the
hash of each entry by its number, which the store's owner cannot change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from hashlib import blake2b

import orjson

BEGINNING = "0" * 64
"""What stands in the first entry for the hash of the one before."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Who did what, to what, and what became of it.

    seq: from 0 on, without a gap; at: ns; actor: a user's id, or "" for nobody that is known;
    by: how they came in (session, key and its id, setup); address: whence.
    """

    seq: int
    at: int
    actor: str
    by: str
    address: str
    action: str
    target: str
    outcome: str
    facts: Mapping[str, str] = field(default_factory=dict)
    previous: str = BEGINNING
    hash: str = ""

    def linked(self, last: Entry | None) -> Entry:
        """The entry behind `last`, with its number and hashes."""
        seq, previous = (last.seq + 1, last.hash) if last else (0, BEGINNING)
        made = replace(self, seq=seq, previous=previous)
        return replace(made, hash=made.digest)

    @property
    def digest(self) -> str:
        """blake2b of all that it says, as JSON with sorted names; 64 hex digits."""
        said = {each.name: getattr(self, each.name) for each in fields(self)}
        del said["hash"]
        said["facts"] = dict(self.facts)
        text = orjson.dumps(said, option=orjson.OPT_SORT_KEYS)
        return blake2b(text, digest_size=32, person=b"tapeline-audit").hexdigest()


@dataclass(frozen=True, slots=True)
class Break:
    """Where the log is not what was written. seq: the entry's number."""

    seq: int
    what: str


def breaks(entries: Iterable[Entry], witnesses: Mapping[int, str]) -> Iterator[Break]:
    """All breaks of a log in the order of its numbers; none: it is as it was written.

    witnesses: by number the hashes that system.events holds, as far back as it goes.
    """
    last: Entry | None = None
    for entry in entries:
        yield from _behind(last, entry)
        if entry.hash != entry.digest:
            yield Break(entry.seq, "it was changed: its hash is not that of what it says")
        if witnesses.get(entry.seq, entry.hash) != entry.hash:
            yield Break(entry.seq, "system.events has another hash for it: it was written anew")
        last = entry
    ends = last.seq if last else -1
    if lost := sorted(seq for seq in witnesses if seq > ends):
        yield Break(
            lost[0], f"{len(lost)} entries from here on were removed: system.events has them"
        )


def _behind(last: Entry | None, entry: Entry) -> Iterator[Break]:
    seq, previous = (last.seq + 1, last.hash) if last else (0, BEGINNING)
    if entry.seq != seq:
        yield Break(seq, f"missing: the next one there is {entry.seq}")
    elif entry.previous != previous:
        yield Break(seq, "it does not hold the hash of the one before")
