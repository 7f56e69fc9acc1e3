"""`tapeline why` on a run held in memory: every kind of order back to what caused it."""

from __future__ import annotations

from io import StringIO
from itertools import pairwise
from typing import Any

import orjson
import pytest
from rich.console import Console

from gateway.proof.chain import Chain
from gateway.proof.comparison import Verdict, first_difference
from gateway.proof.explanation import explanation
from gateway.proof.finding import UnknownOrder, find
from gateway.proof.published import BrokenChain
from gateway.proof.recompute import recompute
from gateway.proof.why import as_json
from gateway.terminal.output import line
from schemas import names
from schemas.commands import Approve
from schemas.orders import OrderDecision
from schemas.raw import RawFrame
from schemas.record import Record
from tests.recorded import long
from tests.unit.explained import KINDS, entries, explained, order, played
from tests.unit.small_desk import ACCOUNT, BTC, SETTINGS, SYMBOL, Topics
from topics import BY_NAME

EARLY = long("approved by hand", "cancelled by hand")
"""An order before which everything has been said that the tests below forge."""


@pytest.fixture(scope="module", name="played")
def _played() -> Topics:
    return played()


def shown(chain: Chain, verdict: Verdict, full: bool = True) -> str:
    console = Console(width=400, record=True, file=StringIO())
    console.print(explanation(chain, verdict, [], full))
    return console.export_text()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_order_comes_out_again_to_the_byte(kind: str) -> None:
    chain, verdict = explained(kind)
    assert verdict.identical, verdict.in_words()
    assert chain.misnamed() == []
    assert verdict.same[names.TICKS] == chain.last.seq + 1
    assert verdict.same[names.DECISIONS] == 2 * verdict.same[names.TICKS]
    assert verdict.same[names.ORDERS] > chain.order.seq
    assert verdict.same[names.STATUSES] >= len(chain.statuses)
    assert verdict.same[names.JOURNAL] == (chain.journal.seq + 1 if chain.journal else 0)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_order_is_told_in_words_and_numbers(kind: str) -> None:
    chain, verdict = explained(kind)
    text = shown(chain, verdict)
    assert chain.command is not None
    assert all(check.name in text for check in chain.order.checks)
    assert all(vote.advisor in text for vote in chain.judged.decision.votes)
    frames = [frame for one in chain.moments for frame in one.raw.frames]
    assert all(frame in text for frame in frames if len(frame) < 250)
    assert "re-computed: identical" in text
    assert "equity" in text
    assert text.index("became") < text.index("ordered by") < text.index("trading.signals said")


def test_each_record_is_the_cause_of_the_one_before(played: Topics) -> None:
    chain = find(order(played, "a strategy's close"), played)
    judged = chain.judged
    records: list[Record] = [judged.order, judged.decision, judged.signal, judged.moment.ticks]
    for effect, cause in pairwise([*records, judged.moment.raw]):
        assert effect.cause == cause.id
    assert judged.decision.strategy == "main"
    assert chain.order.command == chain.command


def test_of_several_strategies_the_right_one_is_named(played: Topics) -> None:
    """Each signal gives a decision of `main` and one of `quick`; the order is of one of them."""
    chain = find(order(played, "a strategy's close"), played)
    alike = [
        row for _, row in played.rows
        if row.cause == chain.judged.signal.id and row.key == BTC
    ]  # fmt: skip
    assert len(alike) == 2
    assert chain.judged.decision.strategy == chain.order.strategy == "main"


def test_a_stop_leads_to_the_order_it_protects_and_to_the_trade_that_fired_it(
    played: Topics,
) -> None:
    chain = find(order(played, "a stop that fired"), played)
    assert chain.parent is not None
    assert chain.turned is not None
    assert chain.command is not None
    assert chain.command.parent == chain.parent.command.client_order_id
    assert chain.order.command == chain.parent.command
    fill = next(status for status in chain.statuses if status.type == "fill")
    assert chain.turned.ticks.seq == fill.book_seq
    assert chain.turned.raw.id == chain.turned.ticks.cause
    trigger = float(chain.statuses[1].price or 0)
    assert min(map(float, chain.turned.ticks.trades.price)) <= trigger
    (moved,) = chain.changes
    assert moved.command is not None
    assert moved.command.action == "protect"
    text = shown(chain, Verdict())
    assert f"stop of {chain.command.parent}" in text
    assert "changed when trading.orders said protect" in text


def test_an_order_by_hand_leads_to_who_asked_for_it(played: Topics) -> None:
    chain = find(order(played, "by hand"), played)
    assert chain.request is not None
    assert chain.request.id == chain.order.request
    text = shown(chain, Verdict())
    assert "because ada told control.commands place_order" in text


def test_an_approval_leads_to_what_was_proposed(played: Topics) -> None:
    chain = find(order(played, "approved by hand"), played)
    assert chain.request is not None
    assert isinstance(chain.request.command, Approve)
    assert chain.proposed is not None
    assert chain.proposed.order.outcome == "awaiting"
    assert chain.proposed.order.cause == chain.proposed.decision.id
    assert chain.proposed.decision.verdict == "long"
    assert chain.proposed.order.id != chain.order.id
    text = shown(chain, Verdict())
    assert "proposed: trading.orders said awaiting" in text


def test_an_order_that_was_changed_and_withdrawn_names_both(played: Topics) -> None:
    chain = find(order(played, "cancelled by hand"), played)
    commands = [change.command for change in chain.changes if change.command]
    assert [command.action for command in commands] == ["modify", "cancel"]


def test_a_close_by_the_watch_tells_how_near_it_was(played: Topics) -> None:
    _, verdict = explained("closed by the watch")
    chain = find(order(played, "closed by the watch"), played)
    row = verdict.knew[names.PORTFOLIO][f"{ACCOUNT}:{SYMBOL}"]
    assert any(status.id == row.cause for _, status in played.rows)
    text = shown(chain, verdict)
    assert "ordered by the watch on risk" in text
    assert "(near)" in text
    assert row.cause in text
    assert "control.state limit/close_near_liquidation = true" in text


def test_a_refusal_is_explained_by_the_id_of_the_request(played: Topics) -> None:
    refused = [
        row for _, row in played.rows
        if isinstance(row, OrderDecision) and row.origin == "person" and row.reason == "halted"
    ]  # fmt: skip
    chain = find(str(refused[-1].request), played)
    assert chain.order == refused[-1]
    assert chain.journal is None
    verdict = recompute(chain, SETTINGS, played)
    assert verdict.identical
    text = shown(chain, verdict)
    assert "refused, halted" in text
    assert "control.state stopped = true (lunch)" in text


def test_what_still_waits_is_found_by_its_client_order_id(played: Topics) -> None:
    waiting = played.where(lambda topic, row: topic != names.JOURNAL)
    chain = find(order(played, "approved by hand"), waiting)
    assert chain.journal is None
    assert chain.command is not None


def test_everything_is_in_the_json(played: Topics) -> None:
    for kind in KINDS:
        chain = find(order(played, kind), played)
        told = orjson.loads(line(as_json(chain, Verdict(), [])))
        assert told["order"] == chain.command.client_order_id if chain.command else None
        assert told["raw"]["id"] == chain.judged.moment.raw.id
        assert (told["request"] is None) == (chain.order.origin != "person")


FORGED: list[tuple[str, str, dict[str, Any], str]] = [
    (names.TICKS, BTC, {"symbol": "BTC/EUR"}, names.TICKS),
    (names.SIGNALS, BTC, {"symbol": "BTC/EUR"}, names.SIGNALS),
    (names.DECISIONS, BTC, {"symbol": "BTC/EUR"}, names.DECISIONS),
    (names.ORDERS, f"{ACCOUNT}:{SYMBOL}", {"strategy": "other"}, names.ORDERS),
    (names.STATUSES, f"{ACCOUNT}:{SYMBOL}", {"mark": "1"}, names.PORTFOLIO),
    (names.PORTFOLIO, f"{ACCOUNT}:*", {"equity": "1"}, names.PORTFOLIO),
]


@pytest.mark.parametrize(("topic", "key", "fields", "where"), FORGED, ids=lambda each: str(each))
def test_another_byte_anywhere_before_the_order_is_named(
    played: Topics, topic: str, key: str, fields: dict[str, Any], where: str
) -> None:
    forged = played.changed(topic, key, 17, **fields)
    verdict = recompute(find(order(played, EARLY), played), SETTINGS, forged)
    assert verdict.difference is not None
    assert verdict.difference.startswith(f"{where} {key if where == topic else ACCOUNT}")
    assert "byte" in verdict.difference


def test_another_frame_gives_other_ticks(played: Topics) -> None:
    raw = next(row for _, row in played.rows if isinstance(row, RawFrame) and row.seq == 17)
    frames = tuple(frame.replace('"p":"6', '"p":"7') for frame in raw.frames)
    frames = frames if frames != raw.frames else ()
    forged = played.changed(names.RAW, BTC, 17, frames=frames, received=raw.received[: len(frames)])
    verdict = recompute(find(order(played, "by hand"), played), SETTINGS, forged)
    assert (verdict.difference or "").startswith(names.TICKS)


@pytest.mark.parametrize(
    ("topic", "key", "seq", "fields"),
    [
        (names.COMMANDS, f"{ACCOUNT}:*", 0, {"by": "bob"}),
        (names.STATE, f"{ACCOUNT}:mode", 0, {"value": "paper"}),
        (names.INSTRUMENTS, BTC, 0, {"tick_size": "10"}),
    ],
    ids=[names.COMMANDS, names.STATE, names.INSTRUMENTS],
)
def test_another_word_of_a_person_or_a_venue_is_named(
    played: Topics, topic: str, key: str, seq: int, fields: dict[str, Any]
) -> None:
    forged = played.changed(topic, key, seq, **fields)
    name = "approved by hand" if topic == names.STATE else EARLY
    verdict = recompute(find(order(played, name), played), SETTINGS, forged)
    where = names.ORDERS if topic == names.INSTRUMENTS else names.STATE
    assert (verdict.difference or "").startswith(where)


def test_another_byte_in_the_journal_or_in_a_fill_is_named(played: Topics) -> None:
    name = order(played, "a stop that fired")
    chain = find(name, played)
    forged = played.changed(names.JOURNAL, name, 1, due=1)
    verdict = recompute(chain, SETTINGS, forged)
    assert (verdict.difference or "").startswith(f"{names.JOURNAL} {name} seq 1")
    fill = next(status for status in chain.statuses if status.type == "fill")
    forged = played.changed(names.STATUSES, fill.key, fill.seq, fee="0")
    verdict = recompute(chain, SETTINGS, forged)
    assert (verdict.difference or "").startswith(f"{names.STATUSES} {fill.key} seq {fill.seq}")


def test_what_compaction_took_away_is_made_again(played: Topics) -> None:
    last = {(at, row.key): row.seq for at, row in played.rows}
    left = played.where(lambda at, row: not BY_NAME[at].compacted or row.seq == last[at, row.key])
    assert len(left.rows) < len(played.rows)
    for kind in long(("approved by hand", "closed by the watch"), (EARLY,)):
        verdict = recompute(find(order(left, kind), left), SETTINGS, left)
        assert verdict.identical, verdict.in_words()


def test_an_instrument_listed_anew_stands_in_for_the_one_before(played: Topics) -> None:
    later = played.where(lambda at, row: True)
    later.rows = [
        (at, row.model_copy(update={"seq": 5})) if at == names.INSTRUMENTS else (at, row)
        for at, row in played.rows
    ]
    assert recompute(find(order(later, "by hand"), later), SETTINGS, later).identical


def test_other_settings_do_not_give_the_same(played: Topics) -> None:
    chain = find(order(played, "approved by hand"), played)
    risk = {"strategies": {"main": {"stop_percent": "1", "target_percent": "0.02"}}}
    for changed, where in (
        ({"decisions": {"stop_percent": "1"}}, names.DECISIONS),
        ({"risk": risk}, names.ORDERS),
        ({"execution": {"trigger": "mid"}}, names.STATUSES),
    ):
        verdict = recompute(chain, SETTINGS.model_copy(update=changed), played)
        assert (verdict.difference or "").startswith(where)
        assert not verdict.identical


def test_a_forged_identity_is_named(played: Topics) -> None:
    chain = find(order(played, "by hand"), played)
    forged = chain.judged.order.model_copy(update={"id": "0" * 24})
    judged = type(chain.judged)(**{**vars(chain.judged), "order": forged})
    assert type(chain)(**{**vars(chain), "judged": judged}).misnamed() == [f"orders {'0' * 24}"]


def test_records_that_are_gone_are_named(played: Topics) -> None:
    name = order(played, "by hand")
    tick = find(name, played).judged.moment.ticks
    with pytest.raises(BrokenChain, match=names.TICKS):
        find(name, played.changed(names.TICKS, BTC, tick.seq, id="gone"))
    with pytest.raises(BrokenChain, match=names.COMMANDS):
        find(name, played.where(lambda at, row: at != names.COMMANDS))
    trimmed = played.where(lambda at, row: at != names.ORDERS or row.seq > 3)
    assert not recompute(find(name, trimmed), SETTINGS, trimmed).identical


def test_a_beginning_of_its_id_names_an_order(played: Topics) -> None:
    known = list(entries(played))
    chain = find(known[-1][:12], played)
    assert chain.command is not None
    assert chain.command.client_order_id == known[-1]
    with pytest.raises(UnknownOrder, match=f"orders begin with tl; .*{known[-1]}"):
        find("tl", played)


def test_an_unknown_order_names_the_last_ones(played: Topics) -> None:
    for asked in ("x", "nothing-like-it"):
        with pytest.raises(UnknownOrder, match="the last ones: tl"):
            find(asked, played)


def test_the_first_difference_is_shown_with_its_place() -> None:
    assert first_difference(b'{"a":1}', b'{"a":2}').startswith("byte 5, a:")
    assert first_difference(b"same", b"same and more").startswith("byte 4:")
    deep = b'{"a":1,"b":[{"c":"x"},{"c":"y"}]}'
    assert ", b[1].c:" in first_difference(deep, deep.replace(b"y", b"z"))
    assert ", d:" in first_difference(b'{"a":1}', b'{"a":1,"d":2}')


def test_a_request_whose_market_stands_still_says_so(played: Topics) -> None:
    asked = next(
        row for _, row in played.rows
        if isinstance(row, OrderDecision) and row.request and row.origin == "person"
    )  # fmt: skip
    still = Topics()
    still.rows = [(topic, row) for topic, row in played.rows if topic != names.ORDERS]
    still.rows = [(topic, row) for topic, row in still.rows if topic != names.JOURNAL]
    with pytest.raises(UnknownOrder, match=f"request {asked.request} .* let its feed run"):
        find(str(asked.request), still)
    with pytest.raises(UnknownOrder, match="the journal is empty"):
        find("0" * 24, still)
