"""Every advisor by the protocol, and what each of them says."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.strategies.advisor import Advisor
from engine.strategies.catalogue import KINDS
from engine.strategies.flow import FlowAdvisor, FlowSettings
from engine.strategies.judgment import Context
from engine.strategies.momentum import MomentumAdvisor, MomentumSettings
from engine.strategies.outlook import RiskScale, risk, trend
from engine.strategies.reversion import ReversionAdvisor, ReversionSettings
from engine.strategies.rule import RuleAdvisor, RuleSettings
from schemas.decisions import Verdict, Vote
from schemas.signals import Action, Signal
from tests.unit.judging import signal
from tests.unit.test_strategy_contract import NEEDS

LONG, SHORT, EXIT, HOLD = Verdict.LONG, Verdict.SHORT, Verdict.EXIT, Verdict.HOLD
MAYBE = st.one_of(st.none(), st.just(0.0), st.floats(1e-6, 1e6))
NAMES = (
    "close", "rsi", "bollinger_upper", "bollinger_middle", "bollinger_lower", "sma_fast",
    "sma_slow", "ema_fast", "ema_slow", "atr",
)  # fmt: skip
SIGNALS = st.builds(
    lambda action, fresh, values, micro, bid, ask: signal(
        0, action, fresh=fresh, indicators=values, micro={"pressure_5s": micro}, bid=bid, ask=ask
    ),
    st.sampled_from(list(Action)),
    st.booleans(),
    st.fixed_dictionaries({name: MAYBE for name in NAMES}),
    st.one_of(st.none(), st.floats(-1, 1)),
    st.sampled_from([None, ("99.9", "5"), ("0.00000001", "0")]),
    st.sampled_from([None, ("100.1", "5"), ("0.00000002", "0")]),
)


def made(kind: str) -> Advisor[Any]:
    given = {"kind": kind, "weight": 0.7} | NEEDS.get(kind, {})
    return KINDS[kind].make(KINDS[kind].settings(**given), "its name")


@pytest.mark.parametrize("kind", sorted(KINDS))
@given(signals=st.lists(SIGNALS, max_size=8), data=st.data())
def test_every_advisor_keeps_the_protocol(
    kind: str, signals: list[Signal], data: st.DataObject
) -> None:
    """Votes in bounds on any signal, and a state that goes through JSON at any point."""
    advisor, again = made(kind), made(kind)
    state, restored = advisor.initial(), again.initial()
    at = data.draw(st.integers(0, len(signals)))
    for n, each in enumerate(signals):
        if n == at:
            restored = again.load(json.loads(json.dumps(again.dump(restored))))
        said_ = advisor.judge(state, seen(each))
        assert said_ == again.judge(restored, seen(each))
        check(said_.vote(advisor.name, advisor.weight), each)
    assert advisor.kind == kind


def seen(one: Signal) -> Context:
    return Context(one.key, one.seen_time, one)


def check(vote: Vote, on: Signal) -> None:
    assert (vote.advisor, vote.weight) == ("its name", 0.7)
    assert 0 <= vote.confidence <= 1
    assert vote.risk is None or 0 <= vote.risk <= 1
    assert Vote.model_validate_json(vote.model_dump_json()) == vote
    if vote.verdict not in (LONG, SHORT) or on.bid is None or on.ask is None:
        assert (vote.entry, vote.stop, vote.target) == (None, None, None)
        return
    assert vote.entry == (on.ask if vote.verdict is LONG else on.bid)[0]
    low, high = (vote.stop, vote.target) if vote.verdict is LONG else (vote.target, vote.stop)
    assert low is None or 0 < Decimal(low) < Decimal(vote.entry)
    assert high is None or Decimal(high) > Decimal(vote.entry)


def bar(close: float, **values: Any) -> Signal:
    """A bar's close at `close`, with a book around it and averages that point up."""
    given_ = {
        "close": close, "rsi": 50.0, "atr": 1.0, "ema_fast": 101.0, "ema_slow": 100.0,
        "sma_fast": 101.0, "sma_slow": 100.0, "bollinger_upper": 104.0,
        "bollinger_middle": 100.0, "bollinger_lower": 96.0, **values,
    }  # fmt: skip
    bid, ask = f"{close - 0.1:.2f}", f"{close + 0.1:.2f}"
    return signal(0, indicators=given_, bid=(bid, "3"), ask=(ask, "1"))


def story(advisor: Advisor[Any], *signals: Signal) -> list[Vote]:
    state = advisor.initial()
    said_ = [advisor.judge(state, seen(each)) for each in signals]
    return [each.vote(advisor.name, advisor.weight) for each in said_]


def said(votes: list[Vote]) -> list[str]:
    return [vote.verdict.value for vote in votes]


def test_the_rule_gives_its_trend_prices_and_risk() -> None:
    buy = {"action": Action.BUY, "strength": 0.75, "buy_score": 3, "sell_score": 1}
    (long,) = story(RuleAdvisor(RuleSettings()), bar(100).model_copy(update=buy))
    assert (long.verdict, long.trend, long.confidence) == (LONG, "up", 0.75)
    assert (long.entry, long.stop, long.target) == ("100.10", "98.10", "104.00")
    assert long.risk == pytest.approx((100 / 150 + 800 / 1000 + 20 / 25 + 0) / 4)
    assert long.reasons == (
        "trend up: SMA 101 to 100, +100 bps, +1 ATR",
        "RSI 27.4 below 30",
        "risk 0.57: ATR 100 bps, bands 800 bps wide, spread 20 bps, book 0 against",
    )


def test_the_rule_s_target_is_by_atr_where_the_band_is_not_beyond() -> None:
    sell = {"action": Action.SELL, "strength": 0.75, "buy_score": 1, "sell_score": 3}
    (short,) = story(RuleAdvisor(RuleSettings()), bar(95).model_copy(update=sell))
    assert (short.verdict, short.entry) == (SHORT, "94.90")
    assert (short.stop, short.target) == ("96.90", "90.90")


def test_on_a_bar_without_a_verdict_the_rule_abstains_and_says_why() -> None:
    weak = {"strength": 0.5, "buy_score": 1, "sell_score": 1}
    (hold,) = story(RuleAdvisor(RuleSettings()), bar(100).model_copy(update=weak))
    assert (hold.verdict, hold.confidence, hold.trend, hold.entry) == (HOLD, 0.0, "up", None)
    assert hold.reasons[1:] == ("RSI 27.4 below 30",)


@pytest.mark.parametrize(
    ("fast", "slow", "atr", "direction"),
    [
        (101.0, 100.0, 1.0, "up"),
        (99.0, 100.0, 1.0, "down"),
        (100.4, 100.0, 1.0, "flat"),
        (100.5, 100.0, 1.0, "up"),
        (100.4, 100.0, None, "up"),
        (100.0, 100.0, 0.0, "flat"),
        (None, 100.0, 1.0, "flat"),
    ],
)
def test_a_trend_is_averages_half_an_atr_apart(
    fast: float | None, slow: float, atr: float | None, direction: str
) -> None:
    values = {"sma_fast": fast, "sma_slow": slow, "atr": atr}
    assert trend(signal(0, indicators=values), 0.5).direction == direction


def test_risk_is_the_mean_of_what_is_known() -> None:
    scale = RiskScale()
    book: dict[str, Any] = {"bid": ("99.95", "1"), "ask": ("100.05", "3")}
    values = {"close": 100.0, "atr": 0.5}
    both = signal(0, indicators=values, **book)
    assert risk(both, LONG, scale).value == pytest.approx((0.5 + 10 / 15 + 0.5) / 3)
    assert risk(both, SHORT, scale).value == pytest.approx((0.5 + 10 / 15 + 0.0) / 3)
    assert risk(signal(0, indicators=values, bid=None), LONG, scale).value == 0.5
    assert risk(signal(0, indicators={}, bid=None), LONG, scale).value is None
    calm = risk(signal(0, indicators={**values, "atr": 0.1}, **book), LONG, scale).value
    assert calm is not None
    assert calm < (risk(both, LONG, scale).value or 0)


MOMENTUM = MomentumSettings(entry_bars=3, exit_bars=2)


def test_momentum_enters_a_breakout_and_leaves_on_the_shorter_channel() -> None:
    closes = [100, 101, 100, 101.5, 102, 101.8, 101.9, 101.7]
    votes = story(MomentumAdvisor(MOMENTUM), *map(bar, closes))
    assert said(votes) == ["hold"] * 3 + ["long", "long", "hold", "hold", "exit"]
    assert (votes[3].entry, votes[3].stop, votes[3].target) == ("101.60", "99.50", None)
    assert votes[3].reasons[1:3] == ("close 101.5 beyond 3 bars", "EMAs 1 ATR apart")
    assert votes[3].confidence == pytest.approx(0.5 + 0.5 * 0.5 / 1.5)
    assert votes[7].reasons[1] == "close 101.7 below 101.8 of 2 bars"


def test_momentum_sells_a_breakdown_with_the_averages_below() -> None:
    down = [bar(close, ema_fast=99.0) for close in (100, 101, 100, 99, 100.5)]
    votes = story(MomentumAdvisor(MOMENTUM), *down)
    assert said(votes) == ["hold"] * 3 + ["short", "exit"]
    assert (votes[3].entry, votes[3].stop) == ("98.90", "101.00")


@pytest.mark.parametrize(
    "values",
    [{"ema_fast": 100.4}, {"ema_fast": 99.0}, {"atr": 3.0}, {"atr": None}, {"atr": 0.0}],
)
def test_momentum_lets_a_breakout_pass_that_the_averages_do_not_confirm(
    values: dict[str, Any],
) -> None:
    closes = [bar(close, **values) for close in (100, 101, 100, 105)]
    assert said(story(MomentumAdvisor(MOMENTUM), *closes)) == ["hold"] * 4


def test_momentum_counts_bars_not_records() -> None:
    between = bar(90).model_copy(update={"fresh": False})
    stream = [each for close in (100, 101, 100, 101.5) for each in (between, bar(close))]
    assert said(story(MomentumAdvisor(MOMENTUM), *stream)) == ["hold"] * 7 + ["long"]


def test_momentum_of_a_shorter_channel_takes_over_the_latest_closes() -> None:
    long, short = (MomentumAdvisor(MomentumSettings(entry_bars=n, exit_bars=1)) for n in (4, 2))
    state = long.initial()
    for close in (110, 100, 101):
        long.judge(state, seen(bar(close)))
    taken = short.load(long.dump(state))
    assert short.judge(taken, seen(bar(102))).verdict is LONG
    assert taken.closes == (101, 102)


def test_reversion_enters_outside_the_bands_and_leaves_at_the_middle() -> None:
    advisor = ReversionAdvisor(ReversionSettings())
    low, high = {"rsi": 15.0}, {"rsi": 85.0}
    votes = story(
        advisor,
        bar(100),
        bar(95),
        bar(97, **low),
        bar(103, **high),
        bar(95, **low),
        bar(99),
        bar(100),
        bar(101),
        bar(105, **high),
        bar(101),
        bar(100),
    )
    assert said(votes) == [
        *["hold"] * 4, "long", "hold", "exit", "exit", "short", "hold", "exit",
    ]  # fmt: skip
    long, short = votes[4], votes[8]
    assert (long.entry, long.stop, long.target, long.confidence) == (
        "95.10",
        "93.00",
        "100.00",
        0.75,
    )
    assert (short.entry, short.stop, short.target) == ("104.90", "107.00", "100.00")
    assert long.confidence == short.confidence == 0.75
    assert long.reasons[1:3] == ("close 95 below lower band 96", "RSI 15 below 30")


def pressing(*values: float | None, fresh: bool = True) -> list[Signal]:
    return [signal(n, fresh=fresh, micro={"pressure_5s": each}) for n, each in enumerate(values)]


def test_flow_goes_with_the_average_and_leaves_when_the_other_side_presses() -> None:
    advisor = FlowAdvisor(FlowSettings(span=1))
    votes = story(advisor, *pressing(0.2, 0.65, 0.2, -0.05, -0.2, None, -1.0, 0.0, 0.2))
    assert said(votes) == [
        "hold", "long", "hold", "hold", "exit", "hold", "short", "hold", "exit",
    ]  # fmt: skip
    assert (votes[1].confidence, votes[6].confidence) == (0.75, 1.0)
    assert (votes[1].entry, votes[6].entry) == ("100.10", "99.90")
    assert votes[1].reasons[1] == "pressure_5s +0.65 over 1 records"


def test_flow_averages_every_record_and_speaks_at_bars() -> None:
    settings = FlowSettings(span=3, enter=0.6)
    stream = [*pressing(0.0, 1.0, fresh=False), *pressing(1.0), *pressing(1.0, fresh=False)]
    assert said(story(FlowAdvisor(settings), *stream)) == ["hold", "hold", "long", "hold"]
    always = FlowAdvisor(settings.model_copy(update={"every": True}))
    assert said(story(always, *stream)) == ["hold", "hold", "long", "long"]


def test_flow_reads_the_measure_it_is_told_and_abstains_without() -> None:
    strong = signal(0, micro={"book_imbalance_1": 0.9})
    assert said(story(FlowAdvisor(FlowSettings(measure="book_imbalance_1")), strong)) == ["long"]
    (absent,) = story(FlowAdvisor(FlowSettings()), strong)
    assert (absent.verdict, absent.confidence) == (HOLD, 0.0)
    assert absent.reasons == ("pressure_5s is not known",)
