"""The part of a desk that a trial needs: topics, collector, then ticks, signals, decisions."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import psutil

from engine.feeds.speech import Kind
from infra.local.desk import MODULES, faust_worker
from infra.local.process import Child
from infra.recordings import INSTRUMENTS, listings
from infra.replaying.reel import Reel
from schemas import names
from tests.chaos.feeds.spec import Spec
from tests.chaos.servers import Servers
from topics import admin
from topics.reading import latest
from topics.settings import Settings

ROOT = Path(__file__).resolve().parents[3]
STAGES = ("ticks", "signals", "decisions")
REQUESTS = 50.0
"""Of REST, a second: the replaying venue has no limit."""
PATIENCE = 300.0
STRATEGY = {
    "advisors": {"flow": {"span": 20, "enter": 0.05, "leave": 0.02}},
    "stop_atr": 4,
    "target_atr": 6,
}
"""One that judges often: what is looked for is a judgment at the wrong moment."""


class Trouble(Exception):
    """A process of the trial did not do what it is there for; says why."""


def rows(reel: Reel) -> Iterator[dict[str, str]]:
    """The market's names as a list of symbols; those that no list of today has, by their form."""
    feed, market = reel.feed, reel.market
    known = {
        each.venue_symbol: each.symbol
        for each in listings()
        if (each.venue, each.market) == (feed.name, market)
    }
    for name in sorted(reel.names):
        if (symbol := known.get(name) or feed.symbol(market, name)) is not None:
            yield {"venue": feed.name, "market": market, "venue_symbol": name, "symbol": symbol}


def addresses(reel: Reel, port: int) -> dict[str, str]:
    """The replaying venue in place of the market's addresses."""
    speech, market = reel.feed.speech_of(reel.market), reel.market
    found = {speech.address(market, kind) for kind in speech.kinds[market]}
    for ask in (speech.snapshot, speech.trades):
        if url := ask(market, "X"):
            found.add("/".join(url.split("/")[:3]))
    local = f"127.0.0.1:{port}"
    return {
        each: f"{'ws' if each.startswith('wss') else 'http'}://{local}/{each.partition('://')[2]}"
        for each in found
    }


def configured(home: Path, reels: Sequence[Reel], port: int, spec: Spec) -> dict[str, str]:
    """The environment of all workers, with their settings in files of the home."""
    listed = [row for reel in reels for row in rows(reel)]
    (home / "listings.json").write_bytes(orjson.dumps(listed))
    feeds: dict[str, dict[str, Any]] = {}
    for reel in reels:
        symbols = [row["symbol"] for row in rows(reel)]
        feed = feeds.setdefault(reel.feed.name, {
            "symbols": [], "busy": [], "kinds": [], "addresses": {}, "requests": REQUESTS,
            "refresh": 0,
        })  # fmt: skip
        feed["symbols"] += symbols
        feed["busy"] += symbols if len(symbols) <= 4 else []
        kinds = {topic.kind for topic in reel.topics} - reel.feed.speech_of(reel.market).whole
        feed["kinds"] = sorted({*feed["kinds"], *kinds}, key=[*Kind].index)
        feed["addresses"] |= addresses(reel, port)
    strategy = {**STRATEGY, "markets": sorted({row["symbol"] for row in listed})}
    return {
        "TAPELINE_FEEDS": orjson.dumps(feeds).decode(),
        "TAPELINE_STRATEGIES": orjson.dumps({"trial": strategy}).decode(),
        "TAPELINE_TICKS": orjson.dumps({"stale": int(spec.stale * 1e9)}).decode(),
        "TAPELINE_LISTINGS": str(home / "listings.json"),
        "TAPELINE_INSTRUMENTS": str(INSTRUMENTS),
    }


class Desk:
    """Workers on a broker, under topics of their own."""

    def __init__(self, home: Path, servers: Servers, prefix: str) -> None:
        self.home = home
        broker, redis = servers
        self.settings = Settings(broker_url=broker, redis_url=redis, home=home, prefix=prefix)
        self.env: dict[str, str] = {}
        self.cpu: dict[str, float] = {}
        admin.create(self.settings)

    @contextmanager
    def worker(self, stage: str, command: Sequence[str] | None = None) -> Iterator[Child]:
        """A stage's worker while it is needed; its CPU seconds are in `cpu` then."""
        env = {
            "BROKER_URL": self.settings.bootstrap,
            "REDIS_URL": self.settings.redis,
            "TAPELINE_HOME": str(self.home),
            "TAPELINE_PREFIX": self.settings.prefix,
            "FAUST_LOOP": "uvloop",
            **self.env,
        }
        child = Child(
            command or faust_worker(MODULES[stage]), self.home / f"{stage}.log", env=env, cwd=ROOT
        )
        child.start()
        try:
            yield child
            if child.running:
                self.cpu[stage] = spent(child)
        finally:
            child.stop()

    def seqs(self, topic: str, keys: Sequence[str]) -> dict[str, int]:
        """The last sequence of each key that has one."""
        found = latest(self.settings, topic, keys)
        return {key: orjson.loads(each.value() or b"")["seq"] for key, each in found.items()}

    def judged(self, keys: Sequence[str]) -> None:
        """Run the stages until all of market.raw has been judged; raises Trouble."""
        workers = [self.worker(stage) for stage in STAGES]
        with workers[0] as ticks, workers[1] as signals, workers[2] as decisions:
            end = self.seqs(names.RAW, keys)
            for topic in (names.TICKS, names.SIGNALS, names.DECISIONS):
                wait(
                    lambda topic=topic: self.seqs(topic, keys) == end,  # type: ignore[misc]
                    (ticks, signals, decisions),
                    pause=0.5,
                )


def spent(child: Child) -> float:
    """CPU seconds of a process that runs."""
    times = psutil.Process(child.pid).cpu_times()
    return float(times.user + times.system)


def wait(
    done: Callable[[], bool], children: Sequence[Child], patience: float = PATIENCE,
    pause: float = 0.05,
) -> None:  # fmt: skip
    """Until it is so; raises Trouble when a process ends before that, or when it takes too long."""
    until = time.monotonic() + patience
    while not done():
        for child in children:
            if not child.running and not done():
                raise Trouble(f"{' '.join(child.command[-4:])} ended:\n{child.tail()}")
        if time.monotonic() > until:
            raise Trouble(f"it took more than {patience} s:\n{children[-1].tail()}")
        time.sleep(pause)


def player(home: Path) -> tuple[str, ...]:
    """The replaying venue's command."""
    return (sys.executable, "-m", "tests.chaos.feeds.playing", str(home))
