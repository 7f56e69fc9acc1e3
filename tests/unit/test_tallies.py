"""Counts of orders by day: what each status adds, and the same from the records of a paper run."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import gateway.watching.pnl
from engine.tallies import Key, Tallies, Tally, counted
from gateway.cli import app
from schemas import names
from schemas.codec import encode
from schemas.instruments import Kind
from schemas.orders import Contract
from schemas.refusals import Reason
from schemas.statuses import OrderState, Status
from tests.unit.small_desk import SECOND, Story
from topics.settings import Settings, settings

DAY = 86_400 * 10**9
BTC = "BTC/USDT:USDT"
SENT, OPEN, FILLED = OrderState.SENT, OrderState.OPEN, OrderState.FILLED
PART, CANCELLED = OrderState.PARTIALLY_FILLED, OrderState.CANCELLED


class Told:
    """Statuses of one account's symbol, one after the other."""

    def __init__(self) -> None:
        self.all: list[Status] = []

    def say(
        self, order: str, state: OrderState | None, type: str = "status", **fields: Any
    ) -> Told:
        seq = len(self.all)
        body = {
            "type": type, "account": "a", "venue": "okx", "symbol": BTC, "client_order_id": order,
            "state": state, "seq": seq, "key": f"a:{BTC}", "side": "buy", "event_time": DAY,
            **fields,
        }  # fmt: skip
        self.all.append(Status.model_validate(body))
        return self

    def fill(
        self, order: str, state: OrderState, price: str, quantity: str = "1", **more: Any
    ) -> Told:
        given = {"price": price, "quantity": quantity, "fee": "0.1", **more}
        return self.say(order, state, "fill", **given)

    def tally(self, day: int = DAY) -> Tally:
        return counted(self.all).rows[Key("a", "okx", BTC, day)]


@pytest.mark.parametrize(
    ("side", "price", "slippage"),
    [("buy", "101", 100), ("buy", "99", -100), ("sell", "99", 100), ("sell", "101", -100)],
)
def test_slippage_is_a_cost_against_the_mid_when_it_was_sent(
    side: str, price: str, slippage: int
) -> None:
    told = Told().say("o", SENT, mark="100").fill("o", FILLED, price, side=side)
    assert told.tally().slippage == slippage


def test_an_order_that_rests_is_held_against_its_own_price_as_it_was_last() -> None:
    told = Told().say("o", SENT, mark="100").say("o", OPEN, price="90", quantity="2")
    told.say("o", OPEN, price="95", quantity="2").fill("o", PART, "95").fill("o", FILLED, "96.9")
    assert told.tally().slippage == 100
    stop = Told().say("s", OPEN, price="90", role="stop", side="sell")
    stop.say("s", OPEN, role="stop").fill("s", FILLED, "89.1", side="sell", role="stop")
    assert stop.tally().slippage == 100


def test_slippage_is_weighted_by_value() -> None:
    told = (
        Told().say("o", SENT, mark="100").fill("o", PART, "101", "3").fill("o", FILLED, "100", "1")
    )
    assert told.tally().slippage == 75


def test_a_fill_without_a_reference_has_no_slippage() -> None:
    tally = Told().fill("o", FILLED, "101").tally()
    assert (tally.slippage, tally.unpriced, tally.whole) == (None, 1, 1)


def test_orders_count_by_how_they_ended() -> None:
    told = Told()
    for order in ("whole", "part", "none", "refused", "late", "command"):
        told.say(order, SENT, mark="100")
    told.fill("whole", FILLED, "100").fill("part", PART, "100")
    told.say("part", CANCELLED, filled="1").say("none", CANCELLED, filled="0")
    told.say("refused", OrderState.REJECTED, "rejection", reason=Reason.BELOW_LOT)
    told.say("late", OrderState.EXPIRED, "rejection", reason=Reason.EXPIRED)
    told.say("command", OrderState.DONE)
    for half, reason in (("stop", Reason.OTHER_FILLED), ("target", Reason.POSITION_CLOSED)):
        told.say(half, OPEN, role=half, price="90").say(half, CANCELLED, role=half, reason=reason)
    tally = told.tally()
    assert (tally.sent, tally.whole, tally.partial, tally.unfilled) == (6, 1, 1, 1)
    assert (tally.spared, tally.rejected, tally.expired, tally.done) == (2, 1, 1, 1)
    assert tally.fill_rate == Decimal("0.333333333333")
    assert tally.success_rate == Decimal("0.666666666667")


def test_a_command_turned_away_twice_is_not_another() -> None:
    told = Told().say("o", OrderState.EXPIRED, "rejection")
    told.say("o", None, "rejection", reason=Reason.DUPLICATE)
    assert (told.tally().expired, told.tally().rejected) == (1, 0)


def test_an_order_in_parts_counts_once_and_its_fills_are_its_parts() -> None:
    told = Told().say("ice", SENT, mark="100").say("p0", SENT, parent="ice", mark="100")
    told.say("p0", OPEN, parent="ice", price="99").fill("p0", FILLED, "99", parent="ice")
    told.say("ice", FILLED, price="99", quantity="1", filled="1")
    tally = told.tally()
    assert (tally.sent, tally.whole, tally.fills, tally.volume) == (1, 1, 1, Decimal(1))


def test_money_is_exact_and_in_the_symbols_own() -> None:
    inverse = Contract(kind=Kind.INVERSE, size="100")
    told = Told().fill("o", PART, "50000.1", "3", contract=inverse, fee="0.000000000000000001")
    told.fill("o", FILLED, "0.1", "1", contract=Contract(size="0.001"), fee="-0.2")
    tally = told.tally()
    assert (tally.volume, tally.turnover) == (Decimal(4), Decimal("300.0001"))
    assert tally.fees == Decimal("-0.199999999999999999")


def test_fees_in_another_currency_are_a_sum_of_their_own() -> None:
    told = Told().fill("o", PART, "100", fee="0.01", fee_currency="BNB")
    told.fill("o", FILLED, "100", fee="0.02", fee_currency="BNB")
    tally = told.tally()
    assert (tally.fees, tally.others) == (Decimal(0), {"BNB": Decimal("0.03")})
    assert Tallies.load(counted(told.all).dump()).rows == counted(told.all).rows


def test_a_fill_told_after_its_order_had_ended_is_counted() -> None:
    told = Told().say("o", SENT, mark="100").say("o", CANCELLED)
    told.say("o", None, "fill", price="100", quantity="1", fee="1")
    tallies = counted(told.all)
    (tally,) = tallies.rows.values()
    assert (tally.fills, tally.volume, tally.fees) == (1, Decimal(1), Decimal(1))
    assert tallies.living == {}


def test_an_order_counts_on_the_day_it_ends_and_a_fill_on_its_own() -> None:
    told = Told().say("o", SENT, mark="100", event_time=2 * DAY - 1)
    told.fill("o", FILLED, "100", event_time=2 * DAY).say("n", SENT, event_time=None, seen_time=5)
    assert (told.tally().sent, told.tally().fills) == (1, 0)
    assert (told.tally(2 * DAY).whole, told.tally(2 * DAY).fills) == (1, 1)
    assert told.tally(0).sent == 1


def test_what_was_seen_before_counts_once_and_what_is_over_is_forgotten() -> None:
    told = Told().say("o", SENT, mark="100").fill("o", FILLED, "100")
    tallies = counted([*told.all, *told.all])
    assert tallies.rows == counted(told.all).rows
    assert tallies.living == {}


@pytest.fixture(scope="module")
def run() -> list[Status]:
    """Statuses of 40 s of the recorded market, with a person's orders and the venue's own."""
    rows = Story().play(40 * SECOND).rows
    return [row for topic, row in rows if topic == names.STATUSES and isinstance(row, Status)]


def test_a_paper_run_is_counted_as_its_records_say(run: list[Status]) -> None:
    tallies = counted(run)
    fills = [each for each in run if each.type == "fill"]
    assert len(fills) > 5
    total = Tally()
    for tally in tallies.rows.values():
        total.fills += tally.fills
        total.volume += tally.volume
        total.fees += tally.fees
        assert tally.unpriced == 0
    assert total.fills == len(fills)
    assert total.volume == sum(Decimal(each.quantity or 0) for each in fills)
    assert total.fees == sum(Decimal(each.fee or 0) for each in fills)
    ends = Counter(each.state for each in run if each.state in ENDS)
    assert sum(row.whole for row in tallies.rows.values()) == ends[FILLED]
    assert sum(row.done for row in tallies.rows.values()) == ends[OrderState.DONE]
    cancelled = sum(row.partial + row.unfilled + row.spared for row in tallies.rows.values())
    assert cancelled == ends[CANCELLED]
    assert min(ends[FILLED], ends[OrderState.DONE], ends[CANCELLED]) > 0


ENDS = (FILLED, CANCELLED, OrderState.DONE)


def test_its_slippage_is_that_of_each_fill(run: list[Status]) -> None:
    """Reckoned once more, order by order, with fractions."""
    for key, tally in counted(run).rows.items():
        slipped, priced = Decimal(0), Decimal(0)
        for at, fill in enumerate(run):
            if fill.type != "fill" or (fill.account, fill.symbol) != (key.account, key.symbol):
                continue
            before = [one for one in run[:at] if one.client_order_id == fill.client_order_id]
            resting = [one.price for one in before if one.price and one.type == "status"]
            reference = Decimal(resting[-1] if resting else before[0].mark or 0)
            sign, quantity = (1 if fill.side == "buy" else -1), Decimal(fill.quantity or 0)
            slipped += sign * (Decimal(fill.price or 0) - reference) * quantity
            priced += reference * quantity
        assert tally.slippage is not None
        assert abs(tally.slippage - slipped / priced * 10_000) < Decimal("1e-9")


def test_a_restart_in_the_middle_changes_no_byte(run: list[Status]) -> None:
    whole = orjson.dumps(counted(run).dump())
    for cut in range(0, len(run), max(1, len(run) // 12)):
        half = Tallies.load(orjson.loads(orjson.dumps(counted(run[:cut]).dump())))
        for status in run[cut:]:
            half.take(status)
        assert orjson.dumps(half.dump()) == whole
    assert Tallies.load({}) == Tallies()


def test_what_lives_survives_a_restart() -> None:
    told = Told().say("o", SENT, mark="100").fill("o", PART, "100").say("o", CANCELLED)
    tallies = Tallies.load(counted(told.all[:2]).dump())
    tallies.take(told.all[2])
    (tally,) = tallies.rows.values()
    assert (tally.partial, tally.unfilled) == (1, 0)


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from([*OrderState]), st.booleans())))
def test_rates_are_shares_whatever_is_told(told: list[tuple[int, OrderState, bool]]) -> None:
    every = Told()
    for order, state, filled in told:
        if filled:
            every.fill(f"o{order}", state, "100")
        else:
            every.say(f"o{order}", state, mark="100")
    for tally in counted(every.all).rows.values():
        for rate in (tally.fill_rate, tally.success_rate):
            assert rate is None or 0 <= rate <= 1


@pytest.fixture
def topic(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[Status]]:
    """What trading.statuses holds; no broker."""
    there: list[Status] = []

    class Message:
        def __init__(self, status: Status) -> None:
            self.value = lambda: encode(status)

    def read_all(_: Settings, name: str) -> Iterator[Message]:
        assert name == names.STATUSES
        yield from map(Message, there)

    monkeypatch.setenv("TAPELINE_HOME", str(tmp_path))
    monkeypatch.setattr(gateway.watching.pnl, "read_all", read_all)
    monkeypatch.setattr("gateway.running.broker.answers", lambda _: True)
    monkeypatch.setenv("BROKER_URL", "127.0.0.1:9")
    settings.cache_clear()
    yield there
    settings.cache_clear()


def asked(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["statistics", *words])
    assert result.exit_code == code, result.output
    return result.output


def two_days() -> list[Status]:
    told = Told().say("o", SENT, mark="100").fill("o", FILLED, "100.5", "2")
    told.say("x", OrderState.REJECTED, "rejection", event_time=3 * DAY)
    return told.all


def test_the_command_prints_a_row_a_day(topic: list[Status]) -> None:
    topic += two_days()
    rows = [json.loads(line) for line in asked("--json").splitlines()]
    assert [row["day"] for row in rows] == ["1970-01-02", "1970-01-04"]
    assert rows[0] == {
        "account": "a", "venue": "okx", "symbol": BTC, "day": "1970-01-02", "sent": 1, "filled": 1,
        "partial": 0, "unfilled": 0, "spared": 0, "rejected": 0, "expired": 0, "done": 0,
        "fills": 1, "volume": "2", "turnover": "201", "fees": "0.1", "other_fees": {},
        "fill_rate": 1.0,
        "success_rate": 1.0, "slippage_bps": "50", "unpriced": 0,
    }  # fmt: skip
    assert (rows[1]["success_rate"], rows[1]["fill_rate"], rows[1]["slippage_bps"]) == (
        0,
        None,
        None,
    )
    text = asked()
    for piece in ("1970-01-02", "okx", BTC, "+50.00", "100.00%", "201.00", "Slippage is positive"):
        assert piece in text, piece


def test_the_command_prints_what_is_asked_for(topic: list[Status]) -> None:
    topic += two_days()
    for words, rows in (
        (("--day", "1970-01-04"), 1), (("--symbol", BTC), 2), (("--venue", "okx"), 2),
        (("--account", "a"), 2), (("--account", "b"), 0), (("--day", "1970-01-03"), 0),
    ):  # fmt: skip
        printed = CliRunner().invoke(app, ["statistics", "--json", *words]).stdout
        assert len(printed.splitlines()) == rows, words
    assert "is among those asked for" in asked("--venue", "none")
    assert "is no day: write 2024-08-09" in asked("--day", "1970-01-03T05:00:00Z", code=1)
    topic.clear()
    assert "no orders are told of" in asked()
