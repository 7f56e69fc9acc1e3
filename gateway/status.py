"""`tapeline status`: is the desk well, how far is each stage, what do the accounts hold."""

from __future__ import annotations

from typing import Any

import psutil

from gateway.board import Board
from gateway.broker import answers
from gateway.flow import FLOW
from gateway.gauge import Gauge, Sample
from gateway.output import Output
from gateway.view import View
from infra.local.desk import running
from schemas import names
from topics.reading import read_all
from topics.settings import Settings, settings


def status(output: Output) -> int:
    """Print it; 1 when no desk runs here, a worker is down, or its broker does not answer."""
    known = settings()
    told = running(known.home)
    there = answers(known)
    sample, board = _looked(known) if there else (Sample(0.0), Board())
    down = _down(told)
    if output.json:
        output.object(_object(known, told, down, there, sample, board))
    else:
        _show(known, told, down, there, sample, board, output)
    return int(told is None or bool(down) or not there)


def _looked(known: Settings) -> tuple[Sample, Board]:
    gauge, board = Gauge(known), Board()
    try:
        sample = gauge.sample()
    finally:
        gauge.close()
    for topic in (names.PORTFOLIO, names.LETTERS):
        for message in read_all(known, topic):
            board.take(topic, bytes(message.value() or b""))
    return sample, board


def _down(told: dict[str, Any] | None) -> list[str]:
    """Workers that the desk is to run and that do not run right now."""
    if told is None:
        return []
    alive = {name for name, pid in told["workers"].items() if psutil.pid_exists(pid)}
    return [name for name in told["restarts"] if name not in alive]


def _object(
    known: Settings,
    told: dict[str, Any] | None,
    down: list[str],
    there: bool,
    sample: Sample,
    board: Board,
) -> dict[str, Any]:
    return {
        "running": told is not None,
        "home": str(known.home.resolve()),
        "broker": known.bootstrap,
        "broker_answers": there,
        "desk": told,
        "down": down,
        "records": dict(sample.counts),
        "lag": dict(sample.lags),
        "accounts": board.accounts,
        "positions": board.positions,
        "dead_letters": board.letters,
    }


def _show(
    known: Settings,
    told: dict[str, Any] | None,
    down: list[str],
    there: bool,
    sample: Sample,
    board: Board,
    output: Output,
) -> None:
    if told is None:
        output.note(f"no desk runs in {known.home}: `tapeline up` starts one")
    if not there:
        output.note(f"no Kafka broker answers on {known.bootstrap}")
        return
    pids, restarts = (told["workers"], told["restarts"]) if told else ({}, {})
    view = View(f"Kafka on {known.bootstrap}", board, pids=pids, restarts=restarts)
    view.looks.append(sample)
    output.show(view)
    raw = sample.counts[names.RAW]
    behind = [stop.stage for stop in FLOW if sample.lags[stop.stage]]
    output.note(f"{raw:,} raw records; " + (f"behind: {', '.join(behind)}" if behind else "no lag"))
    for name in down:
        output.note(f"{name} is down: the reason is in {known.home / 'logs' / name}.log")
