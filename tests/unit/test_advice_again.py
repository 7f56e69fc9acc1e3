"""A stored reply, bounded again: that its record says just what it gives, and what is forged."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.advice.again import doubt
from engine.advice.bounds import bounded
from engine.advice.section import AdviceSettings
from engine.spans import SECOND
from gateway.proof.advised import Advised
from gateway.proof.heard import Heard, bounded_again
from schemas import names
from schemas.advice import Advice, AdviceFault, Call, Opinion
from schemas.decisions import Verdict
from schemas.record import symbol_of, venue_of
from schemas.signals import Signal
from tests.unit.briefed import NOW, briefing, sound
from tests.unit.judging import signal
from tests.unit.small_desk import Topics
from tests.unit.trading import BTC
from topics.settings import Settings

ADVICE: dict[str, Any] = {
    "advisors": {"judge": {"provider": "house", "model": "small", "markets": ["BTC/*"]}},
    "providers": {
        "house": {"kind": "compatible", "base_url": "http://127.0.0.1:9/v1", "local": True}
    },
}
SECTION = AdviceSettings.model_validate(ADVICE)
LASTS = 15 * 60 * SECOND


def call(reply: str, **fields: Any) -> Call:
    return Call(
        provider="house", model="small", role="advisor", prompt="advisor", prompt_version=1,
        prompt_hash="0", asked="0", reply=reply, **fields,
    )  # fmt: skip


def record(reply: str | None = None, **fields: Any) -> Advice:
    """As the advice stage writes it."""
    text, then = json.dumps(sound()) if reply is None else reply, NOW + 2 * SECOND
    said = bounded(text, briefing(), SECTION.bounds, advisor="judge", answered=then, lasts=LASTS)
    given = {
        "id": "a0", "cause": "s0", "seq": 0, "key": BTC, "venue": venue_of(BTC),
        "symbol": symbol_of(BTC), "asked_time": NOW, "seen_time": then, "briefing": briefing(),
        "opinion": said, "calls": (call(text),),
    }  # fmt: skip
    return Advice(**{**given, **fields})


@pytest.mark.parametrize("reply", [None, "no", json.dumps(sound(leverage=1000))])
def test_an_honest_record_is_what_its_reply_gives(reply: str | None) -> None:
    assert doubt(record(reply), SECTION) is None
    assert doubt(record(reply).upon(None).model_copy(update={
        "briefing": briefing(), "calls": record(reply).calls}), SECTION) is None  # fmt: skip


FORGED: dict[str, dict[str, Any]] = {
    "another side": {"opinion": record().opinion.model_copy(update={"verdict": Verdict.SHORT})},
    "a longer life": {"opinion": record().opinion.model_copy(update={"expires": 1 << 62})},
    "a stop moved": {"opinion": record().opinion.model_copy(update={"stop": "61000.01"})},
    "another reply": {"calls": (call(json.dumps(sound(stop="61500.00"))),)},
    "a late answer": {"seen_time": NOW + 300 * SECOND},
    "another briefing": {"briefing": briefing().replace("61661", "51661")},
    "no briefing": {"briefing": ""},
    "nobody asked": {"calls": ()},
    "a failed call": {"calls": (call("", fault=AdviceFault.TIMEOUT),)},
}


@pytest.mark.parametrize("what", FORGED)
def test_a_forged_record_is_doubted(what: str) -> None:
    assert doubt(record(**FORGED[what]), SECTION)


def test_without_an_answer_a_void_opinion_is_right() -> None:
    void = Opinion(advisor="judge", void=AdviceFault.BUDGET_SPENT)
    assert doubt(record(opinion=void, calls=()), SECTION) is None
    failed = (call("", fault=AdviceFault.TIMEOUT),)
    assert doubt(record(opinion=void, calls=failed), SECTION) is None


def test_advisors_that_the_settings_do_not_name_are_not_judged() -> None:
    other = record().opinion.model_copy(update={"advisor": "other", "stop": "1"})
    assert doubt(record(opinion=other), SECTION) is None
    heard = [Heard(record(opinion=other), counts=True, sealed=True)]
    known = Settings(broker_url="nowhere:9", advice=ADVICE)
    assert bounded_again(heard, known)[0].again is None


def test_why_says_which_it_is() -> None:
    known = Settings(broker_url="nowhere:9", advice=ADVICE)
    rows = [record(), record(**FORGED["another side"])]
    told = bounded_again([Heard(row, counts=True, sealed=True) for row in rows], known)
    assert [each.again for each in told] == [
        "", "its reply, bounded again, gives long, not what it says",
    ]  # fmt: skip
    assert [each.as_json()["bounded_again"] for each in told] == [True, False]


def test_verify_names_a_record_that_says_otherwise() -> None:
    asked: Signal = signal(0, seen_time=NOW)
    for row, wrong in ((record(), 0), (record(**FORGED["a stop moved"]), 1)):
        source = Topics()
        source.put(names.ADVICE, row)
        found = Advised(BTC, source, SECTION)
        found.signal(asked)
        assert len([*found.left()]) == wrong
        none = Advised(BTC, source)
        none.signal(asked)
        assert [*none.left()] == []
