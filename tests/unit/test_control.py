"""Commands become rows: what each one sets, what is refused, and that none is lost."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from engine.control import KEPT, LONGEST, MOST, ControlStage
from engine.requests import LIFETIME
from engine.risk import RiskLimits
from engine.stage import Cell, Output
from schemas import names
from schemas.codec import decode, encode
from schemas.commands import (
    Approve,
    CancelOrders,
    Command,
    ControlCommand,
    ControlState,
    Flatten,
    Halt,
    ModifyOrder,
    PlaceOrder,
    Protect,
    Reject,
    Resume,
    SetLimit,
    SetMode,
    SetParameters,
    StartStrategy,
    StopStrategy,
)
from schemas.orders import OrderType
from schemas.system import Snapshot
from tests.recorded import long
from topics import STATE

STAGE = ControlStage(("a", "b"))
SECOND = 10**9
BTC = "BTC/USDT:USDT"
PLACE = PlaceOrder(venue="binance", symbol=BTC, side="buy", quantity="1")


def said(command: Command, seq: int = 0, account: str = "a", **fields: Any) -> ControlCommand:
    given: dict[str, Any] = {
        "id": f"{account}{seq}", "seq": seq, "key": f"{account}:*", "seen_time": seq * SECOND,
        "account": account, "by": "ann", "command": command,
    }  # fmt: skip
    return ControlCommand.model_validate(given | fields)


def fresh() -> Cell[Any]:
    return Cell.fresh(STAGE, "a")


def rows(cell: Cell[Any], record: ControlCommand) -> list[tuple[str, str]]:
    """Setting and value of all that one command gives."""
    return [(each.setting, each.value) for each in records(cell.take(names.COMMANDS, record))]


def records(outputs: list[Output]) -> list[ControlState]:
    assert all(each.topic == names.STATE for each in outputs)
    return [decode(ControlState, encode(each.record)) for each in outputs]


def requests(cell: Cell[Any], record: ControlCommand) -> list[dict[str, Any]]:
    ((setting, value),) = rows(cell, record)
    assert setting == "requests"
    found: list[dict[str, Any]] = orjson.loads(value)
    return found


def why(record: ControlCommand, cell: Cell[Any] | None = None) -> str:
    """The reason for which a command is refused."""
    (row,) = records((cell or fresh()).take(names.COMMANDS, record))
    assert (row.setting, row.value, row.cause) == ("refused", "bad_command", record.id)
    return row.why


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (Halt(why="news"), [("stopped", "true")]),
        (Resume(why="calm"), [("stopped", "false"), ("resumed", "a0")]),
        (
            Resume(why="calm", lifts={"a": 7, "b": 9}),
            [("stopped", "false"), ("lifted", "7"), ("resumed", "a0")],
        ),
        (Resume(why="calm", lifts={"b": 9}), [("stopped", "false"), ("resumed", "a0")]),
        (SetMode(mode="manual"), [("mode", "manual")]),
        (SetLimit(name="leverage", value=" 5 "), [("limit/leverage", "5")]),
        (SetLimit(name="maximum_positions", value="3"), [("limit/maximum_positions", "3")]),
        (StartStrategy(strategy="trend"), [("strategy/trend", "started")]),
        (
            StartStrategy(strategy="trend", symbols=(BTC, "X/Y", BTC)),
            [("strategy/trend", f"started:{BTC},X/Y")],
        ),
        (StopStrategy(strategy="nobody knows it"), [("strategy/nobody knows it", "stopped")]),
        (
            SetParameters(strategy="trend", parameters={"b": "2", "a": "x"}),
            [("parameters/trend", '{"a":"x","b":"2"}')],
        ),
    ],
)
def test_what_a_command_sets(command: Command, expected: list[tuple[str, str]]) -> None:
    assert rows(fresh(), said(command)) == expected


def test_a_row_names_its_account_its_cause_and_why() -> None:
    (row,) = records(fresh().take(names.COMMANDS, said(Halt(why="news"), seen_time=5)))
    assert (row.key, row.account, row.cause, row.why) == ("a:stopped", "a", "a0", "news")
    assert (row.seq, row.seen_time) == (0, 5)


def test_resumes_are_counted_and_a_lifted_halt_stays_lifted() -> None:
    cell = fresh()
    rows(cell, said(Resume(why="", lifts={"a": 9})))
    again = records(cell.take(names.COMMANDS, said(Resume(why="", lifts={"a": 4}), 1)))
    assert [(each.setting, each.value, each.seq) for each in again] == [
        ("stopped", "false", 1), ("lifted", "9", 1), ("resumed", "a1", 1),
    ]  # fmt: skip


def test_parameters_are_merged_over_earlier_ones_of_the_strategy() -> None:
    cell = fresh()
    rows(cell, said(SetParameters(strategy="x", parameters={"a": "1", "b": "1"})))
    rows(cell, said(SetParameters(strategy="y", parameters={"c": "1"}), 1))
    ((_, value),) = rows(cell, said(SetParameters(strategy="x", parameters={"b": "2"}), 2))
    assert value == '{"a":"1","b":"2"}'


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (SetLimit(name="luck", value="1"), "there is no limit 'luck': choose from "),
        (SetLimit(name="leverage", value="21"), "limit leverage: Input should be less than"),
        (SetLimit(name="leverage", value="much"), "limit leverage: "),
        (SetLimit(name="leverage", value="nan"), "limit leverage: "),
        (SetLimit(name="maximum_positions", value="1.5"), "limit maximum_positions: "),
        (StartStrategy(strategy=""), "a strategy's name has 1 to 100 printable characters"),
        (StopStrategy(strategy="a\nb"), "a strategy's name"),
        (StartStrategy(strategy="x", symbols=("A,B",)), "a symbol is empty or has a comma"),
        (SetParameters(strategy="x", parameters={}), "no parameter is named"),
        (Halt(why="x" * LONGEST), f"it is longer than {LONGEST} bytes"),
        (PLACE.model_copy(update={"quantity": "none"}), "quantity 'none' is no positive number"),
        (Protect(symbol=BTC), "neither stop nor target nor trailing nor lasts is given"),
        (
            CancelOrders(symbol=BTC, client_order_ids=("tl" * 14,) * 100),
            "it is longer than 3000 bytes: ask in several",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_reason(command: Command, reason: str) -> None:
    assert why(said(command)).startswith(reason)


def test_parameters_do_not_grow_for_ever() -> None:
    cell = fresh()
    for n in range(2):
        text = "x" * (LONGEST // 3)
        rows(cell, said(SetParameters(strategy="s", parameters={str(n): text}), n))
    late = said(SetParameters(strategy="s", parameters={"2": "x" * (LONGEST // 2)}), 2)
    assert "are longer than" in why(late, cell)
    ((_, value),) = rows(cell, said(SetParameters(strategy="s", parameters={"0": "y"}), 3))
    assert sorted(orjson.loads(value)) == ["0", "1"]


@pytest.mark.parametrize(
    "fields", [{"key": "a:BTC"}, {"account": "b"}, {"account": "*"}], ids=lambda each: str(each)
)
def test_a_command_under_another_s_key_is_refused(fields: dict[str, str]) -> None:
    assert "it is for account" in why(said(Halt(why="")).model_copy(update=fields))


def test_a_limit_that_was_refused_does_not_stay() -> None:
    cell = fresh()
    why(said(SetLimit(name="leverage", value="99")), cell)
    assert cell.state.limits == {}


def test_commands_go_to_the_accounts_that_they_are_for() -> None:
    assert STAGE.cells_of(names.COMMANDS, "a:*") == ("a",)
    assert STAGE.cells_of(names.COMMANDS, "*:*") == ("a", "b")
    assert STAGE.cells_of(names.COMMANDS, "c:*") == ()


def test_a_command_for_every_account_is_answered_by_each() -> None:
    everyone = said(Resume(why="", lifts={"b": 3}), account="*")
    for account in STAGE.cells_of(names.COMMANDS, everyone.key):
        outputs = Cell.fresh(STAGE, account).take(names.COMMANDS, everyone)
        assert [each.key for each in outputs] == [
            f"{account}:{setting}"
            for setting in ("stopped", "lifted", "resumed")
            if account == "b" or setting != "lifted"
        ]
        assert {each.record.cause for each in outputs} == {everyone.id}


def test_requests_are_numbered_and_name_the_command() -> None:
    cell = fresh()
    requests(cell, said(PLACE, 0, seen_time=50))
    rows(cell, said(Halt(why=""), 1))
    first, second = requests(cell, said(Flatten(why="out"), 2, seen_time=60, by="bob"))
    assert first["number"] == 0
    assert second == {
        "number": 1, "id": "a2", "seen": 60, "by": "bob",
        "command": {"kind": "flatten", "symbol": None, "why": "out"},
    }  # fmt: skip


def test_the_row_s_sequence_is_the_number_of_its_last_request() -> None:
    cell = fresh()
    given: list[Command] = [PLACE, Protect(symbol=BTC), PLACE]
    for seq, command in enumerate(given):
        made = records(cell.take(names.COMMANDS, said(command, seq)))
    assert (made[0].seq, orjson.loads(made[0].value)[-1]["number"]) == (1, 1)


def test_the_row_keeps_a_minute_and_at_least_the_latest() -> None:
    cell = fresh()
    for seq in range(KEPT + 10):
        kept = requests(cell, said(PLACE, seq, seen_time=seq))
    assert len(kept) == KEPT + 10
    kept = requests(cell, said(PLACE, KEPT + 10, seen_time=LIFETIME + 5))
    assert [each["number"] for each in kept] == list(range(5, KEPT + 11))
    kept = requests(cell, said(PLACE, KEPT + 11, seen_time=9 * LIFETIME))
    assert [each["number"] for each in kept] == list(range(12, KEPT + 12))


def test_too_many_at_once_are_refused_until_a_minute_is_over() -> None:
    cell = fresh()
    for seq in range(MOST):
        kept = requests(cell, said(PLACE, seq, seen_time=1))
    assert len(kept) == MOST
    assert why(said(PLACE, MOST, seen_time=2), cell) == "too many at once: 256 in 60 s"
    kept = requests(cell, said(PLACE, MOST + 1, seen_time=LIFETIME + 2))
    assert kept[-1]["number"] == MOST
    assert len(kept) == KEPT


def test_the_longest_row_fits_into_a_record() -> None:
    cell, most = fresh(), said(Flatten(symbol='"\n' * 300, why='"' * 160), seen_time=1)
    for seq in range(MOST):
        (made,) = records(cell.take(names.COMMANDS, most.model_copy(update={"seq": seq})))
        assert made.setting == "requests"
    assert STATE.largest // 2 < len(encode(made)) < STATE.largest


AMOUNTS = st.sampled_from(["1", "0.5", "0", "-1", "1e9", "", "9.99"])
MAYBE = st.none() | AMOUNTS
SYMBOLS = st.sampled_from([BTC, "ETH/USDT:USDT", ""])
WORDS = st.text(max_size=5)


def commands() -> SearchStrategy[Command]:
    """Any command, sensible or not."""
    return st.one_of(
        st.builds(
            PlaceOrder, venue=WORDS, symbol=SYMBOLS, quantity=AMOUNTS, price=MAYBE,
            trigger=MAYBE, type=st.sampled_from(OrderType),
        ),
        st.builds(ModifyOrder, client_order_id=WORDS, symbol=SYMBOLS, quantity=MAYBE, price=MAYBE),
        st.builds(Protect, symbol=SYMBOLS, stop=MAYBE, target=MAYBE),
        st.builds(
            CancelOrders, symbol=st.none() | SYMBOLS,
            client_order_ids=st.lists(WORDS, max_size=2).map(tuple),
        ),
        st.builds(Approve, client_order_id=WORDS, symbol=SYMBOLS),
        st.builds(Reject, client_order_id=WORDS, symbol=SYMBOLS),
        st.builds(Halt, why=WORDS),
        st.builds(
            Resume, why=WORDS,
            lifts=st.dictionaries(st.sampled_from("ab"), st.integers(-1, 99), max_size=2),
        ),
        st.builds(Flatten, symbol=st.none() | SYMBOLS, why=WORDS),
        st.builds(SetMode),
        st.builds(SetLimit, name=st.sampled_from([*RiskLimits.model_fields, "luck"]), value=WORDS),
        st.builds(StartStrategy, strategy=WORDS, symbols=st.lists(WORDS, max_size=2).map(tuple)),
        st.builds(StopStrategy, strategy=WORDS),
        st.builds(
            SetParameters, strategy=WORDS, parameters=st.dictionaries(WORDS, WORDS, max_size=3)
        ),
    )  # fmt: skip


PAUSES = st.sampled_from([0, SECOND, LIFETIME // 3, -SECOND])


@settings(max_examples=long(150, 50), deadline=None)
@given(st.lists(st.tuples(commands(), PAUSES, st.booleans()), max_size=40))
def test_no_command_is_lost_and_a_restart_changes_no_byte(
    steps: list[tuple[Command, int, bool]],
) -> None:
    calm, torn, now, last = fresh(), fresh(), LIFETIME, dict[str, int]()
    for seq, (command, pause, restart) in enumerate(steps):
        now += pause
        record = said(command, seq, seen_time=now)
        made = calm.take(names.COMMANDS, record)
        assert made
        for each in records(made):
            assert each.cause == record.id
            assert each.seq == last.get(each.key, -1) + 1
            last[each.key] = each.seq
        again = torn.take(names.COMMANDS, record)
        assert [encode(each.record) for each in again] == [encode(each.record) for each in made]
        if restart:
            torn = Cell.restore(STAGE, decode(Snapshot, encode(torn.snapshot())))
            assert torn.take(names.COMMANDS, record) == []


@settings(max_examples=long(100, 33), deadline=None)
@given(st.lists(PAUSES, min_size=1, max_size=300))
def test_each_request_is_in_a_row_for_a_minute(pauses: list[int]) -> None:
    """Whoever reads the latest row within a minute of a request finds it there, or its refusal."""
    cell, now, latest = fresh(), LIFETIME, LIFETIME
    taken, there = dict[str, int](), set[str]()
    for seq, pause in enumerate(pauses):
        now += pause
        latest = max(latest, now)
        record = said(PLACE, seq, seen_time=now)
        (row,) = records(cell.take(names.COMMANDS, record))
        if row.setting == "refused":
            assert len(there) == MOST
            continue
        taken[record.id] = now
        there = {each["id"] for each in orjson.loads(row.value)}
        assert {id for id, seen in taken.items() if seen >= latest - LIFETIME} <= there


def test_a_snapshot_of_an_empty_shape_still_loads() -> None:
    assert STAGE.load({"account": "a"}) == STAGE.initial("a")
