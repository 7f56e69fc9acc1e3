"""What the local desk tells of its workers and its disk, beside what each worker says itself."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

from schemas import metrics as m
from schemas.metrics import Reading
from topics.metrics.exposure import Exposure

if TYPE_CHECKING:
    from infra.local.desk import Desk

NAME = "desk"
"""Of the process that supervises, among those that are asked."""


def exposed(desk: Desk) -> Exposure:
    """The desk's own, which listens."""
    exposure = Exposure(desk.settings, NAME)
    exposure.reads(lambda: readings(desk))
    exposure.checks["workers"] = lambda: down(desk)
    exposure.begin()
    return exposure


def readings(desk: Desk) -> Iterator[Reading]:
    """As it is now."""
    alive = desk.workers.pids()
    for name, restarts in desk.workers.restarts().items():
        yield Reading(m.WORKER_UP, (name,), int(name in alive))
        yield Reading(m.RESTARTS, (name,), restarts)
    yield Reading(m.FREE, (), shutil.disk_usage(desk.home).free)


def down(desk: Desk) -> str:
    """The workers that should run and do not, "" where none."""
    alive = desk.workers.pids()
    missing = [name for name in desk.workers.restarts() if name not in alive]
    return f"not running: {', '.join(missing)}" if missing else ""
