"""Recordings as columns of level events, kept in a file between runs where one is named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from engine.depth.columns import DepthColumns, Gatherer
from engine.framing import raw_records
from engine.stage import Cell
from engine.ticks import TicksSettings, TicksStage
from gateway.backtests.backtest import TURN
from gateway.jobs.progress import bars
from gateway.recorded.inputs import Flaws, inspected, routed, spanned, tell
from gateway.terminal.output import Output
from infra import recordings
from infra.local.errors import LocalError
from schemas import names
from schemas.instruments import Instrument
from schemas.ticks import Ticks
from topics.recording import instruments, merged, run_of
from topics.settings import Settings

FORMAT = "depth columns 1"


def columns_of(
    files: Sequence[Path], known: Settings, market: str | None, symbol: str | None,
    kept: Path | None, output: Output,
) -> DepthColumns:  # fmt: skip
    """The columns of one market; from the file `kept` if that is there, else written there."""
    run = f"{FORMAT} {run_of(files, known.linger * 1_000_000)} {symbol}"
    if kept is not None and kept.exists():
        return _load(kept, run)
    columns = _gathered(files, known, market, symbol, output)
    if kept is not None:
        draft = kept.with_name(kept.name + ".draft")
        with draft.open("wb") as out:
            np.savez(out, allow_pickle=False, run=np.array(run), **_plain(columns))
        draft.rename(kept)
    return columns


def instrument_of(key: str, known: Settings) -> Instrument | None:
    """What is known of a market's steps and contract."""
    rows = instruments(known.instruments or recordings.INSTRUMENTS)
    return next((row for row in rows if f"{row.venue}:{row.symbol}" == key), None)


def _plain(columns: DepthColumns) -> dict[str, Any]:
    """Arrays alone: steps may be wider than 64 bits."""
    steps = {"tick": str(columns.tick), "lot": str(columns.lot)}
    return {name: np.asarray(value) for name, value in (asdict(columns) | steps).items()}


def _load(path: Path, run: str) -> DepthColumns:
    try:
        with np.load(path, allow_pickle=False) as found:
            fields = {name: found[name] for name in found.files}
    except (OSError, ValueError, EOFError) as error:
        raise LocalError(f"{path} holds no columns: remove it ({error})") from error
    if str(fields.pop("run", "")) != run:
        raise LocalError(f"{path} holds the columns of other recordings: remove it or name another")
    texts = {name: str(fields[name]) for name in ("key", "tick", "lot")}
    steps = {"tick": int(texts["tick"]), "lot": int(texts["lot"])}
    return DepthColumns(**(fields | {"key": texts["key"]} | steps))


def _gathered(
    files: Sequence[Path], known: Settings, market: str | None, symbol: str | None, output: Output
) -> DepthColumns:
    inspection, flaws = inspected(files, known, market), Flaws()
    whole, routes = spanned(inspection), routed(files, known, market)
    stage, gatherer = TicksStage(known.of("ticks", TicksSettings)), Gatherer()
    cells: dict[str, Cell[Any]] = {}
    with bars(output) as progress:
        task = progress.add_task("columns", total=1.0, said="")
        records = raw_records(merged(routes), "depth", known.linger * 1_000_000)
        for number, raw in enumerate(records):
            if symbol is not None and not raw.key.endswith(f":{symbol}"):
                continue
            cell = cells.get(raw.key) or cells.setdefault(raw.key, Cell.fresh(stage, raw.key))
            for out in cell.take(names.RAW, raw):
                flaws.take(out.record)
                if isinstance(out.record, Ticks):
                    gatherer.take(out.record)
            if number % TURN == 0:
                progress.update(task, completed=whole.share(raw.seen_time))
    flaws.judge(inspection)
    tell(chain(inspection.notes(), flaws.notes()), output)
    steps = instrument_of(gatherer.key, known)
    return gatherer.columns(*((steps.tick_size, steps.lot_size) if steps else ()))
