"""kill -9 of the advice stage in mid-question: no sequence twice, and no money forgotten."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

import pytest

from gateway.advice.advise_market import of_desk
from gateway.terminal.output import Output
from gateway.watching.opinions import hour
from infra.language.asked import Asked
from infra.language.script import Reply
from infra.language.server import Running, StandIn, serve
from infra.local.desk import ADVICE
from schemas import names
from schemas.advice import Advice, AdviceFault
from schemas.codec import decode, encode
from schemas.signals import Signal
from tests.broker.writing import in_order
from tests.pipeline.run import Run
from topics.partition import partition_of

pytestmark = [pytest.mark.broker, pytest.mark.chaos, pytest.mark.timeout(900)]

KILLS = 6 if os.environ.get("TAPELINE_CHAOS") == "long" else 2
PAID = 8 + 4 * KILLS
"""Questions that the hour's budget pays for; each costs its worst case to the last token."""
KEYS = ("binance:BTC/USDT:USDT", "binance:ETH/USDT:USDT")
HOLD = json.dumps(
    {
        "symbol": "{{symbol}}", "direction": "hold", "confidence": 0.5, "entry": None, "stop": None,
        "target": None, "horizon_minutes": 5, "leverage": None, "reasons": [], "figures": [],
    }
)  # fmt: skip


def answer(_: Asked) -> Reply:
    """After a while, so that a kill finds questions under way."""
    return Reply(text=HOLD, tokens_in=0, tokens_out=100, delay=0.3)


@contextmanager
def standing_in() -> Iterator[StandIn]:
    """The provider, in a thread of its own; `port` of it is where."""
    provider, loop = StandIn(answer), asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    running: Running = asyncio.run_coroutine_threadsafe(serve(provider), loop).result(10)
    provider.models = (f"m-{running.port}",)
    try:
        yield provider
    finally:
        asyncio.run_coroutine_threadsafe(running.close(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)


class Market(Thread):
    """Signals of both markets, a second of their time every 50 ms."""

    def __init__(self, run: Run) -> None:
        super().__init__(daemon=True)
        self._settings, self.ending = run.settings, Event()
        self._producer = in_order(run.settings.bootstrap)

    def run(self) -> None:
        seq, began = 0, 1_723_161_600 * 10**9
        while not self.ending.is_set():
            for key in KEYS:
                one = Signal(
                    id=f"{key[8]}{seq}", key=key, seq=seq, seen_time=began + seq * 10**9,
                    venue="binance", symbol=key.partition(":")[2], bid=("100", "1"),
                    ask=("101", "1"), indicators={"atr": 1.0},
                )  # fmt: skip
                topic, number = names.SIGNALS, partition_of(names.SIGNALS, key)
                value = encode(one)
                self._producer.produce(self._settings.physical(topic), value, key.encode(), number)
            self._producer.poll(0)
            seq += 1
            time.sleep(0.05)
        self._producer.flush(10)


def start(run: Run, provider: StandIn) -> None:
    port = provider.models[0].removeprefix("m-")
    own = {"kind": "compatible", "base_url": f"http://127.0.0.1:{port}/v1", "local": True}
    advisor = {
        "provider": "own", "model": provider.models[0], "markets": ["*"], "every": "4s",
        "max_tokens": 100,
    }  # fmt: skip
    advice = {
        "providers": {"own": own},
        "advisors": {"one": advisor},
        "prices": {provider.models[0]: {"input": "0", "output": "1"}},
        "cost": str(PAID * 0.0001),
        "tokens": 10**9,
        "time": 10**6,
    }
    run.start([ADVICE], TAPELINE_ADVICE=json.dumps(advice))


def told(run: Run) -> dict[str, list[Advice]]:
    """Every record of ai.advice by market, as it is on the topic, doubles too."""
    found: dict[str, list[Advice]] = {key: [] for key in KEYS}
    for key, value in run.values(names.ADVICE):
        found[key].append(decode(Advice, value))
    return found


def spent(run: Run) -> bool:
    """The newest record of a market says that there is no money left."""
    rows = [rows[-1] for rows in told(run).values() if rows]
    return any(row.opinion.void is AdviceFault.BUDGET_SPENT for row in rows)


def kill(run: Run, provider: StandIn, killed: int, delay: float) -> None:
    """In the middle of a question, once each market has a record of this life of the process."""
    before = {key: len(rows) for key, rows in told(run).items()}
    until = time.monotonic() + 120
    while any(len(rows) <= before[key] for key, rows in told(run).items()):
        assert time.monotonic() < until, run.log(ADVICE)
        run.turn(0.05)
    count = provider.number
    while provider.number == count:
        assert time.monotonic() < until, run.log(ADVICE)
        run.turn(0.01)
    time.sleep(delay)
    os.kill(run.supervisor.pids()[ADVICE], signal.SIGKILL)
    while run.supervisor.restarts()[ADVICE] < killed or ADVICE not in run.supervisor.pids():
        run.turn(0.02)


def test_kill_9_of_the_advice_stage(runs: Callable[[str], Run]) -> None:
    run, chance = runs("killedadvice"), random.Random(3)
    market = Market(run)
    with standing_in() as provider:
        start(run, provider)
        market.start()
        for killed in range(1, KILLS + 1):
            kill(run, provider, killed, chance.uniform(0.0, 0.25))
        until = time.monotonic() + 180
        while not spent(run):
            assert time.monotonic() < until, run.log(ADVICE)
            run.turn(0.3)
        run.turn(1.0)
        market.ending.set()
        market.join()
        run.stop()
        asked = provider.number
    rows = told(run)
    for key, records in rows.items():
        assert [record.seq for record in records] == list(range(len(records))), key
        times = [record.seen_time for record in records]
        assert times == sorted(times)
        assert len({record.asked_time // (4 * 10**9) for record in records}) == len(records)
    answered = sum(len(record.calls) for records in rows.values() for record in records)
    seen = of_desk(KEYS[0], "", 30, run.settings, Output(json=True))
    assert seen.signal is not None
    assert seen.signal.seq == run.last(names.SIGNALS, KEYS)[KEYS[0]]
    assert hour(run.settings)["calls"] == answered
    assert answered < asked, "no kill came in the middle of a question"
    assert asked <= PAID, "what was under way was forgotten"
    assert asked >= PAID - KILLS * len(KEYS), "more was held back than was under way"
