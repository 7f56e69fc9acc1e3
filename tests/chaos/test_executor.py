"""A live account's executor under kill -9, judged by the exchange: `tapeline chaos executor`."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import orjson
import pytest

from executor.live.points import POINTS
from gateway.chaos import executor as chaos
from gateway.terminal.output import Output
from infra.local.errors import LocalError
from tests.chaos.executor import system, trial, watching
from tests.chaos.executor.exposure import LIMIT
from tests.chaos.executor.pausing import Paused, paused
from tests.chaos.executor.run import hold, kept, summary
from tests.chaos.executor.trial import Result
from tests.chaos.executor.yard import yards

LONG = os.environ.get("TAPELINE_CHAOS") == "long"
pytestmark = [pytest.mark.broker, pytest.mark.chaos, pytest.mark.timeout(3600 if LONG else 600)]
TRIALS = 200 if LONG else 8
WHOLE = 12 if LONG else 1
SEED = 8
UNPROTECTED = 63
"""A seed whose first trial begins with entries that name a stop."""
INVALID_TIMESTAMP = -1021
PAUSE = 60.0 if LONG else 8.0
"""Seconds: a lease lasts 6."""


@pytest.fixture
def servers(bootstrap: str, redis_url: str) -> tuple[str, str]:
    """Broker and Redis of the session: topics have a name of their own in each yard."""
    return bootstrap, redis_url


def test_killed_between_two_steps_each_command_has_one_effect(
    servers: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How long positions may be bare is a matter of `tapeline chaos executor` on a machine that has
    nothing else to do; here, beside other tests, it may take three times as long.
    """
    monkeypatch.setattr(watching, "LIMIT", 3 * LIMIT)
    broker, redis = servers
    told: list[Result] = []
    held = hold(tmp_path, TRIALS, SEED, told.append, broker=broker, redis=redis)
    results = asyncio.run(held)
    found = summary(results)
    assert not found["faulty"], [one.faults for one in results]
    assert kept(results)
    assert found["commands"] > 4 * TRIALS
    assert found["executions"] > 0
    assert found["died"] > TRIALS / 2
    assert len(found["deaths"]) >= 5
    assert found["bare_ms"]["times"] > 0, "protection was measured"
    again = asyncio.run(hold(tmp_path, TRIALS, SEED, told.append, broker=broker, redis=redis))
    assert again == results
    assert len(told) == TRIALS, "what was held is not held again"


def test_without_the_journal_effects_are_had_twice(
    servers: tuple[str, str], tmp_path: Path
) -> None:
    broker, redis = servers
    results = asyncio.run(
        hold(
            tmp_path,
            60,
            SEED,
            lambda result: None,
            journal=False,
            enough=lambda result: kept([result], journal=False),
            broker=broker,
            redis=redis,
        )
    )
    assert kept(results, journal=False)


def test_without_stops_positions_are_bare_for_too_long(
    servers: tuple[str, str], tmp_path: Path
) -> None:
    """What protection wants is swallowed: the measure of bare time sees it."""
    broker, redis = servers
    held = hold(
        tmp_path, 1, UNPROTECTED, lambda result: None, broker=broker, redis=redis, protects=False
    )
    (result,) = asyncio.run(held)
    assert any("bare for" in fault for fault in result.faults), result
    assert max(result.bare) > 1000


def test_the_sums_of_a_run_that_was_held_before(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = {"number": 0, "seed": 1, "commands": 5, "executions": 2, "deaths": ["written"]}
    bad = {"number": 1, "seed": 2, "commands": 4, "faults": ["doubled: x has 2 orders", "lost: y"]}
    log = tmp_path / "results-3.jsonl"
    log.write_bytes(orjson.dumps(good) + b"\n" + orjson.dumps(bad) + b"\n")
    run = chaos.chaos
    assert run("executor", 1, 3, 0, tmp_path, 1, False, Output(json=True)) == 0
    assert run("executor", 2, 3, 0, tmp_path, 1, False, Output(json=True)) == 1
    found = orjson.loads(capsys.readouterr().out.splitlines()[-1])
    assert (found["doubled"], found["lost"], found["fills"], found["positions"]) == (1, 1, 0, 0)
    assert (found["commands"], found["deaths"], found["faulty"]) == (9, {"written": 1}, [1])
    mutant = tmp_path / "results-3-mutant.jsonl"
    mutant.write_bytes(orjson.dumps(good) + b"\n")
    assert run("executor", 1, 3, 0, tmp_path, 1, True, Output(json=True)) == 1
    mutant.write_bytes(orjson.dumps({**bad, "number": 0}) + b"\n")
    assert run("executor", 1, 3, 0, tmp_path, 1, True, Output(json=True)) == 0


def test_trials_die_at_every_point_that_there_is() -> None:
    assert {*trial.ASKED, *trial.AT_START} == {*POINTS, "any"}


def test_of_executors_only() -> None:
    with pytest.raises(LocalError, match="choose from executor"):
        chaos.chaos("desk", 1, 1, 0, None, 1, False, Output())


def stopped_at(
    servers: tuple[str, str], home: Path, seconds: float = PAUSE, **told: object
) -> Paused:
    """An order's process, stopped for longer than the lease; another one has taken over."""

    async def held() -> Paused:
        async with yards(home, 2, *servers) as (place, other):
            return await paused(place, other, seconds, **told)

    return asyncio.run(held())


def test_stopped_before_a_send_it_sends_nothing_when_it_goes_on(
    servers: tuple[str, str], tmp_path: Path
) -> None:
    """The check of the lease by itself: nothing renews it, nothing else ends the process."""
    found = stopped_at(servers, tmp_path, point="journalled")
    assert found.sent == (1, 0), "the other one has sent the order, the first nothing"
    assert (found.code, found.orders, found.faults) == (70, 1, [])


def test_what_a_stopped_process_had_on_its_way_to_the_journal_comes_too_late(
    servers: tuple[str, str], tmp_path: Path
) -> None:
    """Kafka takes it when the process goes on: behind what the other one has written since."""
    found = stopped_at(servers, tmp_path, point="produced")
    assert found.sent == (1, 0)
    assert (found.code, found.orders, found.faults) == (70, 1, [])


def test_without_the_check_its_order_is_there_twice(
    servers: tuple[str, str], tmp_path: Path
) -> None:
    found = stopped_at(servers, tmp_path, point="journalled", fenced=False)
    assert (found.sent, found.orders) == ((1, 1), 2)


@pytest.mark.parametrize("fenced", [True, False], ids=["checked", "unchecked"])
def test_stopped_between_check_and_write_the_venue_refuses_its_request(
    servers: tuple[str, str], tmp_path: Path, fenced: bool
) -> None:
    """The window of the request by itself: the lease was checked before, or is not at all."""
    seconds = 8.0  # after a minute its connection is closed, and nothing comes
    found = stopped_at(servers, tmp_path, seconds, point="fenced", fenced=fenced)
    assert found.sent == (1, 1), "one came from each"
    assert INVALID_TIMESTAMP in found.refused
    assert found.orders == 1
    if fenced:
        assert found.faults == []


def test_worker_broker_and_redis_killed_each_command_has_one_effect(tmp_path: Path) -> None:
    results = asyncio.run(system.hold(tmp_path, WHOLE, SEED, lambda result: None, lanes=4))
    found = summary(results)
    assert not found["faulty"], [one.faults for one in results]
    assert len(results) == WHOLE
    assert found["deaths"].get("executor", 0) + found["deaths"].get("terminated", 0) > 0
    assert found["commands"] > 5 * WHOLE
    assert found["executions"] > 0
