"""Books as the ticks stage has snapshotted them, for who has not seen their beginning."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping

from confluent_kafka import KafkaException

from gateway.live.depth import Depths, Seed
from schemas import names
from schemas.errors import TapelineError
from topics.settings import Settings
from topics.snapshots import load

log = logging.getLogger("gateway")

FIRST, LONGEST = 2.0, 60.0
"""Seconds between two looks; each doubles them until no book is wanted any more."""


class Seeding:
    """Of the desk of `settings`. The topic is read by a thread of its own, which nobody waits for:
    whoever asks here has streams to feed.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._next, self._pause = float("-inf"), FIRST
        self._look: threading.Thread | None = None
        self._found: Mapping[str, Seed] = {}

    def fill(self, depths: Depths, now: float) -> None:
        """Let in what a look has found, where a book is wanted; begins a look where it is time."""
        if depths.lacking:
            depths.seed(self.due(now))
        else:
            self._pause = FIRST

    def due(self, now: float) -> Mapping[str, Seed]:
        """The books of all markets that a look has found, once; begins one where it is time."""
        if self._look is not None:
            if self._look.is_alive():
                return {}
            self._look = None
            self._next, self._pause = now + self._pause, min(2 * self._pause, LONGEST)
            return self._found
        if now >= self._next:
            self._look = threading.Thread(target=self._read, name="seeding", daemon=True)
            self._look.start()
        return {}

    def _read(self) -> None:
        self._found = {}
        try:
            saved = [each.snapshot for each in load(self._settings, "ticks")]
        except (KafkaException, TimeoutError, TapelineError) as error:
            log.info("no snapshots are to be had: %s", error)
            return
        self._found = {
            one.cell: (one.made[names.TICKS][one.cell], one.state["sync"]["book"])
            for one in saved
            if one.cell in one.made.get(names.TICKS, {})
        }
