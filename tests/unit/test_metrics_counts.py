"""What is counted of the records that leave a stage."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import metrics as m
from schemas import names
from schemas.advice import Advice, Call, Opinion
from schemas.decisions import Decision, Verdict
from schemas.metrics import DEFINED, Kind
from schemas.orders import OrderDecision
from schemas.portfolio import Portfolio
from schemas.raw import RawFrame, Source
from schemas.refusals import Reason
from schemas.statuses import Status
from schemas.system import DeadLetter, Severity, SystemEvent
from schemas.ticks import BookState, Notice, NoticeType, Ticks
from tests.unit.measured import told
from topics.metrics.spread import Spread
from topics.metrics.tally import Tally

NOW = 1_790_000_000_000_000_000
SECOND = 1_000_000_000
MARKET = "binance:BTC/USDT"
PLACE: dict[str, Any] = {"venue": "binance", "symbol": "BTC/USDT"}


@pytest.fixture
def tally() -> Tally:
    return Tally("stage", clock=lambda: NOW)


UNITS = ("_seconds", "_ratio", "_bytes", "_quote", "_info")
COUNTED = (
    "records", "readings", "frames", "orders", "cells", "positions", "cuts", "websockets",
    "cost_usd", "up", "passed", "halted", "usable", "ready", "unknown", "living", "liquidation",
)  # fmt: skip


@pytest.mark.parametrize("metric", DEFINED.values(), ids=lambda each: each.name)
def test_names_follow_prometheus_rules(metric: m.Metric) -> None:
    assert re.fullmatch(r"tapeline_[a-z][a-z_]*[a-z]", metric.name)
    assert metric.name.endswith("_total") == (metric.kind is Kind.COUNTER)
    assert not {"le", "job", "instance", "worker", "quantile"} & {*metric.labels}
    assert metric.help[-1] == "."
    if metric.kind is Kind.GAUGE:
        assert metric.name.endswith((*UNITS, *COUNTED)), "it says no unit and nothing to count"
    if metric.kind is Kind.HISTOGRAM:
        assert metric.name.endswith("_seconds")
        assert list(metric.buckets) == sorted({*metric.buckets})


@given(st.lists(st.floats(0, 100)))
def test_buckets_are_what_counting_finds(times: list[float]) -> None:
    spread = Spread(m.QUICK)
    for each in times:
        spread.add(each)
    buckets, total = spread.buckets()
    bounds = [*m.QUICK, float("inf")]
    assert [count for _, count in buckets] == [
        sum(each <= bound for each in times) for bound in bounds
    ]
    assert total == pytest.approx(sum(times))


def frame(ago: int, source: Source = Source.WS, **more: Any) -> RawFrame:
    return RawFrame(
        key=MARKET, run="r", run_seq=0, source=source, channel="s", frames=("{}", "{}"),
        received=(1, 2), seen_time=NOW - ago * SECOND, **more,
    )  # fmt: skip


def test_frames_and_silence(tally: Tally) -> None:
    tally.take(names.RAW, frame(5))
    tally.take(names.RAW, frame(1, clock=True))  # the clock is no sign of life
    found = told(tally.readings())
    assert found["tapeline_feed_frames_total", "binance"] == 4
    assert found["tapeline_feed_silence_seconds", MARKET] == 5


def test_a_cut_is_no_word_of_the_venue(tally: Tally) -> None:
    tally.take(names.RAW, frame(9, Source.CUT))  # of the collector's start
    assert told(tally.readings()) == {("tapeline_feed_silence_seconds", MARKET): 9}, (
        "nothing came at all"
    )
    tally.take(names.RAW, frame(5))
    tally.take(names.RAW, frame(1, Source.CUT))
    found = told(tally.readings())
    assert found["tapeline_feed_frames_total", "binance"] == 2
    assert found["tapeline_feed_silence_seconds", MARKET] == 5


def test_a_recording_has_no_silence_and_no_age(tally: Tally) -> None:
    old = NOW - 400 * 86_400 * SECOND
    frame = {
        "run": "r",
        "run_seq": 0,
        "source": "ws",
        "channel": "s",
        "frames": ("{}",),
        "received": (1,),
    }
    tally.take(names.RAW, RawFrame(key=MARKET, seen_time=old, **frame))
    tally.take(names.DECISIONS, Decision(key=MARKET, seen_time=old, verdict=Verdict.HOLD, **PLACE))
    tally.take(names.ORDERS, order("approved", old))
    found = told(tally.readings())
    assert found["tapeline_decisions_total", "main", "hold"] == 1
    assert ("tapeline_feed_silence_seconds", MARKET) not in found
    assert ("tapeline_decision_age_seconds", MARKET, "main") not in found
    assert not list(tally.times())


def test_notices_and_books(tally: Tally) -> None:
    gap = Notice(index=0, type=NoticeType.GAP, seen_time=0, text="")
    ticks = Ticks(key=MARKET, notices=(gap, gap), book=BookState.GAPPED, **PLACE)
    tally.take(names.TICKS, ticks)
    found = told(tally.readings())
    assert found["tapeline_feed_notices_total", "binance", "gap"] == 2
    assert found["tapeline_book_usable", MARKET] == 0
    tally.take(names.TICKS, Ticks(key=MARKET, book=BookState.OK, **PLACE))
    assert told(tally.readings())["tapeline_book_usable", MARKET] == 1


def test_the_age_of_decisions_grows_while_none_comes() -> None:
    now = [NOW]
    tally = Tally("decisions", clock=lambda: now[0])
    seen = NOW - SECOND // 2
    tally.take(names.DECISIONS, Decision(key=MARKET, seen_time=seen, verdict=Verdict.LONG, **PLACE))
    now[0] += 7200 * SECOND  # a stage that stands still stays on the page
    assert told(tally.readings())["tapeline_decision_age_seconds", MARKET, "main"] == 7200.5


def order(outcome: Any, seen: int, reason: Reason | None = None) -> OrderDecision:
    return OrderDecision(
        key="paper:BTC/USDT", account="paper", outcome=outcome, reason=reason, seen_time=seen,
        **PLACE,
    )  # fmt: skip


def test_orders_by_outcome_and_the_time_from_the_frame(tally: Tally) -> None:
    tally.take(names.ORDERS, order("held", NOW))
    tally.take(names.ORDERS, order("refused", NOW, Reason.HALTED))
    tally.take(names.ORDERS, order("approved", NOW - 3 * SECOND // 1000))
    found = told(tally.readings())
    for outcome, reason in (("held", ""), ("refused", "halted"), ("approved", "")):
        assert found["tapeline_orders_decided_total", "paper", outcome, reason] == 1
    ((metric, labels, spread),) = tally.times()
    assert (metric, labels) == (m.FRAME_TO_ORDER, ("paper",))
    assert spread.sum == pytest.approx(0.003)
    assert sum(spread.counts) == 1


def test_statuses_but_marks(tally: Tally) -> None:
    for kind, state in (("mark", None), ("status", "sent"), ("fill", "filled")):
        row = {"type": kind, "state": state, "account": "paper", **PLACE}
        tally.take(names.STATUSES, Status.model_validate(row))
    found = told(tally.readings())
    base = ("tapeline_order_statuses_total", "paper", "binance")
    assert found[(*base, "fill", "filled", "")] == found[(*base, "status", "sent", "")] == 1
    assert len(found) == 2


def test_what_accounts_are_worth(tally: Tally) -> None:
    account = Portfolio(
        key="paper:*", type="account", account="paper", equity="90", peak="100", day_start="120",
        realised="-8", unrealised="-2", fees="1", funding="0.5", initial="45", exposure="180",
    )  # fmt: skip
    position = Portfolio(key="paper:X", type="position", account="paper", watch="near")
    strategy = Portfolio(key="paper:@a", type="strategy", account="paper", strategy="a", equity="3")
    for row in (account.model_copy(update={"equity": "1"}), account, position, strategy):
        tally.take(names.PORTFOLIO, row)
    found = told(tally.readings())
    assert found["tapeline_account_equity_quote", "paper"] == 90
    assert found["tapeline_account_drawdown_ratio", "paper"] == pytest.approx(0.1)
    assert found["tapeline_account_day_loss_ratio", "paper"] == pytest.approx(0.25)
    assert found["tapeline_account_capital_used_ratio", "paper"] == 0.5
    assert found["tapeline_account_exposure_quote", "paper"] == 180
    assert found["tapeline_account_pnl_quote", "paper", "realised"] == -8
    assert found["tapeline_account_pnl_quote", "paper", "funding"] == 0.5
    assert found["tapeline_strategy_pnl_quote", "paper", "a"] == 3
    assert found["tapeline_positions_near_liquidation", "paper"] == 1


def test_an_account_without_equity_divides_by_nothing(tally: Tally) -> None:
    row = Portfolio(key="paper:*", type="account", account="paper", equity="0", peak="0")
    tally.take(names.PORTFOLIO, row)
    found = told(tally.readings())
    assert ("tapeline_account_drawdown_ratio", "paper") not in found
    assert ("tapeline_account_capital_used_ratio", "paper") not in found


def test_advice_with_its_cost(tally: Tally) -> None:
    call = Call(
        provider="p", model="x", role="r", prompt="p", prompt_version=1, prompt_hash="", asked="",
        cost="0.0125", latency=3 * SECOND,
    )  # fmt: skip
    advice = Advice(key=MARKET, opinion=Opinion(advisor="a"), calls=(call, call), **PLACE)
    tally.take(names.ADVICE, advice)
    found = told(tally.readings())
    assert found["tapeline_advice_total", "a", ""] == 1
    assert found["tapeline_advice_cost_usd_total", "a"] == 0.025
    ((_, _, spread),) = tally.times()
    assert spread.sum == 6


def test_letters_and_events(tally: Tally) -> None:
    letter = {"stage": "ticks", "topic": names.RAW, "source_key": MARKET, "reason": "", "value": ""}
    tally.take(names.LETTERS, DeadLetter.model_validate(letter))
    cut = SystemEvent(
        stage="raw", severity=Severity.WARNING, kind="cut", text="",
        facts={"connection": "binance 1"},
    )  # fmt: skip
    tally.take(names.EVENTS, cut)
    found = told(tally.readings())
    assert found["tapeline_dead_letters_total", "ticks", names.RAW] == 1
    assert found["tapeline_system_events_total", "raw", "warning", "cut"] == 1
    assert found["tapeline_feed_connection_cuts_total", "binance 1"] == 1
