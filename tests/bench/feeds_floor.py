"""What reading a venue's books in Python takes at the least, beside the JSON parse alone.

    python -m tests.bench.feeds_floor

Of each recording's book frames that a form of engine.feeds.forms takes: the time of orjson.loads
(1), and as multiples of it the expression alone, which checks every text, and the whole parser,
which also makes the levels, the event and the tuple it is in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median
from time import thread_time_ns
from typing import Any

import orjson

from engine.feeds import forms
from tests.bench.feeds_tapes import tapes

FRAMES, ROUNDS = 6000, 7


def main() -> None:
    """A line for each case."""
    for tape in tapes(FRAMES):
        for kind in tape.kinds():
            texts = [frame for frame in kind.frames if isinstance(frame, str)]
            form = _form(texts)
            if kind.case.endswith("books") and form is not None:
                taken = [text for text in texts if form(text)]
                json, least, whole = _times(taken, (orjson.loads, form, tape.feed.parse))
                print(f"{kind.case:56} 1  {least / json:.2f}  {whole / json:.2f}", flush=True)


def _form(texts: Sequence[str]) -> Callable[[str], Any] | None:
    """The form that takes most of them."""
    known = [form for form, _ in forms.FULL.values()]
    counts = [sum(1 for text in texts if form(text)) for form in known]
    return known[counts.index(max(counts))] if any(counts) else None


def _times(texts: Sequence[str], readers: Sequence[Callable[[str], Any]]) -> list[float]:
    """Processor time of each, all in turns, medians of rounds."""
    found: list[list[int]] = [[] for _ in readers]
    for _ in range(ROUNDS):
        for times, read in zip(found, readers, strict=True):
            start = thread_time_ns()
            for text in texts:
                read(text)
            times.append(thread_time_ns() - start)
    return [median(times) for times in found]


if __name__ == "__main__":
    main()
