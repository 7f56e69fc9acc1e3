"""What people select of models on a running desk: read by decisions, named, made again exactly."""

from __future__ import annotations

from functools import cache
from itertools import chain, groupby, pairwise
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pydantic import ValidationError

from engine.decisions import DecisionsRerun, DecisionsStage
from engine.replay.desk import Desk, Row
from engine.selection import Selection, row_of
from engine.stage import Cell
from engine.strategies.catalogue import StrategySections
from engine.strategies.model import ModelSettings
from gateway.backtests.positioned import Played
from gateway.backtests.positioned import played as as_recorded
from gateway.backtests.stages import Stages
from gateway.proof.verifying import Verification
from schemas import names
from schemas.codec import encode
from schemas.commands import DESK, ControlCommand, ControlState, SelectModel
from schemas.decisions import Decision, Verdict
from schemas.system import Severity, SystemEvent
from tests.unit.learning import form, head, policy_form, tree
from tests.unit.small_desk import ACCOUNT, SECOND, Topics
from tests.unit.test_books_read import BTC, ETH, SHORT, inputs
from tests.unit.test_model_strategy import bar
from topics.models.store import Store
from topics.settings import Settings

ROW = row_of("mine", "champion")
LATER = 1 << 62
"""ns: a person's clock, long after that of a recording."""


def constant(up: float) -> bytes:
    """A model that says the same of each bar, whatever is known of it."""
    value = tree(value=[0.0, up, up])
    return orjson.dumps(form(inputs=["return_z_1"], heads={"direction": head(trees=value)}))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """0001 says up, 0002 down."""
    store = Store(tmp_path)
    store.save("mine", constant(1.0), {})
    store.save("mine", constant(-1.0), {})
    return store


def version(store: Store, number: int) -> Selection:
    found = store.load("mine", store.versions("mine")[number])
    return Selection(version=found.version, digest=found.digest)


def settings(store: Store, **seat: Any) -> Settings:
    model = {
        "model": "mine", "version": store.versions("mine")[0], "follow": "champion",
        "any_interval": True, "horizon": 10_000, **seat,
    }  # fmt: skip
    if seat.get("kind") == "policy":
        del model["horizon"]
    panel = {"markets": [BTC], "advisors": {"rule": {}, "model": model}, "quorum": 0.1}
    return Settings(
        broker_url="nowhere:9", home=store.folder.parent, strategies={"panel": panel},
        risk={"minimum_strength": 0},
    )  # fmt: skip


def stage(store: Store, **seat: Any) -> DecisionsStage:
    return DecisionsStage(settings(store, **seat).sections(StrategySections).build())


def row(seq: int, chosen: Selection) -> ControlState:
    setting = Selection.setting("mine", "champion")
    return ControlState(
        id=f"r{seq}", seq=seq, key=ROW, seen_time=LATER, account=DESK, setting=setting,
        value=chosen.text,
    )  # fmt: skip


def take(cell: Cell[Any], n: int) -> tuple[Decision, list[SystemEvent]]:
    update = {"seq": n, "key": BTC, "id": str(n), "seen_time": n}
    made = cell.take(names.SIGNALS, bar(n, 0.0).signal.model_copy(update=update))
    first, *rest = (each.record for each in made)
    assert isinstance(first, Decision)
    return first, [each for each in rest if isinstance(each, SystemEvent)]


def said(decision: Decision) -> Verdict:
    return next(each.verdict for each in decision.votes if each.advisor == "model")


def why(decision: Decision) -> str:
    return " ".join(next(each.reasons for each in decision.votes if each.advisor == "model"))


def test_the_next_decision_asks_what_was_selected_and_names_it(store: Store) -> None:
    cell = Cell.fresh(stage(store), BTC)
    take(cell, 0)
    before, _ = take(cell, 1)
    cell.take(names.STATE, row(0, version(store, 1)))
    after, told = take(cell, 2)
    again, _ = take(cell, 3)
    cell.take(names.STATE, row(1, version(store, 0)))
    back, _ = take(cell, 4)
    assert [*map(said, (before, after, again, back))] == [
        Verdict.LONG, Verdict.SHORT, Verdict.SHORT, Verdict.LONG,
    ]  # fmt: skip
    assert [each.key for each in after.reads] == [BTC, ROW]
    assert (after.reads[1].topic, after.reads[1].seq, len(again.reads)) == (names.STATE, 0, 1)
    assert version(store, 1).digest[:8] in why(after)
    assert after.newest is not None
    assert after.newest.topic == names.SIGNALS, "a person's clock is no input of the market"
    assert told == []


def test_what_is_not_there_as_it_was_is_not_asked_and_told_once(store: Store) -> None:
    cell = Cell.fresh(stage(store), BTC)
    take(cell, 0), take(cell, 1)
    other = version(store, 1)
    forged = other.model_copy(update={"digest": "0" * 32})
    missing = Selection(version="0009-00000000", digest="1" * 32)
    events: list[SystemEvent] = []
    for n, chosen in ((2, forged), (3, None), (4, missing), (5, None), (6, other)):
        if chosen is not None:
            cell.take(names.STATE, row(n, chosen))
        one, told = take(cell, n)
        events += told
        if n < 6:
            assert said(one) is Verdict.HOLD
            assert "is selected, and not here as it was" in why(one)
    assert [each.severity for each in events] == [Severity.WARNING, Severity.INFO]
    assert "strategy panel goes on without it" in events[0].text
    assert said(one) is Verdict.SHORT


def test_it_is_not_looked_for_again_until_it_is_selected_again(store: Store) -> None:
    """A version that comes later must not change what the same records give."""
    cell = Cell.fresh(stage(store), BTC)
    made = constant(-2.0)
    later = Store(store.folder.parent / "other").save("mine", made, {})
    chosen = Selection(version=f"0003-{later.digest[:8]}", digest=later.digest)
    take(cell, 0)
    cell.take(names.STATE, row(0, chosen))
    assert said(take(cell, 1)[0]) is Verdict.HOLD
    assert store.save("mine", made, {}).version == chosen.version
    cell = Cell.restore(cell.stage, cell.snapshot())
    assert said(take(cell, 2)[0]) is Verdict.HOLD
    cell.take(names.STATE, row(1, chosen))
    assert said(take(cell, 3)[0]) is Verdict.SHORT


@given(st.lists(st.sampled_from("bcu01"), max_size=24))
@examples(max_examples=40, deadline=None)
def test_a_cell_that_is_killed_anywhere_does_the_same_again(story: list[str]) -> None:
    """b: a bar; 0, 1: select; u: one that is unknown; c: a crash, back to the snapshot taken first,
    with the script of what was published after it. The bytes are those of a run without."""
    place, known = built()
    choices = {"0": version(known, 0), "1": version(known, 1),
               "u": Selection(version="0009-00000000", digest="1" * 32)}  # fmt: skip
    whole, cell = Cell.fresh(place, BTC), Cell.fresh(place, BTC)
    given_: list[tuple[str, Any]] = []
    wanted: list[bytes] = []
    published: list[Any] = []
    for n, each in enumerate(story):
        if each in choices:
            given_.append((names.STATE, row(n, choices[each])))
        elif each == "b":
            seq = sum(topic == names.SIGNALS for topic, _ in given_)
            update = {"seq": seq, "key": BTC, "id": str(seq), "seen_time": seq}
            given_.append((names.SIGNALS, bar(seq, 0.0).signal.model_copy(update=update)))
        else:
            rerun = DecisionsRerun(Cell.fresh(place, BTC), published)
            # all side rows come first: the script alone can say which bar had read which
            for topic, one in sorted(given_, key=lambda pair: pair[0] == names.SIGNALS):
                rerun.take(topic, one)
            cell = rerun.cell if rerun.done else cell
            assert rerun.done
            continue
        topic, one = given_[-1]
        wanted += [encode(out.record) for out in whole.take(topic, one)]
        made = cell.take(topic, one)
        published += [out.record for out in made if out.topic == names.DECISIONS]
        assert [encode(out.record) for out in made] == wanted[len(wanted) - len(made) :]
    assert encode(cell.snapshot()) == encode(whole.snapshot())


@cache
def built() -> tuple[DecisionsStage, Store]:
    import tempfile

    store = Store(Path(tempfile.mkdtemp(prefix="registry")))
    store.save("mine", constant(1.0), {})
    store.save("mine", constant(-1.0), {})
    return stage(store), store


def command(seq: int, at: int, chosen: Selection) -> Row:
    given_ = SelectModel(model="mine", version=chosen.version, digest=chosen.digest)
    return names.COMMANDS, ControlCommand(
        id=f"c{seq}", seq=seq, key=f"{DESK}:*", seen_time=at, account=DESK, by="ann",
        command=given_,
    )  # fmt: skip


@pytest.fixture
def rows(store: Store) -> list[Row]:
    """See `run_of`."""
    return run_of(store, settings(store))


def run_of(store: Store, known: Settings) -> list[Row]:
    """A run in which 0002 is promoted after three seconds, and rolled back after six."""
    raw = [*inputs(known, SHORT)]
    first = next(one.seen_time for topic, one in raw if topic == names.RAW)
    orders = [command(n, first + (3 + 3 * n) * SECOND, version(store, 1 - n)) for n in (0, 1)]
    merged = sorted(chain(raw, orders), key=lambda each: each[1].seen_time)
    return [*Desk(Stages.of(known), (ACCOUNT,)).run(merged)]


def decided(rows: list[Row], key: str = BTC) -> list[Decision]:
    return [one for _, one in rows if isinstance(one, Decision) and one.key == key]


def test_a_run_with_a_promotion_and_a_roll_back_is_verified_to_the_byte(
    store: Store, rows: list[Row]
) -> None:
    found = Verification(settings(store), Topics.holding(rows)).run()
    assert (found.differences, found.accounts) == ([], 1)
    assert found.same[names.STATE] >= 2
    reading = [one for one in decided(rows) if len(one.reads) > 1]
    assert [one.reads[1].seq for one in reading] == [0, 1]
    titles = [why(one).split(": ")[0] for one in decided(rows) if one.votes and why(one)]
    order = [*dict.fromkeys(pairwise(titles))]
    assert any(one != other for one, other in order)
    assert all(not one.reads for one in decided(rows, ETH))


def test_a_policy_is_promoted_and_verified_as_a_model_is(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for bias in (2.0, -2.0):
        linear = {"mean": [0.0], "deviation": [1.0], "coefficients": [[0.0]]}
        made = policy_form(inputs=["week_sin"], linear=linear, bias=bias)
        store.save("mine", orjson.dumps(made), {})
    known = settings(store, kind="policy")
    rows = run_of(store, known)
    assert Verification(known, Topics.holding(rows)).run().differences == []
    assert [one.reads[1].seq for one in decided(rows) if len(one.reads) > 1] == [0, 1]
    heard = [said(one) for one in decided(rows) if one.votes and "score of" in why(one)]
    assert [side for side, _ in groupby(heard)] == [Verdict.LONG, Verdict.SHORT, Verdict.LONG]
    found = Played()
    assert list(as_recorded(Topics.holding(rows), known, found))
    assert found.differences == []


def test_only_the_latest_row_is_left_and_it_is_verified_all_the_same(
    store: Store, rows: list[Row]
) -> None:
    """control.state is compacted: what is gone of it is made again of people's commands."""
    left = Topics.holding([each for each in rows if each[0] != names.STATE or each[1].seq == 1])
    assert Verification(settings(store), left).run().differences == []


def test_a_persons_clock_may_be_years_ahead_of_a_recording(store: Store) -> None:
    known = settings(store)
    raw = [(one.seen_time, (topic, one)) for topic, one in inputs(known, SHORT)]
    at = max(time for time, _ in raw) - 3 * SECOND
    timed = sorted([*raw, (at, command(0, LATER, version(store, 1)))], key=lambda each: each[0])
    rows = [*Desk(Stages.of(known), (ACCOUNT,)).play(timed)]
    assert [one.reads[1].seq for one in decided(rows) if len(one.reads) > 1] == [0]
    assert Verification(known, Topics.holding(rows)).run().differences == []


@pytest.mark.parametrize("forged", ["selection", "reads"])
def test_a_forged_selection_is_found(store: Store, rows: list[Row], forged: str) -> None:
    one = next(each for each in decided(rows) if len(each.reads) > 1)
    if forged == "reads":
        changed = Topics.holding(rows).changed(names.DECISIONS, BTC, one.seq, reads=one.reads[:1])
    else:
        text = version(store, 0).text
        changed = Topics.holding(rows).changed(names.STATE, ROW, 0, value=text)
    found = Verification(settings(store), changed).run().differences
    place = f"{names.DECISIONS} {BTC} seq" if forged == "reads" else f"{names.STATE} {ROW} seq 0"
    assert any(place in each for each in found), found


def test_it_is_played_as_recorded(store: Store, rows: list[Row]) -> None:
    found = Played()
    again = [*as_recorded(Topics.holding(rows), settings(store), found)]
    assert found.differences == []
    for topic in (names.DECISIONS, names.ORDERS, names.STATUSES):
        made = [sorted(encode(one) for at, one in each if at == topic) for each in (rows, again)]
        assert made[0] == made[1], topic


def test_a_challenger_is_told_and_does_not_count(store: Store) -> None:
    """Beside a champion of the other opinion: its vote is there, the decision is the champion's."""
    known = settings(store)
    panel = known.strategies["panel"]
    down = {"kind": "model", **panel["advisors"]["model"], "follow": "challenger", "weight": 0,
            "version": store.versions("mine")[1]}  # fmt: skip
    both = {**panel, "advisors": {**panel["advisors"], "trial": down}}
    shadowed = known.model_copy(update={"strategies": {"panel": both}})
    cells = [
        Cell.fresh(DecisionsStage(each.sections(StrategySections).build()), BTC)
        for each in (known, shadowed)
    ]
    for n in range(4):
        alone, beside = (take(cell, n)[0] for cell in cells)
        assert beside.votes[:-1] == alone.votes
        kept = {"votes", "reads"}
        assert beside.model_dump(exclude=kept) == alone.model_dump(exclude=kept)
    assert (beside.votes[-1].verdict, beside.votes[-1].weight) == (Verdict.SHORT, 0.0)
    cells[1].take(names.STATE, row(0, version(store, 1)))
    shadow = row(0, version(store, 0)).model_copy(update={"key": row_of("mine", "challenger")})
    cells[1].take(names.STATE, shadow)
    swapped = take(cells[1], 4)[0]
    assert [said(swapped), swapped.votes[-1].verdict] == [Verdict.SHORT, Verdict.LONG]


@pytest.mark.parametrize(
    ("seat", "why"),
    [
        ({"version": ""}, "names its model and the version"),
        ({"model": "a/path"}, "names its model and the version"),
        ({"follow": "challenger"}, "has a weight of 0"),
        ({"follow": "anybody"}, "champion"),
    ],
)
def test_a_seat_that_cannot_follow_is_refused(seat: dict[str, Any], why: str) -> None:
    good = {"model": "mine", "version": "0001-00000000", "follow": "champion"}
    with pytest.raises(ValidationError, match=why):
        ModelSettings.model_validate({**good, **seat})


def test_who_follows_has_whole_keys_as_markets(store: Store) -> None:
    panel = settings(store).strategies["panel"]
    with pytest.raises(ValidationError, match="reads what people select: BTC/\\* must be a market"):
        StrategySections.model_validate({"strategies": {"panel": {**panel, "markets": ["BTC/*"]}}})
