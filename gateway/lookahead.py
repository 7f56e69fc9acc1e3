"""`tapeline backtest --look-ahead`: the same backtest of inputs that end earlier, side by side."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from engine.analytics import Span
from engine.replay.truncation import Made, made, parted, until
from gateway.backtest import WHOLE, desk_of, inputs_of
from gateway.output import Output
from gateway.playing import absolute, span
from gateway.proof.cutting import CUTS, cuts_of
from gateway.replay import bars
from gateway.span import time_text
from topics.settings import Settings, settings


def look_ahead(
    files: list[Path], venue: str | None, market: str | None, output: Output, within: Span = WHOLE
) -> int:
    """Tell where a backtest of the files comes out otherwise before a cut; 1 where one does."""
    known = settings() if venue is None else settings().model_copy(update={"venue": venue})
    found = departures(absolute(files), known, market or known.market, within, output)
    if output.json:
        output.object({"cuts": CUTS, "departures": found})
    for text in found:
        output.note(f"looks ahead: {text}")
    if not found:
        output.note(f"cut at {CUTS} times: what was before each comes out without what came later")
    return int(bool(found))


def departures(
    paths: tuple[Path, ...], known: Settings, market: str | None, within: Span, output: Output
) -> list[str]:
    """What comes out otherwise, in words; each play has stages and files of its own.

    Cost: the backtest once more, and parts that are one and a half together.
    """
    whole = span(paths)

    def played(time: int | None) -> Iterator[Made]:
        inputs = inputs_of(paths, known, market, within)
        cut = inputs if time is None else until(inputs, time)
        return made(desk_of(known, within), cut)

    def told(play: Iterator[Made]) -> Iterator[Made]:
        with bars(output) as progress:
            task = progress.add_task("cut short", total=1.0, said="")
            for one in play:
                progress.update(task, completed=whole.share(one[0]))
                yield one

    times = cuts_of(
        max(whole.first, within.since or 0), min(whole.last, within.until or whole.last)
    )
    found = parted(told(played(None)), {time: played(time) for time in times})
    return [f"cut at {time_text(time)}: {why}" for time, why in found.items()]
