"""`tapeline why --page`: every message of a chain, how it stands, and nothing that runs."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import fields, is_dataclass, replace
from decimal import Decimal
from html import escape
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from engine.identity import record_id
from executor.live.adopted import of_position
from gateway.cli import app
from gateway.proof import source, why
from gateway.proof.adopted import Adopted
from gateway.proof.card import Cards, span
from gateway.proof.chain import Chain
from gateway.proof.comparison import Verdict
from gateway.proof.finding import find, journal_of
from gateway.proof.page import adopted, page
from gateway.proof.recompute import recompute
from gateway.proof.standing import Standing, messages, spot, standing
from gateway.terminal.output import line
from schemas import names
from schemas.record import Message
from tests.unit.explained import explained, order, played
from tests.unit.live_desk import STOPPED, LiveStory
from tests.unit.small_desk import BTC, SECOND, SETTINGS, SYMBOL, Topics
from tests.unit.test_live_adopting import TAKING
from tests.unit.test_report import HOSTILE, Tags

Told = dict[str, tuple[Chain, Verdict]]
KINDS = ("a strategy's entry", "approved by hand", "a stop that fired", "closed by the watch")
TAGS = {
    "html", "head", "meta", "title", "style", "body", "h1", "h2", "h3", "p", "b", "i", "div",
    "section", "header", "nav", "a", "span", "code", "pre", "table", "tr", "td", "th", "dl", "dt",
    "dd", "details", "summary",
}  # fmt: skip


@pytest.fixture(scope="module", name="played")
def _played() -> Topics:
    return played()


@pytest.fixture(scope="module")
def told() -> Told:
    """An order of each kind, computed again."""
    return {kind: explained(kind) for kind in KINDS}


def cards(found: Tags) -> dict[str, str]:
    """How each card stands, by its id."""
    return {
        str(attributes["id"]): str(attributes["class"]).removeprefix("card ")
        for tag, attributes in found.tags
        if tag == "section"
    }


@pytest.mark.parametrize("kind", KINDS)
def test_every_message_has_a_card_with_its_place_and_standing(told: Told, kind: str) -> None:
    chain, verdict = told[kind]
    shown = page(chain, verdict, [], False)
    for record in messages(chain):
        topic, key, seq = spot(record)
        where = f"{topic} · {escape(key)} · seq {seq} · <code>{record.id}</code>"
        assert shown.count(where) == 1
        made = standing(record, verdict)
        before = shown[: shown.index(where)]
        assert before[before.rindex("<section") :].startswith(f'<section class="card {made}"')


@pytest.mark.parametrize("kind", KINDS)
def test_every_link_leads_to_a_card(told: Told, kind: str) -> None:
    chain, verdict = told[kind]
    found = Tags(page(chain, verdict, [], False))
    assert found.open == []
    links = {str(attributes["href"]) for tag, attributes in found.tags if tag == "a"}
    assert links <= {f"#{anchor}" for anchor in cards(found)}
    judged = chain.judged
    for record in (judged.order, judged.decision, judged.signal, judged.moment.ticks):
        assert f'">{link(record.cause)}</a>' in page(chain, verdict, [], False)


def link(id: str) -> str:
    return f"<code>{id}</code>"


@pytest.mark.parametrize("kind", KINDS)
def test_frames_checks_votes_and_fills_are_on_it(told: Told, kind: str) -> None:
    chain, verdict = told[kind]
    shown = page(chain, verdict, [], False)
    for moment in chain.moments:
        assert all(escape(frame) in shown for frame in moment.raw.frames)
    for check in chain.order.checks:
        row = "".join(f'<td class="number">{escape(one)}</td>'
                      for one in (check.value, f"limit {check.limit}"))  # fmt: skip
        assert f"<td>{check.name}</td>{row}" in shown
    for vote in chain.judged.decision.votes:
        assert all(escape(reason) in shown for reason in vote.reasons)
    fills = [status for status in chain.statuses if status.type == "fill"]
    assert all(f"{status.quantity} at {status.price}" in shown for status in fills)


@pytest.mark.parametrize("kind", KINDS)
def test_what_this_order_led_to_is_equal_and_all_that_came_in_is_input(
    told: Told, kind: str
) -> None:
    chain, verdict = told[kind]
    made = [*chain.statuses, chain.order, chain.judged.decision, chain.judged.signal]
    assert {standing(one, verdict) for one in made} == {Standing.EQUAL}
    assert {standing(one.ticks, verdict) for one in chain.moments} == {Standing.EQUAL}
    assert {standing(one.raw, verdict) for one in chain.moments} == {Standing.INPUT}
    assert standing(chain.guards[0], verdict) is Standing.UNREACHED if chain.guards else True


def test_a_flipped_byte_is_shown_at_its_message_and_what_follows_is_not_called_equal(
    played: Topics,
) -> None:
    chain = find(order(played, "a strategy's entry"), played)
    seq = chain.judged.decision.seq
    forged = played.changed(names.DECISIONS, BTC, seq, confidence=0.1)
    verdict = recompute(chain, SETTINGS, forged)
    stands = {spot(one)[0]: standing(one, verdict) for one in messages(chain)}
    assert stands == {
        names.RAW: Standing.INPUT, names.TICKS: Standing.EQUAL, names.SIGNALS: Standing.EQUAL,
        names.DECISIONS: Standing.DIFFERENT, names.ORDERS: Standing.UNREACHED,
        names.JOURNAL: Standing.UNREACHED, names.STATUSES: Standing.UNREACHED,
    }  # fmt: skip
    shown = page(chain, verdict, [], False)
    assert '<div class="banner bad"><p><b>re-computed: different: trading.decisions' in shown
    assert 'class="banner bad"' in page(chain, Verdict(), ["orders 00"], False)
    assert list(cards(Tags(shown)).values()).count("different") == 2, "advice, and its decision"


def hostile(value: Any) -> Any:
    """The same with markup in every text that is no number."""
    if isinstance(value, Message):
        return value.model_copy(update={name: hostile(each) for name, each in value})
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{each.name: hostile(getattr(value, each.name))
                                 for each in fields(value)})  # fmt: skip
    if isinstance(value, dict):
        return {hostile(name): hostile(each) for name, each in value.items()}
    if isinstance(value, tuple):
        return tuple(hostile(each) for each in value)
    plain = type(value) is str and not value.replace(".", "", 1).lstrip("-").isdigit()
    return value + HOSTILE if plain and value not in LITERALS else value


LITERALS = ("fill", "status", "strategy", "person", "risk", "place", "")


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_in_a_message_can_run(told: Told, kind: str) -> None:
    chain, verdict = told[kind]
    worse = hostile(chain)
    worse_verdict = Verdict(knew=hostile(verdict.knew), difference=HOSTILE)
    shown = page(worse, worse_verdict, [HOSTILE], True)
    found = Tags(shown)
    assert found.open == []
    assert {tag for tag, _ in found.tags} <= TAGS
    allowed = {"class", "id", "href", "style", "lang", "charset", "http-equiv", "content", "name"}
    assert {name for _, attributes in found.tags for name in attributes} <= allowed
    hrefs = [str(attributes["href"]) for _, attributes in found.tags if "href" in attributes]
    assert all(href.startswith("#m") for href in hrefs)
    assert shown.count(escape(HOSTILE)) > 100


def test_a_long_frame_is_cut_and_says_how_to_have_it(told: Told) -> None:
    chain, verdict = told["a strategy's entry"]
    judged = chain.judged
    raw = judged.moment.raw.model_copy(update={"frames": ("x" * 30_000,), "received": (1,)})
    long = replace(chain, judged=replace(judged, moment=replace(judged.moment, raw=raw)))
    assert "10,000 characters more: --full has them" in page(long, verdict, [], False)
    assert "x" * 30_000 in page(long, verdict, [], True)


def test_an_order_of_a_live_account_has_its_requests_and_is_as_journalled() -> None:
    topics = LiveStory().play(14 * SECOND)
    entry = next(one for one in journal_of(topics).values() if one.trades)
    chain = find(entry.key, topics)
    verdict = recompute(chain, STOPPED, topics)
    shown = page(chain, verdict, [], False)
    assert f"place as {entry.key}, epoch 7: acknowledged" in shown
    stands = {standing(one, verdict) for one in (entry, *chain.statuses)}
    assert stands == {Standing.RECORDED}
    assert list(cards(Tags(shown)).values()).count("recorded") == 2 + len(chain.statuses)
    assert {standing(guard, verdict) for guard in chain.guards} == {Standing.UNREACHED}


def test_what_was_adopted_has_a_page() -> None:
    entry = of_position(TAKING, SYMBOL, Decimal(1), Decimal(0), "60000").model_copy(
        update={"id": record_id("executor", "tl1", 0), "key": "tl1", "seq": 0}
    )
    topics = Topics()
    topics.put(names.JOURNAL, entry)
    found = Adopted.of(entry, topics)
    shown = adopted(found)
    assert f"Adopted {escape(found.origin())}" in shown
    assert "1 at 60000" in shown
    assert Tags(shown).open == []
    assert HOSTILE not in adopted(hostile(found))


@pytest.mark.parametrize("json", [True, False])
def test_the_command_writes_it(
    played: Topics, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, json: bool
) -> None:
    monkeypatch.setattr(source, "opened", lambda known, output: nullcontext(SETTINGS))
    monkeypatch.setattr(why, "Published", lambda known: played)
    name, path = order(played, "by hand"), tmp_path / "new" / "why.html"
    given = ["why", name, "--page", str(path), *(["--json"] if json else [])]
    result = CliRunner().invoke(app, given)
    assert result.exit_code == 0, result.output
    chain = find(name, played)
    verdict = recompute(chain, SETTINGS, played)
    assert path.read_text() == page(chain, verdict, [], False)
    assert f"page: {path}" in " ".join(result.stderr.split())
    if json:
        assert orjson.loads(result.stdout)["order"] == name


def test_the_json_has_each_message_with_its_standing(told: Told) -> None:
    chain, verdict = told["approved by hand"]
    rows = orjson.loads(line(why.as_json(chain, verdict, [])))["messages"]
    assert [(row["topic"], row["key"], row["seq"]) for row in rows] == [
        spot(one) for one in messages(chain)
    ]
    assert {row["standing"] for row in rows} == {"equal", "input", "unreached"}


@pytest.mark.parametrize(
    ("nanoseconds", "words"),
    [(0, "0 ms"), (1500, "1.5 µs"), (30_207_403, "30.2 ms"), (2_620_000_000, "2.62 s"),
     (90 * SECOND, "1.5 min"), (7200 * SECOND, "2 h"), (720_000 * SECOND, "200 h")],
)  # fmt: skip
def test_times_between_steps_are_in_words(nanoseconds: int, words: str) -> None:
    assert span(nanoseconds) == words


def test_a_step_tells_how_long_after_its_cause_it_was(told: Told) -> None:
    chain, verdict = told["a stop that fired"]
    board = Cards(verdict)
    ticks = chain.judged.moment.ticks
    board.add("Raw frames", "", chain.judged.moment.raw, "")
    later = ticks.model_copy(update={"seen_time": ticks.seen_time + 2_500_000})
    board.add("Ticks", "", later, "")
    assert '<p class="gap">2.5 ms after its cause</p>' in board.parts[1]
    fill = chain.statuses[-1]
    board.add("Fill", "", fill, "")
    late = span(fill.seen_time - later.seen_time)
    assert f'<p class="gap">{late} after ticks</p>' in board.parts[2]
