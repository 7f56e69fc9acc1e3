"""What a call to a venue ends with while its circuit is open (engine.circuit)."""

from __future__ import annotations

from executor.venues.venue import Category, VenueError
from schemas.refusals import Reason


class CircuitOpen(VenueError):
    """The venue was not asked, for it has failed too often: unsent, and of no use to ask again."""

    def __init__(self, venue: str, call: str, failures: int) -> None:
        text = f"{venue} is not asked ({call}): it has failed {failures} times in a row"
        super().__init__(Category.NETWORK, text, sent=False, reason=Reason.VENUE_AWAY)
