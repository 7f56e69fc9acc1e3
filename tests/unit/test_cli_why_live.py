"""`tapeline why` on orders of a live account: what a venue did is told as it was journalled."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from typing import Any

import orjson
import pytest
from rich.console import Console

from gateway.backtests.stages import Stages
from gateway.proof import published
from gateway.proof.chain import Chain
from gateway.proof.comparison import Different, Verdict
from gateway.proof.explanation import explanation
from gateway.proof.finding import UnknownOrder, find, journal_of
from gateway.proof.published import BrokenChain
from gateway.proof.recompute import recompute, venue
from gateway.proof.why import as_json
from gateway.terminal.output import line
from schemas import names
from schemas.codec import encode
from schemas.statuses import JournalEntry, OrderState
from tests.unit.live_desk import LOST, STOPPED, LiveStory
from tests.unit.small_desk import SECOND, Topics
from topics.settings import Settings

Entries = dict[str, JournalEntry]


@pytest.fixture(scope="module")
def played() -> Topics:
    return LiveStory().play(14 * SECOND)


@pytest.fixture(scope="module")
def entries(played: Topics) -> Entries:
    """The latest entries: of the order that was filled, its stop, the stop's move, one that rests
    and one that was lost.
    """
    found = list(journal_of(played).values())
    return {
        "filled": next(one for one in found if one.trades),
        "stop": next(one for one in found if one.command.role == "stop"),
        "move": next(one for one in found if one.command.action == "modify"),
        "rests": next(one for one in found if one.command.type == "limit"),
        "lost": next(one for one in found if one.command.quantity == LOST),
    }


KINDS = ("filled", "stop", "move", "rests", "lost")


def shown(chain: Chain, verdict: Verdict) -> str:
    console = Console(width=400, record=True, file=StringIO())
    console.print(explanation(chain, verdict, chain.misnamed(), False))
    return console.export_text()


@pytest.mark.parametrize("kind", KINDS)
def test_all_before_the_venue_is_computed_again_and_the_rest_is_as_journalled(
    played: Topics, entries: Entries, kind: str
) -> None:
    chain = find(entries[kind].key, played)
    verdict = recompute(chain, STOPPED, played)
    assert verdict.identical, verdict.in_words()
    assert chain.misnamed() == []
    assert verdict.same[names.TICKS] == chain.last.seq + 1
    assert verdict.same[names.ORDERS] > chain.order.seq
    assert verdict.same[names.STATUSES] == 0
    assert verdict.recorded[names.STATUSES] == len(entries[kind].statuses) == len(chain.statuses)
    assert "what the venue did: as journalled" in verdict.in_words()
    assert chain.request is not None


def test_the_sends_the_answers_and_the_executions_are_told(
    played: Topics, entries: Entries
) -> None:
    name = entries["filled"].key
    text = shown(find(name, played), Verdict())
    assert f"place as {name}, epoch 7: acknowledged after 2.0 ms, number 88" in text
    assert "execution t1" in text
    assert "execution t2" in text
    assert "2 fills: 0.006 at" in text


def test_an_order_leads_to_its_protection_and_back(played: Topics, entries: Entries) -> None:
    chain = find(entries["filled"].key, played)
    assert chain.guards == (entries["stop"],)
    text = shown(chain, Verdict())
    assert "protected by 1 order" in text
    assert entries["stop"].key in text
    stop = find(entries["stop"].key, played)
    assert stop.parent == entries["filled"]
    assert stop.about == (entries["move"],)
    assert f"of this order by modify {entries['move'].key}" in shown(stop, Verdict())


def test_what_was_made_without_its_record_at_hand_leads_to_it_by_its_order(
    played: Topics, entries: Entries
) -> None:
    assert entries["move"].order_seq == -1
    assert find(entries["move"].key, played).order == find(entries["filled"].key, played).order


def test_what_no_record_led_to_says_whose_it_is(played: Topics, entries: Entries) -> None:
    entry = entries["lost"]
    alone = played.changed(names.JOURNAL, entry.key, entry.seq, order_seq=-1)
    with pytest.raises(BrokenChain, match="watch on the way to liquidation"):
        find(entry.key, alone)


def test_an_unknown_request_tells_how_it_was_resolved(played: Topics, entries: Entries) -> None:
    assert entries["lost"].state is OrderState.REJECTED
    chain = find(entries["lost"].key, played)
    text = shown(chain, Verdict())
    assert "ms (not at the venue)" in text
    assert ": absent after" in text
    assert "status: unknown" in text


def test_the_json_has_the_sends(played: Topics, entries: Entries) -> None:
    chain = find(entries["stop"].key, played)
    told = orjson.loads(line(as_json(chain, recompute(chain, STOPPED, played), [])))
    assert [(each["order"], each["request"], each["number"]) for each in told["sends"]] == [
        (entries["stop"].key, "place", "89"),
        (entries["move"].key, "amend", "89"),
    ]
    assert told["recorded"] == {names.STATUSES: 2}
    assert told["sends"] == [
        {"order": one.key, **one.sends[0].model_dump(mode="json")}
        for one in (entries["stop"], entries["move"])
    ]


def archived(topics: Topics, *gone: str) -> Topics:
    """These orders have left the journal for the archive, where one of them was put twice."""
    copy = topics.where(lambda topic, row: topic != names.JOURNAL or row.key not in gone)
    latest = journal_of(topics)
    for name in (*gone, *gone[:1]):
        copy.put(names.ARCHIVE, latest[name])
    return copy


def test_done_orders_are_found_in_the_archive(played: Topics, entries: Entries) -> None:
    moved = archived(played, *(entries[kind].key for kind in KINDS))
    assert journal_of(moved) == {}
    for kind in KINDS:
        chain = find(entries[kind].key, moved)
        assert chain == find(entries[kind].key, played)
        assert recompute(chain, STOPPED, moved).identical
    assert find(entries["lost"].key[:12], moved) == find(entries["lost"].key, moved)
    with pytest.raises(UnknownOrder, match="orders begin with tl"):
        find("tl", moved)
    without = moved.where(lambda topic, row: row.key != entries["filled"].key)
    with pytest.raises(BrokenChain, match=f"{names.ARCHIVE} hold no order"):
        find(entries["stop"].key, without)


def test_statuses_that_the_topic_has_no_more_are_told_from_the_journal(
    played: Topics, entries: Entries
) -> None:
    entry = entries["filled"]
    trimmed = played.where(
        lambda topic, row: topic != names.STATUSES or row.id != entry.statuses[0].id
    )
    assert find(entry.key, trimmed).statuses == entry.statuses


def test_a_status_that_is_not_as_journalled_is_named(played: Topics, entries: Entries) -> None:
    entry = entries["filled"]
    fill = next(each for each in entry.statuses if each.type == "fill")
    forged = played.changed(names.STATUSES, fill.key, fill.seq, price="1")
    chain = find(entry.key, played)
    verdict = Verdict()
    _venue(chain, forged, verdict)
    assert (verdict.difference or "").startswith(
        f"{names.STATUSES} {fill.key} seq {fill.seq} is not as journalled: byte"
    )
    lacking = played.where(lambda topic, row: topic != names.STATUSES or row.id != fill.id)
    verdict = Verdict()
    _venue(chain, lacking, verdict)
    assert verdict.difference == f"{names.STATUSES} {fill.key} seq {fill.seq} is not published"


def _venue(chain: Chain, source: Topics, verdict: Verdict) -> None:
    """Only the last part: a forged fill changes the portfolio before it."""
    try:
        venue(chain, Stages.of(STOPPED), source, verdict)
    except Different as different:
        verdict.difference = str(different)


def test_a_forged_command_or_cause_is_named(played: Topics, entries: Entries) -> None:
    entry = entries["filled"]
    other = entry.command.model_copy(update={"quantity": "9"})
    forged = played.changed(names.JOURNAL, entry.key, entry.seq, command=other)
    verdict = recompute(find(entry.key, forged), STOPPED, forged)
    assert "not the command that trading.orders approved" in (verdict.difference or "")
    forged = played.changed(names.JOURNAL, entry.key, entry.seq, cause="0" * 24)
    verdict = recompute(find(entry.key, forged), STOPPED, forged)
    assert "its cause is not" in (verdict.difference or "")


def test_a_forged_id_is_named(played: Topics, entries: Entries) -> None:
    entry, forged = entries["filled"], "0" * 24
    status = entry.statuses[1].model_copy(update={"id": forged})
    rows: list[dict[str, Any]] = [
        {"id": forged},
        {"statuses": (entry.statuses[0], status, *entry.statuses[2:])},
    ]
    for row in rows:
        copy = played.changed(names.JOURNAL, entry.key, entry.seq, **row)
        assert set(find(entry.key, copy).misnamed()) == {f"executor {forged}"}
    copy = played.changed(names.STATUSES, status.key, status.seq, id=forged)
    assert find(entry.key, copy).misnamed() == [f"executor {forged}"]


class Tape:
    """A message as a consumer gives it."""

    def __init__(self, key: str, value: bytes | None) -> None:
        self._key, self._value = key.encode(), value

    def key(self) -> bytes:
        return self._key

    def value(self) -> bytes | None:
        return self._value


def test_a_tombstone_of_the_journal_is_passed_over(
    played: Topics, entries: Entries, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = entries["filled"], entries["rests"]

    def messages(settings: Settings, topic: str) -> Iterator[Tape]:
        yield Tape(one.key, encode(one))
        yield Tape(other.key, None)

    monkeypatch.setattr(published, "read_all", messages)
    source = published.Published(STOPPED)
    assert journal_of(source) == {one.key: one}
