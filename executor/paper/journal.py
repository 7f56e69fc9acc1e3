"""The journal: an order's intent is durable before its effect, and no effect happens twice."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from engine.history import body, chained
from schemas import names
from schemas.codec import decode
from schemas.errors import Fatal, Poison
from schemas.statuses import JournalEntry, Status
from topics.reading import read_all
from topics.settings import Settings


class Journal:
    """The latest entry of each order, as trading.journal has it."""

    def __init__(self) -> None:
        self._entries: dict[str, JournalEntry] = {}

    @classmethod
    def load(cls, settings: Settings, accounts: Collection[str]) -> Journal:
        """What the journal has of these accounts now. Blocks; cost grows with the orders there."""
        journal = cls()
        for message in read_all(settings, names.JOURNAL):
            if message.value() is None:
                continue  # a live account's order that is archived
            try:
                entry = decode(JournalEntry, bytes(message.value() or b""))
            except Poison as poison:
                raise Fatal(f"trading.journal cannot be read: {poison}") from poison
            if entry.command.account in accounts:
                journal.admit(entry)
        return journal

    def admit(self, entry: JournalEntry) -> bool:
        """True when the entry is news; False when it is known already (done again after a crash).

        Raises Fatal when it tells another story than the one that is known: a second effect.
        """
        known = self._entries.get(entry.key)
        if known is not None:
            if known.command != entry.command or not _agree(known, entry):
                raise Fatal(f"the journal knows another history of order {entry.key}")
            told, new = _total(known), _total(entry)
            if new < told or (new == told and entry.state == known.state):
                return False
        self._entries[entry.key] = entry
        return True

    def __len__(self) -> int:
        return len(self._entries)


def _total(entry: JournalEntry) -> int:
    return entry.folded + len(entry.statuses)


def _agree(one: JournalEntry, other: JournalEntry) -> bool:
    """Whether both tell the same as far as they can be compared.

    An entry that ends before the other's first status tells nothing to compare: it was made again
    after a crash, and so are those after it, up to one whose digest has all of them in it.
    """
    longer, shorter = (one, other) if one.folded <= other.folded else (other, one)
    cut = shorter.folded - longer.folded
    if cut > len(longer.statuses):
        return True
    if chained(longer.digest, longer.statuses[:cut]) != shorter.digest:
        return False
    rest = longer.statuses[cut:]
    shared = min(len(rest), len(shorter.statuses))
    return _bodies(rest[:shared]) == _bodies(shorter.statuses[:shared])


def _bodies(statuses: Sequence[Status]) -> list[Status]:
    return [body(status) for status in statuses]
