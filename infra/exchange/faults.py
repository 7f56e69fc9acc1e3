"""What goes wrong on demand: by address and count, by chance from a seed, at a time.

of requests    unanswered  carried out, and the connection closes without an answer after `seconds`
               lost        not carried out, and the connection closes without an answer
               refuse      not carried out; answered with `status`, `code` and `message`
               maintenance not carried out, in the venue's own words; streams there are closed
               slow        answered after `seconds`
               stale       the answer that was given first is given again (books from a cache)
of messages    drop, double, reorder (after the next one), stale (held back while it lasts)
of the venue   skew        its clock is `milliseconds` ahead
               disconnect  connections to the addresses of `streams` are cut
               filters     another `tick`, `lot`, `least` quantity or `notional` of a `market`

What a fault meets is its `path`: the beginning of an address, or a section of a venue (see
addresses.SECTIONS); "events" for user events; "streams/NAME" for public messages, by the venue's
name of the stream; or "time", which comes each tenth of a second.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from infra.exchange.addresses import within

EVENTS, STREAMS, TIME = "events", "streams/", "time"
SECOND = 1_000_000_000
OF_REQUESTS = ("unanswered", "lost", "refuse", "maintenance", "slow", "stale")
OF_MESSAGES = ("drop", "double", "reorder", "stale")
OF_THE_VENUE = ("skew", "disconnect", "filters")
COPIES = {"drop": 0, "double": 2, "reorder": 0}
Kind = Literal[
    "unanswered", "lost", "refuse", "maintenance", "slow", "stale",
    "drop", "double", "reorder", "skew", "disconnect", "filters",
]  # fmt: skip


class Fault(BaseModel):
    """One fault. Once it is `after` seconds old it passes `skip` of what it meets, then strikes
    `times`: once, or where it `lasts` for some seconds, at all that it meets while it does.

    What the venue suffers holds for as long as it lasts, 0: until the fault is disarmed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    path: str = ""
    method: str = ""
    skip: int = Field(default=0, ge=0)
    times: int | None = Field(default=None, ge=1)
    chance: float = Field(default=1.0, ge=0, le=1)
    seed: int = 0
    after: float = Field(default=0.0, ge=0)
    lasts: float = Field(default=0.0, ge=0)
    seconds: float = Field(default=0.0, ge=0, le=600)
    status: int = Field(default=503, ge=400, le=599)
    code: int = -1000
    message: str = "An unknown error occurred while processing the request."
    milliseconds: int = 0
    streams: str = "/"
    house: str = "binance-usdm"
    market: str = ""
    tick: str | None = None
    lot: str | None = None
    least: str | None = None
    notional: str | None = None

    @model_validator(mode="after")
    def _meets(self) -> Fault:
        told = self.where == EVENTS or self.where.startswith(STREAMS)
        if told != (self.kind in OF_MESSAGES and not (self.kind == "stale" and not told)):
            raise ValueError(f'{self.kind} does not meet "{self.where}"')
        if self.where == TIME and not self.of_the_venue:
            raise ValueError(f"{self.kind} needs a path of requests")
        return self

    @property
    def of_the_venue(self) -> bool:
        """Whether it is done to the venue, and not to what it meets."""
        return self.kind in OF_THE_VENUE

    @property
    def where(self) -> str:
        """The path, or where there is none that of its kind."""
        return self.path or (TIME if self.of_the_venue else "/")

    @property
    def most(self) -> int | None:
        """How often it strikes, None: without end."""
        lasting = self.kind == "maintenance" or (self.lasts and not self.of_the_venue)
        return self.times or (None if lasting else 1)

    def meets(self, method: str, path: str) -> bool:
        """Whether a request, a message or a moment is of those that it meets."""
        return self.method in ("", method) and within(self.where, path)


class Armed:
    """A fault, since when (ns), and how often it has been met. kept: answers of a stale one."""

    def __init__(self, fault: Fault, since: int = 0) -> None:
        self.fault = fault
        self.since = since
        self.met = self.struck = 0
        self.kept: dict[str, Any] = {}
        self._chance = random.Random(fault.seed)

    def lasts(self, now: int) -> bool:
        """Whether its time has come, and is not over."""
        age, fault = (now - self.since) / SECOND - self.fault.after, self.fault
        return age >= 0 and (not fault.lasts or fault.of_the_venue or age < fault.lasts)

    def strikes(self, method: str, path: str, now: int = 0) -> bool:
        """Whether it happens to this."""
        fault = self.fault
        if not fault.meets(method, path) or not self.lasts(now):
            return False
        self.met += 1
        lucky = self._chance.random() >= fault.chance
        over = fault.most is not None and self.struck >= fault.most
        if self.met <= fault.skip or over or lucky:
            return False
        self.struck += 1
        return True


class Faults:
    """Those that are armed; the first that strikes is the one that happens."""

    def __init__(self, source: Callable[[], int] = time.time_ns) -> None:
        self.source = source
        self.armed: list[Armed] = []
        self._stale: dict[str, list[Any]] = {}
        self._late: dict[str, list[Any]] = {}

    def arm(self, fault: Fault) -> Armed:
        """From now on."""
        self.armed.append(Armed(fault, self.source()))
        return self.armed[-1]

    def strike(self, method: str, path: str) -> Armed | None:
        """What happens to a request or a message, None for nothing."""
        return next(iter(self._struck(method, path, of_the_venue=False)), None)

    def due(self, method: str, path: str) -> list[Armed]:
        """What happens to the venue when it meets this."""
        return list(self._struck(method, path, of_the_venue=True))

    def _struck(self, method: str, path: str, of_the_venue: bool) -> Any:
        now = self.source()
        found = [each for each in self.armed if each.fault.of_the_venue is of_the_venue]
        return (each for each in found if each.strikes(method, path, now))

    def maintained(self) -> list[Fault]:
        """Maintenance that is going on."""
        now = self.source()
        faults = [each.fault for each in self.armed if each.lasts(now)]
        return [fault for fault in faults if fault.kind == "maintenance"]

    def events(self, listener: str, event: Any) -> list[Any]:
        """What of a user event is sent now."""
        return self.messages(EVENTS, listener, event)

    def public(self, stream: str, message: Any, teller: int = 0) -> list[Any]:
        """What of a message of a public stream is sent now. teller: another house's stream may have
        the same name."""
        listener = f"{teller} {stream}"
        return self.messages(STREAMS + stream, listener, message) if self.armed else [message]

    def messages(self, path: str, listener: str, message: Any) -> list[Any]:
        """What is sent now: stale messages come before the next that is not, a late one after."""
        struck = self.strike("", path)
        kind = struck.fault.kind if struck is not None else ""
        if kind == "stale":
            self._stale.setdefault(listener, []).append(message)
            return []
        copies = [message] * COPIES.get(kind, 1)
        sent = [*self._stale.pop(listener, []), *copies, *self._late.pop(listener, [])]
        if kind == "reorder":
            self._late[listener] = [message]
        return sent
