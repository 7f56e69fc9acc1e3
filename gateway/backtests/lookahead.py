"""`tapeline backtest --look-ahead`: the same backtest of inputs that end earlier, side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from engine.analytics import Span
from engine.replay.truncation import Made, made, parted, until
from gateway.backtests.backtest import WHOLE, desk_of, inputs_of, rows_of
from gateway.backtests.replayed import Inputs
from gateway.jobs.progress import bars
from gateway.proof.cutting import CUTS, cuts_of
from gateway.terminal.output import Output
from gateway.terminal.span import time_text
from schemas.advice import Advice
from topics.settings import Settings, settings


def look_ahead(
    files: list[Path], venue: str | None, market: str | None, output: Output,
    within: Span = WHOLE, archive: tuple[Path, str] | None = None, advice: Sequence[Advice] = (),
) -> int:  # fmt: skip
    """Tell where a backtest of the files, or of an archive's run, comes out otherwise before a cut;
    1 where one does."""
    known = settings() if venue is None else settings().model_copy(update={"venue": venue})
    given = partial(inputs_of, files, archive, known, market, advice)
    found = departures(given, known, within, output)
    if output.json:
        output.object({"cuts": CUTS, "departures": found})
    for text in found:
        output.note(f"looks ahead: {text}")
    if not found:
        output.note(f"cut at {CUTS} times: what was before each comes out without what came later")
    return int(bool(found))


def departures(
    given: Callable[[], Inputs], known: Settings, within: Span, output: Output
) -> list[str]:
    """What comes out otherwise, in words; each play has inputs and stages of its own.

    Cost: the backtest once more, and parts that are one and a half together.
    """
    whole = given().whole

    def played(time: int | None) -> Iterator[Made]:
        rows = rows_of(given(), within)
        return made(desk_of(known, within), rows if time is None else until(rows, time))

    def told(play: Iterator[Made]) -> Iterator[Made]:
        with bars(output) as progress:
            task = progress.add_task("cut short", total=1.0, said="")
            for one in play:
                progress.update(task, completed=whole.share(one[0]))
                yield one

    last = min(whole.last, within.until or whole.last)
    times = cuts_of(max(whole.first, within.since or 0), last)
    found = parted(told(played(None)), {time: played(time) for time in times})
    return [f"cut at {time_text(time)}: {why}" for time, why in found.items()]
