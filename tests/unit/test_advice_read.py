"""Advice as an input of decisions: none of a later time, told in reads, silent when it must be."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from engine.decisions import DecisionsRerun, DecisionsStage
from engine.stage import Cell
from engine.strategies.catalogue import StrategySections
from schemas import names
from schemas.advice import Advice, AdviceFault
from schemas.codec import encode
from schemas.decisions import Decision, Verdict
from schemas.signals import Action
from schemas.system import SystemEvent
from tests.recorded import long
from tests.unit.advising import MINUTE, advice, fresh, heard, opinion, panel, seat, take
from tests.unit.advising import told as events
from tests.unit.judging import reborn, signal
from tests.unit.trading import BTC, ETH, SECOND


def read(decision: Decision) -> int | None:
    """The newest row of ai.advice that a decision tells it had newly read."""
    return next((each.seq for each in decision.reads if each.topic == names.ADVICE), None)


def test_advice_counts_from_its_own_time_until_it_expires() -> None:
    cell = fresh(panel(seat(), quorum=0.4))
    cell.take(names.ADVICE, advice(0, 2 * SECOND))
    said = [heard(cell, n) for n in (1, 2, 61, 62)]
    assert [read(each) for each in said] == [None, 0, None, None]
    assert [each.verdict for each in said] == ["hold", "long", "long", "hold"]
    assert said[1].newest is not None
    assert (said[1].confidence, said[1].newest.topic) == (0.8, names.SIGNALS)


def test_the_vote_tells_levels_reasons_and_age() -> None:
    cell = fresh(panel(seat(), quorum=0.4, prices="votes"))
    cell.take(names.ADVICE, advice(0, 2 * SECOND))
    heard(cell, 2)
    one = heard(cell, 7)
    vote = one.votes[1]
    assert (vote.advisor, vote.verdict, vote.confidence) == ("judge", "long", 0.8)
    assert "judge said long 5 s ago, which holds 55 s more" in vote.reasons
    assert "why" in vote.reasons
    assert (one.entry, one.stop, one.target) == ("100.10", "98.50", "104.00")


def test_it_speaks_at_once_and_then_at_bars() -> None:
    cell = fresh(panel(seat(), quorum=0.4))
    cell.take(names.ADVICE, advice(0, SECOND))
    bars = [(1, False), (2, False), (3, True), (4, False)]
    assert [heard(cell, n, fresh=bar).verdict for n, bar in bars] == [
        "long",
        "hold",
        "long",
        "hold",
    ]
    cell.take(names.ADVICE, advice(1, 5 * SECOND, verdict=Verdict.EXIT, stop=None, target=None))
    assert [heard(cell, n, fresh=False).verdict for n in (5, 6)] == ["exit", "hold"]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"void": AdviceFault.NOT_JSON, "verdict": Verdict.HOLD}, "its answer is void, not_json"),
        ({"expires": SECOND}, "its last word has expired"),
        ({"advisor": "another"}, "it has said nothing yet"),
    ],
)
def test_void_expired_and_others_advice_is_silence_and_told(fields: Any, why: str) -> None:
    cell = fresh(panel(seat()))
    cell.take(names.ADVICE, advice(0, SECOND, **fields))
    one, (event,) = take(cell, signal(1))
    assert one.votes[1].confidence == 0
    assert one.votes[1].reasons == ("no advice of judge",)
    assert (event.kind, event.facts["state"], event.facts["why"]) == ("fallback", "silent", why)


def test_below_the_minimum_it_abstains_and_counts_for_the_quorum() -> None:
    cell = fresh(panel(seat(minimum_confidence=0.9), quorum=0.6))
    cell.take(names.ADVICE, advice(0, SECOND))
    one, events = take(cell, signal(1, Action.BUY))
    assert (one.verdict, one.votes[1].confidence, events) == ("hold", 0, [])


@pytest.mark.parametrize(("fall_back", "verdict"), [(True, "long"), (False, "hold")])
def test_rules_carry_a_strategy_whose_advisors_are_silent(fall_back: bool, verdict: str) -> None:
    """With seats of weight 4 and a quorum of a half, rules alone are too light but for that."""
    two = (seat("judge", weight=2), seat("other", weight=2))
    cell = fresh(panel(*two, quorum=0.5, fall_back=fall_back))
    one, events = take(cell, signal(1, Action.BUY))
    assert (one.verdict, [each.weight for each in one.votes]) == (verdict, [1, 2, 2])
    assert {each.facts["advisor"] for each in events} == {"judge", "other"}


def test_one_that_speaks_is_not_overruled_by_a_fall_back() -> None:
    cell = fresh(panel(seat(weight=2), quorum=0.5))
    cell.take(names.ADVICE, advice(0, SECOND, verdict=Verdict.SHORT, stop="102", target="97"))
    assert heard(cell, 1, Action.BUY).verdict == "short"
    assert heard(cell, 62, Action.BUY).verdict == "long"


def test_silence_is_told_once_and_so_is_the_voice_that_is_back() -> None:
    cell = fresh()
    told = []
    for n in range(1, 70):
        if n == 3:
            cell.take(names.ADVICE, advice(0, 3 * SECOND))
        cell = reborn(cell)
        told += [(n, each.severity, each.facts["state"]) for each in events(cell, n)]
    assert told == [(1, "warning", "silent"), (3, "info", "back"), (63, "warning", "silent")]


def test_an_event_names_market_and_strategies_and_is_of_the_cell_s_own_key() -> None:
    _, event = fresh().take(names.SIGNALS, signal(1))
    assert (event.topic, event.key, event.record.seq) == (names.EVENTS, f"decisions:{BTC}", 0)
    assert event.record.cause == "s1"
    assert isinstance(event.record, SystemEvent)
    said = "advisor judge: it has said nothing yet; strategy panel goes on without it"
    assert event.record.text == f"{BTC}: {said}"


def test_an_entry_waits_for_its_price_and_is_over_once_its_stop_was_met() -> None:
    quotes: dict[str, Any] = {"bid": ("100.90", "5"), "ask": ("101.10", "5")}
    low: dict[str, Any] = {"bid": ("98.50", "5"), "ask": ("98.70", "5")}
    cell = fresh(panel(seat(), quorum=0.4))
    cell.take(names.ADVICE, advice(0, SECOND, entry="100.10"))
    said = [heard(cell, 1, **quotes), heard(cell, 2, fresh=False), heard(cell, 3, **low)]
    said.append(heard(cell, 4))
    assert [each.verdict for each in said] == ["hold", "long", "hold", "hold"]


def test_advisors_of_one_market_are_heard_beside_each_other() -> None:
    cell = fresh(panel(seat("judge"), seat("other"), quorum=0.6))
    cell.take(names.ADVICE, advice(0, SECOND, "judge"))
    cell.take(names.ADVICE, advice(1, 2 * SECOND, "other"))
    one = heard(reborn(cell), 2)
    assert one.verdict == "long"
    assert [vote.confidence for vote in one.votes] == [0, 0.8, 0.8]


def test_how_it_came_to_be_said_is_not_kept_in_snapshots() -> None:
    row = advice(0, SECOND).model_copy(update={"briefing": "a long one"})
    cell = fresh()
    cell.take(names.ADVICE, row)
    heard(cell, 1)
    assert b"a long one" not in encode(cell.snapshot())
    assert row.briefing == "a long one"


def test_late_doubled_and_disordered_records_change_nothing_that_is_past() -> None:
    """One of a time before what was read counts from when it comes; older sequences never do."""
    cell = fresh(panel(seat(), quorum=0.4))
    cell.take(names.ADVICE, advice(5, 10 * SECOND))
    assert heard(cell, 10).verdict == "long"
    cell.take(names.ADVICE, advice(5, 10 * SECOND, verdict=Verdict.SHORT, stop="102"))
    cell.take(names.ADVICE, advice(4, 9 * SECOND, verdict=Verdict.SHORT, stop="102"))
    one = heard(cell, 11)
    assert (one.verdict, read(one)) == ("long", None)
    cell.take(names.ADVICE, advice(6, 2 * SECOND, verdict=Verdict.EXIT, expires=90 * SECOND))
    one = heard(cell, 12)
    assert (one.verdict, read(one)) == ("exit", 6)
    assert "judge said exit 10 s ago, which holds 78 s more" in one.votes[1].reasons


def test_markets_that_ask_for_none_are_byte_for_byte_what_they_were() -> None:
    plain = panel(markets=("*",))
    cells = fresh(plain, key=ETH), fresh(plain, panel(seat()), key=ETH)
    for n in range(9):
        ours, theirs = (
            [encode(each.record) for each in cell.take(names.SIGNALS, signal(n, Action.BUY, ETH))]
            for cell in cells
        )
        assert ours == theirs
        assert b'"reads"' not in ours[0]
    assert cells[1].stage.cells_of(names.ADVICE, ETH) == ()
    assert encode(cells[0].snapshot()) == encode(cells[1].snapshot())


def test_settings_make_a_panel_of_whole_markets() -> None:
    given_: dict[str, Any] = {"kind": "advised", "advisor": "judge"}
    one = {"markets": [BTC], "advisors": {"rule": {}, "llm": given_}, "fall_back": False}
    (made,) = StrategySections.model_validate({"strategies": {"panel": one}}).build()
    assert (made.advice(BTC), made.settings.fall_back) == (("judge",), False)
    assert DecisionsStage((made,)).readers == (BTC,)
    one["markets"] = ["BTC/*"]
    with pytest.raises(ValidationError, match=r"llm reads advice: BTC/\* must be a market as"):
        StrategySections.model_validate({"strategies": {"panel": one}})


@pytest.mark.parametrize(
    "wrong",
    [{"stop": "0"}, {"stop": "-1"}, {"stop": "nan"}, {"target": "1e9"}, {"entry": "x"},
     {"confidence": 1.1}, {"confidence": float("nan")}, {"verdict": "refused"}],
)  # fmt: skip
def test_an_opinion_that_no_code_can_have_bounded_is_no_record(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        opinion(0, **wrong)


Life = list[tuple[str, int, int]]


def lives() -> st.SearchStrategy[Life]:
    """Advice (its sequence step, and time before or after now), signals, and restarts."""
    row = st.tuples(st.just("advice"), st.integers(-1, 2), st.integers(-30, 30))
    step = st.tuples(st.just("signal"), st.just(0), st.integers(0, 20))
    cut = st.tuples(st.just("restart"), st.just(0), st.just(0))
    return st.lists(st.one_of(row, step, cut), min_size=5, max_size=40)


def rows_of(life: Life) -> list[Any]:
    """The records of a life, with None for a restart."""
    found: list[Any] = []
    seq, at, now = 0, 0, 0
    sides = (Verdict.LONG, Verdict.SHORT, Verdict.EXIT)
    for what, step, time in life:
        if what == "advice":
            seq = max(0, seq + step)
            when, side = max(0, now + time), sides[seq % 3]
            low, high = ("98.5", "104") if side is Verdict.LONG else ("104", "98.5")
            said = advice(seq, when * SECOND, f"judge{seq % 2}", verdict=side, stop=low,
                          target=high, expires=when * SECOND + MINUTE // 3)  # fmt: skip
            found.append(said)
        elif what == "signal":
            now += time
            found.append(signal(at, Action.BUY if at % 3 else Action.HOLD, seen_time=now * SECOND))
            at += 1
        else:
            found.append(None)
    return found


def two_seats() -> Cell[Any]:
    return fresh(panel(seat("judge0"), seat("judge1"), quorum=0.4))


def lived(rows: list[Any], restarts: bool) -> tuple[list[Any], Cell[Any]]:
    cell, made = two_seats(), []
    for row in rows:
        if row is None:
            cell = reborn(cell) if restarts else cell
            continue
        topic = names.ADVICE if isinstance(row, Advice) else names.SIGNALS
        made += [each.record for each in cell.take(topic, row)]
    return made, cell


@settings(max_examples=long(60, 20), deadline=None)
@given(lives())
def test_restarts_change_no_byte_and_no_decision_looks_ahead(life: Life) -> None:
    rows = rows_of(life)
    (one, cell), (other, again) = lived(rows, restarts=False), lived(rows, restarts=True)
    assert [encode(each) for each in one] == [encode(each) for each in other]
    assert encode(cell.snapshot()) == encode(again.snapshot())
    times: dict[int, int] = {}
    for row in rows:
        if isinstance(row, Advice):
            times.setdefault(row.seq, row.seen_time)
    for each in one:
        if isinstance(each, Decision) and (seq := read(each)) is not None:
            assert times[seq] <= each.seen_time


@settings(max_examples=40, deadline=None)
@given(lives(), st.integers(0, 40), st.randoms(use_true_random=False))
def test_what_was_published_comes_out_again_in_whatever_order_it_is_read(
    life: Life, cut: int, chance: Any
) -> None:
    """After kill -9: from a snapshot at `cut`, with the advice ahead of or behind the signals."""
    rows = [row for row in rows_of(life) if row is not None]
    cell, script = two_seats(), []
    kept = cell.snapshot()
    for n, row in enumerate(rows):
        if n == cut:
            kept = cell.snapshot()
        topic = names.ADVICE if isinstance(row, Advice) else names.SIGNALS
        made = [each.record for each in cell.take(topic, row)]
        script += [each for each in made if isinstance(each, Decision)]
    rerun = DecisionsRerun(Cell.restore(cell.stage, kept), script)
    topics = {side: [row for row in rows if isinstance(row, Advice) == side] for side in (0, 1)}
    while any(topics.values()):
        side = chance.choice([each for each, left in topics.items() if left])
        rerun.take(names.ADVICE if side else names.SIGNALS, topics[side].pop(0))
    assert rerun.done
    assert rerun.cell.made.get(names.DECISIONS) == cell.made.get(names.DECISIONS)
    assert rerun.cell.snapshot() == cell.snapshot()
