"""A challenger in shadow: no weight in any weighting, what it foretells told, ready when asked."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from engine.advice.ledger import Ledger
from engine.decisions import DecisionsStage
from engine.stage import Cell
from engine.strategies.catalogue import StrategySections
from engine.strategies.weights import LearntSettings, first_shares, learnt, weights_of
from schemas import names
from schemas.codec import encode
from schemas.decisions import Decision, Forecast, Vote
from tests.unit.learning import HOUR
from tests.unit.test_model_strategy import bar
from tests.unit.test_selection import row, settings, store, take, version
from tests.unit.trading import BTC
from topics.models import store as place
from topics.models.store import Store

assert store
WEIGHTINGS: list[dict[str, Any]] = [
    {"weights": "fixed"},
    {"weights": "learnt", "learnt": {"rate": 5, "mixing": 0.1, "forgetting": 0.1}},
    {"weights": "regime", "regimes": {"weights": {"range": {"model": 3}, "trend": {"model": 2}}}},
]


def panel(store: Store, shadowed: bool, **decided: Any) -> dict[str, Any]:
    """A champion that says up, and beside it, where it is asked for, a challenger: down."""
    known = settings(store).strategies["panel"]
    down = {"kind": "model", **known["advisors"]["model"], "follow": "challenger", "weight": 0,
            "version": store.versions("mine")[1]}  # fmt: skip
    advisors = {**known["advisors"], **({"trial": down} if shadowed else {})}
    return {**known, "advisors": advisors, "outcomes": {"horizon": 1}, **decided}


def cell(store: Store, shadowed: bool, **decided: Any) -> Cell[Any]:
    given_ = {"strategies": {"panel": panel(store, shadowed, **decided)}}
    made = StrategySections.model_validate(given_, context={"models": store.load}).build()
    return Cell.fresh(DecisionsStage(made), BTC)


def fell(one: Cell[Any], n: int) -> Decision:
    """A bar of a market that falls, so that the challenger is right each time."""
    price = 100.0 - n
    quotes = {"bid": (f"{price - 0.1:.2f}", "5"), "ask": (f"{price + 0.1:.2f}", "5")}
    values = {"close": price, "atr": 1.0, "ema_fast": price, "ema_slow": price}
    update = {"seq": n, "key": BTC, "id": str(n), "seen_time": n, "indicators": values, **quotes}
    made = one.take(names.SIGNALS, bar(n, 0.0).signal.model_copy(update=update))
    first = made[0].record
    assert isinstance(first, Decision)
    return first


@pytest.mark.parametrize("decided", WEIGHTINGS, ids=lambda each: each["weights"])
def test_it_has_no_weight_however_right_it_is(store: Store, decided: dict[str, Any]) -> None:
    alone, beside = cell(store, False, **decided), cell(store, True, **decided)
    for n in range(8):
        one, other = fell(alone, n), fell(beside, n)
        assert other.votes[-1].weight == 0
        assert other.votes[:-1] == one.votes
        kept = {"votes", "reads"}
        assert other.model_dump(exclude=kept) == one.model_dump(exclude=kept)
    assert other.votes[-1].verdict == "short"
    if decided["weights"] == "learnt":
        state = beside.snapshot().state["courses"]["panel"]
        assert state["standings"]["trial"]["votes"]["told"]["hits"] > 3
        assert state["shares"]["trial"] == 0


def test_no_regime_may_give_it_one(store: Store) -> None:
    named = {"regimes": {"weights": {"panic": {"trial": 0.1}}}}
    with pytest.raises(ValidationError, match=r"weights\.panic: trial is a challenger"):
        cell(store, True, weights="regime", **named)
    cell(store, True, weights="regime", regimes={"weights": {"panic": {"trial": 0}}})


@given(
    st.lists(st.tuples(*[st.floats(-1, 1)] * 3), max_size=30),
    st.builds(LearntSettings, rate=st.floats(0.01, 10), mixing=st.floats(0, 0.5),
              forgetting=st.floats(0, 0.5), floor=st.floats(0, 1)),
)  # fmt: skip
def test_others_share_as_if_it_were_not_there(
    gains: list[tuple[float, ...]], by: LearntSettings
) -> None:
    first, fewer = first_shares([1.0, 3.0, 0.0]), first_shares([1.0, 3.0])
    shares, without = first, fewer
    for each in gains:
        shares = learnt(shares, first, dict(enumerate(each)), by)
        without = learnt(without, fewer, dict(enumerate(each[:2])), by)
    assert shares == [*without, 0.0]
    assert weights_of(shares, first, 4.0, by)[2] == 0


def test_a_seat_that_becomes_a_challenger_loses_what_it_had_learnt(store: Store) -> None:
    """Its share of before is not carried into the shadow."""
    decided = {**WEIGHTINGS[1], "outcomes": {"horizon": 3}}
    counted = panel(store, True, **decided)
    counted["advisors"]["trial"] |= {"follow": "champion", "weight": 1}
    made = StrategySections.model_validate(
        {"strategies": {"panel": counted}}, context={"models": store.load}
    ).build()
    before = Cell.fresh(DecisionsStage(made), BTC)
    for n in range(4):
        fell(before, n)
    after = Cell.restore(cell(store, True, **decided).stage, before.snapshot())
    assert [fell(after, n).votes[-1].weight for n in (4, 5)] == [0, 0]


# -- what it foretells -----------------------------------------------------------------------------


def test_each_bar_tells_what_it_foretold_also_where_it_says_nothing(store: Store) -> None:
    shy = {"enter": 0.9, "sure": 0.95}
    one = Cell.fresh(DecisionsStage(settings(store, **shy).sections(StrategySections).build()), BTC)
    made = [take(one, n)[0] for n in range(2)]
    told = made[1].votes[0]
    loaded = store.load("mine", store.versions("mine")[0])
    assert told.verdict == "hold"
    assert told.forecast == Forecast(
        model=loaded.digest, up=told.forecast.up if told.forecast else 0, close=100.0,
        bar_time=HOUR, cutoff=1_599_998_400 * 10**9,
    )  # fmt: skip
    assert told.forecast.up == pytest.approx(0.731058578630)
    between = bar(2, 0.0, fresh=False).signal.model_copy(update={"seq": 2, "key": BTC})
    (quiet,) = one.take(names.SIGNALS, between)
    assert b"forecast" not in encode(quiet.record)
    one.take(names.STATE, row(0, version(store, 1)))
    later = take(one, 3)[0].votes[0].forecast
    assert later is not None
    assert later.model == version(store, 1).digest


def test_one_that_does_not_follow_has_the_bytes_that_it_had(store: Store) -> None:
    given_ = settings(store, follow="").sections(StrategySections).build()
    one = Cell.fresh(DecisionsStage(given_), BTC)
    assert all(b"forecast" not in encode(take(one, n)[0]) for n in range(3))


def test_a_version_is_ready_before_the_next_decision_wants_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Cell.fresh(DecisionsStage(settings(store).sections(StrategySections).build()), BTC)
    take(one, 0)
    one.take(names.STATE, row(0, version(store, 1)))
    kept = one.snapshot()
    again = Cell.restore(DecisionsStage(settings(store).sections(StrategySections).build()), kept)
    monkeypatch.setattr(place, "_read", lambda *_: pytest.fail("loaded on a decision's way"))
    for each in (one, again):
        assert take(each, 1)[0].votes[0].verdict == "short"


def test_each_version_taints_by_its_own_cut_off(store: Store) -> None:
    stage = DecisionsStage(settings(store).sections(StrategySections).build())
    found = Ledger(stage.strategies)
    for time, cutoff in ((10, 5), (10, 20), (30, 20), (10, 5)):
        told = Forecast(model="d" * 32, up=0.6, close=1.0, bar_time=time, cutoff=cutoff)
        vote = Vote(advisor="model", verdict="long", confidence=1, weight=1, forecast=told)
        found.take(Decision(
            key=BTC, venue="binance", symbol="BTC/USDT:USDT", strategy="panel", verdict="long",
            seen_time=time, votes=(vote,),
        ))  # fmt: skip
    told_ = found.as_json()["model"]
    assert (told_["heard"], told_["tainted"], told_["unstated"]) == (4, 1, 0)
    assert told_["cutoff"] == 20
