"""`tapeline chaos advice`: the demo's market through the desk, with a provider of language models
that is slow at one market, fails at another, lies at a third, and now and then speaks at the last.

The advice stage runs and stands still (SIGSTOP) in turns, so that latencies with and without it are
those of one play on one machine.
"""

from __future__ import annotations

import gzip
import json
import os
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import psutil

from gateway.proof.sweep import Sweep
from gateway.proof.verifying import Verification
from infra.local.desk import STAGES
from infra.local.process import Child
from infra.recordings import DEMO
from schemas import names
from schemas.advice import Advice
from schemas.codec import decode
from schemas.decisions import Decision
from schemas.orders import OrderDecision
from schemas.portfolio import Portfolio
from schemas.raw import RawFrame
from schemas.record import Record
from schemas.system import SystemEvent
from tests.chaos.advice import judge
from tests.chaos.advice.spec import BAD, WEATHER, Spec, asked, script, strategies
from tests.chaos.servers import Servers, standing
from tests.pipeline.run import Run
from topics.reading import read_all

R = TypeVar("R", bound=Record)
SLOWEST = 300.0
"""Seconds within which the provider must be there, and each worker."""
PATIENCE = 900.0
"""Seconds within which all must have been played."""
BEHIND = 500.0
"""ms from a raw record to an order, above which the machine does not keep up with the play."""
WITHIN = 1.15
"""Of the ratio of latencies: so much is noise on a shared machine."""


@dataclass
class Result:
    """What a trial found. answers, fallbacks: by weather; latency: ms, see judge.latencies.
    verified: records that came out again, to the byte, by topic. cpu: seconds that each worker has
    used.
    """

    spec: dict[str, Any]
    faults: list[str] = field(default_factory=list)
    answers: dict[str, dict[str, int]] = field(default_factory=dict)
    heard: dict[str, int] = field(default_factory=dict)
    fallbacks: dict[str, dict[str, int]] = field(default_factory=dict)
    orders: dict[str, int] = field(default_factory=dict)
    latency: dict[str, float] = field(default_factory=dict)
    restarts: dict[str, int] = field(default_factory=dict)
    verified: dict[str, int] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)


def hold(home: Path, spec: Spec, servers: Servers | None = None) -> Result:
    """Hold a trial in an empty folder. servers: that run; else its own."""
    home.mkdir(parents=True, exist_ok=True)
    with standing(home, servers) as (broker, redis):
        run = Run(home, home.name, broker, redis)
        with _provider(home) as port:
            sections = {
                "advice": asked(port),
                "strategies": strategies(spec.leaning),
                "risk": judge.RISK,
            }
            result = _trial(run, spec, sections)
        _verify(run, sections, result)
    return result


def _trial(run: Run, spec: Spec, sections: dict[str, Any]) -> Result:
    env = {f"TAPELINE_{name.upper()}": json.dumps(each) for name, each in sections.items()}
    try:
        run.start((*STAGES, "advice"), **env)
        windows = _play(run, spec)
        run.settle(tuple(WEATHER))
        result = Result(asdict(spec), restarts=_ended(run, spec), cpu=_spent(run))
    finally:
        run.stop()
    _judge(run, spec, windows, result)
    return result


def _verify(run: Run, sections: dict[str, Any], result: Result) -> None:
    """The run made again of its records, now that there is no provider that could be asked."""
    known = run.settings.model_copy(update=sections)
    found = Verification(known, Sweep(known)).run()
    result.faults += [f"verify: {text}" for text in found.differences]
    result.verified = dict(found.same)


@contextmanager
def _provider(home: Path) -> Iterator[int]:
    """The stand-in provider as a process; its port."""
    file, log = home / "script.json", home / "provider.log"
    file.write_text(script().model_dump_json(exclude_defaults=True))
    child = Child((sys.executable, "-m", "infra.language", str(file)), log)
    child.start()
    try:
        until = time.monotonic() + SLOWEST
        while not (told := log.read_text() if log.exists() else "").endswith("/v1\n"):
            assert child.running, told
            assert time.monotonic() < until, told
            time.sleep(0.05)
        yield int(told.rsplit(":", 1)[1].split("/")[0])
    finally:
        child.stop()


def _play(run: Run, spec: Spec) -> judge.Windows:
    """Play it all once every worker is up; the windows with and without the advice stage."""
    _started(run)
    run.play(clipped(run.settings.home / "played", spec.seconds), spec.speed)
    windows: judge.Windows = []
    advice, on = run.supervisor.pids()["advice"], True
    try:
        while spec.window and run.player is not None and run.player.poll() is None:
            start = time.time() * 1000
            run.turn(spec.window)
            windows.append((start, time.time() * 1000, on))
            on = not on
            os.kill(advice, signal.SIGCONT if on else signal.SIGSTOP)
    finally:
        os.kill(advice, signal.SIGCONT)
    run.played(PATIENCE)
    return windows


def clipped(home: Path, seconds: float) -> tuple[Path, ...]:
    """The demo's recordings, of so many seconds if not 0."""
    if not seconds:
        return DEMO
    found = []
    for file in DEMO:
        place = home / file.parent.name / file.name
        place.parent.mkdir(parents=True, exist_ok=True)
        with gzip.open(file) as whole, gzip.open(place, "wb", 1) as part:
            part.writelines(_beginning(whole, int(seconds * 1e9)))
        found.append(place)
    return tuple(found)


def _beginning(lines: Iterable[bytes], span: int) -> Iterator[bytes]:
    """The lines of the first `span` ns."""
    end = None
    for line in lines:
        time_ = int(line.split(b" ", 1)[0])
        end = end or time_ + span
        if time_ >= end:
            return
        yield line


def _ended(run: Run, spec: Spec) -> dict[str, int]:
    """How often each worker ended by itself; where nothing is timed, over a record."""
    ends = run.supervisor.restarts()
    return ends if spec.window else {name: len(run.crashes(name)) for name in ends}


def _spent(run: Run) -> dict[str, float]:
    times = {name: psutil.Process(pid).cpu_times() for name, pid in run.supervisor.pids().items()}
    return {name: round(each.user + each.system, 1) for name, each in times.items()}


def _started(run: Run) -> None:
    """Wait until each worker has told system.events that it runs."""
    missing, until = {*STAGES, "advice"}, time.monotonic() + SLOWEST
    while missing:
        assert time.monotonic() < until, (missing, run.logs())
        run.turn(0.3)
        missing -= {
            bytes(each.key() or b"").decode() for each in read_all(run.settings, names.EVENTS)
        }


def _read(run: Run, topic: str, model: type[R]) -> list[tuple[R, float]]:
    """Each record of a topic once, with its record time, ms."""
    found: dict[tuple[str, int], tuple[R, float]] = {}
    for message in read_all(run.settings, topic):
        record = decode(model, bytes(message.value() or b""))
        found.setdefault((record.key, record.seq), (record, float(message.timestamp()[1])))
    return list(found.values())


def _judge(run: Run, spec: Spec, windows: judge.Windows, result: Result) -> None:
    decisions = _read(run, names.DECISIONS, Decision)
    orders = _read(run, names.ORDERS, OrderDecision)
    made = [each for each, _ in orders if each.outcome == "approved"]
    portfolio = [each for each, _ in _read(run, names.PORTFOLIO, Portfolio)]
    told = [each for each, _ in decisions]
    advice = [each for each, _ in _read(run, names.ADVICE, Advice)]
    events = [each for each, _ in _read(run, names.EVENTS, SystemEvent)]
    result.faults = judge.outside(made, told, portfolio)
    result.answers = {name: dict(counts) for name, counts in judge.answers(advice).items()}
    result.heard = dict(judge.heard(told))
    result.fallbacks = {name: dict(counts) for name, counts in judge.fallbacks(events).items()}
    by_market = [WEATHER.get(f"{each.venue}:{each.symbol}", "?") for each in made]
    result.orders = {name: by_market.count(name) for name in WEATHER.values()}
    began = {(each.key, each.seq): at for each, at in _read(run, names.RAW, RawFrame)}
    answered = [((f"{each.venue}:{each.symbol}", each.tick), at) for each, at in orders]
    result.latency = judge.latencies(began, answered, windows, spec)


def found(result: Result) -> list[str]:
    """The faults of a trial; that it did not happen as it should have is one."""
    faults = [*result.faults]
    faults += [f"restarted: {name}" for name, count in result.restarts.items() if count]
    faults += [fault for key in BAD for fault in _of_bad(result, WEATHER[key])]
    if not result.verified.get(names.DECISIONS):
        faults.append("unproved: no decision came out again")
    if not result.answers["sound"].get("sound") or not result.heard.get("sound"):
        faults.append("unheard: the sound one was not heard")
    if not result.fallbacks["sound"].get("back"):
        faults.append("untold: the sound one was never told as back")
    return faults + (_of_latency(result.latency) if result.spec["window"] else [])


def _of_bad(result: Result, weather: str) -> Iterator[str]:
    told = result.answers[weather]
    if told.get("sound"):
        yield f"believed: {told['sound']} answers of the {weather} one"
    if not sum(told.values()):
        yield f"untried: nobody was asked where the provider is {weather}"
    elif weather == "lying" and not {*told} & judge.LIES:
        yield "untried: no lie was read"
    if not result.fallbacks[weather].get("silent"):
        yield f"untold: nobody was told of the {weather} one"
    if not result.orders[weather]:
        yield f"halted: no orders without the {weather} one"


def _of_latency(latency: dict[str, float]) -> list[str]:
    if not latency:
        return ["unmeasured: too few orders in some windows"]
    if latency["without p50"] > BEHIND:
        return [f"unmeasured: the desk lags by {latency['without p50']:.0f} ms without advice too"]
    slower = latency["ratio"] > WITHIN
    return [f"slower: orders take {latency['ratio']} times as long"] if slower else []
