"""What each process tells beside what leaves it: accounts, orders, budgets, workers, streams."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from agents.advising.telling import spent
from engine.advice.budget import Ledger, Limits, Spending
from engine.execution import ExecutionStage
from engine.lifecycle import LIVING, TERMINAL
from engine.orders import OrdersStage
from engine.risk import RiskLimits
from engine.stage import Cell
from executor.guard.bucket import Left
from executor.live.orders import Orders
from executor.live.telling import Heard, readings
from gateway.api.app import make_api
from gateway.server.telling import telling
from gateway.store.sink.run import Sink
from gateway.store.sink.telling import exposed
from gateway.store.sink.telling import readings as sunk
from gateway.watching import metrics as cli
from infra.local import telling as desk_telling
from infra.local.desk import Desk
from schemas import metrics as m
from schemas import names
from schemas.commands import ControlState
from schemas.metrics import DEFINED
from schemas.statuses import JournalEntry, OrderState, Send, Status
from tests.unit.executing import command
from tests.unit.gateway_api import client, services
from tests.unit.measured import told
from topics.metrics import targets
from topics.metrics.tally import Tally
from topics.settings import Settings

SECOND = 1_000_000_000


def whole(of: str, found: Iterable[tuple[str, ...]]) -> None:
    """Fail unless every metric that a process should tell was told."""
    wanted = {metric.name for metric in DEFINED.values() if metric.of == of}
    assert wanted <= {name for name, *_ in found}


# -- orders ----------------------------------------------------------------------------------


def test_halts_and_limits_of_an_account() -> None:
    stage = OrdersStage(("paper",), RiskLimits.model_validate({"drawdown": "0.3"}))
    cell = Cell.fresh(stage, "paper")
    found = told(stage.gauges(cell))
    assert found["tapeline_account_halted", "paper"] == 0
    assert found["tapeline_drawdown_limit_ratio", "paper"] == 0.3
    rows = {"stopped": "true", "limit/drawdown": "0.1"}
    cell.tables[names.STATE] = {
        f"paper:{name}": ControlState(
            key=f"paper:{name}", account="paper", setting=name, value=value, seq=0
        )
        for name, value in rows.items()
    }
    found = told(stage.gauges(cell))
    assert found["tapeline_account_halted", "paper"] == 1
    assert found["tapeline_drawdown_limit_ratio", "paper"] == 0.1
    assert not stage.book._known, "who watches writes into no memory of the stage"
    cell.tables.clear()
    cell.state.fallen = 0
    assert told(stage.gauges(cell))["tapeline_account_halted", "paper"] == 1


# -- executors -------------------------------------------------------------------------------


def entry(name: str, state: OrderState, *sends: Send) -> JournalEntry:
    return JournalEntry(
        key=name, command=command(name), order_seq=0, tick=0, state=state, due=0, sends=sends,
        seen_time=time.time_ns() - 5 * SECOND,
    )  # fmt: skip


def test_every_state_that_an_order_lives_in_is_told() -> None:
    assert {*LIVING} | {*TERMINAL} | {OrderState.DONE} == {*OrderState}
    stage = ExecutionStage()
    found = told(stage.gauges(Cell.fresh(stage, "paper")))
    assert {each[-1] for each in found if each[0] == "tapeline_orders_living"} == {*LIVING}


def send(ago: float, answer: Any) -> Send:
    at = time.time_ns() - int(ago * SECOND)
    return Send(request="place", name="x", epoch=1, at=at, answer=answer)


def live(*entries: JournalEntry) -> Any:
    orders = Orders(living={each.key: each for each in entries})
    return SimpleNamespace(
        desk=SimpleNamespace(account="main", orders=orders, scribe=SimpleNamespace(written=7))
    )


def test_unknown_orders_with_the_age_of_the_oldest() -> None:
    budget: Any = SimpleNamespace(venue="okx", refused=2, used=lambda: {"orders": 0.25})
    old = entry("a", OrderState.UNKNOWN, send(90, "refused"), send(60, None), send(30, "unknown"))
    new = entry("b", OrderState.UNKNOWN, send(10, "unknown"))
    found = told(readings(live(old, new, entry("c", OrderState.OPEN)), budget))
    assert found["tapeline_orders_unknown", "main"] == 2
    assert 60 <= found["tapeline_order_unknown_age_seconds", "main"] < 89
    assert found["tapeline_orders_living", "main", "open"] == 1
    assert found["tapeline_records_out_total", "executor", names.JOURNAL] == 7
    assert found["tapeline_rate_budget_used_ratio", "okx", "orders"] == 0.25
    whole(m.LIVE, [*found, (m.ROUND_TRIP.name,)])
    known = told(readings(live(), None))
    assert known["tapeline_order_unknown_age_seconds", "main"] == 0
    assert not list(readings(None, None)), "the account is not open yet"


def status(name: str, state: OrderState, seen: int, at: int | None, type: Any = "status") -> Status:
    return Status(
        type=type, account="main", venue="okx", symbol="BTC/USDT", client_order_id=name,
        state=state, seen_time=seen, event_time=at,
    )  # fmt: skip


@pytest.mark.parametrize("at", [1, None], ids=["its time is told", "it is not"])
def test_the_round_trip_is_to_the_first_word(at: int | None) -> None:
    tally = Tally("executor")
    heard = Heard(tally)
    heard(status("a", OrderState.SENT, SECOND, None))
    heard(status("b", OrderState.OPEN, SECOND, at))  # sent by the process before
    heard(status("a", OrderState.OPEN, SECOND + SECOND // 4, at))
    heard(status("a", OrderState.FILLED, 9 * SECOND, 1))
    ((metric, labels, spread),) = tally.times()
    assert (metric, labels, spread.sum) == (m.ROUND_TRIP, ("main", "okx"), 0.25)
    assert tally.given[names.STATUSES] == 4
    assert told(tally.readings())[
        "tapeline_order_statuses_total", "main", "okx", "status", "filled", ""
    ] == 1  # fmt: skip


@pytest.mark.parametrize(
    ("type", "state"), [("rejection", OrderState.REJECTED), ("status", OrderState.DONE)]
)
def test_what_is_refused_or_no_order_is_forgotten_unmeasured(type: str, state: OrderState) -> None:
    tally = Tally("executor")
    heard = Heard(tally)
    heard(status("a", OrderState.SENT, SECOND, None))
    heard(status("a", OrderState.UNKNOWN, 2 * SECOND, None))
    assert list(heard._sent) == ["a"], "nobody has said anything yet"
    heard(status("a", state, 3 * SECOND, None, type))
    assert not heard._sent
    assert not list(tally.times())


def test_orders_that_are_never_heard_of_are_not_kept_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("executor.live.telling.MOST", 2)
    heard = Heard(Tally("executor"))
    for name in "abc":
        heard(status(name, OrderState.SENT, SECOND, None))
    assert list(heard._sent) == ["b", "c"]


def test_a_bucket_fills_with_time() -> None:
    left = Left(tokens=2.0, at=10.0, burst=8.0, rate=2.0)
    assert left.used(10.0) == 0.75
    assert left.used(11.0) == 0.5
    assert left.used(99.0) == 0
    assert Left(-3.0, 0.0, 8.0, 2.0).used(0.0) == 1, "what is owed"


# -- advice ----------------------------------------------------------------------------------


def test_what_is_spent_of_the_hour() -> None:
    ledger = Ledger(Limits(cost=100, tokens=0, calls=4, time=10))
    ledger.take("a", "x", Spending(0, cost=25, calls=1))
    ledger.open["b"] = "x", Spending(0, cost=25, calls=1, time=5)
    found = told(spent(ledger, now=SECOND))
    assert found["tapeline_advice_budget_used_ratio", "cost"] == 0.5
    assert found["tapeline_advice_budget_used_ratio", "time"] == 0.5
    assert ("tapeline_advice_budget_used_ratio", "tokens") not in found, "no limit is no share"


# -- the desk --------------------------------------------------------------------------------


def test_workers_that_are_down_and_what_was_restarted(tmp_path: Path) -> None:
    desk = Desk(Settings(home=tmp_path))
    desk.workers = cast(
        Any, SimpleNamespace(pids=lambda: {"ticks": 1}, restarts=lambda: {"ticks": 0, "orders": 3})
    )
    found = told(desk_telling.readings(desk))
    assert found["tapeline_supervised_up", "ticks"] == 1
    assert found["tapeline_supervised_up", "orders"] == 0
    assert found["tapeline_supervised_restarts_total", "orders"] == 3
    assert found["tapeline_home_free_bytes",] > 0
    whole(m.DESK, found)
    assert desk_telling.down(desk) == "not running: orders"


# -- store -----------------------------------------------------------------------------------


def test_how_far_the_store_is_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    sink = object.__new__(Sink)
    sink.lags, sink.written, sink.failures, sink._looked = {}, 5, 1, -100.0
    sink.source = cast(Any, SimpleNamespace(names={names.ORDERS: "x.trading.orders"}))
    sink._places = {(names.ORDERS, 0): 10, (names.ORDERS, 1): 4}
    ends = {0: (0, 15), 1: None}  # of one partition nothing was told yet
    sink._consumer = cast(
        Any,
        SimpleNamespace(get_watermark_offsets=lambda place, cached: ends[place.partition]),
    )
    sink.look()
    found = told(sunk(sink))
    assert found["tapeline_store_lag_records", names.ORDERS] == 5
    assert found["tapeline_store_failures_total",] == 1
    whole(m.STORE, found)


def test_the_store_asks_the_broker_by_one_client(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Settings] = []

    def client(settings: Settings) -> Any:
        made.append(settings)
        return SimpleNamespace(list_topics=lambda topic, timeout: None)

    monkeypatch.setattr("gateway.store.sink.telling.client", client)
    monkeypatch.setattr("topics.metrics.broker.AGAIN", 0.0)
    sink = cast(Any, SimpleNamespace(trouble=""))
    exposure = exposed(sink, Settings(home=tmp_path, metrics={"on": False}))
    assert not made, "nobody has asked yet"
    for _ in range(2):
        assert exposure.failing() == {"store": "", "broker": ""}
    assert len(made) == 1


# -- gateway ---------------------------------------------------------------------------------


@asynccontextmanager
async def living(given: Any) -> AsyncIterator[None]:
    """In place of the part that follows the topics."""
    source = SimpleNamespace(read=time.monotonic())
    given.live = SimpleNamespace(streams={Slow(): None}, conflated=2, slow=1, source=source)

    async def probe() -> str:
        await asyncio.sleep(0)
        return "the broker does not answer"

    given.probes["broker"] = probe
    yield


class Slow:
    """A reader that reads slowly: it is its own outbox."""

    conflated = 3

    @property
    def outbox(self) -> Slow:
        return self

    def __len__(self) -> int:
        return 4


async def test_the_gateway_tells_on_a_port_of_its_own(tmp_path: Path) -> None:
    given = services()
    given.settings = Settings(home=tmp_path)
    given.parts = [living, telling]
    async with client(make_api(given)) as desk:
        assert (await desk.get("/v1/health")).status_code == 200
        assert (await desk.get("/v1/orders/abc")).status_code == 401
        assert (await desk.get("/nowhere")).status_code == 404
        assert (await desk.request("BREW", "/v1/health")).status_code == 405
        assert (await desk.get("/metrics")).status_code == 404, "never by the API"
        (target,) = targets.read(tmp_path)
        answer = await asyncio.to_thread(cli.ask, target)
    assert not list(targets.read(tmp_path))
    assert answer.ready == (("broker", "the broker does not answer"),)
    assert not answer.well
    found = {(each.name, *each.labels.values()): each.value for each in answer.samples}
    count = m.REQUESTS.name
    assert found[count, "GET", "/v1/health", "200"] == 1
    assert found[count, "GET", "", "404"] == 2, "a label is no path that a stranger may choose"
    assert found[count, "other", "/v1/health", "405"] == 1
    assert found["tapeline_http_request_seconds_count", "GET"] == 4
    assert found["tapeline_websocket_conflated_frames_total",] == 5
    assert found["tapeline_websocket_waiting_frames",] == 4
    whole(m.GATEWAY, [*found, (m.REQUEST_TIME.name,)])
