"""What came of votes: outcomes, learnt and regime weights, and advisors that are muted."""

from __future__ import annotations

import json
from dataclasses import dataclass
from math import fsum, log
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.decisions import DecisionsStage
from engine.stage import Cell
from engine.strategies import SIDES, Context, Judge, Judgment, OutlookSettings, Stance, Verdict
from engine.strategies.ensemble import DecisionSettings
from engine.strategies.limits import LossLimit
from engine.strategies.strategy import Strategy
from engine.strategies.weights import LearntSettings, first_shares, learnt, weights_of
from schemas import names
from schemas.codec import encode
from schemas.decisions import Decision, Vote
from schemas.signals import Signal
from schemas.system import SystemEvent
from schemas.ticks import BookState
from tests.unit.judging import reborn, signal
from tests.unit.trading import BTC, SECOND


class Told(Judge[OutlookSettings, Stance]):
    """Says what the signal's features have under its name: a way, or 9 for EXIT."""

    kind = "told"

    def opinion(self, state: Stance, context: Context) -> Judgment | None:
        way = context.signal.features.get(self.name)
        if not way:
            return None
        return self.leave() if way == 9 else self.enter(state, context, SIDES[int(way)], 0.5)


def stage(limits: dict[str, LossLimit] | None = None, **decided: Any) -> DecisionsStage:
    advisors = tuple(Told(OutlookSettings(weight=w), n) for n, w in (("a", 1.0), ("b", 3.0)))
    given = DecisionSettings(**{"outcomes": {"horizon": 2, "fee_bps": 5}, **decided})
    return DecisionsStage((Strategy("main", advisors, given, limits=limits or {}),))


@dataclass
class Play:
    """A cell, and what it made of signals one after the other."""

    cell: Cell[Any]
    seq: int = 0

    def go(self, mid: float, fresh: bool = True, now: int = -1, **ways: float) -> Decision:
        """One signal with quotes 0.1 about a mid, and what the advisors say on it."""
        made = self.made(mid, fresh, now, **ways)
        return next(each for each in made if isinstance(each, Decision))

    def made(self, mid: float, fresh: bool = True, now: int = -1, **ways: float) -> list[Any]:
        given = at(self.seq, mid, fresh, now, ways)
        self.seq += 1
        return [output.record for output in self.cell.take(names.SIGNALS, given)]

    def told(self, name: str = "a") -> dict[str, Any]:
        """What came of an advisor's votes, as the snapshot has it."""
        fared = self.cell.snapshot().state["courses"]["main"]["standings"][name]
        told: dict[str, Any] = fared["votes"]["told"]
        return told


def at(seq: int, mid: float, fresh: bool, now: int, ways: dict[str, Any]) -> Signal:
    fields: dict[str, Any] = {"features": ways, "fresh": fresh}
    if now >= 0:
        fields["seen_time"] = now
    if mid:
        fields |= {"bid": (f"{mid - 0.1:.2f}", "5"), "ask": (f"{mid + 0.1:.2f}", "5")}
    else:
        fields |= {"book": BookState.STALE}
    return signal(seq, indicators={"atr": 1.0, "close": mid}, **fields)


def play(limits: dict[str, LossLimit] | None = None, **decided: Any) -> Play:
    return Play(Cell.fresh(stage(limits, **decided), BTC))


LEARNT: dict[str, Any] = {"weights": "learnt", "learnt": {"floor": 0.0, "mixing": 0.0, "rate": 1.0}}


# -- outcomes --------------------------------------------------------------------------------------


def test_an_outcome_pays_spread_and_fees_and_is_known_after_its_horizon() -> None:
    """In at 100.1, out two bars later at 101.9: 179.8 bps less 2 times 5."""
    one = play(**LEARNT)
    one.go(100, a=1)
    one.go(101)
    assert one.told()["count"] == 0
    one.go(102)
    told = one.told()
    assert (told["count"], told["hits"]) == (1, 1)
    assert told["net"] == pytest.approx(1e4 * (101.9 / 100.1 - 1) - 10, rel=1e-11)
    assert told["log_loss"] == pytest.approx(-log(0.75))
    assert told["brier"] == pytest.approx(0.0625)


def test_a_short_s_outcome_goes_the_other_way() -> None:
    one = play(**LEARNT)
    for mid, way in ((100, -1), (101, 0), (102, 0)):
        one.go(mid, a=way)
    told = one.told()
    assert told["net"] == pytest.approx(-1e4 * (102.1 / 99.9 - 1) - 10, rel=1e-11)
    assert (told["hits"], told["log_loss"]) == (0, pytest.approx(-log(0.25)))


@pytest.mark.parametrize("turned", [-1, 9])
def test_it_ends_early_where_the_advisor_turns_also_between_bars(turned: int) -> None:
    one = play(**LEARNT)
    one.go(100, a=1)
    one.go(101, fresh=False, a=turned)
    assert one.told()["net"] == pytest.approx(1e4 * (100.9 / 100.1 - 1) - 10, rel=1e-11)


def test_records_without_a_new_bar_do_not_age_it_and_the_same_word_opens_no_second_one() -> None:
    one = play(**LEARNT)
    one.go(100, a=1)
    for mid in (150, 160, 170):
        one.go(mid, fresh=False, a=1)
    one.go(101, a=1)
    one.go(102)
    assert one.told()["count"] == 1
    assert one.told()["net"] == pytest.approx(1e4 * (101.9 / 100.1 - 1) - 10, rel=1e-11)


def test_on_a_book_that_is_not_whole_nothing_begins_and_nothing_ends() -> None:
    one = play(**LEARNT)
    one.go(0, a=1)
    for mid in (100, 101, 102):
        one.go(mid)
    assert one.told()["count"] == 0
    for mid, way in ((100, 1), (101, 0), (0, 0), (0, 0)):
        one.go(mid, a=way)
    assert one.told()["count"] == 0
    one.go(104)
    assert one.told()["net"] == pytest.approx(1e4 * (103.9 / 100.1 - 1) - 10, rel=1e-11)


WAYS = st.sampled_from([0, 0, 1, -1, 9])
ROWS = st.lists(
    st.tuples(st.sampled_from([0.0, 90.0, 99.0, 100.0, 101.5]), st.booleans(), WAYS, WAYS),
    min_size=1, max_size=40,
)  # fmt: skip
KINDS_OF = st.sampled_from(
    [
        LEARNT,
        {"weights": "learnt", "learnt": {"forgetting": 0.1}},
        {"weights": "regime", "regimes": {"weights": {"range": {"a": 5}}, "memory": 2}},
    ]
)
LIMITS = {"b": LossLimit(bps=20, hours=0.01, mute_hours=0.002)}


def bytes_of(one: Play, rows: list[tuple[float, bool, int, int]], cut: int = -1) -> list[bytes]:
    found = []
    for n, (mid, fresh, a, b) in enumerate(rows):
        if n == cut:
            one.cell = reborn(one.cell)
        found += [encode(each) for each in one.made(mid, fresh, a=a, b=b)]
    return [*found, encode(one.cell.snapshot())]


@given(ROWS, KINDS_OF, st.data())
def test_a_restart_at_any_point_changes_no_byte(
    rows: list[tuple[float, bool, int, int]], decided: dict[str, Any], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(rows) - 1))
    one, other = (play(LIMITS, **decided) for _ in range(2))
    assert bytes_of(one, rows, cut) == bytes_of(other, rows)


@given(ROWS, KINDS_OF, st.data())
def test_no_weight_rests_on_what_comes_later(
    rows: list[tuple[float, bool, int, int]], decided: dict[str, Any], data: st.DataObject
) -> None:
    at_ = data.draw(st.integers(1, len(rows)))
    other = rows[:at_] + [(200.0, True, b, a) for _, _, a, b in rows]
    one, two = play(LIMITS, **decided), play(LIMITS, **decided)
    first = [encode(one.go(mid, fresh, a=a, b=b)) for mid, fresh, a, b in rows[:at_]]
    second = [encode(two.go(mid, fresh, a=a, b=b)) for mid, fresh, a, b in other]
    assert first == second[:at_]


@given(ROWS)
def test_the_state_is_bounded(rows: list[tuple[float, bool, int, int]]) -> None:
    one = play(LIMITS, **LEARNT)
    for _ in range(3):
        bytes_of(one, rows)
    assert len(json.dumps(one.cell.snapshot().state["courses"])) < 4000


# -- weights ---------------------------------------------------------------------------------------


def votes(made: Decision) -> list[tuple[str, float]]:
    return [(vote.advisor, vote.weight) for vote in made.votes]


def test_with_fixed_weights_and_no_limit_no_byte_is_another() -> None:
    plain = play(weights="fixed")
    made = plain.go(100, a=1, b=-1)
    assert votes(made) == [("a", 1.0), ("b", 3.0)]
    assert set(plain.cell.snapshot().state) == {"key", "strategies", "owed"}
    assert all("weight" not in reason for vote in made.votes for reason in vote.reasons)


def test_who_loses_weighs_less_and_each_vote_says_what_and_why() -> None:
    one = play(**LEARNT)
    first = one.go(100, a=1, b=-1)
    assert (votes(first), first.verdict) == ([("a", 1.0), ("b", 3.0)], Verdict.SHORT)
    seen = [one.go(100 + 2 * n, a=1, b=-1) for n in range(1, 9)]
    last = seen[-1]
    assert last.verdict is Verdict.LONG, "a has been right all the way, b wrong"
    assert last.votes[0].weight > 3.5 > 0.5 > last.votes[1].weight
    assert fsum(vote.weight for vote in last.votes) == pytest.approx(4)
    assert last.votes[0].reasons[-1].startswith(f"weight {last.votes[0].weight:.4g} of 1 by 4 out")
    silent = one.go(120, fresh=False)
    assert [vote.weight for vote in silent.votes] != [1.0, 3.0]
    assert silent.votes[0].reasons == ()


def test_the_floor_keeps_a_part_of_what_was_set() -> None:
    one = play(weights="learnt", learnt={"floor": 0.5, "mixing": 0.0, "rate": 10.0})
    for n in range(20):
        last = one.go(100 + 2 * n, a=1, b=-1)
    assert last.votes[1].weight == pytest.approx(1.5, rel=1e-6)


GAINS = st.lists(st.lists(st.floats(-1, 1), min_size=3, max_size=3), min_size=1, max_size=50)
SET = st.lists(st.floats(0.1, 10), min_size=3, max_size=3)


def gained(rows: list[list[float]], first: list[float], by: LearntSettings) -> float:
    """The sum of share times gain, each by the shares of before it."""
    shares, total = list(first), 0.0
    for row in rows:
        total += fsum(share * gain for share, gain in zip(shares, row, strict=True))
        shares = learnt(shares, first, dict(enumerate(row)), by)
    return total


@given(GAINS, SET, st.floats(0.01, 2))
def test_the_regret_bound_of_hedge(rows: list[list[float]], set_: list[float], rate: float) -> None:
    """Cesa-Bianchi & Lugosi, theorem 2.2, of gains from -1 to 1 and unlike first shares."""
    first = first_shares(set_)
    total = gained(rows, first, LearntSettings(rate=rate, mixing=0, floor=0))
    slack = rate * len(rows) / 2
    for place, share in enumerate(first):
        best = fsum(row[place] for row in rows)
        assert total >= best - log(1 / share) / rate - slack - 1e-9


TURNED = [[1.0, -1.0, 0.0]] * 60 + [[-1.0, 1.0, 0.0]] * 60


@given(GAINS, st.floats(0.01, 2), st.floats(0.001, 0.5), st.integers(0, 50))
@example(TURNED, 0.3, 0.02, 60)
def test_the_tracking_bound_of_fixed_share(
    rows: list[list[float]], rate: float, mixing: float, switch: int
) -> None:
    """Cesa-Bianchi & Lugosi, corollary 5.1: against the best sequence with one switch."""
    count = len(rows)
    total = gained(rows, [1 / 3] * 3, LearntSettings(rate=rate, mixing=mixing, floor=0))
    parts = [rows[:switch], rows[switch:]]
    best = fsum(max(fsum(row[p] for row in part) for p in range(3)) for part in parts if part)
    switches = sum(map(bool, parts)) - 1
    paid = (switches + 1) * log(3) - switches * log(mixing)
    paid -= (count - switches - 1) * log(1 - mixing)
    assert total >= best - paid / rate - rate * count / 2 - 1e-9


@given(GAINS, SET, st.floats(0.01, 10), st.floats(0, 0.9), st.floats(0, 0.9), st.floats(0, 1))
def test_shares_are_shares_and_weights_keep_their_sum_and_floor(
    rows: list[list[float]],
    set_: list[float],
    rate: float,
    mixing: float,
    forgetting: float,
    floor: float,
) -> None:
    by = LearntSettings(rate=rate, mixing=mixing, forgetting=forgetting, floor=floor)
    shares = first = first_shares(set_)
    for row in rows:
        shares = learnt(shares, first, {n: gain for n, gain in enumerate(row) if gain}, by)
        assert fsum(shares) == pytest.approx(1)
        weights = weights_of(shares, first, fsum(set_), by)
        assert fsum(weights) == pytest.approx(fsum(set_))
        assert all(w >= floor * s * (1 - 1e-9) for w, s in zip(weights, set_, strict=True))


def test_forgetting_goes_back_to_what_was_set() -> None:
    by = LearntSettings(rate=1, mixing=0, forgetting=0.2)
    first = [0.25, 0.75]
    shares = learnt(first, first, {0: 1.0}, by)
    assert shares[0] > 0.4
    for _ in range(60):
        shares = learnt(shares, first, {}, by)
    assert shares == pytest.approx(first, rel=1e-4)


REGIMES: dict[str, Any] = {
    "weights": "regime",
    "regimes": {"weights": {"trend": {"a": 9}, "panic": {"a": 0, "b": 0.5}}, "memory": 4},
}


def market(seq: int, atr: float, gap: float) -> Signal:
    values: dict[str, float | None] = {
        "close": 100.0, "atr": atr, "ema_fast": 100 + gap, "ema_slow": 100.0,
    }  # fmt: skip
    return signal(seq, indicators=values, features={"a": 1, "b": 1})


def test_weights_by_regime() -> None:
    one = Cell.fresh(stage(**REGIMES), BTC)
    rows = [(1, 0.5), (1, 1), (1, -1.5), (1, 0), (2.5, 5), (1.4, 0), (0, 0)]
    made = [one.take(names.SIGNALS, market(n, *row))[0].record for n, row in enumerate(rows)]
    told = [[vote.weight for vote in each.votes] for each in made if isinstance(each, Decision)]
    trend, panic, range_ = [9, 3], [0, 0.5], [1, 3]
    assert told == [range_, trend, trend, range_, panic, range_, range_]
    assert made[4].votes[0].reasons[-1] == "weight 0 in regime panic"  # type: ignore[attr-defined]


# -- limits ----------------------------------------------------------------------------------------


def events(made: list[Any]) -> list[SystemEvent]:
    return [each for each in made if isinstance(each, SystemEvent)]


def lose(one: Play, now: int) -> list[SystemEvent]:
    """Three bars in which a loses about 120 bps, and b says nothing."""
    return [
        event
        for n, (mid, way) in enumerate(((100, 1), (99.5, 0), (99, 0)))
        for event in events(one.made(mid, now=now + n * SECOND, a=way))
    ]


HOUR = 3600 * SECOND
LIMIT = LossLimit(bps=200, hours=24, mute_hours=2)


def test_an_advisor_beyond_its_limit_is_muted_told_once_and_heard_again_in_time() -> None:
    one = play({"a": LIMIT})
    assert lose(one, 0) == []
    (muted,) = lose(one, HOUR)
    assert (muted.kind, muted.severity) == ("muted", "warning")
    assert muted.facts["until"] == str(HOUR + 2 * SECOND + 2 * HOUR)
    assert float(muted.facts["lost_bps"]) < -200
    made = one.made(100, now=2 * HOUR, a=1, b=1)
    first = made[0]
    assert events(made) == []
    assert (first.votes[0].verdict, first.votes[0].confidence) == (Verdict.HOLD, 0.0)
    assert "muted: -2" in first.votes[0].reasons[0]
    assert first.votes[1].verdict is Verdict.LONG
    made = one.made(100, now=4 * HOUR, a=1)
    assert [event.kind for event in events(made)] == ["unmuted"]
    assert made[0].votes[0].verdict is Verdict.LONG


def test_what_was_lost_before_the_window_is_let_go() -> None:
    one = play({"a": LIMIT})
    assert lose(one, 0) == lose(one, 25 * HOUR) == []
    assert len(lose(one, 26 * HOUR)) == 1


def test_the_muted_one_loses_nothing_more() -> None:
    one = play({"a": LIMIT})
    lose(one, 0)
    lose(one, HOUR)
    before = one.told()
    lose(one, HOUR + 10 * SECOND)
    assert one.told() == before


def test_without_a_time_it_is_muted_until_a_person_changes_the_limit() -> None:
    limit = LossLimit(bps=100, mute_hours=0)
    one = play({"a": limit})
    (muted,) = lose(one, 0)
    assert (muted.facts["until"], "until its limit is changed" in muted.text) == ("", True)
    assert one.go(100, now=10**6 * HOUR, a=1).votes[0].verdict is Verdict.HOLD
    same = Play(reborn(one.cell), one.seq)
    assert same.go(100, now=10**6 * HOUR, a=1).votes[0].verdict is Verdict.HOLD
    other = Play(reborn(one.cell, stage({"a": LossLimit(bps=150, mute_hours=0)})), one.seq)
    made = other.made(100, now=10**6 * HOUR, a=1)
    assert [event.kind for event in events(made)] == ["unmuted"]
    assert made[0].votes[0].verdict is Verdict.LONG


@settings(max_examples=40)
@given(ROWS)
def test_a_muted_vote_never_counts(rows: list[tuple[float, bool, int, int]]) -> None:
    one = play({"b": LossLimit(bps=1, hours=1, mute_hours=0)})
    told: list[SystemEvent] = []
    counts: set[int] = set()
    for mid, fresh, a, b in rows:
        made = one.made(mid, fresh, a=a, b=b)
        told += events(made)
        if told:
            vote: Vote = made[0].votes[1]
            assert (vote.verdict, vote.confidence) == (Verdict.HOLD, 0)
            counts.add(one.told("b")["count"])
    assert len(told) <= 1 >= len(counts)


@pytest.mark.parametrize(("falls_back", "verdict"), [(True, Verdict.LONG), (False, Verdict.HOLD)])
def test_the_quorum_is_not_reckoned_of_the_muted(falls_back: bool, verdict: Verdict) -> None:
    one = play({"b": LossLimit(bps=50, mute_hours=0)}, fall_back=falls_back)
    for mid, way in ((100, 1), (99.5, 0), (99, 0)):
        one.go(mid, b=way)
    last = one.go(99, a=1)
    assert (last.verdict, last.votes[1].reasons[0][:5]) == (verdict, "muted")
    assert [vote.advisor for vote in last.votes] == ["a", "b"], "all are listed"
