"""`tapeline demo`: the recorded market through every stage on Kafka, shown, summed up, checked."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from rich.live import Live

from gateway.recorded.expectation import TRADING, Expected, expected
from gateway.recorded.playing import Play, Player
from gateway.running import census, desk
from gateway.running.summary import Report, shown
from gateway.server.door import address_of, first_link
from gateway.terminal.output import Output
from gateway.watching.board import Board, order_in_words
from gateway.watching.follower import Follower
from gateway.watching.view import View
from gateway.watching.watch import Watch
from infra.local.desk import STAGES, Desk
from infra.local.errors import LocalError
from infra.local.supervise import What
from infra.recordings import DEMO, DEMO_SETTINGS
from schemas import names
from topics.settings import (
    CONFIG_FILE,
    DEFAULT_FILE,
    DESK_FILE,
    HOME,
    Settings,
    settings,
    settings_file,
)  # fmt: skip

TURN = 0.1
STILL = 30.0
"""Seconds that a stage may stand still with records to do."""

SLOWEST_START = 90.0
"""Seconds within which every worker must have started."""

SLOWEST_DOOR = 20.0
"""Seconds within which the page is told of."""

TRIES = 2
"""Restarts of a worker that has not come up yet, after which it is not waited for."""

NEWS = 5.0
"""Seconds between two lines of progress where there is no terminal."""


def demo(speed: float, output: Output) -> int:
    """Play, wait, count; 1 when something does not hold. The data of the run is kept."""
    theirs = bool(os.environ.get(CONFIG_FILE))
    wanted = expected(trading={} if theirs else TRADING)
    office, watch = Desk(demo_settings(output)), Stopwatch()
    with desk.stopping(office, output):
        desk.start(office, output)
        run = Run(office, wanted, output)
        run.ready()
        run.open_door()
        watch.lap("to start")
        run.play(Play(DEMO, speed))
        watch.lap("to play")
        report = counted(office, wanted)
        watch.lap("to count")
    watch.lap("to stop")
    report.seconds = watch.laps
    report.show(output)
    return int(bool(report.faults))


def clear(home: Path) -> None:
    """Remove what an earlier demo has left in its home, and nothing else."""
    for name in ("kafka", "redis", "faust", "logs"):
        shutil.rmtree(home / name, ignore_errors=True)
    for name in (DESK_FILE, DEFAULT_FILE):
        (home / name).unlink(missing_ok=True)
    if (home / "store.db").exists():
        from gateway.store.commands import emptied  # half a second, of use to a second demo only

        emptied(home)


def counted(office: Desk, wanted: Expected) -> Report:
    """Count what the run has left on the topics, while the workers, now idle, are stopped."""
    restarts = office.workers.restarts()
    with ThreadPoolExecutor(1) as pool:
        stopped = pool.submit(office.workers.stop)
        report = Report.of(census.take(office.settings), wanted, environment(office.settings))
        stopped.result()
    report.restarts.update(restarts)
    return report


def demo_settings(output: Output) -> Settings:
    """The demo's settings, which are those of this process from here on.

    Its home, emptied, lies below TAPELINE_HOME. What TAPELINE_CONFIG names is kept to; else the
    settings that come with the recordings are put into the home, for this and later commands there.
    On a foreign broker the topics are its own.
    """
    known, file = settings(), settings_file()
    home = known.home.resolve() / "demo"
    desk.refuse_second(home)
    clear(home)
    if not os.environ.get(CONFIG_FILE):
        home.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(DEMO_SETTINGS, home / DEFAULT_FILE)
        if file.is_file():
            output.note(
                f"the demo has settings of its own, {file} is not read: "
                f"{CONFIG_FILE}={file} tapeline demo plays with yours"
            )
    os.environ[HOME] = str(home)
    settings.cache_clear()
    own = settings()
    prefix = f"demo-{time.time_ns() // 10**9:x}." if own.broker_url else own.prefix
    return own.model_copy(update={"prefix": prefix})


def environment(own: Settings) -> dict[str, str]:
    """What a later command needs to be told to see the demo's desk."""
    given = {HOME: shown(own.home)}
    if file := os.environ.get(CONFIG_FILE):
        given[CONFIG_FILE] = file
    if own.prefix:
        given["TAPELINE_PREFIX"] = own.prefix
    return given


@dataclass
class Stopwatch:
    """Seconds of each part of a demo, by name."""

    laps: dict[str, float] = field(default_factory=dict)
    _began: float = field(default_factory=time.monotonic)

    def lap(self, name: str) -> None:
        """The part that ends now."""
        now = time.monotonic()
        self.laps[name], self._began = now - self._began, now


@dataclass
class Patience:
    """Ends the waiting for a stage that stands still."""

    last: tuple[str, int] | None = None
    since: float = field(default_factory=time.monotonic)

    def see(self, laggard: tuple[str, int] | None) -> None:
        """Raise LocalError when the first stage that lags has done nothing for STILL seconds."""
        now = time.monotonic()
        if laggard != self.last:
            self.last, self.since = laggard, now
        elif laggard is not None and now - self.since > STILL:
            raise LocalError(
                f"the stage {laggard[0]} stands still with {laggard[1]:,} records to do: "
                f"the reason is in its log, logs/{laggard[0]}.log of the demo's home"
            )


class Run:
    """One play on a desk that runs: until the last record has passed the last stage."""

    def __init__(self, office: Desk, wanted: Expected, output: Output) -> None:
        self._desk, self._wanted, self._output = office, wanted, output
        self._view = View("", Board())
        self._told = time.monotonic()

    def ready(self) -> None:
        """Wait until every stage has told system.events that it runs."""
        missing, until = set(STAGES), time.monotonic() + SLOWEST_START
        if not self._output.json:
            self._output.note(f"starting {len(missing)} workers ...")
        with Follower(self._desk.settings, [names.EVENTS], None) as follower:
            while missing:
                for _, message in follower.poll(TURN):
                    missing.discard(bytes(message.key() or b"").decode())
                self._poll()
                restarts = self._desk.workers.restarts()
                for name in sorted(missing):
                    if time.monotonic() > until or restarts.get(name, 0) >= TRIES:
                        log = self._log(name)
                        raise LocalError(f"{name} does not start: the reason is in {log}")

    def open_door(self) -> None:
        """Tell where the page is; without it the demo goes on all the same."""
        home, until = self._desk.home, time.monotonic() + SLOWEST_DOOR
        if not self._desk.settings.gateway.get("on"):
            return
        while not (address := address_of(home)) and time.monotonic() < until:
            self._poll()
            time.sleep(TURN)
        told = first_link(home) or address
        if told and not self._output.json:
            self._output.note(f"watch it in a browser, while it runs: {told}")
            self._view.notes.append(f"page: {told}")

    def play(self, play: Play) -> None:
        """Play to the end and wait until every stage has caught up."""
        player = Player(play, self._desk.settings, play.env(self._desk.settings))
        try:
            with Watch(self._desk, self._view, whole=True) as watch, self._shown():
                player.start()
                while (code := player.look()) is None:
                    self._turn(watch, player, "playing")
                player.look()
                player.finish(code)
                self._drain(watch, player)
        finally:
            player.stop()

    def _drain(self, watch: Watch, player: Player) -> None:
        patience = Patience()
        while (laggard := watch.gauge.laggard()) is not None:
            patience.see(laggard)
            self._turn(watch, player, f"waiting for {laggard[0]}")
        watch.catch_up()

    def _turn(self, watch: Watch, player: Player, doing: str) -> None:
        self._poll()
        watch.look()
        share = self._wanted.span.share(player.seen)
        self._view.title = f"Tapeline demo · {doing} · {share:.0%} of the recording"
        if not self._output.live and not self._output.json:
            self._news(share)
        time.sleep(TURN)

    def _poll(self) -> None:
        """Keep the desk running; raise LocalError when a part of it will not."""
        for happening in self._desk.poll():
            self._view.notes.append(f"{happening.worker} {happening.what}")
            if happening.what is What.REFUSED:
                log = self._log(happening.worker)
                raise LocalError(f"{happening.worker} refused to run: the reason is in {log}")
        desk.check(self._desk)

    def _log(self, worker: str) -> Path:
        return self._desk.home / "logs" / f"{worker}.log"

    def _news(self, share: float) -> None:
        if time.monotonic() - self._told < NEWS or not self._view.looks:
            return
        self._told, board = time.monotonic(), self._view.board
        counts = self._view.looks[-1].counts
        told = ", ".join(f"{counts[name]:,} {name}" for name in SHOWN)
        last = f"; last: {order_in_words(board.orders[-1])}" if board.orders else ""
        equity = "".join(f"; equity {row['equity']}" for row in board.accounts.values())
        self._output.note(f"{share:4.0%} played: {told}{equity}{last}")

    def _shown(self) -> contextlib.AbstractContextManager[object]:
        if not self._output.live:
            return contextlib.nullcontext()
        return _live(self._view)


SHOWN = ("market.raw", "market.ticks", "trading.decisions", "trading.orders")


@contextlib.contextmanager
def _live(view: View) -> Iterator[None]:
    with Live(view, refresh_per_second=4, transient=True):
        yield
