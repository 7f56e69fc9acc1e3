"""`tapeline status`: is the desk well, how far is each stage, what do the accounts hold."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import psutil

from gateway.client.desk import chosen
from gateway.running.broker import answers
from gateway.terminal.output import Output
from gateway.terminal.wishes import wished
from gateway.watching import consolidated, opinions
from gateway.watching.board import Board
from gateway.watching.gauge import Sample, rate, taken
from gateway.watching.view import View
from gateway.watching.watch import Eyes
from infra.local.desk import running
from topics.settings import Settings, settings


@dataclass(frozen=True)
class Health:
    """What is found of a desk. told: what it has announced, None when none runs here.

    down: workers that should run and do not. answers: whether its broker does.
    looks: at the broker, as far apart as stages say how far they are. hour: what advisors that are
    asked have cost in the last one.
    """

    settings: Settings
    told: dict[str, Any] | None
    down: list[str]
    answers: bool
    looks: tuple[Sample, ...]
    board: Board
    hour: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def now(cls, known: Settings) -> Health:
        """Look at the desk of these settings."""
        told, there = running(known.home), answers(known)
        board = Board()
        looks = _looked(known, board) if there else ()
        hour = opinions.hour(known) if there and board.advice else {}
        return cls(known, told, _down(told), there, looks, board, hour)

    @property
    def sample(self) -> Sample:
        """The latest look."""
        return self.looks[-1] if self.looks else Sample(0.0)

    @property
    def well(self) -> bool:
        """True when a desk runs, its broker answers, and no worker is down."""
        return self.told is not None and not self.down and self.answers

    def as_json(self) -> dict[str, Any]:
        """Everything, for programs."""
        return {
            "well": self.well,
            "running": self.told is not None,
            "home": str(self.settings.home.resolve()),
            "broker": self.settings.bootstrap,
            "broker_answers": self.answers,
            "desk": self.told,
            "down": self.down,
            "records": dict(self.sample.counts),
            "lag": dict(self.sample.lags),
            "rates": {
                stop.stage: {"in": taken(self.looks, stop), "out": rate(self.looks, stop.gives)}
                for stop in self.sample.stops
            },
            "accounts": self.board.accounts,
            "halted": {name: self.board.halted(name) for name in self.board.accounts},
            "strategies": self.board.strategies,
            "positions": self.board.positions,
            "settings": self.board.settings,
            "markets": {key: _market(row) for key, row in sorted(self.board.markets.items())},
            "books": consolidated.as_json(self.board),
            "advice": {"opinions": opinions.as_json(self.board), "hour": self.hour},
            "orders": [vars(each) for each in reversed(self.board.happenings)],
            "dead_letters": self.board.letters,
        }

    def show(self, output: Output) -> None:
        """Tables on stdout; what is wrong in a line each on stderr."""
        home = self.settings.home
        if self.told is None:
            output.note(f"no desk runs in {home}: `tapeline up` starts one")
        if not self.answers:
            output.note(f"no Kafka broker answers on {self.settings.bootstrap or 'any address'}")
            return
        told = self.told or {"workers": {}, "restarts": {}}
        title = f"Kafka on {self.settings.bootstrap}"
        view = View(title, self.board, pids=told["workers"], restarts=told["restarts"])
        view.looks.extend(self.looks)
        output.show(view)
        behind = [name for name, lag in self.sample.lags.items() if lag]
        output.note(f"behind: {', '.join(behind)}" if behind else "every stage has caught up")
        if self.hour:
            output.note("advisors in the last hour: {calls} calls, {cost} USD".format(**self.hour))
        for name in self.down:
            output.note(f"{name} is down: the reason is in {home / 'logs' / name}.log")


def status(output: Output) -> int:
    """Print it; 1 when no desk runs here, a worker is down, or its broker does not answer.

    A far desk that is named, or signed in at, is told of by its gateway; a home looks at itself,
    for a gateway that hangs would not say so.
    """
    desk = chosen(settings(), wished().direct)
    if desk is not None and not desk.own:
        from gateway.client.calls import Calls
        from gateway.client.standing import standing

        with Calls(desk) as calls:
            return standing(calls, output)
    health = Health.now(settings())
    if output.json:
        output.object(health.as_json())
    else:
        health.show(output)
    return int(not health.well)


def _looked(known: Settings, board: Board) -> tuple[Sample, ...]:
    """Two looks, a snapshot apart: that is how often stages say how far they are."""
    eyes = Eyes(known, board)
    try:
        first = eyes.sample()
        eyes.catch_up()
        time.sleep(max(0.0, first.at + known.snapshot_interval - time.monotonic()))
        return first, eyes.sample()
    finally:
        eyes.close()


def _market(row: dict[str, Any]) -> dict[str, Any]:
    """Prices of a market, without its indicators."""
    return {name: row.get(name) for name in ("seen_time", "book", "bid", "ask", "last")}


def _down(told: dict[str, Any] | None) -> list[str]:
    if told is None:
        return []
    alive = {name for name, pid in told["workers"].items() if psutil.pid_exists(pid)}
    return [name for name in told["restarts"] if name not in alive]
