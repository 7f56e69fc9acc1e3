"""What ended a worker before: an origin that does it three times is not tried a fourth time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from schemas.record import Record
from schemas.system import Snapshot
from topics.snapshots import Saved

CRASH_CELL = "@crash"
"""The cell name under which a stage's last crash is kept on state.snapshots."""

LIMIT = 3
"""Crashes at one origin after which it is poison."""


@dataclass
class Crashes:
    """The last origin at which this stage ended, and how often in a row."""

    topic: str = ""
    key: str = ""
    seq: int = -1
    count: int = 0

    @classmethod
    def of(cls, saved: Iterable[Saved]) -> Crashes:
        """What the stage's snapshots say of its last crash."""
        for one in saved:
            if one.snapshot.cell == CRASH_CELL:
                return cls(**one.snapshot.state)
        return cls()

    def hopeless(self, topic: str, record: Record) -> bool:
        """True when this very record has ended the stage LIMIT times in a row."""
        return self.count >= LIMIT and (topic, record.key, record.seq) == self._origin

    @property
    def _origin(self) -> tuple[str, str, int]:
        return self.topic, self.key, self.seq

    def note(self, stage: str, topic: str, record: Record) -> Snapshot:
        """Count one more crash at this record and give it as a snapshot to keep."""
        again = (topic, record.key, record.seq) == self._origin
        self.topic, self.key, self.seq = topic, record.key, record.seq
        self.count = self.count + 1 if again else 1
        state = {"topic": self.topic, "key": self.key, "seq": self.seq, "count": self.count}
        return Snapshot(
            key=f"{stage}:{CRASH_CELL}", stage=stage, cell=CRASH_CELL, state=state,
            seen={}, made={}, clocks={},
        )  # fmt: skip
