"""The bytes of a run do not hang on how its workers are cut, nor on Python's hash seed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Message

from engine.replay.desk import Desk
from gateway.backtests.backtest import listed, raw
from gateway.backtests.funding import funded
from gateway.backtests.stages import Stages
from gateway.proof.sweep import Sweep
from gateway.proof.verifying import Findings, Verification
from gateway.terminal.output import Output
from infra.local.desk import STAGES, fused
from infra.recordings import SPOT
from schemas import names
from schemas.codec import encode
from schemas.orders import OrderDecision
from schemas.statuses import Status
from tests.broker.writing import in_order
from tests.pipeline.effects import records
from tests.pipeline.run import KEYS, USDM, Run, same_market
from tests.pipeline.tapes import SECOND, beginning, begins
from topics import TOPICS
from topics.partition import partition_of
from topics.reading import read_all

pytestmark = [pytest.mark.broker, pytest.mark.timeout(600)]

SPANS = {file: 54 * SECOND for file in USDM} | {file: 15 * SECOND for file in SPOT[::2]}
"""What is played of each recording: enough for both perpetuals to be bought."""

MARKETS = (*KEYS, "binance:BTC/USDT", "binance:ETH/USDT")
SEPARATE = tuple(STAGES)
CUTS: dict[str, tuple[tuple[str, ...], int]] = {
    "shared-by-four": (SEPARATE, 4),
    "fused": (fused(SEPARATE), 1),
}
"""Workers, and how many of each stage that can be shared. One of each is the run `whole`, which
test_reproduction verifies; two of each, and one of them killed, are in test_books_read."""

BTC, ETH = KEYS
SYMBOL = BTC.split(":", 1)[1]
FLIPPED = 777

HISTORY, DUE = 500, range(48, 57)
"""Payments of the file of rates: so many at the venue's hours, long before, and some at these
seconds of the play. BTC is bought just before the 50th."""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The beginning of four recordings."""
    folder = tmp_path_factory.mktemp("short")
    return [beginning(folder, file, span) for file, span in SPANS.items()]


def paying(run: Run) -> Run:
    """Let the settings of the run's home name a file of BTC's rates that lies beside them."""
    start, hours = begins(USDM[0]), 8 * 3600 * SECOND
    before = start // hours * hours
    times = [before - hours * n for n in range(HISTORY)] + [start + SECOND * n for n in DUE]
    file = run.settings.home / "rates.csv"
    file.write_text("time,rate\n" + "".join(f"{at},0.0001\n" for at in times))
    text = f'[funding."{BTC}"]\nfile = "rates.csv"\n'
    (run.settings.home / "tapeline.toml").write_text(text)
    named = {"funding": {BTC: {"file": str(file)}}}
    run.settings = run.settings.model_copy(update=named)
    return run


@pytest.fixture(scope="module")
def cut(runs: Callable[[str], Run], files: list[Path]) -> dict[str, Run]:
    """One run for each cut, each under a hash seed of its own."""
    made: dict[str, Run] = {}
    for seed, (name, (stages, shared)) in enumerate(CUTS.items()):
        made[name] = run = paying(runs(name))
        run.share(stages, shared, PYTHONHASHSEED=str(seed))
        run.play(files)
        run.played()
        run.settle(MARKETS)
        run.stop()
    return made


def verified(run: Run) -> Findings:
    return Verification(run.settings, Sweep(run.settings)).run()


def test_four_workers_have_something_to_share() -> None:
    """Of eight partitions the first two are one worker's, and so on."""
    assert len({partition_of(names.RAW, key) // 2 for key in MARKETS}) > 2


@pytest.mark.parametrize("name", CUTS)
def test_no_byte_differs(cut: dict[str, Run], name: str) -> None:
    run, found = cut[name], verified(cut[name])
    assert found.differences == []
    assert found.preceded == found.same[names.DECISIONS]
    for topic in (names.TICKS, names.SIGNALS, names.DECISIONS, names.ORDERS, names.STATUSES):
        assert found.same[topic] == sum(map(len, run.read(topic).values())) > 100, topic
    assert sum(order.command is not None for order in records(run, names.ORDERS, OrderDecision)) > 1
    if run is not cut["fused"]:
        same_market(run, cut["fused"])


@pytest.fixture(scope="module")
def tested(cut: dict[str, Run], files: list[Path]) -> list[Status]:
    """BTC's statuses in a backtest of the recordings, by the settings of `tapeline backtest`."""
    known = funded(cut["fused"].settings, Output(json=True))
    frames = ((names.RAW, each) for each in raw(tuple(files), known, None))
    desk = Desk(Stages.of(known), known.accounts).run(chain(listed(known), frames))
    return [row for _, row in desk if isinstance(row, Status) and row.key == f"paper:{SYMBOL}"]


@pytest.mark.parametrize("name", CUTS)
def test_a_run_pays_the_funding_that_a_backtest_pays(
    cut: dict[str, Run], tested: list[Status], name: str
) -> None:
    """To the byte, and by the settings' file of rates alone: the recordings announce none. In so
    short a play each symbol is ordered once, so nothing hangs on when fills come back."""
    assert [row.type for row in tested].count("funding") == len(DUE) - 2
    assert cut[name].read(names.STATUSES)[f"paper:{SYMBOL}"] == [encode(row) for row in tested]


def copied(run: Run, other: Run, changed: Callable[[str, Message], bytes | None]) -> None:
    """Put a run's messages on another's topics, each with the value that `changed` gives of it."""
    producer = in_order(run.settings.bootstrap)
    for topic in TOPICS:
        for message in read_all(run.settings, topic.name):
            value = changed(topic.name, message)
            if value is not None:
                place = other.settings.physical(topic.name)
                producer.produce(place, value, message.key(), message.partition() or 0)
                producer.poll(0)
    assert producer.flush(30) == 0


def forged(topic: str, message: Message) -> bytes | None:
    """One digit of BTC's signal 777 is another; of ETH there is no raw record."""
    key, value = bytes(message.key() or b"").decode(), bytes(message.value() or b"")
    if (topic, key) == (names.RAW, ETH):
        return None
    if (topic, key) == (names.SIGNALS, BTC) and f'"seq":{FLIPPED},'.encode() in value[:200]:
        at = value.index(b'"tick":') + len('"tick":')
        return value[:at] + bytes([value[at] ^ 1]) + value[at + 1 :]
    return value


def test_a_flipped_byte_and_a_market_without_raw_are_named(
    cut: dict[str, Run], runs: Callable[[str], Run]
) -> None:
    other = paying(runs("forged"))
    copied(cut["fused"], other, forged)
    ended = verify(other)
    told: dict[str, Any] = json.loads(ended.stdout)
    assert ended.returncode == 1
    assert told["identical"] is False
    where = f"{names.SIGNALS} {BTC} seq {FLIPPED}: byte "
    (flipped,) = [text for text in told["differences"] if text.startswith(where)]
    assert ", tick: published" in flipped
    early = [text for text in told["differences"] if text.startswith("cut at ")]
    assert 0 < len(early) <= 3
    assert all(text.endswith(f": {flipped}") for text in early)
    assert set(unsourced()) <= set(told["differences"])


def unsourced() -> Iterator[str]:
    for topic in (names.TICKS, names.BARS, names.SIGNALS, names.DECISIONS):
        yield f"{topic} {ETH}: {names.RAW} holds nothing of it"


def verify(run: Run) -> subprocess.CompletedProcess[str]:
    """The command, on a run's topics."""
    command = [sys.executable, "-m", "gateway.cli", "verify", run.settings.prefix,
               "--look-ahead", "--json"]  # fmt: skip
    return subprocess.run(
        command, env=os.environ | run.env(), capture_output=True, text=True, check=False
    )
