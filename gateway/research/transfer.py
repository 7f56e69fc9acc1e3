"""`tapeline transfer`: what was searched on one symbol's candles, judged on those of others.

Each strategy is played alone, under the desk's settings, on each market's candles, from flat to
their end. An edge that is of markets and not of one symbol's past should show on more than one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import orjson
from rich.table import Table

from engine.analytics import Span
from engine.performance.bootstrap import Bootstrap, Interval, block_length
from engine.research.record import NotSealed, read
from engine.research.spaces import Parameters
from engine.research.splits import Window
from engine.research.trials import Outcome, common_period
from gateway.backtests.backtest import overlapping
from gateway.jobs.progress import bars
from gateway.research.candidates import SECTION, Candidates, of_file
from gateway.research.market import SharedMarket
from gateway.research.source import CandleFiles
from gateway.terminal.output import Output
from schemas.errors import TapelineError
from schemas.record import symbol_of
from topics.settings import Settings, settings


class NoTransfer(TapelineError):
    """A market or a file that cannot be judged on."""


@dataclass(frozen=True)
class Judged:
    """One strategy on one market. period: of the returns; sharpe: of one; earned and mean with
    bounds at 95 % (None with too few returns, or none that differ)."""

    strategy: str
    market: str
    period: str
    trips: int
    earned: Interval | None
    mean: Interval | None
    sharpe: float | None
    fall: float


def transfer(file: Path, markets: Sequence[str], within: Span, output: Output) -> int:
    """Play what a record, or a file of candidates, holds on each market; 1 where nothing traded."""
    known = settings()
    named = list(_named(file, known))
    sources = [_source(each) for each in markets]
    rows: list[Judged] = []
    with TemporaryDirectory() as folder, bars(output) as progress:
        task = progress.add_task("transfer", total=len(named) * len(sources), said="")
        for source in sources:
            ground, window = _ground(source, known, within, Path(folder))
            for name, parameters in named:
                rows.append(_judged(name, source, ground, parameters, window))
                progress.update(task, advance=1, said=f"{name} on {source.key}")
    tell(rows, output)
    return int(not any(each.trips for each in rows))


def tell(rows: Sequence[Judged], output: Output) -> None:
    """A line a strategy and market."""
    if output.json:
        output.lines(asdict(each) for each in rows)
        return
    table = Table("strategy", "market", "trips", "earned", "95 %", "Sharpe, of one period", "fall")
    for each in rows:
        share, span = "", ""
        if each.earned is not None:
            share = f"{each.earned.value:.2%}"
            span = f"{each.earned.low:.2%} to {each.earned.high:.2%}"
        sharpe = "" if each.sharpe is None else f"{each.sharpe:.3g} ({each.period})"
        table.add_row(
            each.strategy, each.market, str(each.trips), share, span, sharpe, f"{each.fall:.2%}"
        )
    output.show(table)


def _named(file: Path, known: Settings) -> Iterator[tuple[str, Parameters]]:
    """The strategies of a file: of a record the one that was judged, else its candidates."""
    try:
        record = read(file.read_bytes())
    except OSError as error:
        raise NoTransfer(f"{file} cannot be read: {error.strerror}") from None
    except NotSealed as error:
        if b'"candidate"' in file.read_bytes()[:200]:
            raise NoTransfer(f"{file}: {error}") from None
        for number, each in enumerate(of_file(file, known, file.stem)):
            yield f"{file.stem} {number}", each
        return
    section = orjson.dumps(record.candidate.section, option=orjson.OPT_SORT_KEYS).decode()
    yield f"{record.strategy}, {record.candidate.label}", {SECTION: section}


def _source(given: str) -> CandleFiles:
    key, _, path = given.partition("=")
    if not path or ":" not in key:
        raise NoTransfer(f"--on {given}: write KEY=FILE, as binance:ETH/USDT:USDT=eth.parquet")
    return CandleFiles((Path(path).resolve(),), key)


@dataclass(frozen=True)
class Alone(Candidates):
    """The candidate is the only strategy, on the market that is played."""

    def settings(self, parameters: Parameters) -> Settings:
        """The desk's, with the candidate alone."""
        section = {**self.section(parameters), "markets": list(self.markets)}
        return self.known.model_copy(update={"strategies": {self.name: section}})


def _ground(
    source: CandleFiles, known: Settings, within: Span, folder: Path
) -> tuple[Alone, Window]:  # fmt: skip
    adapted = source.adapted(known)
    whole = source.whole(adapted)
    overlapping(within, Span(*whole))
    since, until = within.since or whole.since, within.until or whole.until
    window = Window(max(since, whole.since), min(until, whole.until))
    market = SharedMarket(source, folder, source.digest(adapted))
    period, markets = common_period([window]), (symbol_of(source.key),)
    return Alone(adapted, market, known.accounts[0], period, "transferred", markets), window


def _judged(
    name: str, source: CandleFiles, ground: Alone, parameters: Parameters, window: Window
) -> Judged:  # fmt: skip
    found: Outcome = ground.outcome(ground.settings(parameters), window)
    values = np.array(found.returns)
    figures = Bootstrap().intervals(values, block_length(values))
    return Judged(
        strategy=name,
        market=source.key,
        period=ground.period,
        trips=found.trips,
        earned=figures.get("total_return"),
        mean=figures.get("mean_return"),
        sharpe=found.ratios.sharpe,
        fall=found.fall,
    )
