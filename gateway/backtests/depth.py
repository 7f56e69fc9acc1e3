"""`tapeline backtest-depth`: a market maker on recorded level events, compiled."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich.table import Table

from engine.costs import text
from engine.depth.columns import DepthColumns
from engine.depth.desk import DepthLog, Desk
from engine.depth.earned import Curve, Earned, curve, earned
from engine.depth.habits import rules_of
from engine.depth.kernel import driver
from engine.feeds.markets import kind_of
from engine.indicators import rounded
from engine.numbers import PRICE_DECIMALS, QUANTITY_DECIMALS, text_of
from engine.replay.desk import Delays
from engine.risk.money import contract_of
from engine.venue.settings import ExecutionSettings
from gateway.backtests.depth_columns import columns_of, instrument_of
from gateway.backtests.depth_strategies import DepthStrategy, strategy
from gateway.jobs.progress import bars
from gateway.recorded.files import absolute
from gateway.terminal.output import Output
from gateway.terminal.span import time_text
from infra.local.errors import LocalError
from schemas.orders import Contract
from schemas.record import symbol_of
from topics.settings import Settings, settings


@dataclass(frozen=True)
class Played:
    """A run's columns and log, and the seconds that it took after compilation."""

    columns: DepthColumns
    log: DepthLog
    seconds: float


def depth(
    files: Sequence[Path], name: str, given: Sequence[str], venue: str | None, market: str | None,
    symbol: str | None, kept: Path | None, points: bool, output: Output,
) -> int:  # fmt: skip
    """Play the files' level events to a strategy, and tell what it earned; 0."""
    known = settings() if venue is None else settings().model_copy(update={"venue": venue})
    chosen, rules = strategy(name, given), known.of("execution", ExecutionSettings)
    habits = rules_of(rules, known.of("backtest", Delays).feedback)
    columns = columns_of(absolute(files), known, market or known.market, symbol, kept, output)
    desk = Desk(columns, habits, chosen.settings.every)
    played = _played(columns, desk, chosen, output)
    contract = _contract(columns.key, known)
    made = earned(columns, played.log, contract, rules.fees)
    line = curve(columns, played.log, contract, rules.fees)
    told = _told(chosen, played, made, line)
    if points:
        told["curve"] = [
            [time_text(at), rounded(worth)]
            for at, worth in zip(line.time.tolist(), line.profit.tolist(), strict=True)
        ]
    if output.json:
        output.object(told)
    else:
        output.show(_table(told))
    if not made.fills:
        output.note("nothing was traded: the quotes may be too far from the market")
    return 0


def _played(columns: DepthColumns, desk: Desk, chosen: DepthStrategy, output: Output) -> Played:
    from numba.core.errors import NumbaError

    drive = driver(chosen.act)
    with bars(output) as progress:
        task = progress.add_task("compiling", total=len(columns), said=chosen.name)
        try:
            drive(desk.address, chosen.settings, 0)
        except NumbaError as error:
            line = next(iter(str(error).splitlines()), "")
            raise LocalError(
                f"{chosen.name} cannot be compiled: {line}: it may have numbers, loops and the "
                "functions of engine.depth.view"
            ) from error
        began = time.perf_counter()
        log = desk.drive(
            drive,
            chosen.settings,
            lambda row: progress.update(task, completed=row, description="depth"),
        )
        return Played(columns, log, time.perf_counter() - began)


def _contract(key: str, known: Settings) -> Contract:
    """As the instrument says; else of one base, of the kind that the symbol's name tells."""
    found = instrument_of(key, known)
    if found is None:
        return Contract(kind=kind_of(symbol_of(key)))
    return contract_of(found, Decimal(1))


def _told(chosen: DepthStrategy, played: Played, made: Earned, line: Curve) -> dict[str, Any]:
    """Everything; money as decimal text, in what the contract settles in."""
    columns, (first, last) = played.columns, played.columns.span
    figures = {
        name: text(value) if value is not None else None
        for name, value in asdict(made).items()
        if name not in ("orders", "makers", "takers")
    }
    return {
        "market": columns.key, "from": time_text(first), "to": time_text(last),
        "strategy": chosen.name, "settings": chosen.settings._asdict(),
        "tick": text_of(columns.tick, PRICE_DECIMALS),
        "lot": text_of(columns.lot, QUANTITY_DECIMALS),
        "events": columns.events(), "orders": made.orders, "fills": made.fills,
        "makers": made.makers, "takers": made.takers, **figures, "fallen": rounded(line.fallen),
        "seconds": round(played.seconds, 4),
    }  # fmt: skip


def _table(told: dict[str, Any]) -> Table:
    """For people."""
    table = Table(title=f"{told['strategy']} on {told['market']}", show_header=False)
    for name, value in told.items():
        if name in ("strategy", "market", "curve"):
            continue
        said = f"{value:,}" if isinstance(value, int) else str(value)
        if isinstance(value, dict):
            said = ", ".join(f"{key} {each}" for key, each in value.items())
        table.add_row(name.replace("_", " "), said)
    return table
