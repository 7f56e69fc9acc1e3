"""The journal: an order's intent is durable before its effect, and no effect happens twice."""

from __future__ import annotations

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
    def load(cls, settings: Settings) -> Journal:
        """The journal as it is on its topic now. Blocks; cost grows with the orders kept there."""
        journal = cls()
        for message in read_all(settings, names.JOURNAL):
            try:
                journal.admit(decode(JournalEntry, bytes(message.value() or b"")))
            except Poison as poison:
                raise Fatal(f"trading.journal cannot be read: {poison}") from poison
        return journal

    def admit(self, entry: JournalEntry) -> bool:
        """True when the entry is news; False when it is known already (done again after a crash).

        Raises Fatal when it tells another story than the one that is known: a second effect.
        """
        known = self._entries.get(entry.key)
        if known is not None:
            shared = min(len(known.statuses), len(entry.statuses))
            if known.command != entry.command or _bodies(known, shared) != _bodies(entry, shared):
                raise Fatal(f"the journal knows another history of order {entry.key}")
            told, new = len(known.statuses), len(entry.statuses)
            if new < told or (new == told and entry.state == known.state):
                return False
        self._entries[entry.key] = entry
        return True

    def __len__(self) -> int:
        return len(self._entries)


def _bodies(entry: JournalEntry, count: int) -> list[Status]:
    """The first statuses without their identity, which is given when they are published."""
    blank = {"id": "", "cause": "", "seq": -1, "key": "", "seen_time": 0, "clock": False}
    return [status.model_copy(update=blank) for status in entry.statuses[:count]]
