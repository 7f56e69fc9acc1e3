"""The last errors of an executor's venues, and what they come to."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass

from executor.guard.consequences import CONSEQUENCES
from executor.venues.venue import Category, VenueError
from schemas.system import Severity

KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Trouble:
    """One error. call: what was asked of the venue; symbol: "" where it was about none; at: ns."""

    at: int
    venue: str
    symbol: str
    call: str
    category: Category
    text: str
    unknown: bool
    sent: bool
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """count: errors after `since`; rows: how many by (category, venue, symbol), the most first;
    lost: of them, errors that are not among the last KEPT any more.
    """

    since: int
    count: int
    rows: tuple[tuple[tuple[Category, str, str], int], ...]
    last: Trouble | None
    lost: int

    @property
    def severity(self) -> Severity:
        """The gravest that a category of it has."""
        found = {CONSEQUENCES[category].severity for (category, _, _), _ in self.rows}
        return max(found, key=list(Severity).index, default=Severity.INFO)

    @property
    def facts(self) -> dict[str, str]:
        """For a SystemEvent: "category venue symbol" to how often."""
        return {" ".join(filter(None, row)): str(count) for row, count in self.rows}

    @property
    def text(self) -> str:
        """One line."""
        last = f"; the last: {self.last.call}: {self.last.text}" if self.last else ""
        return f"{self.count} errors{last}"


class Errors:
    """A ring of the last `kept` errors."""

    def __init__(self, kept: int = KEPT) -> None:
        self._ring: deque[Trouble] = deque(maxlen=kept)
        self.total = 0
        self._told = 0

    def __len__(self) -> int:
        return len(self._ring)

    def add(self, at: int, venue: str, symbol: str, call: str, error: VenueError) -> None:
        """Keep one; the oldest leaves a full ring."""
        self.total += 1
        self._ring.append(
            Trouble(
                at, venue, symbol, call, error.category, str(error), error.unknown, error.sent,
                error.code,
            )
        )  # fmt: skip

    def last(
        self,
        count: int = KEPT,
        *,
        category: Category | None = None,
        venue: str | None = None,
        symbol: str | None = None,
    ) -> list[Trouble]:
        """The latest first, of those asked for."""
        found: list[Trouble] = []
        for one in reversed(self._ring):
            if len(found) >= count:
                break
            if category in (None, one.category) and venue in (None, one.venue):
                found += [one] if symbol in (None, one.symbol) else []
        return found

    def summary(self, since: int = 0) -> Summary:
        """What came after `since` ns."""
        return self._summed([one for one in self._ring if one.at > since], since, 0)

    def news(self) -> Summary | None:
        """What came since this was last called; None if nothing did."""
        count, self._told = self.total - self._told, self.total
        if not count:
            return None
        found = list(self._latest(min(count, len(self._ring))))
        return self._summed(found, found[0].at, count - len(found))

    def _latest(self, count: int) -> Iterator[Trouble]:
        return (self._ring[place] for place in range(len(self._ring) - count, len(self._ring)))

    def _summed(self, found: list[Trouble], since: int, lost: int) -> Summary:
        rows = Counter((one.category, one.venue, one.symbol) for one in found)
        last = found[-1] if found else None
        most_first = sorted(rows.items(), key=lambda row: (-row[1], row[0]))
        return Summary(since, len(found) + lost, tuple(most_first), last, lost)
