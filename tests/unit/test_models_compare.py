"""`tapeline models compare`, and promotions by proof."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

from engine.decisions import DecisionsStage
from engine.stage import Cell
from engine.strategies.catalogue import StrategySections
from gateway.models import compare, proven
from gateway.models.match import Match, of_records
from schemas import names
from schemas.decisions import Decision
from tests.unit.learning import HOUR, START, form, head, tree, write_candles
from tests.unit.small_desk import Topics
from tests.unit.test_cli_control import clean, said
from tests.unit.test_model_strategy import bar
from tests.unit.test_selection import settings
from tests.unit.trading import BTC
from topics.models.history import History
from topics.models.store import Store

assert clean
FIRST = START // 3600
"""Hours since 1970 at which the models' knowledge ends."""


def leaning(way: float, **changed: Any) -> bytes:
    """A model that goes with the last return, or, at a way of -1, against it."""
    trees = tree(value=[0.0, -0.4 * way, 0.4 * way])
    return orjson.dumps(form(heads={"direction": head(trees=trees)}, **changed))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """0001 goes with the market, 0002 against it; the market of the tests turns back."""
    store = Store(tmp_path)
    store.save("mine", leaning(1.0), {})
    store.save("mine", leaning(-1.0), {})
    return store


@pytest.fixture
def candles(tmp_path: Path) -> Path:
    return write_candles(tmp_path / "one_1h.csv.gz", 400)


def told(*given: str) -> dict[str, Any]:
    out = said("models", "compare", *given, "--json").output
    found: dict[str, Any] = json.loads(out.splitlines()[-1])
    return found


def test_who_knows_the_market_is_better_on_candles(store: Store, candles: Path) -> None:
    one, two = (f"mine@{each}" for each in store.versions("mine"))
    found = told(one, two, "--data", str(candles))
    assert found["verdict"] == "better"
    assert found["figures"]["log_loss"]["by"]["low"] > 0
    assert (
        found["figures"]["hit_rate"]["challenger"] > 0.5 > found["figures"]["hit_rate"]["champion"]
    )
    assert (found["markets"], found["left_out"]) == (1, 0)
    assert 300 < found["outcomes"] < 400
    back = told(two, one, "--data", str(candles), "--data", str(candles))
    assert (back["verdict"], back["markets"]) == ("worse", 2)
    words = said("models", "compare", one, two, "--data", str(candles)).output
    assert "is better than mine 0001" in words
    assert "challenger" in words


def test_no_bar_counts_that_one_of_them_may_know(store: Store, candles: Path) -> None:
    middle = store.save("mine", leaning(-1.0, cutoff=(FIRST + 200) * HOUR), {})
    late = store.save("mine", leaning(-1.0, cutoff=(FIRST + 900) * HOUR), {})
    one = f"mine@{store.versions('mine')[0]}"
    found = told(one, f"mine@{middle.version}", "--data", str(candles))
    assert found["left_out"] > 100
    assert found["outcomes"] < 200
    assert found["from"] > "2020-09-21T20"
    late_one = ("models", "compare", one, f"mine@{late.version}", "--data", str(candles))
    assert "up to which one has learnt" in said(*late_one, code=1).output


def test_what_foretells_something_else_is_compared_by_what_it_earns(
    store: Store, candles: Path
) -> None:
    other = store.save("mine", leaning(-1.0, horizon=3), {})
    one = f"mine@{store.versions('mine')[0]}"
    found = told(one, f"mine@{other.version}", "--data", str(candles))
    assert set(found["figures"]) == {"net_bps"}
    barriers = [store.save("mine", leaning(way, target="barrier"), {}) for way in (1.0, -1.0)]
    found = told(*(f"mine@{each.version}" for each in barriers), "--data", str(candles))
    assert set(found["figures"]) > {"net_bps", "log_loss"}


def test_wrong_questions_are_told(store: Store, candles: Path) -> None:
    one, two = (f"mine@{each}" for each in store.versions("mine"))
    day = store.save("mine", leaning(1.0, interval=24 * HOUR), {})
    for given, why in (
        ((one, two), "one of the two"),
        ((one, one, "--data", str(candles)), "are the same model"),
        ((one, f"mine@{day.version}", "--data", str(candles)), "they share no bar"),
        ((one, "mine@0009-00000000", "--data", str(candles)), "there is no model"),
    ):
        assert why in said("models", "compare", *given, code=1).output


# -- recorded --------------------------------------------------------------------------------------


def recorded(store: Store, count: int, weight: float = 0) -> Topics:
    """Decisions of a desk whose champion is 0001 and whose challenger is 0002."""
    known = settings(store).strategies["panel"]
    model = {**known["advisors"]["model"], "horizon": 1}
    role = "champion" if weight else "challenger"
    trial = {**model, "kind": "model", "version": store.versions("mine")[1], "weight": weight,
             "follow": role}  # fmt: skip
    panel = {**known, "advisors": {"model": model, "trial": trial}}
    made = StrategySections.model_validate(
        {"strategies": {"panel": panel}}, context={"models": store.load}
    ).build()
    cell, found, price = Cell.fresh(DecisionsStage(made), BTC), Topics(), 100.0
    for n in range(count):
        way = 1 if n % 4 < 2 else -1  # two up, two down: what was up is down two bars later
        price += way
        one = bar(FIRST + 1 + n, float(way)).signal
        prices = [float(price - way), float(max(price, price - way)),
                  float(min(price, price - way)), float(price)]  # fmt: skip
        update = {"seq": n, "key": BTC, "id": str(n), "seen_time": n,
                  "bar": tuple(map(str, prices)),
                  "indicators": {**one.indicators, "close": price}}  # fmt: skip
        for each in cell.take(names.SIGNALS, one.model_copy(update=update)):
            found.put(each.topic, each.record)
    return found


def match(store: Store) -> Match:
    one, two = (store.load("mine", each) for each in store.versions("mine"))
    return Match(one, two)


def test_a_desks_decisions_alone_tell_what_came(store: Store) -> None:
    rows = recorded(store, 60)
    of = match(store)
    found = of.judged(of_records(of, rows), "recorded")
    assert (found.markets, found.outcomes) == (1, 58)
    hits = found.figures["hit_rate"]
    assert hits.challenger == pytest.approx(1 - hits.champion)
    assert hits.challenger > 0.5
    swapped = Match(of.challenger, of.champion)
    other = swapped.judged(of_records(swapped, rows), "recorded")
    assert other.figures["log_loss"].champion == found.figures["log_loss"].challenger
    (first, *_) = (one for _, one in rows.rows if isinstance(one, Decision) and one.votes)
    digests = {vote.forecast.model for vote in first.votes if vote.forecast}
    assert digests == {of.champion.digest, of.challenger.digest}


def test_what_came_of_barriers_is_in_the_record_too(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for way in (1.0, -1.0):
        store.save("mine", leaning(way, target="barrier", barrier=0.5, horizon=3), {})
    of = match(store)
    found = of.judged(of_records(of, recorded(store, 60)), "recorded")
    assert (found.markets, found.outcomes) == (1, 59), "an ATR of 1.5, steps of 1: met at once"
    hits = found.figures["hit_rate"]
    assert (hits.champion, hits.challenger) == pytest.approx((30 / 59, 29 / 59))


# -- promote = "proven" ----------------------------------------------------------------------------


@pytest.fixture
def rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAPELINE_REGISTRY", '{"promote": "proven", "outcomes": 50}')
    monkeypatch.setenv("BROKER_URL", "")


def archived(monkeypatch: pytest.MonkeyPatch, rows: Topics) -> tuple[str, ...]:
    @contextmanager
    def source(known: Any, *_: Any) -> Iterator[tuple[Any, Topics]]:
        yield known, rows

    for place in (compare, proven):
        monkeypatch.setattr(place, "sources", source)
    return "--archive", "anywhere"


def promoted(store: Store, version: str, *given: str, code: int = 0) -> str:
    return said("models", "promote", "mine", version, *given, code=code).output


def test_a_promotion_without_proof_is_refused_and_names_what_is_missing(
    store: Store, rules: None, candles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = store.versions("mine")
    store.promote(store.load("mine", one))
    bare = promoted(store, two, code=1)
    assert "compared with nothing" in bare
    assert "0 of 50 outcomes in shadow" in bare
    untried = promoted(store, two, "--data", str(candles), code=1)
    assert "compared" not in untried
    assert f"tapeline models shadow mine {two}" in untried
    few = archived(monkeypatch, recorded(store, 40))
    assert "38 of 50" in promoted(store, two, "--data", str(candles), *few, code=1)
    counted = archived(monkeypatch, recorded(store, 60, weight=1))
    assert "0 of 50" in promoted(store, two, "--data", str(candles), *counted, code=1)
    assert store.promoted("mine") == one
    assert History(store.folder / "mine").entries() == []


def test_one_that_is_better_and_was_tried_is_promoted_with_its_proof(
    store: Store, rules: None, candles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = store.versions("mine")
    store.promote(store.load("mine", one))
    place = archived(monkeypatch, recorded(store, 60))
    promoted(store, two, "--data", str(candles), *place)
    assert store.promoted("mine") == two
    (entry,) = History(store.folder / "mine").entries()
    assert "is better than" in entry.proof
    assert "58 outcomes in shadow" in entry.proof
    worse = promoted(store, one, "--data", str(candles), *place, code=1)
    assert "is worse than" in worse
    said("models", "rollback", "mine")
    assert store.promoted("mine") == one, "a roll back needs no proof"


def test_a_persons_word_is_enough_by_default(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROKER_URL", "")
    one, two = store.versions("mine")
    promoted(store, one)
    promoted(store, two)
    assert {each.proof for each in History(store.folder / "mine").entries()} == {""}
