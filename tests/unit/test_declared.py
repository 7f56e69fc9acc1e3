"""Declarations: any text is one or an error in one line, and any one judges any signal."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.signals import SignalSettings, SignalsStage
from engine.stage import Cell
from engine.strategies import Context, Judgment, Verdict
from engine.strategies.catalogue import StrategySections
from engine.strategies.conditions import SIGNS, Truth, read, truth, written
from engine.strategies.declaration import Declaration, NotDeclared, declaration, of_values
from engine.strategies.declared import DeclaredAdvisor, DeclaredSettings
from engine.strategies.published import names, rooms
from schemas import names as topics
from schemas.ticks import Ticks
from tests.recorded import long
from tests.unit.judging import signal
from tests.unit.trading import BTC

NAMES = st.sampled_from((*names(), "features.rsi", "log_return_33", "pressure_2m"))
NUMBERS = st.floats(-1e6, 1e6).map(lambda each: f"{each:.4f}")
BARS = st.integers(1, 200)
OVER = st.builds("{}({}, {})".format, st.sampled_from(("highest", "lowest", "before")), NAMES, BARS)
AWAY = st.one_of(st.just(""), st.sampled_from((" + 0.5 atr", " - 2 %", "+1.5%")))
COMPARISONS = st.one_of(
    st.builds(
        "{} {} {}{} for {} bars".format, st.one_of(NAMES, OVER), st.sampled_from(tuple(SIGNS)),
        st.one_of(NAMES, OVER, NUMBERS), AWAY, BARS,
    ),
    st.builds(
        "{} crosses {} {}{}".format, st.one_of(NAMES, OVER), st.sampled_from(("above", "below")),
        st.one_of(NAMES, NUMBERS), AWAY,
    ),
)  # fmt: skip
CONDITIONS = st.recursive(
    COMPARISONS,
    lambda inner: st.one_of(
        st.builds(lambda of: {"not": of}, inner),
        st.builds(
            lambda word, of: {word: of},
            st.sampled_from(("all", "any")), st.lists(inner, min_size=1, max_size=3),
        ),
    ),
    max_leaves=6,
)  # fmt: skip
DECLARATIONS = st.fixed_dictionaries(
    {"long": CONDITIONS, "stop_atr": st.floats(0.1, 100)},
    optional={
        "short": CONDITIONS,
        "leave_long": CONDITIONS,
        "target_percent": st.floats(0.01, 500),
        "most_bars": st.integers(1, 20),
    },
)
VALUES = st.one_of(st.none(), st.floats(-1e9, 1e9), st.sampled_from((0.0, 100.0, 1e-12)))
ROOMS = st.fixed_dictionaries(
    {},
    optional={
        room: st.dictionaries(st.sampled_from(rooms()[room]), VALUES, max_size=12)
        for room in ("indicators", "micro", "features")
    },
)
SIGNALS = st.builds(
    lambda fresh, values: signal(1, fresh=fresh, **values), st.booleans(), ROOMS
)  # fmt: skip


def seat(**declared: Any) -> DeclaredAdvisor:
    return DeclaredAdvisor(DeclaredSettings(kind="declared", **declared))


def valid(given_: dict[str, Any]) -> dict[str, Any] | None:
    """What is within the bounds of depth; else None."""
    try:
        of_values(given_)
    except NotDeclared as error:
        if "deep" not in str(error):
            raise
        return None
    return given_


def said(advisor: DeclaredAdvisor, seen: list[Any], restart: int = -1) -> list[Judgment]:
    state, found = advisor.initial(), []
    for n, each in enumerate(seen):
        if n == restart:
            state = advisor.load(json.loads(json.dumps(advisor.dump(state), allow_nan=False)))
        found.append(advisor.judge(state, Context(BTC, n, each)))
    return found


@settings(max_examples=long(150, 50), deadline=None)
@given(DECLARATIONS, st.lists(SIGNALS, max_size=12), st.integers(0, 12))
def test_any_declaration_judges_any_signal_the_same_again_and_after_a_restart(
    given_: dict[str, Any], seen: list[Any], restart: int
) -> None:
    if valid(given_) is None:
        return
    first = said(seat(**given_), seen)
    assert said(seat(**given_), seen, restart) == first
    for each in first:
        assert 0 <= each.confidence <= 1
        each.vote("declared", 1.0)


@settings(max_examples=long(300, 100), deadline=None)
@given(st.one_of(st.text(max_size=300), st.binary(max_size=300), COMPARISONS.map(repr)))
@example('{"long": "rsj < 3"}')
@example("{" * 3000)
@example("a = " + "[" * 5000)
@example('{"long": "rsi < 30", "stop_atr": NaN}')
@example('long = "rsi < 30"\nstop_atr = inf')
@example('{"long": "__import__(\'os\')", "stop_atr": 2}')
def test_any_text_is_a_declaration_or_an_error_in_one_line(text: str | bytes) -> None:
    found = told_of(text)
    if not isinstance(found, Declaration):
        assert "\n" not in found
        assert 0 < len(found) <= 300


@settings(deadline=None)
@given(CONDITIONS)
def test_a_condition_is_read_as_it_was_written(given_: Any) -> None:
    if valid({"long": given_, "stop_atr": 1}) is None:
        return
    found = read(given_)
    assert read(written(found)) == found
    assert read(json.loads(json.dumps(written(found)))) == found


TRUTHS = st.sampled_from((True, False, None))


@given(TRUTHS, TRUTHS)
def test_what_is_not_known_is_neither_true_nor_false(a: Truth, b: Truth) -> None:
    """De Morgan's laws hold, and a group is known only where what is unknown cannot change it."""
    both, either = {"all": ["rsi < 1", "rsi < 2"]}, {"any": ["rsi < 1", "rsi < 2"]}
    neither = {"not": {"any": [{"not": "rsi < 1"}, {"not": "rsi < 2"}]}}
    assert truth(read(both), iter((a, b))) == truth(read(neither), iter((a, b)))
    for group, word in ((both, all), (either, any)):
        could = {word((a if a is not None else x, b if b is not None else y))
                 for x in (True, False) for y in (True, False)}  # fmt: skip
        assert truth(read(group), iter((a, b))) == (could.pop() if len(could) == 1 else None)


def told_of(text: str | bytes) -> Declaration | str:
    try:
        return declaration(text)
    except NotDeclared as error:
        return str(error)


BAD = {
    '{"long": "rsj < 30", "stop_atr": 2}': "no value is called rsj: the nearest is rsi",
    '{"long": "indicators.rsj < 30", "stop_atr": 2}': "the nearest is indicators.rsi",
    '{"stop_atr": 2}': "enters nowhere",
    '{"long": "rsi < 30"}': "no stop",
    '{"long": "30 < 40", "stop_atr": 2}': "compares two numbers",
    '{"long": "close > highest(close, 201)", "stop_atr": 2}': "1 to 200 bars",
    '{"long": "rsi < 30 for 201 bars", "stop_atr": 2}': "for 1 to 200 bars",
    '{"long": "rsi < 30", "leave_short": "rsi > 3", "stop_atr": 2}': "leave_short without short",
    '{"long": "rsi < 30", "stop_atr": 2, "stop_percent": 1}': "say one of them",
    '{"long": "rsi < 30", "stop_atr": 2, "size": 1000}': "size: Extra inputs",
    '{"long": {"or": ["rsi < 30"]}, "stop_atr": 2}': "none of all, any, not",
    json.dumps({"long": {"not": {"not": {"not": {"not": {"not": "rsi < 3"}}}}}}): "at most 4 deep",
    json.dumps({"long": {"all": ["rsi < 3"] * 9}, "stop_atr": 2}): "list of 1 to 8",
    json.dumps({"long": {"all": [{"any": ["rsi < 3"] * 8}] * 5}, "stop_atr": 2}): "32 at most",
    "long = 3": "a condition is text",
    "x" * 20_000: "16,384 at most",
}


@pytest.mark.parametrize("text", BAD)
def test_what_is_wrong_is_told_in_one_line(text: str) -> None:
    with pytest.raises(NotDeclared, match=BAD[text]):
        declaration(text)


def bars(**columns: list[float | None]) -> list[Any]:
    """A signal a bar, with these indicators."""
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return [signal(n, indicators=row) for n, row in enumerate(rows)]


def words(found: list[Judgment]) -> str:
    """L, S, X for exits, and a point for silence."""
    return "".join({"long": "L", "short": "S", "exit": "X"}.get(each.verdict, ".")
                   for each in found)  # fmt: skip


def test_comparisons_by_hand() -> None:
    rsi: list[float | None] = [50, 29, 30, 28, None, 29, 29]
    table = {
        "rsi < 30": ".L.L.LL",
        "rsi <= 30": ".LLL.LL",
        "rsi < 30 for 2 bars": "......L",
        "rsi crosses below 30": ".L.L...",
        "rsi > before(rsi, 1)": "..L....",
        "rsi < lowest(rsi, 2)": "...L...",
        "rsi > highest(rsi, 2) - 10 %": "...L...",
    }
    for text, expected in table.items():
        assert words(said(seat(long=text, stop_atr=1), bars(rsi=rsi))) == expected, text


def test_the_distance_in_atr() -> None:
    seen = bars(close=[100, 101, 102, 103], ema_slow=[100] * 4, atr=[1, 1, None, 2])
    assert words(said(seat(long="close >= ema_slow + 1 atr", stop_atr=1), seen)) == ".L.L"


def test_entries_exits_and_time() -> None:
    seen = bars(rsi=[25, 40, 75, 80, 20, 50, 50, 50, 90])
    of = seat(long="rsi < 30", short="rsi > 85", leave_long="rsi > 70", stop_atr=1, most_bars=3)
    assert words(said(of, seen)) == "L.XXL..XS"


def test_both_sides_at_once_are_none() -> None:
    seen = bars(rsi=[50, 20])
    assert words(said(seat(long="rsi < 60", short="rsi > 40", stop_atr=1), seen)) == ".L"


def test_stop_and_target_lie_on_their_sides() -> None:
    (long,) = said(seat(long="rsi < 30", stop_atr=2, target_percent=1),
                   bars(close=[100.0], rsi=[20.0], atr=[0.5]))  # fmt: skip
    assert (long.levels.entry, long.levels.stop, long.levels.target) == (
        "100.10",
        "99.00",
        "101.00",
    )


def test_another_declaration_begins_afresh_with_the_side_alone() -> None:
    first = seat(long="rsi < 30", leave_long="rsi > 70", stop_atr=1)
    state = first.initial()
    first.judge(state, Context(BTC, 0, bars(rsi=[20])[0]))
    second = seat(long="rsi < 10", leave_long="rsi > 60 for 2 bars", stop_atr=1)
    later = second.load(json.loads(json.dumps(first.dump(state))))
    assert later.stance is Verdict.LONG
    assert (later.marks, later.of) == ([None, None], second.settings.digest)


def test_the_hash_is_of_what_it_does() -> None:
    one = of_values({"long": "rsi  <30", "stop_atr": 2, "about": "x"})
    assert one.digest == of_values({"long": "rsi < 30.0", "stop_atr": 2.0}).digest
    assert one.digest != of_values({"long": "rsi <= 30", "stop_atr": 2}).digest
    assert of_values(one.declared) == one


def test_names_are_those_that_the_signals_stage_publishes() -> None:
    ticks = Ticks(id="i", cause="c", key=BTC, venue="binance", symbol="BTC/USDT:USDT", seq=0)
    (output,) = Cell.fresh(SignalsStage(SignalSettings()), BTC).take(topics.TICKS, ticks)
    made = output.record
    for room in ("indicators", "micro", "features"):
        assert tuple(getattr(made, room)) == rooms()[room]


def test_it_is_asked_once_a_bar_where_bars_are_all_that_it_reads() -> None:
    assert seat(long="rsi < 30 ", leave_long="buy_score > 2", stop_atr=1).on_bars
    assert not seat(long="rsi < 30", leave_long="features.rsi > 0.5", stop_atr=1).on_bars


def test_the_settings_have_it_as_any_advisor() -> None:
    strategy = {"kind": "declared", "long": "rsi < 30", "stop_atr": 2}
    sections = {"strategies": {"dip": {"advisors": {"low": strategy}}}}
    (built,) = StrategySections.model_validate(sections).build()
    assert built.advisors[0].kind == "declared"
