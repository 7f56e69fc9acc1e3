"""What a stage's cells are, beside what leaves them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from schemas import metrics as m
from schemas.metrics import Reading
from topics.metrics.exposure import exposure_of

if TYPE_CHECKING:
    from topics.station import Station


def watch(station: Station) -> None:
    """Let the process tell of a station; a stage with `gauges` (engine.gauges) of each cell too."""
    exposure = exposure_of(station.outlet.app)
    if exposure is None:
        return
    exposure.reads(lambda: readings(station))
    exposure.checks[f"{station.stage.name} restored"] = lambda: restored(station)


def readings(station: Station) -> Iterator[Reading]:
    """As it is now."""
    stage, name = station.stage, station.stage.name
    cells = list(station.cells.values())
    yield Reading(m.CELLS, (name,), len(cells))
    yield Reading(m.RESTORING, (name,), station.redoing)
    gauges = getattr(stage, "gauges", None)
    if gauges is not None:
        for cell in cells:
            yield from gauges(cell)


def restored(station: Station) -> str:
    """ "" once all that was published before the start has been done again."""
    if left := station.redoing:
        return f"{left} cells do again what they had published"
    return ""
