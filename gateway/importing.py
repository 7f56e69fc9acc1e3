"""`tapeline import`: files into an archive, from where they are replayed and tested."""

from __future__ import annotations

import time
from pathlib import Path

from engine.feeds.recorded import Opening, route_of
from engine.framing import raw_records
from gateway.archived import root_of
from gateway.output import Output
from gateway.playing import Span, absolute, span
from gateway.replay import bars
from infra import recordings
from schemas import names
from topics.archive.importing import Importer
from topics.recording import begins, listings, merged, run_of
from topics.settings import Settings, settings

TURN = 1000
"""Records between two looks at the progress."""


def frames(
    files: list[Path], directory: Path | None, prefix: str, venue: str | None, market: str | None,
    output: Output,
) -> int:  # fmt: skip
    """Recordings of raw frames into market.raw of an archive, framed as a live feed would be."""
    known = settings() if venue is None else settings().model_copy(update={"venue": venue})
    paths, root, began = absolute(files), root_of(directory), time.monotonic()
    whole = span(paths)
    run = known.run or run_of(paths, known.linger * 1_000_000)
    into = Importer(root, prefix, names.RAW, run)
    _put(paths, known, market or known.market, run, into, whole, output)
    told = {
        "archive": str(root),
        "run": run,
        "records": {names.RAW: into.records},
        "frames": whole.frames,
        "seconds": round(time.monotonic() - began, 3),
    }
    if output.json:
        output.object(told)
    else:
        output.note(
            f"{whole.frames:,} frames as {into.records:,} records of {names.RAW} in {root}, "
            f"{told['seconds']} s"
        )
    return 0


def _put(
    paths: tuple[Path, ...], known: Settings, market: str | None, run: str, into: Importer,
    whole: Span, output: Output,
) -> None:  # fmt: skip
    listed = listings(known.listings or recordings.LISTINGS)
    routes = [
        (path, route_of(Opening(*begins(path)), listed, known.venue, market).route)
        for path in paths
    ]
    linger = known.linger * 1_000_000
    with bars(output) as progress:
        task = progress.add_task("import", total=1.0, said="")
        for record in raw_records(merged(routes), run, linger, 0, into.first_seq):
            into.put(record)
            if into.records % TURN == 0:
                said = f"{into.records:,} records"
                progress.update(task, completed=whole.share(record.seen_time), said=said)
        into.close()
