"""Topics to tables: nothing lost, nothing twice, whoever is killed when, on both databases."""

from __future__ import annotations

import multiprocessing
import os
import signal
from decimal import Decimal
from itertools import chain, repeat
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event, update

from gateway.store.engine import engine, writing
from gateway.store.sink import folding
from gateway.store.sink.places import OtherTopics, begin, empty, forget
from gateway.store.sink.rows import Folded, Keep, made
from gateway.store.sink.taken import TOPICS
from gateway.store.sink.writing import Overtaken, take
from gateway.store.tables.fills import FillRow
from gateway.store.tables.orders import OrderRow
from gateway.store.tables.portfolio import PointRow
from schemas import names
from schemas.codec import decode, encode
from schemas.orders import Intent, OrderCommand, OrderDecision
from schemas.portfolio import Portfolio
from schemas.record import Record
from schemas.refusals import Reason
from schemas.statuses import JournalEntry, OrderState, Status
from schemas.system import Severity, SystemEvent
from tests.unit.small_desk import Story
from tests.unit.sunk_topics import KEEP, Log, contents, log_of, sink

SECOND = 10**9
AGAIN = slice(-60, -27)
"""Records that a stage which crashed has published once more; others of their orders follow."""
FEW = settings(max_examples=5, deadline=None,
               suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip


def more() -> list[tuple[str, Record]]:
    """What the small desk does not come to: refusals, an order that waits, funding, events."""
    plain: dict[str, Any] = {
        "key": "side:A/B", "account": "side", "venue": "binance", "symbol": "A/B",
        "seen_time": 5 * SECOND,
    }  # fmt: skip
    command = OrderCommand(
        client_order_id="tlwaits", account="side", venue="binance", symbol="A/B",
        intent=Intent.OPEN, side="buy", quantity="1.50", price="0.00000001", expires=1,
    )  # fmt: skip
    waits = OrderDecision(id="o0", seq=0, outcome="awaiting", command=command, **plain)
    expired = waits.model_copy(
        update={"id": "o1", "seq": 1, "outcome": "refused", "reason": Reason.EXPIRED}
    )
    refused = OrderDecision(id="o2", seq=2, outcome="refused", reason=Reason.HALTED, **plain)
    paid = Status(id="s0", seq=0, type="funding", amount="-0.5", price="10", **plain)
    less = command.model_copy(update={"quantity": "1"})
    entry = JournalEntry(
        id="j0", seq=0, key="tlwaits", seen_time=9 * SECOND, command=less, order_seq=0, tick=0,
        state=OrderState.INTENDED, due=0,
    )  # fmt: skip
    other = less.model_copy(update={"client_order_id": "tlseen"})
    seen = entry.model_copy(update={"id": "j1", "key": "tlseen", "command": other})
    opened = Status(id="s1", seq=1, type="status", state=OrderState.OPEN, filled="0",
                    client_order_id="tlseen", **plain)  # fmt: skip
    said = SystemEvent(key="raw", stage="raw", severity=Severity.INFO, kind="gap", text="a\0b")
    return [(names.ORDERS, waits), (names.ORDERS, expired), (names.ORDERS, refused),
            (names.JOURNAL, entry), (names.JOURNAL, seen),
            (names.STATUSES, paid), (names.STATUSES, opened),
            (names.EVENTS, said), (names.EVENTS, said)]  # fmt: skip


@pytest.fixture(scope="module")
def records() -> list[tuple[str, Record]]:
    """A desk that trades for half a minute, with what it does not come to; few of its holds."""
    rows = [(at, row) for at, row in Story().play(30 * SECOND).rows if at in TOPICS]
    told = [row for n, row in enumerate(rows) if n % 20 == 0 or not dull(row[1])]
    return [*told, *more()]


def dull(record: Record) -> bool:
    """Nothing is to be done, and the store does not keep it."""
    return getattr(record, "verdict", getattr(record, "outcome", None)) in ("hold", "held")


@pytest.fixture(scope="module")
def log(records: list[tuple[str, Record]]) -> Log:
    """Its topics; some of each was published twice, as after a crash."""
    found = log_of(records)
    for at, rows in found.rows.items():
        if at[0] != names.EVENTS:
            rows += rows[AGAIN]
    return found


@pytest.fixture
def whole(store: Engine, log: Log) -> dict[str, list[dict[str, Any]]]:
    """What is in a store that has read all of it at once."""
    sink(store, log, repeat(10_000))
    return dict(contents(store))


def of(records: list[tuple[str, Record]], topic: str) -> list[Any]:
    return [record for at, record in records if at == topic]


def test_the_tables_say_what_the_records_say(
    records: list[tuple[str, Record]], whole: dict[str, list[dict[str, Any]]]
) -> None:
    statuses = of(records, names.STATUSES)
    fills = {each.id: each for each in statuses if each.type == "fill"}
    assert {row["id"] for row in whole["fills"]} == fills.keys()
    for row in whole["fills"]:
        told = fills[row["id"]]
        assert (str(row["price"]), str(row["quantity"]), row["order_id"], row["at"]) == (
            told.price, told.quantity, told.client_order_id, told.event_time,
        )  # fmt: skip
    steps = [each.id for each in statuses if each.type == "status"]
    assert {row["id"] for row in whole["order_steps"]} == set(steps)
    assert len(steps) == len(whole["order_steps"])
    decided = [each for each in of(records, names.DECISIONS) if each.verdict != "hold"]
    assert {row["id"] for row in whole["decisions"]} == {each.id for each in decided}
    assert [row["amount"] for row in whole["funding"]] == [Decimal("-0.5")]
    assert [row["reason"] for row in whole["refusals"]] == ["expired", "halted"]
    assert len(whole["commands"]) == len(of(records, names.COMMANDS)) > 5
    assert [row["text"] for row in whole["events"]] == ["a\ufffdb"] * 2


def test_an_order_is_what_its_last_records_say(
    records: list[tuple[str, Record]], whole: dict[str, list[dict[str, Any]]]
) -> None:
    orders = {row["id"]: row for row in whole["orders"]}
    statuses = [each for each in of(records, names.STATUSES) if each.client_order_id]
    last = {each.client_order_id: each for each in statuses if each.state}
    assert orders.keys() == last.keys() | {"tlwaits"}
    for name, told in last.items():
        assert orders[name]["state"] == told.state
        commands = [each.command for each in of(records, names.ORDERS)
                    if each.command and each.command.client_order_id == name]  # fmt: skip
        entries = [each.command for each in of(records, names.JOURNAL) if each.key == name]
        command = (commands or entries)[-1]
        assert orders[name]["type"] == command.type
        assert str(orders[name]["quantity"]) == command.quantity
    modified = [each for each in statuses if each.type == "status" and each.price]
    for each in {each.client_order_id: each for each in modified}.values():
        assert str(orders[each.client_order_id]["resting_price"]) == each.price
    assert orders["tlwaits"]["state"] == "refused"
    assert str(orders["tlwaits"]["price"]) == "1E-8"
    assert {"filled", "cancelled", "open", "done"} <= {row["state"] for row in orders.values()}


def test_the_portfolio_is_the_last_of_each_key_and_of_each_step(
    records: list[tuple[str, Record]], whole: dict[str, list[dict[str, Any]]]
) -> None:
    rows = of(records, names.PORTFOLIO)
    now = {each.key: each for each in rows}
    assert {(row["key"], row["seq"]) for row in whole["portfolio"]} == {
        (key, each.seq) for key, each in now.items()
    }
    curve = {(each.key, each.seen_time // (10 * SECOND)): each for each in rows}
    points = {(row["key"], row["span"] // (10 * SECOND)): row for row in whole["portfolio_points"]}
    assert points.keys() == curve.keys()
    assert len(points) >= 6
    for key, row in points.items():
        equity = None if row["equity"] is None else str(row["equity"])
        assert (row["seq"], equity) == (curve[key].seq, curve[key].equity)


@FEW
@given(sizes=st.lists(st.integers(0, 40), min_size=1).filter(any))
def test_however_it_is_cut_and_mixed_the_tables_are_the_same(
    store: Engine, log: Log, whole: dict[str, list[dict[str, Any]]], sizes: list[int]
) -> None:
    empty(store)
    sink(store, log, chain(sizes, sizes, repeat(40)))
    assert contents(store) == whole


def dies(address: str, log: Log, sizes: list[int], statement: int) -> None:
    """A sink whose process is killed as it begins its n-th statement."""
    store, left = engine(address), [statement]

    @event.listens_for(store, "before_cursor_execute")
    def count(*_: Any) -> None:
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    sink(store, log, chain(sizes, repeat(200)))


@FEW
@given(
    sizes=st.lists(st.integers(1, 60), min_size=1, max_size=20),
    kills=st.lists(st.integers(0, 120), min_size=1, max_size=3),
)
def test_killed_at_any_statement_nothing_is_lost_or_doubled(
    address: str, store: Engine, log: Log, whole: dict[str, list[dict[str, Any]]],
    sizes: list[int], kills: list[int],
) -> None:  # fmt: skip
    empty(store)
    store.dispose()
    context = multiprocessing.get_context("fork")
    for statement in kills:
        child = context.Process(target=dies, args=(address, log, sizes, statement))
        child.start()
        child.join()
        assert child.exitcode in (-signal.SIGKILL, 0)
    sink(store, log, repeat(10_000))
    assert contents(store) == whole


def test_rebuilt_tables_are_those_that_were_sunk(
    store: Engine, log: Log, whole: dict[str, list[dict[str, Any]]]
) -> None:
    with writing(store) as connection:
        wrong = {"symbol": "what an older version wrote"}
        connection.execute(update(FillRow).values(**wrong))
        connection.execute(update(OrderRow).values(**wrong))
        connection.execute(update(PointRow).values(**wrong))
    forget(store, log.source())
    sink(store, log, repeat(37))
    assert contents(store) == whole


def compacted(rows: list[bytes | None]) -> list[bytes | None]:
    """Of each key the latest; of the last rows, which are not compacted yet, all."""
    told = {n: decode(Portfolio, row) for n, row in enumerate(rows) if row}
    last = {told[n].key: n for n in sorted(told, key=lambda n: told[n].seq)}
    kept = {*last.values(), *range(len(rows) - 50, len(rows))}
    return [row if n in kept else None for n, row in enumerate(rows)]


def test_a_rebuild_keeps_what_the_topics_have_let_go_of(
    store: Engine, log: Log, whole: dict[str, list[dict[str, Any]]]
) -> None:
    lasting = (names.PORTFOLIO, names.JOURNAL)
    short = log.since(lambda at, rows: 0 if at[0] in lasting else rows // 2)
    short.rows = {at: compacted(rows) if at[0] == names.PORTFOLIO else rows
                  for at, rows in log.rows.items()}  # fmt: skip
    forget(store, short.source())
    assert len(contents(store)["fills"]) < len(whole["fills"])
    sink(store, short, repeat(37))
    again = contents(store)
    assert again == whole


def test_two_sinks_at_once_do_not_write_twice(store: Engine, log: Log) -> None:
    source = log.source()
    places = begin(store, source)
    at = next(at for at, rows in sorted(log.rows.items()) if at[0] == names.STATUSES and rows)
    take(store, log.of(at, 0, 9), places, source.names, lambda each: made(each, KEEP))
    before = contents(store)
    with pytest.raises(Overtaken):
        take(store, log.of(at, 0, 20), places, source.names, lambda each: made(each, KEEP))
    assert contents(store) == before
    assert begin(store, source)[at] == 9


def test_a_store_of_other_topics_is_not_mixed_with_these(store: Engine, log: Log) -> None:
    sink(store, log, repeat(10_000))
    with pytest.raises(OtherTopics, match="rebuild --everything"):
        begin(store, log.source("elsewhere"))
    with pytest.raises(OtherTopics):
        begin(store, Log().source())  # made anew: the store is further than they are
    empty(store)
    begin(store, Log().source())
    assert not any(contents(store).values())


@pytest.mark.parametrize(
    "value",
    [
        b"typed by hand",
        b"{}",
        pytest.param({"seen_time": 2**70}, id="late"),
        pytest.param({"price": "much"}, id="no amount"),
        pytest.param({"price": "1E+200000"}, id="too much"),
    ],
)
def test_what_cannot_be_read_is_told_and_passed(store: Engine, log: Log, value: Any) -> None:
    at = next(at for at, rows in sorted(log.rows.items()) if at[0] == names.STATUSES and rows)
    status = next(each for row in log.rows[at] if row
                  and (each := decode(Status, row)).type == "fill")  # fmt: skip
    bad = encode(status.model_copy(update=value)) if isinstance(value, dict) else value
    odd = encode(status.model_copy(update={"id": "x", "seq": 10**6, "strategy": "a\0b"}))
    found = Log()
    found.rows[at] += [bad, odd]
    sink(store, found, repeat(10))
    sink(store, found, repeat(10))
    told = contents(store)
    assert [row["id"] for row in told["events"]] == [f"{at[0]}:{at[1]}:0"]
    assert "cannot be read" in told["events"][0]["text"]
    assert [row["strategy"] for row in told["fills"]] == ["a\ufffdb"]


def test_holds_are_kept_where_they_are_wanted(log: Log) -> None:
    at = next(at for at, rows in sorted(log.rows.items()) if at[0] == names.DECISIONS and rows)
    rows = log.of(at, 0, 10**6)
    some = [
        len([one for each in rows for one in made(each, Keep(holds))]) for holds in (False, True)
    ]
    assert some[0] < 5 < 50 < some[1]


@pytest.fixture(scope="module")
def folds(log: Log) -> dict[str, dict[str, list[Folded]]]:
    """By order, and by which of its topics, what is folded into it."""
    found: dict[str, dict[str, list[Folded]]] = {}
    for at, rows in sorted(log.rows.items()):
        things = (thing for each in log.of(at, 0, len(rows)) for thing in made(each, KEEP))
        for thing in things:
            if isinstance(thing, Folded):
                found.setdefault(thing.order, {}).setdefault(at[0], []).append(thing)
    return found


@settings(max_examples=40)
@given(data=st.data())
def test_an_order_is_the_same_whichever_topic_is_read_first(
    folds: dict[str, dict[str, list[Folded]]], data: st.DataObject
) -> None:
    order = data.draw(st.sampled_from(sorted(folds)))
    parts = folds[order]
    expected = folding.blank(order)
    for each in chain(*parts.values()):
        expected = each.fold(expected)
    turns = data.draw(st.permutations([name for name, some in parts.items() for _ in some]))
    row, left = folding.blank(order), {name: iter(some) for name, some in parts.items()}
    for name in turns:
        row = next(left[name]).fold(row)
    assert row == expected
