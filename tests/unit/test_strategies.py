"""Strategies by configuration, several at once, and over restarts."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.decisions import DecisionsStage
from engine.identity import record_id
from engine.stage import Cell
from engine.strategies.catalogue import KINDS, StrategySections
from engine.strategies.momentum import MomentumAdvisor
from engine.strategies.rule import RuleAdvisor
from engine.strategies.strategy import Strategy
from schemas import names
from schemas.codec import encode
from schemas.decisions import Decision, Verdict
from schemas.signals import Action, Signal
from schemas.system import Snapshot
from tests.unit.judging import SPOT, decisions, reborn, signal
from tests.unit.trading import BTC, ETH
from topics.settings import CONFIG_FILE, Settings

TWO = """
[strategies.swing]
markets = ["BTC/*", "binance:ETH/USDT"]
stop_percent = 2
quorum = 0.3
advisors = { slow = { kind = "rule", with_trend = true, weight = 2 }, fast = { kind = "rule" } }

[strategies.calm]
markets = ["*"]
stop_atr = 2
allow_short = false
prices = "votes"
[strategies.calm.advisors]
momentum = { entry_bars = 5, exit_bars = 3 }
reversion = { weight = 0.5 }
"""


def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, toml: str) -> Settings:
    file = tmp_path / "tapeline.toml"
    file.write_text(toml)
    monkeypatch.setenv(CONFIG_FILE, str(file))
    return Settings()


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DecisionsStage:
    settings = configured(tmp_path, monkeypatch, TWO)
    return DecisionsStage(settings.sections(StrategySections).build())


def take(cell: Cell[Any], given_: Signal) -> list[Decision]:
    return decisions(cell.take(names.SIGNALS, given_))


def test_the_file_s_strategies_are_built(stage: DecisionsStage) -> None:
    calm, swing = stage.strategies
    assert [advisor.name for advisor in calm.advisors] == ["momentum", "reversion"]
    assert [advisor.kind for advisor in swing.advisors] == ["rule", "rule"]
    fast, slow = swing.advisors
    assert isinstance(fast, RuleAdvisor)
    assert isinstance(slow, RuleAdvisor)
    assert (fast.name, fast.settings.with_trend, fast.settings.weight) == ("fast", False, 1.0)
    assert (slow.name, slow.settings.with_trend, slow.settings.weight) == ("slow", True, 2.0)
    assert isinstance(calm.advisors[0], MomentumAdvisor)
    assert calm.advisors[0].settings.entry_bars == 5
    assert (calm.settings.stop_atr, calm.settings.prices) == (Decimal(2), "votes")
    assert (swing.settings.stop_percent, swing.settings.quorum) == (Decimal(2), 0.3)


def test_each_strategy_that_looks_at_a_market_decides_on_its_signals(
    stage: DecisionsStage,
) -> None:
    for key, looking in ((BTC, ["calm", "swing"]), (ETH, ["calm"]), ("okx:ETH/USDT", ["calm"])):
        first, second = (
            take(Cell.fresh(stage, key), signal(0, Action.BUY, key=key)) for _ in range(2)
        )
        assert [made.strategy for made in first] == looking
        assert [made.seq for made in first] == list(range(len(looking)))
        assert [made.id for made in first] == [
            record_id("decisions", "s0", n) for n in range(len(looking))
        ]
        assert list(map(encode, first)) == list(map(encode, second))


def test_each_decides_by_its_own_settings(stage: DecisionsStage) -> None:
    calm, swing = take(Cell.fresh(stage, BTC), signal(0, Action.BUY))
    assert (calm.verdict, [vote.advisor for vote in calm.votes]) == (
        "hold", ["momentum", "reversion"],
    )  # fmt: skip
    assert (swing.verdict, swing.stop) == ("long", "98.09")
    assert [(vote.advisor, vote.weight) for vote in swing.votes] == [("fast", 1.0), ("slow", 2.0)]


def test_advisors_of_one_kind_have_states_of_their_own(stage: DecisionsStage) -> None:
    """Only `fast` sold against the trend, so only `fast` leaves when buyers come back."""
    cell = Cell.fresh(stage, BTC)
    take(cell, signal(0, Action.SELL))
    weak: dict[str, Any] = {"buy_score": 2, "sell_score": 1, "strength": 0.6}
    _, swing = take(cell, signal(1, **weak))
    assert [vote.verdict for vote in swing.votes] == [Verdict.EXIT, Verdict.HOLD]


def test_a_market_nobody_looks_at_has_one_hold_of_nobody() -> None:
    stage = DecisionsStage([Strategy("only", (), markets=("BTC/*",))])
    cell = Cell.fresh(stage, ETH)
    for n, clock in enumerate((False, True)):
        (made,) = take(cell, signal(n, Action.BUY, key=ETH, clock=clock))
        assert (made.strategy, made.verdict, made.votes) == ("", Verdict.HOLD, ())
        assert (made.key, made.seq, made.clock, made.tick) == (ETH, n, clock, 100 + n)


@pytest.mark.parametrize(
    ("pattern", "key", "looks"),
    [
        ("*", BTC, True),
        ("BTC/*", BTC, True),
        ("BTC/*", ETH, False),
        ("BTC/USDT", SPOT, True),
        ("BTC/USDT", BTC, False),
        ("BTC/USDT:USDT", BTC, True),
        (BTC, BTC, True),
        (BTC, "okx:BTC/USDT:USDT", False),
        ("okx:*", "okx:BTC/USDT:USDT", True),
        ("btc/*", BTC, False),
    ],
)
def test_a_market_is_looked_at_by_symbol_or_by_key(pattern: str, key: str, looks: bool) -> None:
    assert Strategy("s", (), markets=(pattern,)).looks_at(key) is looks


def test_without_strategies_there_is_main_as_the_old_sections_have_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAPELINE_RULE", '{"with_trend": true}')
    monkeypatch.setenv("TAPELINE_DECISIONS__STOP_PERCENT", "1")
    (main,) = configured(tmp_path, monkeypatch, "").sections(StrategySections).build()
    (rule,) = main.advisors
    assert isinstance(rule, RuleAdvisor)
    assert (main.name, main.markets, rule.name) == ("main", ("*",), "rule")
    assert (rule.settings.with_trend, main.settings.stop_percent) == (True, Decimal(1))
    assert (str(main.settings.target_percent), str(Strategy("s", ()).settings.stop_percent)) == (
        "6", "3",
    )  # fmt: skip


def test_the_old_sections_hold_for_what_a_strategy_does_not_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toml = """
    decisions = { stop_percent = 1, target_percent = 9 }
    rule = { with_trend = true, weight = 5 }
    [strategies.a]
    stop_percent = 2
    advisors = { rule = { weight = 7 } }
    """
    monkeypatch.setenv("TAPELINE_STRATEGIES__A__QUORUM", "0.25")
    (a,) = configured(tmp_path, monkeypatch, toml).sections(StrategySections).build()
    assert (a.settings.stop_percent, a.settings.target_percent) == (Decimal(2), Decimal(9))
    assert a.settings.quorum == 0.25
    (rule,) = a.advisors
    assert isinstance(rule, RuleAdvisor)
    assert (rule.settings.weight, rule.settings.with_trend) == (7.0, True)


@pytest.mark.parametrize(
    ("toml", "told"),
    [
        ("advisors = { crystal = {} }",
         "setting strategies.a.advisors.crystal: no advisor is called crystal: "
         f"known are {', '.join(sorted(KINDS))}: mend it"),
        ('advisors = { x = { kind = "ball" } }', "no advisor is called ball: known are "),
        ("advisors = { rule = { weight = -1 } }",
         "setting strategies.a.advisors.rule: weight: Input should be greater than 0"),
        ("advisors = { rule = { wait = 1 } }",
         "setting strategies.a.advisors.rule: wait: Extra inputs are not permitted"),
        ("advisors = { momentum = { entry_bars = 3, exit_bars = 4 } }",
         "setting strategies.a.advisors.momentum: Value error, exit_bars must not be more"),
        ("advisors = { rule = 1 }", "an advisor is a table of its settings"),
        ("advisors = {}", "setting strategies.a.advisors: "),
        ("advisors = 3", "setting strategies.a.advisors: "),
        ("markets = []", "setting strategies.a.markets: "),
        ("stop = 3", "setting strategies.a.stop: Extra inputs are not permitted"),
        ("stop_percent = 200", "setting strategies.a.stop_percent: "),
        ("quorum = 2", "setting strategies.a.quorum: "),
        ('weights = "best"', "setting strategies.a.weights: Input should be 'fixed', 'regime' or"),
        ("regimes = { weights = { trend = { flow = 2 } } }",
         "regimes.weights: no advisor is called flow: there are rule"),
        ("regimes = { weights = { calm = { rule = 2 } } }", "setting strategies.a.regimes.weights"),
        ("regimes = { weights = { panic = { rule = -2 } } }",
         "setting strategies.a.regimes.weights.panic.rule: Input should be greater than or equal"),
        ("learnt = { rate = 0 }", "setting strategies.a.learnt.rate: Input should be greater than"),
        ("outcomes = { horizon = 0 }", "setting strategies.a.outcomes.horizon: "),
        ("advisors = { rule = { loss_limit = {} } }",
         "setting strategies.a.advisors.rule: loss_limit.bps: Field required"),
        ("advisors = { online = { learner = { horizon = 0 } } }",
         "setting strategies.a.advisors.online: learner.horizon: Input should be greater than"),
        ('[strategies."b c"]', "setting strategies.b c"),
        ('[strategies.""]', "setting strategies."),
    ],
)  # fmt: skip
def test_a_wrong_strategy_ends_the_process_with_one_line(
    toml: str,
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings = configured(tmp_path, monkeypatch, f"[strategies.a]\n{toml}\n")
    with pytest.raises(SystemExit) as end:
        settings.sections(StrategySections)
    assert end.value.code == 78
    (line,) = capsys.readouterr().err.splitlines()
    assert told in line
    assert str(tmp_path) in line


PLAIN = KINDS.keys() - {"advised", "arbitrage", "pairs"}
"""Those that read no books and no advice."""

NEEDED = {"declared": {"long": "close > 100", "leave_long": "close < 100", "stop_atr": 2}}
"""What those are set by that are nothing without settings."""

EVERYTHING = {
    "a": {
        "advisors": {name: NEEDED.get(name, {}) for name in PLAIN},
        "quorum": 0.2,
        "prices": "votes",
    },
    "b": {"advisors": {"momentum": {"entry_bars": 2, "exit_bars": 1, "filter_atr": 0}}},
    "c": {"advisors": {"x": {"kind": "flow", "span": 3, "every": True}, "rule": {}}, "quorum": 0},
}


def everything(*but: str) -> DecisionsStage:
    """All advisors in three strategies, but those named."""
    strategies = {name: one for name, one in EVERYTHING.items() if name not in but}
    return DecisionsStage(StrategySections.model_validate({"strategies": strategies}).build())


STEPS = st.tuples(
    st.sampled_from(list(Action)), st.booleans(), st.booleans(),
    st.integers(90, 110), st.floats(0, 100), st.floats(-1, 1),
)  # fmt: skip


def moving(step: tuple[Action, bool, bool, int, float, float], n: int) -> Signal:
    action, fresh, clock, close, rsi, imbalance = step
    bands = {"bollinger_upper": 105.0, "bollinger_middle": 100.0, "bollinger_lower": 95.0}
    averages = {"sma_fast": 101.0, "sma_slow": 100.0, "ema_fast": close + 0.1, "ema_slow": 100.0}
    values = {"close": float(close), "rsi": rsi, "atr": 0.5, **bands, **averages}
    return signal(
        n, action, fresh=fresh, clock=clock, indicators=values, micro={"pressure_5s": imbalance},
        features={"momentum_z": (close - 100) / 2},
    )  # fmt: skip


STORY = [(Action.BUY, True, False, 96 + n, 20.0, 0.9) for n in range(8)]


def test_the_story_that_restarts_are_tried_on_has_every_advisor_speak() -> None:
    cell = Cell.fresh(everything(), BTC)
    spoken = {
        vote.advisor
        for n, step in enumerate([*STORY, (Action.HOLD, True, False, 90, 20.0, -0.9)])
        for made in take(cell, moving(step, n))
        for vote in made.votes
        if vote.verdict is not Verdict.HOLD
    }
    assert spoken == {*PLAIN, "x"} - {"model", "online", "policy"}, "tried in tests of their own"


@given(st.lists(STEPS, max_size=30).map(lambda steps: STORY[:3] + steps), st.data())
def test_a_restart_at_any_point_changes_no_byte_of_any_strategy(
    steps: list[tuple[Action, bool, bool, int, float, float]], data: st.DataObject
) -> None:
    signals = [moving(step, n) for n, step in enumerate(steps)]
    at = data.draw(st.integers(0, len(signals)))
    whole, cell = Cell.fresh(everything(), BTC), Cell.fresh(everything(), BTC)
    expected = [encode(made) for each in signals for made in take(whole, each)]
    got = [encode(made) for each in signals[:at] for made in take(cell, each)]
    cell = reborn(cell, everything())
    assert got + [encode(made) for each in signals[at:] for made in take(cell, each)] == expected


def test_a_strategy_that_is_added_begins_afresh_and_leaves_the_others_alone() -> None:
    signals = [moving(step, n) for n, step in enumerate(STORY)]
    more = [moving((Action.HOLD, True, False, 90, 50.0, -0.9), n) for n in range(8, 12)]
    kept, added = Cell.fresh(everything("b"), BTC), Cell.fresh(everything("a", "c"), BTC)
    for each in signals:
        take(kept, each)
    joined = reborn(kept, everything())
    for each in more:
        alone, others = take(added, each), take(kept, each)
        a, b, c = take(joined, each)
        assert [said(b)] == list(map(said, alone))
        assert [said(a), said(c)] == list(map(said, others))


def said(made: Decision) -> Any:
    """What a decision says, whatever its place among the others."""
    return made.model_dump(exclude={"id", "seq"})


def test_a_strategy_that_is_gone_is_forgotten() -> None:
    cell = Cell.fresh(everything(), BTC)
    for n, step in enumerate(STORY):
        take(cell, moving(step, n))
    assert [made.strategy for made in take(reborn(cell, everything("b")), moving(STORY[0], 8))] == [
        "a", "c",
    ]  # fmt: skip


def test_an_advisor_of_another_kind_under_the_name_begins_afresh() -> None:
    def stage(kind: str) -> DecisionsStage:
        sections = {"strategies": {"a": {"advisors": {"x": {"kind": kind}}}}}
        return DecisionsStage(StrategySections.model_validate(sections).build())

    cell = Cell.fresh(stage("momentum"), BTC)
    take(cell, signal(0, Action.BUY))
    (made,) = take(reborn(cell, stage("rule")), signal(1, Action.BUY))
    assert made.verdict is Verdict.LONG


def test_a_snapshot_from_before_there_were_strategies_is_main_s() -> None:
    old = Snapshot(
        key=f"decisions:{BTC}",
        stage="decisions",
        cell=BTC,
        state={"key": BTC, "advisors": {"rule": "long"}, "owed": True},
        seen={},
        made={},
        clocks={},
    )
    main = DecisionsStage(StrategySections().build())
    weak: dict[str, Any] = {"buy_score": 1, "sell_score": 2, "strength": 0.66}
    (made,) = take(Cell.restore(main, old), signal(0, fresh=False, **weak))
    assert (made.strategy, made.verdict) == ("main", Verdict.EXIT)
