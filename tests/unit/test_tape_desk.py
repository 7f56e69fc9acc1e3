"""A backtest of columns has the bytes of the desk that is given every record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from heapq import merge
from itertools import chain
from typing import Any

import pytest

from engine.columns.tape import Tape
from engine.columns.trades import TradeColumns
from engine.replay.by_bars import NotByBars
from engine.replay.desk import Delays, Desk, Row
from engine.replay.tape_desk import TapeDesk
from gateway.backtests.backtest import listed
from gateway.backtests.stages import Stages
from gateway.control.once import id_of
from schemas import names
from schemas.codec import encode
from schemas.commands import (
    CancelOrders,
    Command,
    ControlCommand,
    Flatten,
    Halt,
    PlaceOrder,
    Protect,
)
from schemas.decisions import Decision, Verdict
from schemas.orders import OrderDecision
from schemas.refusals import Reason
from schemas.statuses import Status
from tests.unit.columns_desk import every_record, recorded_trades, tape
from topics.settings import Settings

BTC, ETH = "binance:BTC/USDT:USDT", "binance:ETH/USDT:USDT"
ACCOUNT, SECOND = "paper", 10**9
EXACT = (names.STATUSES, names.JOURNAL, names.PORTFOLIO, names.STATE)
"""Topics of which every record is made."""

SOME = (names.ORDERS, names.DECISIONS)
"""Those that lack what no account acts upon."""

BREAKOUT: dict[str, Any] = {
    "broker_url": "nowhere:9",
    "risk": {"risk_per_trade": 0.01, "leverage": 5, "minimum_strength": 0},
    "strategies": {
        "breakout": {
            "markets": ["BTC/*"], "stop_atr": 2, "target_atr": 2,
            "advisors": {"momentum": {"entry_bars": 5, "exit_bars": 3}},
        },
        "contrary": {
            "markets": ["ETH/*"], "stop_atr": 1, "target_atr": 1, "advisors": {"reversion": {}},
        },
    },
}  # fmt: skip

MOVING = {
    **BREAKOUT,
    "risk": {
        **BREAKOUT["risk"], "drawdown": 0.002, "daily_loss": 0.001, "close_near_liquidation": True,
        "strategies": {"breakout": {"trailing": True, "pyramiding": True, "reduce": True}},
    },
    "execution": {
        "latency": {"name": "lognormal", "median": 30_000_000, "p99": 900_000_000},
        "feed": {"nanoseconds": 3_000_000}, "margin": {"name": "isolated", "price": "trade"},
        "queue": {"name": "prob_log"},
    },
    "portfolio": {"near": "0.19"},
}  # fmt: skip

LEARNING: dict[str, Any] = {
    "weights": "learnt", "outcomes": {"horizon": 3, "fee_bps": 0}, "quorum": 0,
    "advisors": {
        "rule": {"loss_limit": {"bps": 1, "mute_hours": 0.01}},
        "online": {
            "warm_up": 5, "enter": 0.001, "stop_atr": 1,
            "learner": {"horizon": 3, "cost_bps": 0.1},
        },
    },
}  # fmt: skip

TWO = {
    **BREAKOUT,
    "accounts": ["paper", "second"],
    "strategies": {"main": LEARNING, **BREAKOUT["strategies"]},
    "execution": {"liquidity": "displayed"},
}


def cut(trades: TradeColumns, first: int, last: int) -> TradeColumns:
    columns = ("event_time", "seen_time", "price", "quantity", "buys")
    return replace(trades, **{name: getattr(trades, name)[first:last] for name in columns})


def tapes(first: int, last: int, spread: int = 1, quantity: str = "3") -> list[Tape]:
    """Both markets; the levels that are shown are small enough to be used up."""
    found = recorded_trades()
    shown = [tape(key, cut(found[key], first, last), spread=spread) for key in (BTC, ETH)]
    return [replace(each, shown=replace(each.shown, quantity=quantity)) for each in shown]


BOUGHT: dict[str, Any] = {"venue": "binance", "symbol": BTC[8:], "side": "buy"}


def people(start: int) -> Iterator[Row]:
    """What a person does: rests orders near the market, iceberg, protection that trails, a halt."""
    given: list[tuple[float, Command]] = [
        (4, limit("buy", "0.004", "61809.4", visible="0.002")),
        (6, PlaceOrder(**BOUGHT, quantity="0.003")),
        (9, Protect(symbol=BTC[8:], trailing="25", stop="61000")),
        (14, limit("sell", "0.002", "61829.8")),
        (20, limit("buy", "0.003", "61815")),
        (30, CancelOrders(symbol=BTC[8:])),
        (37, Flatten(symbol=BTC[8:], why="enough")),
        (
            33,
            PlaceOrder(**BOUGHT, quantity="0.002", stop="61700", target="61950", lasts=5 * SECOND),
        ),
        (57, Halt(why="lunch")),
    ]
    quick = [(46 + n / 4, PlaceOrder(**BOUGHT, quantity="0.003")) for n in range(20)]
    for number, (at, command) in enumerate(sorted([*given, *quick], key=lambda row: row[0])):
        yield names.COMMANDS, ControlCommand(
            id=id_of(ACCOUNT, str(number)), seq=number, key=f"{ACCOUNT}:*", account=ACCOUNT,
            seen_time=start + int(at * SECOND), by="ada", command=command,
        )  # fmt: skip


def limit(side: Any, quantity: str, price: str, **more: Any) -> PlaceOrder:
    rests = {"type": "limit", "time_in_force": "gtc"}
    told = {"venue": "binance", "symbol": BTC[8:], "side": side, "quantity": quantity}
    return PlaceOrder.model_validate({**told, **rests, "price": price, **more})


def played(
    given: dict[str, Any],
    markets: Sequence[Tape],
    commands: Sequence[Row] = (),
    marks: int = 0,
    since: int | None = None,
) -> tuple[list[Row], list[Row]]:
    """The rows of the fast desk, and of the one that is given every trade from market.raw on."""
    settings = Settings(**given)
    accounts, delays = settings.accounts, Delays(raw=1_000, feedback=5_000_000)
    fast = TapeDesk(Stages.of(settings), accounts, markets, delays, marks, since)
    made = [*fast.run(chain(listed(settings), commands))]
    slow = Desk(Stages.of(settings), accounts, delays, since)
    each = merge(every_record(markets, fast.clocks), commands, key=lambda row: row[1].seen_time)
    whole = [*slow.run(chain(listed(settings), each))]
    assert slow.letters == fast.letters == []
    return made, whole


def valid(rows: Iterable[Row]) -> None:
    """Records have their fields in order, and in each a value of its own type: so what is made
    without validation (`Message.own`, `whole`) is what validation would give.
    """
    for _, record in rows:
        model, values = type(record), record.__dict__
        assert [*values] == [*model.model_fields], record
        assert encode(model.model_validate(values, strict=True)) == encode(record)


def of(rows: Sequence[Row], topic: str) -> list[bytes]:
    return [encode(record) for at, record in rows if at == topic]


def alike(fast: Sequence[Row], slow: Sequence[Row]) -> None:
    """Every record of the fast desk is one of the other's, which has beside them only orders that
    ask for nothing and the decisions that led to no others.
    """
    for topic in EXACT:
        assert of(fast, topic) == of(slow, topic), topic
    for topic in SOME:
        made, whole = of(fast, topic), of(slow, topic)
        found = set(made)
        assert made == [each for each in whole if each in found], topic
    orders = set(of(fast, names.ORDERS))
    acted = {row.cause for _, row in fast if isinstance(row, OrderDecision)}
    decided = {row.id for _, row in fast if isinstance(row, Decision)}
    for _, record in slow:
        if isinstance(record, OrderDecision) and encode(record) not in orders:
            assert record.outcome == "held" or record.reason in AGAIN, record
        elif isinstance(record, Decision) and record.id not in decided:
            assert record.verdict is Verdict.HOLD or record.id not in acted, record


AGAIN = (Reason.ALREADY_IN_POSITION, Reason.OTHER_STRATEGY)
"""Why an account refuses what it need not be asked about."""


def kinds(rows: Sequence[Row]) -> set[str]:
    return {row.type for _, row in rows if isinstance(row, Status)}


@pytest.mark.parametrize(
    ("given", "first", "quantity"),
    [(BREAKOUT, 0, "1000000"), (MOVING, 2500, "3"), (TWO, 2500, "0.05")],
    ids=["plain", "moving", "two accounts"],
)
def test_orders_statuses_and_portfolio_have_the_bytes_of_every_record(
    given: dict[str, Any], first: int, quantity: str
) -> None:
    fast, slow = played(given, tapes(first, first + 2500, quantity=quantity))
    alike(fast, slow)
    valid(fast)
    assert {"fill", "mark", "status"} <= kinds(fast)
    assert sum(topic == names.TICKS for topic, _ in fast) < 1600


def test_people_are_heard_and_their_orders_followed() -> None:
    markets = tapes(0, 2500, spread=3, quantity="0.004")
    commands = [*people(int(markets[0].trades.seen_time[0]))]
    fast, slow = played(BREAKOUT, markets, commands)
    alike(fast, slow)
    valid(fast)
    asked = [row for _, row in fast if isinstance(row, OrderDecision) and row.origin == "person"]
    assert sum(row.outcome == "approved" for row in asked) >= 5


def test_marks_may_be_rarer_than_bars() -> None:
    fast, slow = played(BREAKOUT, tapes(0, 2000), marks=20 * SECOND)
    alike(fast, slow)


def test_accounts_may_begin_later_than_the_market() -> None:
    markets = tapes(0, 2500)
    since = int(markets[0].trades.seen_time[900]) + 1
    fast, slow = played(BREAKOUT, markets, since=since)
    alike(fast, slow)
    told = [row for _, row in fast if isinstance(row, OrderDecision | Status)]
    assert "fill" in kinds(fast)
    assert min(row.seen_time for row in told) >= since


def test_a_strategy_that_looks_at_every_record_is_refused() -> None:
    settings = Settings(broker_url="nowhere:9", strategies={"flow": {"advisors": {"flow": {}}}})
    with pytest.raises(NotByBars, match="strategy flow: flow looks at every record"):
        TapeDesk(Stages.of(settings), settings.accounts, tapes(0, 10))


def test_two_venues_of_one_symbol_are_refused() -> None:
    (one, _) = tapes(0, 10)
    settings = Settings(**BREAKOUT)
    with pytest.raises(NotByBars, match="two venues of one symbol"):
        TapeDesk(
            Stages.of(settings), settings.accounts, [one, replace(one, key="okx:BTC/USDT:USDT")]
        )
