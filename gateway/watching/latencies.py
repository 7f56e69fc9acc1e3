"""`tapeline statistics --latency`: how long orders took to the venue and back."""

from __future__ import annotations

from collections.abc import Iterable

from engine.latencies import Latencies, Way, measured, quantile, values
from gateway.terminal.output import Output
from gateway.watching.earnings import table
from schemas.statuses import Status

COLUMNS = ("account", "venue", "way", ">count", ">median ms", ">p90", ">p99", ">longest")
NOTE = (
    "there and back are as good as the venue's clock and ours agree; --json has quantiles for "
    "[execution] latency."
)
MS = 1_000_000


def tell(statuses: Iterable[Status], account: str | None, venue: str | None, output: Output) -> int:
    """Print three rows for each account and venue; 0."""
    found = {
        way: took
        for way, took in sorted(measured(statuses).items())
        if account in (None, way.account) and venue in (None, way.venue)
    }
    rows = [row for way, took in found.items() for row in _rows(way, took, output)]
    if rows:
        output.show(table(COLUMNS, rows))
        output.show(NOTE)
    else:
        output.note("no venue has said anything of an order on trading.statuses")
    return 0


def _rows(way: Way, took: Latencies, output: Output) -> list[tuple[str, ...]]:
    ways = {"there": took.there, "back": took.back, "round_trip": took.round_trip}
    if output.json:
        told = {name: values(each) for name, each in ways.items()}
        output.object({**way._asdict(), "negative": took.negative, **told})
    return [
        (*way, name, f"{len(each):,}", *(_ms(quantile(each, q)) for q in (50, 90, 99, 100)))
        for name, each in ways.items()
    ]  # fmt: skip


def _ms(nanoseconds: int | None) -> str:
    return "-" if nanoseconds is None else f"{nanoseconds / MS:,.2f}"
