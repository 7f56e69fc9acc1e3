"""`tapeline why` of an order that an advisor spoke for: who, which model, its price, its words."""

from __future__ import annotations

import io
from html import escape

import orjson
import pytest
from rich.console import Console
from rich.tree import Tree

from engine.replay.desk import Row
from gateway.proof.chain import Chain
from gateway.proof.explanation import explanation
from gateway.proof.finding import find
from gateway.proof.heard import heard
from gateway.proof.page import page
from gateway.proof.recompute import recompute
from gateway.proof.standing import Standing, standing
from gateway.proof.why import as_json
from gateway.terminal.output import line
from schemas import names
from schemas.orders import OrderDecision
from tests.unit.small_desk import Topics
from tests.unit.test_advice_recorded import advice, decided, played, settings, spoken


@pytest.fixture(scope="module")
def run() -> tuple[Topics, Chain]:
    rows = played(advice())
    told = Topics.holding(rows)
    return told, find(order(rows), told)


def order(rows: list[Row]) -> str:
    """The first one sent that the advisor had spoken for."""
    voted = {one.id for one in spoken(rows)}
    return next(
        one.command.client_order_id
        for _, one in rows
        if isinstance(one, OrderDecision) and one.cause in voted and one.command
    )


def shown(tree: Tree) -> str:
    console = Console(width=400, record=True, file=io.StringIO())
    console.print(tree)
    return console.export_text()


def test_the_tree_tells_the_call_the_reply_and_the_opinion(run: tuple[Topics, Chain]) -> None:
    told, chain = run
    (known,) = chain.judged.heard
    verdict = recompute(chain, settings(), told)
    assert verdict.difference is None
    text = shown(explanation(chain, verdict, [], full=True))
    said = known.row.opinion
    for part in (
        f"beside it ai.advice said judge: {said.verdict} at 0.8, counts",
        "judge: house small, prompt judge v1 ab, 900 and 100 tokens, 0.001 USD, 2 s, 1 tries; "
        "knowledge cut-off 2027-01-15",
        f"briefing {known.row.context_hash} is the one on record",
        "why",
    ):
        assert part in text, part


def test_it_is_the_newest_that_had_been_read_and_not_a_later_one(run: tuple[Topics, Chain]) -> None:
    _, chain = run
    decision, row = chain.judged.decision, chain.judged.heard[0].row
    assert row.seen_time <= decision.seen_time < row.opinion.expires
    later = [one for one in advice() if row.seen_time < one.seen_time <= decision.seen_time]
    assert later == []
    assert standing(row, recompute(chain, settings(), run[0])) is Standing.INPUT


def test_a_briefing_that_was_changed_is_told(run: tuple[Topics, Chain]) -> None:
    told, chain = run
    row = chain.judged.heard[0].row
    forged = told.changed(names.ADVICE, row.key, row.seq, briefing="{}")
    again = find(chain.order.command.client_order_id if chain.order.command else "", forged)
    text = shown(explanation(again, recompute(again, settings(), forged), [], full=False))
    assert f"briefing {row.context_hash} is NOT the one on record" in text


def test_json_and_page_have_it_too(run: tuple[Topics, Chain]) -> None:
    told, chain = run
    verdict = recompute(chain, settings(), told)
    row = chain.judged.heard[0].row
    (known,) = orjson.loads(line(as_json(chain, verdict, [])))["advice"]
    assert (known["fate"], known["sealed"], known["record"]["id"]) == ("counts", True, row.id)
    html = page(chain, verdict, [], False)
    assert f"<code>{row.id}</code>" in html
    assert f"<pre>{escape(row.briefing)}</pre>" in html
    assert "<pre>long</pre>" in html


def test_decisions_of_markets_that_read_no_advice_name_none() -> None:
    rows = played(advice(), strategies={})
    assert {heard(one, Topics.holding(rows)) for one in decided(rows)} == {()}
