"""What ended a worker before: an origin that does it three times is not tried a fourth time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from schemas.record import Record
from schemas.system import Snapshot
from topics.snapshots import Saved

CRASH_CELL = "@crash"
"""The cell name under which a stage's last crash is kept on state.snapshots."""

LIMIT = 3
"""Crashes at one origin after which it is poison."""


Origin = tuple[str, str, int, str]
"""Topic, key and sequence of a record, and the cell that it ended."""

KEPT = 1000
"""Origins that are remembered."""

LONGEST = 300
"""Characters of a reason that are kept."""


@dataclass
class Crashes:
    """How often each record has ended this stage in each cell. None is forgotten for another:
    what was given up on is read again from the same snapshot as what ended the stage next.
    """

    counts: dict[Origin, int] = field(default_factory=dict)
    reasons: dict[Origin, str] = field(default_factory=dict)

    @classmethod
    def of(cls, saved: Iterable[Saved]) -> Crashes:
        """What the stage's snapshots say of its crashes."""
        for one in saved:
            if one.snapshot.cell == CRASH_CELL:
                rows = one.snapshot.state.get("counts", [])
                return cls(
                    {(topic, key, seq, cell): n for topic, key, seq, cell, n, *_ in rows},
                    {
                        (topic, key, seq, cell): "".join(why)
                        for topic, key, seq, cell, _, *why in rows
                    },
                )
        return cls()

    def hopeless(self, topic: str, record: Record, cell: str) -> bool:
        """True when this very record has ended the stage LIMIT times in this cell."""
        return self.counts.get((topic, record.key, record.seq, cell), 0) >= LIMIT

    def reason(self, topic: str, record: Record, cell: str) -> str:
        """What the last crash at this record said."""
        return self.reasons.get((topic, record.key, record.seq, cell), "")

    def note(self, stage: str, topic: str, record: Record, cell: str, reason: str) -> Snapshot:
        """Count one more crash at this record and give it as a snapshot to keep."""
        origin = (topic, record.key, record.seq, cell)
        self.counts[origin] = self.counts.pop(origin, 0) + 1
        self.reasons[origin] = reason[:LONGEST]
        counted = list(self.counts.items())[-KEPT:]
        rows = [[*each, n, self.reasons.get(each, "")] for each, n in counted]
        return Snapshot(
            key=f"{stage}:{CRASH_CELL}", stage=stage, cell=CRASH_CELL, state={"counts": rows},
            seen={}, made={}, clocks={},
        )  # fmt: skip
