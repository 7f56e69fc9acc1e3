"""Runs with recorded advice: made again to the byte without asking anybody, and what is forged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from hashlib import blake2b
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from engine.advice.ledger import Ledger
from engine.replay.desk import Delays, Desk, Row
from engine.replay.positions import Unheard
from engine.replay.precedence import Precedence
from gateway.advice.advice_inputs import NoAdvice, beside, recorded, taint, told, unanswered
from gateway.backtests.positioned import Played
from gateway.backtests.positioned import played as as_recorded
from gateway.backtests.stages import Stages
from gateway.proof.verifying import Verification
from gateway.terminal.output import Output
from schemas import names
from schemas.advice import Advice, AdviceFault, Call
from schemas.codec import encode
from schemas.decisions import Decision, Verdict
from schemas.signals import Signal
from schemas.system import SystemEvent
from tests.unit.advising import opinion
from tests.unit.small_desk import ACCOUNT, SECOND, Topics
from tests.unit.test_books_read import BTC, ETH, SHORT, inputs
from topics.settings import Settings

CUTOFF = 1_800_000_000 * SECOND
"""A model that knows of 2027: all that was recorded is its past."""
SEATS = {"rule": {}, "judge": {"kind": "advised", "advisor": "judge", "weight": 2}}


def settings(**given: Any) -> Settings:
    return Settings(**{
        "broker_url": "nowhere:9",
        "strategies": {"panel": {"markets": [BTC], "advisors": SEATS, "stop_percent": 1}},
        "risk": {"minimum_strength": 0},
        **given,
    })  # fmt: skip


def answer(seq: int, upon: Signal, **fields: Any) -> Advice:
    """Upon a signal, two seconds later; long and short in turns, every fifth void."""
    now, briefing = upon.seen_time + 2 * SECOND, json.dumps({"bid": upon.bid, "n": seq})
    side = (Verdict.LONG, Verdict.SHORT)[seq % 2]
    said: dict[str, Any] = {"verdict": side, "stop": None, "target": None}
    if seq % 5 == 4:
        said = {**said, "verdict": Verdict.HOLD, "void": AdviceFault.NOT_JSON}
    call = Call(
        provider="house", model="small", role="judge", prompt="judge", prompt_version=1,
        prompt_hash="ab", asked="cd", reply="long", tokens_in=900, tokens_out=100, cost="0.001",
        latency=2 * SECOND, cutoff=CUTOFF,
    )  # fmt: skip
    return Advice(**{
        "id": f"a{seq}", "cause": upon.id, "seq": seq, "key": upon.key, "venue": upon.venue,
        "symbol": upon.symbol, "asked_time": upon.seen_time, "seen_time": now,
        "opinion": opinion(now, **{"expires": now + 2 * SECOND, **said}), "calls": (call,),
        "briefing": briefing,
        "context_hash": blake2b(briefing.encode(), digest_size=16).hexdigest(), **fields,
    })  # fmt: skip


@cache
def advice() -> tuple[Advice, ...]:
    """What was said of BTC, upon about every second signal at a bar."""
    desk = Desk(Stages.of(settings(strategies={})), (ACCOUNT,))
    rows = desk.run(inputs(settings(), SHORT))
    bars = [one for _, one in rows if isinstance(one, Signal) and one.key == BTC and one.fresh]
    return tuple(answer(seq, upon) for seq, upon in enumerate(bars[1::2]))


def played(given: tuple[Advice, ...], delay: int = 5_000_000, **changed: Any) -> list[Row]:
    known = settings(**changed)
    desk = Desk(Stages.of(known), (ACCOUNT,), Delays(advice=delay))
    return [*desk.run(beside(inputs(known, SHORT), given))]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return played(advice())


def decided(rows: list[Row], key: str = BTC) -> list[Decision]:
    return [one for _, one in rows if isinstance(one, Decision) and one.key == key]


def differences(of: Topics) -> list[str]:
    return Verification(settings(), of).run().differences


def spoken(rows: list[Row]) -> list[Decision]:
    return [
        one
        for one in decided(rows)
        if any(v.advisor == "judge" and v.confidence for v in one.votes)
    ]


def test_the_run_comes_out_again_to_the_byte(rows: list[Row]) -> None:
    assert len(advice()) > 2
    found = Verification(settings(), Topics.holding(rows)).run()
    assert found.differences == []
    assert found.same[names.DECISIONS] == len(decided(rows)) + len(decided(rows, ETH)) > 500
    assert {Verdict.LONG, Verdict.SHORT} <= {one.verdict for one in spoken(rows)}
    assert {read.seq for one in decided(rows) for read in one.reads[1:]} <= set(range(99))


def test_a_backtest_of_the_same_advice_is_the_same_bytes(rows: list[Row]) -> None:
    again = played(advice())
    assert [(topic, encode(one)) for topic, one in again] == [
        (topic, encode(one)) for topic, one in rows
    ]
    later = played(advice(), delay=SECOND)
    assert differences(Topics.holding(later)) == []
    assert [encode(one) for one in decided(later)] != [encode(one) for one in decided(rows)]


def test_without_advice_other_markets_and_strategies_are_the_same_bytes(rows: list[Row]) -> None:
    plain = played((), strategies={})
    assert [encode(one) for one in decided(plain, ETH)] == [
        encode(one) for one in decided(played(advice(), strategies={}), ETH)
    ]
    signals = [
        [encode(one) for topic, one in each if topic == names.SIGNALS] for each in (plain, rows)
    ]
    assert signals[0] == signals[1]


def test_it_is_played_as_recorded_whenever_the_advice_was_read() -> None:
    """Orders and fills too, though a backtest would have read it at another time."""
    run, found = played(advice(), delay=SECOND), Played()
    again = [*as_recorded(Topics.holding(run), settings(), found)]
    assert found.differences == []
    for topic in (names.DECISIONS, names.ORDERS, names.STATUSES, names.PORTFOLIO):
        made = [sorted(encode(one) for at, one in each if at == topic) for each in (run, again)]
        assert made[0] == made[1], topic
    assert found.results.records == {}
    assert any(topic == names.STATUSES for topic, _ in again)


def test_what_was_read_otherwise_is_told_where_it_is_played_as_recorded(rows: list[Row]) -> None:
    one, found = first_read(rows), Played()
    forged = Topics.holding(rows).changed(names.ADVICE, BTC, one.reads[1].seq, opinion=opinion(0))
    with pytest.raises(Unheard):  # an account waits for what came of the other decision
        list(as_recorded(forged, settings(), found))
    assert any(f"{names.DECISIONS} {BTC} seq {one.seq}: byte" in each for each in found.differences)


def first_read(rows: list[Row]) -> Decision:
    return next(one for one in decided(rows) if len(one.reads) > 1)


def test_a_decision_that_claims_to_have_read_later_advice_is_found(rows: list[Row]) -> None:
    one = first_read(rows)
    main, side = one.reads
    ahead = (main, side.model_copy(update={"seq": side.seq + 1}))
    found = differences(Topics.holding(rows).changed(names.DECISIONS, BTC, one.seq, reads=ahead))
    assert any(f"{names.DECISIONS} {BTC} seq {one.seq}: byte" in each for each in found)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"opinion": opinion(0, verdict=Verdict.EXIT, expires=1 << 62)}, "byte"),
        ({"seen_time": 1 << 62}, "byte"),
        ({"asked_time": 1 << 62}, "looks ahead: it was asked at"),
        ({"briefing": '{"bid": 1}'}, "its briefing is not the one it names"),
        ({"cause": "nothing"}, "it rests on nothing, no signal of the run"),
        ({"asked_time": 1}, "it was asked at 1, before the signal"),
    ],
)
def test_an_advice_that_was_changed_is_found(rows: list[Row], fields: Any, said: str) -> None:
    read = first_read(rows).reads[1]
    found = differences(Topics.holding(rows).changed(names.ADVICE, BTC, read.seq, **fields))
    assert any(said in each for each in found), found


def test_an_advice_that_is_gone_or_of_no_market_is_named(rows: list[Row]) -> None:
    seq = first_read(rows).reads[1].seq
    left = Topics.holding(rows).where(lambda at, row: at != names.ADVICE or row.seq < seq)
    assert f"{names.ADVICE} {BTC} seq {seq} is gone" in differences(left)
    stranger = Topics.holding(rows)
    stranger.put(names.ADVICE, advice()[0].model_copy(update={"key": "okx:FORGED/USDT"}))
    text = f"{names.ADVICE} okx:FORGED/USDT: {names.RAW} holds nothing of it"
    assert text in differences(stranger)


def test_records_that_cannot_be_read_are_passed_over_as_the_worker_did(rows: list[Row]) -> None:
    class Torn(Topics):
        def of(self, topic: str, key: str) -> Iterator[tuple[int, bytes]]:
            found = Topics.holding(rows).of(topic, key)
            return chain([(-1, b"{")], found) if topic == names.ADVICE else found

    torn = Torn()
    torn.rows = Topics.holding(rows).rows
    assert differences(torn) == []


def test_precedence_finds_an_answer_before_its_question() -> None:
    (peek,) = Precedence().take(
        names.ADVICE, advice()[0].model_copy(update={"asked_time": 1 << 62})
    )
    assert "it was asked at" in str(peek)


def ledger(rows: list[Row]) -> Ledger:
    found = Ledger(Stages.of(settings()).decisions.strategies)
    for _, record in rows:
        found.take(record)
    return found


def test_the_ledger_counts_answers_money_and_tainted_decisions(rows: list[Row]) -> None:
    one, count = ledger(rows).advisors["judge"], len(advice())
    assert (one.answers, one.calls, one.tokens) == (count, count, 1000 * count)
    assert (str(one.cost), one.models) == (f"{count / 1000:.3f}", {"house/small"})
    assert dict(one.void) == ({"not_json": count // 5} if count >= 5 else {})
    assert one.heard == one.tainted == len(spoken(rows)) > 0
    events = [each for _, each in rows if isinstance(each, SystemEvent)]
    assert one.silences == sum(each.facts["state"] == "silent" for each in events) > 0
    assert any(
        "tainted, before its model's knowledge cut-off of 2027-01-15" in line
        for line in told(ledger(rows))
    )


def test_decisions_after_the_cut_off_are_not_tainted_and_unstated_ones_are_told() -> None:
    def cut(at: int | None) -> tuple[Advice, ...]:
        return tuple(
            row.model_copy(update={"calls": tuple(
                call.model_copy(update={"cutoff": at}) for call in row.calls)})
            for row in advice()
        )  # fmt: skip

    clean = ledger(played(cut(SECOND))).advisors["judge"]
    assert (clean.tainted, clean.heard > 0) == (0, True)
    unknown = ledger(played(cut(None))).advisors["judge"]
    assert unknown.unstated == unknown.heard > 0
    assert "states no knowledge cut-off" in taint(unknown)


def test_a_backtest_without_recorded_advice_says_so() -> None:
    stage = Stages.of(settings()).decisions
    (line,) = unanswered(stage, Ledger(stage.strategies))
    assert line.startswith("judge has no recorded answer: silent throughout, for panel; name it by")


def test_a_file_of_records_is_read_as_the_topic_is(tmp_path: Path) -> None:
    file, output = tmp_path / "advice.jsonl", Output(False)
    plain, tailed = encode(advice()[0]), json.dumps({"value": json.loads(encode(advice()[1]))})
    file.write_bytes(tailed.encode() + b"\n\n" + plain + b"\n")
    found = recorded(str(file), settings(), "", output)
    assert [(one.seq, one.briefing) for one in found] == [(1, ""), (0, "")]
    file.write_text('{"v":1}\n')
    with pytest.raises(NoAdvice, match=r"line 1 is no record of ai\.advice"):
        recorded(str(file), settings(), "", output)
    file.write_text("")
    with pytest.raises(NoAdvice, match=r"holds no record of ai\.advice"):
        recorded(str(file), settings(), "", output)
