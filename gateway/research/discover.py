"""`tapeline discover`: edges between venues, spot and perpetuals, and along triangles.

What is told is what a taker could have had at the touch, at the moment of the record: nothing of
the time that orders take, of queues, or of moving money between venues.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from confluent_kafka import KafkaException
from rich.table import Table

from engine.arbitrage.routes import Market
from engine.arbitrage.scanner import Found, Scanner
from engine.costs import AnyFees, ProportionalFees
from engine.execution import ExecutionSettings
from engine.replay.desk import Delays, Desk
from engine.spans import SECOND
from gateway.backtests.backtest import inputs_of, listed
from gateway.backtests.stages import Stages
from gateway.jobs.progress import bars
from gateway.terminal.output import Output
from gateway.watching.follower import Follower
from schemas import names
from schemas.codec import decode
from schemas.errors import TapelineError
from schemas.instruments import Instrument, Kind
from schemas.record import symbol_of
from schemas.ticks import Ticks
from topics.settings import Settings, settings

SHOWN = 30
"""Routes that people are shown; JSON has all."""

TURN = 2000
"""Records between two looks at the progress."""


class NoFee(TapelineError):
    """A text that names no fee."""


def discover(
    files: Sequence[Path], market: str | None, fees: Sequence[str], least: float, stale: float,
    seconds: float, output: Output,
) -> int:  # fmt: skip
    """Scan recordings, or without any the running desk for so many seconds, and tell every route;
    1 where nothing had a touch on all its legs."""
    known = settings()
    scanner = Scanner(markets(known, fees), least, int(stale * SECOND))
    if files:
        _recorded(list(files), market, known, scanner, output)
    else:
        _live(known, scanner, seconds, output)
    found = scanner.found()
    tell(found, least, output)
    return int(not found)


def markets(known: Settings, fees: Sequence[str]) -> Callable[[str], Market | None]:
    """What is known of a market: the taker's fee, by [execution] unless VENUE=BPS names another,
    and the size of a contract. A contract that nobody lists has no size, and is passed over."""
    own = dict(map(_fee, fees))
    rates = known.of("execution", ExecutionSettings).fees
    rows = {row.key: row for _, row in listed(known) if isinstance(row, Instrument)}

    def market(key: str) -> Market | None:
        row, spot = rows.get(key), ":" not in symbol_of(key)
        if row is None and not spot:
            return None
        size = float(row.contract_size) if row is not None and not spot else 1.0
        venue, kind = key.partition(":")[0], Kind.SPOT if spot else Kind.LINEAR
        return Market(key, own.get(venue, taker(rates, kind)), size)

    return market


def taker(fees: AnyFees, kind: Kind) -> float:
    """The taker's fee as a share; of tiers the first."""
    if isinstance(fees, ProportionalFees):
        return float((fees.spot if kind is Kind.SPOT else fees.linear).taker)
    tiers = fees.spot if kind is Kind.SPOT else fees.linear
    return float(tiers[0].taker) if tiers else taker(ProportionalFees(), kind)


def _fee(given: str) -> tuple[str, float]:
    venue, _, bps = given.partition("=")
    try:
        share = float(bps) / 1e4
    except ValueError:
        share = 1.0
    if not venue or not -0.01 <= share < 0.1:
        raise NoFee(f"--fee {given}: write VENUE=BPS, as okx=5")
    return venue, share


def _recorded(
    files: list[Path], market: str | None, known: Settings, scanner: Scanner, output: Output
) -> None:
    inputs = inputs_of(files, None, known, market)
    desk = Desk([Stages.of(known).ticks], (), known.of("backtest", Delays))
    with bars(output) as progress:
        task, count = progress.add_task("discover", total=1.0, said=""), 0
        for _, record in desk.run(inputs.rows):
            if isinstance(record, Ticks):
                scanner.take(record)
                count += 1
                if count % TURN == 0:
                    share = inputs.whole.share(record.seen_time)
                    progress.update(task, completed=share, said=f"{count:,} records")


def _live(known: Settings, scanner: Scanner, seconds: float, output: Output) -> None:
    """What the running desk hears from now on; Ctrl-C ends it with what there is."""
    if not known.bootstrap:
        raise TapelineError(f"{known.homeless}; or name recordings")
    end = time.monotonic() + seconds
    output.note(f"listening to {known.physical(names.TICKS)} for {seconds:g} s; Ctrl-C ends it")
    try:
        with Follower(known, (names.TICKS,)) as follower:
            while (left := end - time.monotonic()) > 0:
                for _, message in follower.poll(min(left, 0.2)):
                    scanner.take(decode(Ticks, message.value() or b""))
    except KafkaException as error:
        raise TapelineError(f"the broker cannot be read: {error}: see `tapeline status`") from None
    except KeyboardInterrupt:
        output.note("ended before its time")


def tell(found: Sequence[Found], least: float, output: Output) -> None:
    """Each route, the best first, and how many of them paid."""
    if output.json:
        output.lines(asdict(each) for each in found)
        return
    table = Table("route", "best, bps", "at most", "size", "mean", "gross > 0", "net > 0",
                  "times", "median", "longest", "funding")  # fmt: skip
    for each in found[:SHOWN]:
        table.add_row(
            f"{each.kind}: {each.route}", f"{each.best:+.2f}", f"{each.widest:+.2f}",
            f"{each.size:,.4g}", f"{each.mean:+.2f}", f"{each.gross:.1%}", f"{each.net:.1%}",
            str(each.episodes), _span(each.median_ms), _span(each.longest_ms),
            "" if each.funding is None else f"{each.funding:+.2f}",
        )  # fmt: skip
    output.show(table)
    paid = sum(each.episodes > 0 for each in found)
    output.show(f"{len(found)} routes, of which {paid} left more than {least:g} bps after fees, "
                "at the touch and at once; orders take longer")  # fmt: skip


def _span(milliseconds: float | None) -> str:
    return "" if milliseconds is None else f"{milliseconds:,.0f} ms"
