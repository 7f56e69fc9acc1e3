"""The four stages of a desk and what they read, for tests/unit/fake_desk.py."""

from __future__ import annotations

from functools import cache
from itertools import islice
from typing import Any

from engine.decisions import DecisionsStage
from engine.feeds.binance_symbols import Router
from engine.framing import raw_records
from engine.orders import OrdersStage
from engine.risk import RiskSettings
from engine.selection import row_of
from engine.signals import SignalSettings, SignalsStage
from engine.strategies.catalogue import StrategySections
from engine.ticks import TicksStage
from infra.recordings import HERE, listings
from schemas import names
from schemas.codec import encode
from schemas.commands import ControlState
from schemas.raw import RawFrame
from schemas.record import Record
from tests.unit.fake_broker import Sent
from tests.unit.trading import ACCOUNT, BTC, ETH, instrument, position, worth

SELECTION = row_of("mine", "champion")
"""The key of what people select."""

FLOW = {"kind": "flow", "every": True, "span": 1, "enter": 0.2, "leave": 0.1}


def stages() -> tuple[Any, ...]:
    """The four stages, with a strategy that trades often."""
    sections = StrategySections.model_validate({"strategies": {"often": {"advisors": {"f": FLOW}}}})
    limits = RiskSettings.model_validate({"minimum_strength": 0, "maximum_positions": 2})
    return (
        TicksStage(), SignalsStage(SignalSettings()), DecisionsStage(sections.build()),
        OrdersStage((ACCOUNT,), limits),
    )  # fmt: skip


def selecting() -> tuple[Any, ...]:
    """The same; decisions on BTC and ETH read SELECTION too, as of a seat that follows it."""
    found = stages()
    decisions = found[2]
    assert isinstance(decisions, DecisionsStage)
    decisions.following = {SELECTION: (BTC, ETH)}
    decisions.sides[names.STATE] = ControlState
    decisions._readers = frozenset((BTC, ETH))
    return found


@cache
def recorded(symbol: str, count: int) -> tuple[RawFrame, ...]:
    """The first records of a market, of 100 ms each."""
    from topics.recording import read, sample

    path = HERE / "usdm" / f"{symbol}_20240808.gz"
    router = Router.of(sample(path), listings())
    return tuple(islice(raw_records(map(router.route, read(path)), "run", 100_000_000), count))


@cache
def inputs(count: int) -> tuple[Sent, ...]:
    """What is on the broker before: two markets, and what the orders stage reads beside."""
    raw = [record for symbol in ("btcusdt", "ethusdt") for record in recorded(symbol, count)]
    sides: list[tuple[str, Record]] = [
        (names.INSTRUMENTS, instrument(BTC)), (names.INSTRUMENTS, instrument(ETH))
    ]  # fmt: skip
    for n in range(8):
        sides += [(names.PORTFOLIO, worth(n, str(100_000 - n)))]
        sides += [(names.PORTFOLIO, position(n, str(n % 3 - 1), BTC, strategy="often"))]
    given = [(names.RAW, record) for record in raw] + sides
    return tuple(Sent(topic, record.key.encode(), encode(record), None) for topic, record in given)


def state(key: str, value: str) -> Sent:
    """The first row of what a person has set."""
    account, setting = key.split(":", 1)
    row = ControlState(
        id=f"{key}0", seq=0, key=key, seen_time=0, account=account, setting=setting, value=value
    )
    return Sent(names.STATE, key.encode(), encode(row), None)
