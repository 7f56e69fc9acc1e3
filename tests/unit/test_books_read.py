"""Strategies that read books over venues: none of a later time, told in reads, made again."""

from __future__ import annotations

import io
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache
from itertools import chain, takewhile
from typing import Any

import pytest
from rich.console import Console
from rich.tree import Tree

from engine.feeds.binance_symbols import Router
from engine.framing import raw_records
from engine.replay.desk import Delays, Desk, Row
from gateway.backtests.backtest import listed
from gateway.backtests.positioned import Played
from gateway.backtests.positioned import played as as_recorded
from gateway.backtests.stages import Stages
from gateway.proof.explanation_market import verdict
from gateway.proof.finding import find
from gateway.proof.recompute import recompute
from gateway.proof.verifying import Verification
from infra.recordings import HERE, listings
from schemas import names
from schemas.codec import encode
from schemas.decisions import Decision, Verdict
from schemas.raw import RawFrame
from schemas.signals import ConsolidatedBook
from schemas.statuses import Status
from tests.unit.small_desk import ACCOUNT, SECOND, Topics
from topics.recording import merged, sample
from topics.settings import Settings

BTC, ETH = "binance:BTC/USDT:USDT", "binance:ETH/USDT:USDT"
SYMBOLS = ("BTC/USDT:USDT", "ETH/USDT:USDT")
FILES = tuple(HERE / f"usdm/{name}usdt_20240808.gz" for name in ("btc", "eth"))
PAIRS = {"kind": "pairs", "bars": 10, "enter": 1.5}
SPAN, SHORT = 30, 8
"""Seconds of the recordings."""


def settings(**given: Any) -> Settings:
    return Settings(**{
        "broker_url": "nowhere:9",
        "books": {"symbols": SYMBOLS},
        "strategies": {
            "spread": {"markets": [BTC, ETH], "advisors": {"pairs": PAIRS}, "stop_percent": 1},
        },
        "risk": {"minimum_strength": 0},
        **given,
    })  # fmt: skip


@cache
def raw() -> tuple[RawFrame, ...]:
    """The first seconds of the two recorded markets."""
    routes = [(each, Router.of(sample(each), listings(), "usdm").route) for each in FILES]
    first = min(sample(each)[0].received_ns for each in FILES)
    frames = takewhile(lambda routed: routed[1].received_ns < first + SPAN * SECOND, merged(routes))
    return tuple(raw_records(frames, "test"))


def inputs(known: Settings, span: int) -> Iterator[Row]:
    until = raw()[0].seen_time + span * SECOND
    return chain(listed(known), ((names.RAW, each) for each in raw() if each.seen_time < until))


def played(known: Settings, delays: Delays | None = None, span: int = SHORT) -> list[Row]:
    return [*Desk(Stages.of(known), (ACCOUNT,), delays).run(inputs(known, span))]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return played(settings(), span=SPAN)


@pytest.fixture(scope="module")
def short() -> list[Row]:
    return played(settings())


def decided(rows: list[Row], key: str = "") -> list[Decision]:
    return [one for _, one in rows if isinstance(one, Decision) and key in one.key]


def test_pairs_trade_both_legs_of_a_recorded_market(rows: list[Row]) -> None:
    said = {key: [each.verdict for each in decided(rows, key)] for key in (BTC, ETH)}
    for key in (BTC, ETH):
        assert {Verdict.LONG, Verdict.SHORT, Verdict.EXIT} & {*said[key]}
    fills = [one for _, one in rows if isinstance(one, Status) and one.type == "fill"]
    assert {one.symbol for one in fills} == set(SYMBOLS)


def test_both_legs_come_of_the_same_spread(rows: list[Row]) -> None:
    """At bars at which both markets speak, they take opposite sides."""
    sides = [
        {one.event_time // SECOND: one.verdict for one in decided(rows, key)
         if one.event_time and one.verdict in (Verdict.LONG, Verdict.SHORT)}
        for key in (BTC, ETH)
    ]  # fmt: skip
    both = [(sides[0][at], sides[1][at]) for at in sides[0].keys() & sides[1].keys()]
    assert both
    assert all(one is not other for one, other in both)


def test_each_decision_says_how_far_it_had_read_and_none_looks_ahead(rows: list[Row]) -> None:
    """By an independent count: the newest row of no later time that had come by then."""
    moments: dict[str, list[int]] = {symbol: [] for symbol in SYMBOLS}  # by sequence
    told: dict[tuple[str, str], int] = {}
    newest = []
    for _, one in rows:
        if isinstance(one, ConsolidatedBook):
            assert one.seq == len(moments[one.key])
            moments[one.key].append(one.now)
        if isinstance(one, Decision):
            assert one.reads[0].topic == names.SIGNALS
            told |= {(one.key, read.key): read.seq for read in one.reads[1:]}
            for symbol in SYMBOLS:
                read = told.get((one.key, symbol), -1)
                assert read < 0 or moments[symbol][read] <= one.seen_time
                come = bisect_right(moments[symbol], one.seen_time - Delays().books)
                newest.append(read == come - 1)
    assert sum(newest) / len(newest) > 0.95  # frames of one linger arrive out of order
    assert len(newest) > 2000


def test_the_run_comes_out_again_to_the_byte(rows: list[Row]) -> None:
    found = Verification(settings(), Topics.holding(rows)).run()
    assert found.differences == []
    assert found.same[names.DECISIONS] == len(decided(rows)) > 1000
    assert found.same[names.BOOKS] == sum(topic == names.BOOKS for topic, _ in rows)


def test_another_delay_of_the_books_is_another_run_that_comes_out_again(short: list[Row]) -> None:
    late = played(settings(), Delays(books=400_000_000))
    assert Verification(settings(), Topics.holding(late)).run().differences == []
    assert [each.reads for each in decided(late)] != [each.reads for each in decided(short)]


def test_it_is_played_as_recorded_on_the_books_that_were_read(short: list[Row]) -> None:
    found = Played()
    again = [*as_recorded(Topics.holding(short), settings(), found)]
    assert found.differences == []
    for topic in (names.DECISIONS, names.STATUSES):
        made = [sorted(encode(one) for at, one in each if at == topic) for each in (short, again)]
        assert made[0] == made[1], topic


def first_read(rows: list[Row], after: int = 100) -> Decision:
    return next(one for one in decided(rows, BTC) if one.seq > after and len(one.reads) > 1)


def test_a_decision_that_claims_to_have_read_later_books_is_found(short: list[Row]) -> None:
    """A planted look-ahead: the row is there, its time is not."""
    one = first_read(short)
    ahead = [
        one.reads[0],
        *(read.model_copy(update={"seq": read.seq + 40}) for read in one.reads[1:]),
    ]
    forged = Topics.holding(short).changed(names.DECISIONS, BTC, one.seq, reads=tuple(ahead))
    found = Verification(settings(), forged).run().differences
    assert any(f"{names.DECISIONS} {BTC} seq {one.seq}: byte" in each for each in found)
    assert any("reads[1].seq" in each for each in found)


def test_a_book_that_was_changed_is_found_where_it_is_read(short: list[Row]) -> None:
    one = first_read(short)
    read = one.reads[1]
    forged = Topics.holding(short).changed(names.BOOKS, read.key, read.seq, bid=("1", "1"))
    found = Verification(settings(), forged).run().differences
    assert any(f"{names.BOOKS} {read.key} seq {read.seq}: byte" in each for each in found)


def test_a_book_that_is_gone_is_named(short: list[Row]) -> None:
    last = first_read(short).reads[1]
    left = Topics.holding(short).where(
        lambda at, row: at != names.BOOKS or row.key != last.key or row.seq < last.seq
    )
    found = Verification(settings(), left).run().differences
    assert any(f"{names.BOOKS} {last.key} seq {last.seq} is gone" in each for each in found)


def test_where_nobody_reads_books_decisions_are_what_they_were() -> None:
    """Bytes of a market without readers, with and without books and a reader elsewhere."""
    plain = {"trend": {"markets": [ETH], "advisors": {"trend": {}}}}
    reader = {"spread": {"markets": [BTC], "advisors": {"pairs": PAIRS}}}
    alone = played(settings(strategies=plain, books={}))
    beside = played(settings(strategies=plain | reader))
    ours, theirs = ([encode(one) for one in decided(each, ETH)] for each in (alone, beside))
    assert ours == theirs
    assert len(ours) > 100
    assert not any(b'"reads"' in each for each in ours)
    assert all(b'"reads"' in encode(one) for one in decided(beside, BTC))


def test_why_tells_which_books_were_read_and_makes_the_order_again(rows: list[Row]) -> None:
    told = Topics.holding(rows)
    fill = next(one for _, one in rows if isinstance(one, Status) and one.type == "fill")
    chain_ = find(str(fill.client_order_id), told)
    found = recompute(chain_, settings(), told)
    assert found.difference is None
    assert found.same[names.DECISIONS] > 20
    read = [each for each in chain_.judged.decision.reads if each.topic == names.BOOKS]
    shown = Console(width=200, record=True, file=io.StringIO())
    tree = Tree("decision")
    verdict(tree, chain_.judged.decision)
    shown.print(tree)
    text = shown.export_text()
    assert read
    for each in read:
        assert f"had read {each.topic} {each.key} up to seq {each.seq}" in text
