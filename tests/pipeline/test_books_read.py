"""A strategy that reads books, learns, and asks the model that people select, on real Kafka: shared
workers and the fused one, each killed between a roll back and the decision that hears of it.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from itertools import chain, groupby
from pathlib import Path
from typing import Any, cast

import pytest

from engine.decisions import DecisionsRerun, DecisionsStage
from engine.selection import row_of
from engine.stage import Cell
from engine.strategies.catalogue import StrategySections
from gateway.control import asking
from gateway.models import registry
from gateway.models.match import Match, of_records
from gateway.proof.sweep import Sweep
from gateway.proof.verifying import Verification
from gateway.terminal.output import Output
from infra.local.desk import BOOKS, HOT, STAGES, fused
from infra.local.waiting import wait_for
from schemas import names
from schemas.codec import decode, encode
from schemas.commands import ControlState
from schemas.decisions import Decision, Verdict
from schemas.signals import ConsolidatedBook, Signal
from tests.pipeline.run import KEYS, USDM, Run
from tests.pipeline.tapes import SECOND, beginning
from tests.unit.test_selection import constant
from topics.models.store import digest_of
from topics.settings import Settings
from topics.snapshots import load

pytestmark = [pytest.mark.broker, pytest.mark.chaos, pytest.mark.timeout(900)]

ONE, TWO = (constant(way) for way in (1.0, -1.0))
DIGESTS = [digest_of(each) for each in (ONE, TWO)]
VERSIONS = [f"{n:04d}-{each[:8]}" for n, each in enumerate(DIGESTS, 1)]
ROW = row_of("mine", "champion")

SECTIONS: dict[str, Any] = {
    "books": {"symbols": ["BTC/USDT:USDT", "ETH/USDT:USDT"]},
    "risk": {"minimum_strength": 0},
    "strategies": {
        "spread": {
            "markets": list(KEYS), "stop_percent": 1,
            "weights": "learnt", "outcomes": {"horizon": 3}, "quorum": 0,
            "advisors": {
                "pairs": {"bars": 15, "enter": 1.5},
                "momentum": {
                    "entry_bars": 3, "exit_bars": 2, "filter_atr": 0, "loss_limit": {"bps": 20},
                },
                "online": {
                    "warm_up": 2, "enter": 0.001, "learner": {"horizon": 2, "cost_bps": 0.1},
                },
                "champion": {
                    "kind": "model", "model": "mine", "version": VERSIONS[0],
                    "follow": "champion", "any_interval": True, "weight": 0.1,
                },
                "trial": {
                    "kind": "model", "model": "mine", "version": VERSIONS[1],
                    "follow": "challenger", "any_interval": True, "weight": 0,
                },
            },
        },
    },
    "signals": {
        "indicators": {
            "sma_fast": 5, "sma_slow": 10, "macd_fast": 5, "macd_slow": 9, "macd_signal": 4,
            "bollinger": 10, "ema_fast": 5, "ema_slow": 10, "rsi": 9, "atr": 9,
        },
        "features": {"volatility": 9, "momentum": 9, "volume": 9},
    },
}  # fmt: skip
"""Indicators so short that there is something to learn within the play."""
SPAN = 45 * SECOND
CUTS = {
    "booksshared": ((*STAGES, BOOKS), 2, "decisions"),
    "booksfused": ((*fused(tuple(STAGES)), BOOKS), 1, HOT),
}
"""Workers, how many of each stage that can be shared, and which one is killed."""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("pair")
    return [beginning(folder, file, SPAN) for file in USDM]


@pytest.fixture
def select(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """`tapeline models promote` or `rollback` on a run's desk."""

    def selected(run: Run, command: Callable[..., int], *given: str) -> None:
        for place in (registry, asking):
            monkeypatch.setattr(place, "settings", lambda: run.settings)
        assert command("mine", *given, "a test", 240.0, Output(True)) == 0, run.logs()

    return selected


def champions(value: bytes) -> list[str]:
    """Digests of the models by which the champion's seat has foretold what is in a decision."""
    votes = decode(Decision, value).votes if b"forecast" in value else ()
    return [each.forecast.model for each in votes if each.advisor == "champion" and each.forecast]


def kill(run: Run, worker: str) -> None:
    """kill -9, and wait for the next one."""
    os.kill(run.supervisor.pids()[worker], signal.SIGKILL)
    ends = time.monotonic() + 120
    while run.supervisor.restarts()[worker] == 0 or worker not in run.supervisor.pids():
        assert time.monotonic() < ends, run.log(worker)
        run.turn()


@pytest.mark.parametrize("name", CUTS)
def test_each_decision_comes_out_again_on_what_it_had_read(
    name: str, files: list[Path], runs: Callable[[str], Run], select: Callable[..., None]
) -> None:
    (workers, shared, killed), run = CUTS[name], runs(name)
    for model in (ONE, TWO):
        run.settings.models.save("mine", model, {})
    run.settings.models.promote(run.settings.models.load("mine", VERSIONS[0]))
    told = {f"TAPELINE_{section.upper()}": json.dumps(each) for section, each in SECTIONS.items()}
    run.share(workers, shared, **told)
    select(run, registry.promote, VERSIONS[1])
    run.play(files, speed=2, **told)
    assert wait_for(lambda: bool(run.last(names.RAW, KEYS)), 120.0), run.logs()
    run.hold(14)  # of its 22: a process of a busy machine is late to begin
    assert wait_for(lambda: learning(run), 420.0), run.logs()
    run.plays()
    select(run, registry.rollback)
    kill(run, killed)
    run.played()
    run.settle()
    run.stop()
    made = [decode(Decision, row) for rows in run.read(names.DECISIONS).values() for row in rows]
    reads = [(read.key, read.seq) for each in made for read in each.reads[1:]]
    assert {key for key, _ in reads} == {*SECTIONS["books"]["symbols"], ROW}
    assert {seq for key, seq in reads if key == ROW} == {0, 1}
    assert {Verdict.LONG, Verdict.SHORT} <= {each.verdict for each in made}
    known = run.settings.model_copy(update=SECTIONS)
    found = Verification(known, Sweep(known)).run()
    assert found.differences == []
    assert found.same[names.DECISIONS] == len(made) > 1000
    assert found.same[names.STATE] >= 2
    check_selected(known, made)
    assert found.same[names.BOOKS] == sum(map(len, run.read(names.BOOKS).values()))
    check_states(run)


def learning(run: Run) -> bool:
    """Whether every market's snapshot has outcomes of what was foretold, and of votes."""
    run.turn(0.2)
    left = [saved.snapshot.state for saved in load(run.settings, "decisions")]
    known = [each["strategies"]["spread"]["online"][1]["learner"]["known"] for each in left]
    shares = [{*each["courses"]["spread"]["shares"].values()} for each in left]
    return len(left) == len(KEYS) and min(known) > 0 and all(len(each) > 1 for each in shares)


def check_selected(known: Settings, made: list[Decision]) -> None:
    """Each market's champion was the version that was promoted, and then the one that it was rolled
    back to; since that is not the challenger's, what came of both is on record."""
    for key in KEYS:
        said = chain.from_iterable(champions(encode(each)) for each in made if each.key == key)
        assert [digest for digest, _ in groupby(said)] == [DIGESTS[1], DIGESTS[0]]
    one, two = (known.models.load("mine", each) for each in VERSIONS)
    match = Match(one, two)
    found = match.judged(of_records(match, Sweep(known), shadow=True), "recorded")
    assert found.markets == len(KEYS)
    assert found.outcomes > len(KEYS)


def check_states(run: Run) -> None:
    """What the killed workers left is what one makes that takes the same inputs in one go."""
    stage = DecisionsStage(
        StrategySections.model_validate(
            {name: SECTIONS[name] for name in ("books", "strategies")},
            context=run.settings.classes,
        ).build()
    )
    signals, books, made = (
        {key: [decode(kind, row) for row in rows] for key, rows in run.read(topic).items()}
        for topic, kind in (
            (names.SIGNALS, Signal), (names.BOOKS, ConsolidatedBook), (names.DECISIONS, Decision),
        )
    )  # fmt: skip
    left = {saved.snapshot.cell: saved.snapshot for saved in load(run.settings, stage.name)}
    assert left.keys() == {*KEYS}
    for key, snapshot in left.items():
        script = made[key][: snapshot.made[names.DECISIONS][key] + 1]
        again = DecisionsRerun(Cell.fresh(stage, key), cast(list[Decision], script))
        for book in chain.from_iterable(books.values()):
            again.take(names.BOOKS, book)
        for row in run.read(names.STATE).get(ROW, []):
            again.take(names.STATE, decode(ControlState, row))
        for signal_ in signals[key][: snapshot.seen[names.SIGNALS][key] + 1]:
            again.take(names.SIGNALS, signal_)
        assert again.done
        assert again.cell.snapshot().state == snapshot.state
        fared = snapshot.state["courses"]["spread"]["standings"]
        assert fared["momentum"]["votes"]["told"]["count"] > 1
        assert snapshot.state["strategies"]["spread"]["online"][1]["learner"]["known"] > 5
