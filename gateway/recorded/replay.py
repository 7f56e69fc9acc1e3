"""`tapeline replay`: recordings into market.raw of the running desk, with progress."""

from __future__ import annotations

import time
from pathlib import Path

from gateway.backtests.replayed import archived_span
from gateway.jobs.progress import bars
from gateway.recorded.files import Span, absolute
from gateway.recorded.inputs import inspected, spanned, tell
from gateway.recorded.playing import Play, Player
from gateway.running.broker import require
from gateway.terminal.output import Output
from topics.admin import check
from topics.inspection import Inspection
from topics.settings import settings

TURN = 0.2


def replay(
    files: list[Path], speed: float, linger: int | None, venue: str | None,
    market: str | None, output: Output, archive: tuple[Path, str] | None = None,
) -> int:  # fmt: skip
    """Play the files, or the run of that prefix in an archive; LocalError unless the raw stage has
    played them to their end."""
    known = settings()
    paths, market = absolute(files), market or known.market
    play = Play(
        paths, speed, linger, known.run, market=market, venue=venue or known.venue, archive=archive
    )
    inspection = Inspection()
    if archive is None:
        asked = known.model_copy(update={"venue": play.venue})
        inspection = inspected(paths, asked, market)
    whole = spanned(inspection) if archive is None else archived_span(*archive)
    require(known)
    check(known)
    player, began = Player(play, known, play.env(known)), time.monotonic()
    try:
        player.start()
        code = _follow(player, whole, output)
    finally:
        player.stop()
    player.finish(code)
    tell(inspection.notes(), output)
    _tell(player, whole, time.monotonic() - began, output)
    return 0


def _follow(player: Player, whole: Span, output: Output) -> int:
    with bars(output) as progress:
        task = progress.add_task("market.raw", total=1.0, said="")
        while (code := player.look()) is None:
            said = f"{player.records:,} records"
            progress.update(task, completed=whole.share(player.seen), said=said)
            time.sleep(TURN)
        player.look()
        progress.update(task, completed=1.0)
        return code


def _tell(player: Player, whole: Span, took: float, output: Output) -> None:
    told = {
        "frames": whole.frames,
        "records": player.records,
        "market_seconds": round((whole.last - whole.first) / 1e9, 3),
        "seconds": round(took, 3),
    }
    if output.json:
        output.object(told)
    elif player.records:
        output.note(
            f"{whole.frames:,} frames as {player.records:,} records on market.raw, "
            f"{told['market_seconds']:.0f} s of market in {took:.1f} s"
        )
    else:
        output.note(
            "nothing was new: market.raw holds this recording already; to play it afresh, start "
            "another desk (TAPELINE_HOME) or other topics (TAPELINE_PREFIX)"
        )
