"""What follows from each category of error: the table that the guard and its readers go by."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from executor.venues.venue import Category, VenueError
from schemas.refusals import Reason
from schemas.system import Severity


class Health(StrEnum):
    """What an error tells of the venue: `ill` counts against it, `well` for it: it has answered."""

    ILL = "ill"
    WELL = "well"
    NOTHING = "nothing"


class Then(StrEnum):
    """What becomes of the rest: on as before, no new entries of the account, or this process ends
    uncommitted (exit code 70) and starts again from the journal.
    """

    ON = "on"
    NO_ENTRIES = "no_entries"
    ENDS = "ends"


@dataclass(frozen=True, slots=True)
class Consequence:
    """retried: a read is made again. health: for the circuit breaker. then: see Then.

    reason: of the order's status where the error names none, and nothing was effected; None where
    no status is written. severity: of its event on system.events. remedy: what a person may do.
    """

    retried: bool
    health: Health
    then: Then
    reason: Reason | None
    severity: Severity
    remedy: str


WORDS = frozenset((None, Reason.NOT_TRADING, Reason.VENUE_AWAY))
"""Reasons of an error of the venue's that may mean that the venue itself is ill."""


def health_of(error: VenueError) -> Health:
    """What the error tells of the venue. An EXCHANGE error that gives a reason of the request's own
    is an answer; one that was not sent for want of budget tells nothing.
    """
    found = CONSEQUENCES[error.category].health
    if error.category is Category.EXCHANGE and error.reason not in WORDS:
        return Health.WELL
    return found


CONSEQUENCES: dict[Category, Consequence] = {
    Category.NETWORK: Consequence(
        True, Health.ILL, Then.ON, Reason.VENUE_AWAY, Severity.WARNING,
        "look at the network and at the venue's status page",
    ),
    Category.EXCHANGE: Consequence(
        True, Health.ILL, Then.ON, Reason.VENUE_REFUSED, Severity.WARNING,
        "look at the venue's status page",
    ),
    Category.RATE_LIMIT: Consequence(
        True, Health.NOTHING, Then.ON, Reason.VENUE_AWAY, Severity.WARNING,
        "fewer symbols, or a lower budget for this address",
    ),
    Category.AUTHENTICATION: Consequence(
        False, Health.WELL, Then.NO_ENTRIES, Reason.VENUE_REFUSED, Severity.ERROR,
        "seal a valid key (tapeline keys seal), then tapeline resume",
    ),
    Category.INSUFFICIENT_FUNDS: Consequence(
        False, Health.WELL, Then.ON, Reason.INSUFFICIENT_BALANCE, Severity.WARNING,
        "compare the account's balance with what the portfolio has",
    ),
    Category.INVALID_ORDER: Consequence(
        False, Health.WELL, Then.ON, Reason.VENUE_REFUSED, Severity.WARNING,
        "compare the instrument's tick, lot and limits with the venue's",
    ),
    Category.STORAGE: Consequence(
        False, Health.NOTHING, Then.ENDS, None, Severity.ERROR,
        "look at Kafka and Redis (tapeline status)",
    ),
    Category.SYSTEM: Consequence(
        False, Health.NOTHING, Then.ENDS, None, Severity.ERROR,
        "a fault of ours: the log has its trace",
    ),
}  # fmt: skip
