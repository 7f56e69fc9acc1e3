"""What one process tells: its tallies, what else is read when somebody asks, and its checks.

Readers and checks are called on the listener's thread, beside the loop: they copy what they walk
through, and change nothing.
"""

from __future__ import annotations

import logging
import threading
import time
from asyncio import AbstractEventLoop
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from importlib.metadata import version
from typing import Any

from schemas import metrics as m
from schemas.metrics import Metric, Reading
from topics.metrics import targets
from topics.metrics.listener import Listener
from topics.metrics.settings import MetricsSettings
from topics.metrics.spread import Spread
from topics.metrics.tally import Labels, Tally
from topics.settings import Settings

log = logging.getLogger(__name__)

Reader = Callable[[], Iterable[Reading]]
Check = Callable[[], str]
"""Says what is wrong, "" where nothing is."""
Times = tuple[Metric, Labels, Spread]

LATE = 5.0
"""Seconds that the loop of a living process takes at most to come round."""
TRIES = 3
"""A dictionary that grows while it is read is read again."""


class Exposure:
    """Of the process `worker`, of `stage` if it runs one; a wrong [metrics] ends it. It listens
    from `begin` on, and not at all where [metrics] is off.

    loop: whose turns /health waits for; None: the process has none.
    """

    def __init__(self, settings: Settings, worker: str, stage: str = "") -> None:
        self.settings, self.worker, self.stage = settings, worker, stage or worker
        self._options = settings.of("metrics", MetricsSettings)
        self.tallies: list[Tally] = []
        self.readers: list[Reader] = []
        self.checks: dict[str, Check] = {}
        self._loop: AbstractEventLoop | None = None
        self._listener: Listener | None = None
        self._unread = 0

    def tally(self, stage: str) -> Tally:
        """A new one, for what a stage of this process gives."""
        self.tallies.append(Tally(stage))
        return self.tallies[-1]

    def reads(self, reader: Reader) -> None:
        """Ask it, too, when somebody asks."""
        self.readers.append(reader)

    def begin(self, loop: AbstractEventLoop | None = None) -> None:
        """Listen, and write down where. Called twice it is one beginning."""
        if not self._options.on or self._listener is not None:
            return
        self._loop = loop
        self._listener = Listener(self._options, self)
        targets.write(self.settings.home, self.worker, self._listener.address)

    def end(self) -> None:
        """Listen no more."""
        if self._listener is not None:
            targets.withdraw(self.settings.home, self.worker)
            self._listener.close()
            self._listener = None

    @property
    def address(self) -> str:
        """HOST:PORT, "" while nothing listens."""
        return self._listener.address if self._listener else ""

    # -- what is asked -----------------------------------------------------------------------

    def alive(self) -> bool:
        """The loop comes round."""
        if self._loop is None:
            return True
        round = threading.Event()
        try:
            self._loop.call_soon_threadsafe(round.set)
        except RuntimeError:  # it is closed
            return False
        return round.wait(LATE)

    @cached_property
    def _build(self) -> tuple[str, str]:
        """Version, and the hash of the settings."""
        return version("tapeline"), self.settings.digest

    def failing(self) -> Mapping[str, str]:
        """Each check, with what is wrong, "" where nothing is."""
        return {name: self._checked(name, check) for name, check in self.checks.items()}

    def readings(self) -> Iterator[Reading]:
        """All values of now but the times."""
        yield Reading(m.BUILD, self._build, 1)
        yield Reading(m.CLOCK, (), time.time())
        failing = self.failing()
        for name, why in failing.items():
            yield Reading(m.CHECK, (name,), int(not why))
        yield Reading(m.READY, (), int(not any(failing.values())))
        for reader in (*(tally.readings for tally in self.tallies), *self.readers):
            yield from self._read(reader)
        yield Reading(m.UNREAD, (), self._unread)

    def times(self) -> Iterator[Times]:
        """All times in buckets."""
        for tally in self.tallies:
            yield from tally.times()

    def _checked(self, name: str, check: Check) -> str:
        try:
            return check()
        except Exception as error:
            log.warning("check %s failed: %r", name, error)
            return f"it could not be looked at: {error!r}"

    def _read(self, reader: Reader) -> list[Reading]:
        """One reader's values; none of one that fails, which is counted and told."""
        for left in reversed(range(TRIES)):
            try:
                return list(reader())
            except RuntimeError as error:  # changed size during iteration
                if not left:
                    self._failed(error)
            except Exception as error:
                self._failed(error)
                break
        return []

    def _failed(self, error: Exception) -> None:
        self._unread += 1
        log.warning("a metric could not be read: %r", error)


def exposure_of(app: Any) -> Exposure | None:
    """That of a Faust app of ours; None of any other."""
    found = getattr(app, "exposure", None)
    return found if isinstance(found, Exposure) else None


def tally_of(app: Any, stage: str) -> Tally:
    """A tally of a stage, told of by its app's process where it has an Exposure."""
    found = exposure_of(app)
    return Tally(stage) if found is None else found.tally(stage)
