"""What a fused stage takes as an object is what it would have read from the topic."""

from __future__ import annotations

from itertools import islice
from typing import Any

import pytest
from pydantic import BaseModel

from engine.feeds.binance_symbols import Router
from engine.framing import raw_records
from engine.stage import Cell, Output
from infra.recordings import HERE, listings
from schemas import names
from schemas.codec import decode, encode
from schemas.orders import OrderDecision
from schemas.record import Record
from schemas.signals import Signal
from tests.recorded import long
from tests.unit.fake_stages import stages
from tests.unit.trading import ACCOUNT, BTC, instrument, worth
from topics import BY_NAME
from topics.recording import read, sample

RECORDS = long(3000, 1500)
FILES = ("usdm/btcusdt_20240808.gz", "spot/ethusdt_20240809.gz", "cm/btcusd_perp_20240808.gz")


def differs(one: Any, other: Any, place: str = "") -> str:
    """Where two values differ, in type or value; "" where they do not."""
    if type(one) is not type(other):
        return f"{place}: {one!r} is no {other!r}"
    if isinstance(one, BaseModel):
        return differs(one.__dict__, other.__dict__, place)
    if isinstance(one, dict):
        if list(one) != list(other):
            return f"{place}: {list(one)} is not {list(other)}"
        found = (differs(one[key], other[key], f"{place}.{key}") for key in one)
        return next(filter(None, found), "")
    if isinstance(one, tuple):
        pairs = enumerate(zip(one, other, strict=True))
        return next(filter(None, (differs(*two, f"{place}[{n}]") for n, two in pairs)), "")
    return "" if one == other else f"{place}: {one!r} is not {other!r}"


def made(file: str) -> list[Output]:
    """All that the four stages make of the first records of a market."""
    path = HERE / file
    router = Router.of(sample(path), listings())
    raw = list(islice(raw_records(map(router.route, read(path)), "run"), RECORDS))
    *market, account = stages()
    cells = [*(Cell.fresh(stage, raw[0].key) for stage in market), Cell.fresh(account, ACCOUNT)]
    for topic, side in (
        (names.INSTRUMENTS, instrument(BTC)),
        (names.PORTFOLIO, worth(0, "100000")),
    ):
        cells[-1].take(topic, side)
    found: list[Output] = []
    for record in raw:
        given: list[tuple[str, Record]] = [(names.RAW, record)]
        for cell in cells:
            outputs = [
                out for topic, one in given if topic == cell.stage.main
                for out in cell.take(topic, one)
            ]  # fmt: skip
            found += outputs
            given = [(out.topic, out.record) for out in outputs]
    return found


@pytest.mark.parametrize("file", FILES)
def test_objects_are_what_their_bytes_say(file: str) -> None:
    seen, commands = set(), 0
    for output in made(file):
        again = decode(BY_NAME[output.topic].record, encode(output.record))
        assert differs(output.record, again) == "", (output.topic, output.record.seq)
        assert encode(again) == encode(output.record)
        seen.add(output.topic)
        commands += isinstance(output.record, OrderDecision) and output.record.command is not None
    assert seen >= {names.TICKS, names.SIGNALS, names.DECISIONS, names.ORDERS}
    assert bool(commands) == file.startswith("usdm")  # of which market the account may trade


def test_a_difference_is_found() -> None:
    one = Signal(venue="v", symbol="s", indicators={"a": 1.0})
    assert differs(one, one.model_copy(update={"indicators": {"a": 1}}))
    assert differs(one, one.model_copy(update={"scores": []}))
