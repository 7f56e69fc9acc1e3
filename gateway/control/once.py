"""A command under an id that its giver has chosen: published once, however often it is given.

A program that has asked and was not answered asks again. Whether the gateway died before, in or
after the publishing is told by the topic alone, so nothing else is kept. The id comes from the user
and the Idempotency-Key. Before each publishing the topic is read to its end: where the id is there
and counts, that is the command. Afterwards it is read again, for others may have been first with
the number.

Why there is never a second one that counts: readers take the first record of each number of an
account. Say one with our id counts under n, and another under m > n. Whoever published m has read
the topic before and has taken the number after the last one, so it has read who was first with n:
ours. Then it would not have published. A record that comes late, of a process that is long dead or
of a broker that did not say so in time, has a number that was free when it was sent. If it is still
free it is the one that counts, and the one after it is not; if it is not, it is dropped.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Protocol

from engine.identity import ID_BYTES
from gateway.control.commanding import fits
from schemas.commands import Command, ControlCommand
from schemas.errors import TapelineError

TRIES = 50
"""Numbers that are tried before the gateway gives up: each was taken by another one meanwhile."""

KEPT = 100_000
"""Commands of the last time that are remembered by their ids."""


class Another(TapelineError):
    """The id has been used for something else."""


class Road(Protocol):
    """control.commands as it is used here."""

    def read(self) -> None:
        """Know all that the topic has by now. Raises where the broker does not answer."""
        ...

    def counts(self, id: str) -> ControlCommand | None:
        """The command of that id which counts, among all that has been read."""
        ...

    def next(self, key: str) -> int:
        """The number after the last one of a key."""
        ...

    def append(self, records: Sequence[ControlCommand]) -> None:
        """Publish, each of a key of its own; returns once all are durable. Raises Unknown where
        nobody knows whether they are.
        """
        ...


@dataclass(frozen=True, slots=True)
class Wish:
    """A command that is to be given once, under that id."""

    account: str
    command: Command
    by: str
    id: str

    @property
    def key(self) -> str:
        """Of its records."""
        return f"{self.account}:*"


class Ledger:
    """What has been read of control.commands: the last number of each key, and what counts."""

    def __init__(self, kept: int = KEPT) -> None:
        self._last: dict[str, int] = {}
        self._known: OrderedDict[str, ControlCommand] = OrderedDict()
        self._kept = kept

    def take(self, record: ControlCommand) -> None:
        """Let the next record in; one whose number was taken before does not count."""
        if record.seq <= self._last.get(record.key, -1):
            return
        self._last[record.key] = record.seq
        self._known.setdefault(record.id, record)
        if len(self._known) > self._kept:
            self._known.popitem(last=False)

    def counts(self, id: str) -> ControlCommand | None:
        """As `Road.counts`."""
        return self._known.get(id)

    def last(self, key: str) -> int | None:
        """The last number of a key; None where none has been read."""
        return self._last.get(key)

    def begin(self, key: str, last: int) -> None:
        """What was the last number of a key before all that is read here."""
        self._last.setdefault(key, last)


def id_of(user: str, key: str) -> str:
    """The id of the command that a user gives under an Idempotency-Key."""
    text = f"once|{len(user)}|{user}|{key}"
    return blake2b(text.encode(), digest_size=ID_BYTES).hexdigest()


def give_once(
    road: Road,
    account: str,
    command: Command,
    by: str,
    id: str,
    clock: Callable[[], int] = time.time_ns,
) -> ControlCommand:
    """The one record of that id which counts; Another where it is of another command."""
    (found,) = give_all(road, [Wish(account, command, by, id)], clock)
    if isinstance(found, TapelineError):
        raise found
    return found


def give_all(
    road: Road, wishes: Sequence[Wish], clock: Callable[[], int] = time.time_ns
) -> list[ControlCommand | TapelineError]:
    """Of each, in order, the one record of its id which counts, or why there is none.

    All read the topic together and publish together, but no two of a key or an id at a time: if the
    first of two were lost and the second not, the numbers of the key would have a hole.
    """
    found: dict[int, ControlCommand | TapelineError] = {}
    for _ in range(TRIES * len(wishes)):
        road.read()
        for at, wish in enumerate(wishes):
            if at not in found and (record := road.counts(wish.id)) is not None:
                found[at] = _same(record, wish.account, wish.command)
        records = _records(road, wishes, found, clock())
        if not records:  # all are found: what is not makes a record, or waits for one
            break
        road.append(records)
    return [found.get(at) or _late(wish) for at, wish in enumerate(wishes)]


def _records(
    road: Road, wishes: Sequence[Wish], found: dict[int, ControlCommand | TapelineError], now: int
) -> list[ControlCommand]:
    """What is published next of what is not found; what cannot be is found to be so."""
    made: list[ControlCommand] = []
    taken: set[str] = set()
    for at, wish in enumerate(wishes):
        if at in found or taken & {wish.key, wish.id}:
            continue
        record = ControlCommand(
            id=wish.id, seq=road.next(wish.key), key=wish.key, seen_time=now, account=wish.account,
            by=wish.by, command=wish.command,
        )  # fmt: skip
        try:
            fits(record)
        except TapelineError as error:
            found[at] = error
            continue
        made.append(record)
        taken |= {wish.key, wish.id}
    return made


def _late(wish: Wish) -> TapelineError:
    return TapelineError(f"{TRIES} others were faster with a command for {wish.account}: try again")


def _same(found: ControlCommand, account: str, command: Command) -> ControlCommand | Another:
    if found.account == account and _asked(found.command) == _asked(command):
        return found
    return Another("that Idempotency-Key was used for another command: choose a new one")


def _asked(command: Command) -> dict[str, object]:
    """What the person asked for; which halts a resume lifts is filled in by the gateway."""
    return command.model_dump(exclude={"lifts"})
