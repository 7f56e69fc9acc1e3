"""`tapeline decode`: ticks of recorded frames on stdout, their counts on stderr."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from gateway.recorded.decode import Row, decode, summary
from gateway.recorded.files import absolute
from gateway.terminal.output import Output
from infra.recordings import listings
from topics.inspection import Inspection


def decoded(
    files: list[Path], venue: str, market: str | None, counts_only: bool, output: Output
) -> int:
    """Print every tick, or only how many there are of each type; 1 when a frame was unreadable."""
    inspection = Inspection()
    rows = decode(absolute(files), venue, listings(), market, inspection)
    counts: Counter[str] = Counter()
    if counts_only:
        counts.update(summary(rows))
        _tell_counts(counts, output)
    else:
        output.lines(_counted(rows, counts))
        output.note(_in_words(counts))
    for note in inspection.notes():
        output.note(f"input: {note}")
    return int(counts["dead"] > 0)


def _counted(rows: Iterable[Row], counts: Counter[str]) -> Iterator[Row]:
    for row in rows:
        counts[row["type"]] += 1
        yield row


def _tell_counts(counts: Counter[str], output: Output) -> None:
    if output.json:
        output.object(dict(counts))
    else:
        print(_in_words(counts))


def _in_words(counts: Counter[str]) -> str:
    return ", ".join(f"{count:,} {kind}" for kind, count in sorted(counts.items())) or "no ticks"
