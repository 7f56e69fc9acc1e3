"""What is known of a request while it is under way: asked for, written, answered."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(slots=True)
class Flight:
    """One call of ours, which may be several requests of ccxt's.

    names: of the orders that it is about. sending: it may have an effect at the venue. written: a
    request's head has gone out. status: HTTP status of the last answer, wait: seconds of its
    Retry-After. stopped: what the fence
    raised. fresh: the request that is to go out now has not yet been written.
    """

    names: tuple[str, ...] = ()
    sending: bool = False
    written: bool = False
    fresh: bool = False
    status: int | None = None
    wait: float | None = None
    stopped: BaseException | None = None


NOW: ContextVar[Flight | None] = ContextVar("flight", default=None)
"""The call that this task makes, None for what ccxt does by itself."""
