"""Money that may have been spent: what is under way, in state.snapshots, a record a market."""

from __future__ import annotations

from collections.abc import Callable, Collection

from engine.advice.budget import HOUR, Spending
from schemas import names
from schemas.system import Snapshot
from topics.outlet import Outlet
from topics.settings import Settings
from topics.snapshots import covered_header, load

STAGE = "advice"
LOST = "/lost"
"""Ends the id of a question that a process before this one did not see answered, once for each such
process: the same question may be asked again, and then counts besides.
"""

Row = tuple[str, Spending]
"""An advisor and the most that its question may cost."""


class Held:
    """Written before a question is asked, and again when it is told."""

    def __init__(self, settings: Settings, outlet: Outlet) -> None:
        self._settings, self._outlet = settings, outlet
        self._rows: dict[str, dict[str, Row]] = {}

    def put(self, key: str, id: str, advisor: str, worst: Spending) -> None:
        """A question of a market is about to be asked."""
        rows = self._rows.setdefault(key, {})
        for old in [id for id, (_, each) in rows.items() if each.at <= worst.at - HOUR]:
            del rows[old]
        rows[id] = advisor, worst
        self._write(key)

    def drop(self, key: str, id: str) -> None:
        """It is told."""
        if self._rows.get(key, {}).pop(id, None) is not None:
            self._write(key)

    def lost(self, owned: Callable[[str], bool], known: Callable[[str], bool]) -> dict[str, Row]:
        """What a process before this one left under way of these markets, by the id that it counts
        under. known: ids of questions that were told, or are under way here. Blocks.
        """
        found: dict[str, Row] = {}
        for saved in load(self._settings, STAGE):
            key = saved.snapshot.cell
            if not owned(key):
                continue
            rows = self._rows.setdefault(key, {})
            kept = saved.snapshot.state
            for id, (advisor, *spending) in kept.items():
                if not known(id):
                    under = _under(id, kept)
                    rows[under] = found[under] = advisor, Spending(*spending)
        return found

    def _write(self, key: str) -> None:
        state = {id: [advisor, *each] for id, (advisor, each) in self._rows[key].items()}
        record = Snapshot(
            key=f"{STAGE}:{key}", stage=STAGE, cell=key, state=state, seen={}, made={}, clocks={}
        )
        self._outlet.emit(names.SNAPSHOTS, record.key, record, covered_header({}))


def _under(id: str, kept: Collection[str]) -> str:
    """The id that a question counts under: that of no other among those that were kept."""
    if id.endswith(LOST):
        return id
    under = id + LOST
    while under in kept:
        under += LOST
    return under
