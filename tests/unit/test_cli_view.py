"""What people see of a desk: the board, the view, a topic's records, the end of a worker."""

from __future__ import annotations

import itertools
import re
import signal
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import orjson
import pytest
from confluent_kafka import Message
from rich.console import Console

from gateway.running import desk
from gateway.terminal.output import Output
from gateway.watching import consolidated, opinions
from gateway.watching.board import Board, order_in_words
from gateway.watching.console_consumer import words
from gateway.watching.flow import ADVICE, BOOKS, FLOW, flow_of
from gateway.watching.gauge import Sample, rate, taken
from gateway.watching.happenings import plain
from gateway.watching.panels import signed
from gateway.watching.tail import as_json, as_text
from gateway.watching.view import View
from infra.local.desk import PARTS, STAGES, Desk, Part
from infra.local.errors import LocalError
from infra.local.supervise import Happening, What
from schemas import names
from schemas.advice import Advice, AdviceFault, Opinion
from schemas.codec import encode
from schemas.commands import ControlState
from schemas.decisions import Verdict
from schemas.orders import Check, Intent, OrderCommand, OrderDecision
from schemas.portfolio import Portfolio
from schemas.refusals import Reason
from schemas.signals import ConsolidatedBook, Signal, Touch, VenueBook, VenueState
from schemas.statuses import Status
from schemas.ticks import BookState
from topics import BY_NAME
from topics.settings import Settings


def refused(**fields: Any) -> OrderDecision:
    given = {
        "account": "paper",
        "venue": "binance",
        "symbol": "BTC/USDT:USDT",
        "outcome": "refused",
        "reason": Reason.SYMBOL_CAP,
    }
    return OrderDecision.model_validate(given | fields)


def board(*rows: tuple[str, bytes]) -> Board:
    made = Board()
    for topic, value in rows:
        made.take(topic, value)
    return made


def shown(what: Any) -> str:
    console = Console(width=200, file=StringIO(), record=True)
    console.print(what)
    return console.export_text()


def test_the_flow_is_that_of_the_map_and_of_the_desk() -> None:
    assert [stop.stage for stop in FLOW] == list(STAGES)
    for stop in FLOW:
        assert BY_NAME[stop.gives].writer == stop.stage
    *market, people = FLOW
    assert (people.takes, people.gives) == (names.COMMANDS, names.STATE)
    for before, after in itertools.pairwise(market):
        assert before.gives == after.takes


def test_the_books_stage_is_in_the_flow_where_symbols_are_consolidated() -> None:
    assert BY_NAME[BOOKS.gives].writer == BOOKS.stage
    assert (flow_of(()), flow_of(["BTC/USDT"])) == (FLOW, (*FLOW[:-1], BOOKS, FLOW[-1]))
    view = View("the title", Board())
    view.looks.append(Sample(10.0, {}, {"books": 1234}, flow_of(["BTC/USDT"])))
    assert "books" in shown(view)
    assert "1,234" in shown(view)


def over_venues() -> Board:
    """A book of three venues, written 3 s before it is looked at, and one of long before."""
    venues = (
        VenueBook(venue="gate", state=VenueState.GAPPED, tick=9, heard=7 * 10**9),
        VenueBook(venue="mexc", state=VenueState.STALE, tick=8, fresh=10**9, heard=6_990_000_000,
                  bid=("0.000000000001233", "5"), ask=("0.000000000001236", "1")),
        VenueBook(venue="okx", state=VenueState.OK, tick=7, fresh=6_750_000_000, heard=8 * 10**9,
                  bid=("0.000000000001234", "4"), ask=("0.000000000001235", "1")),
    )  # fmt: skip
    book = ConsolidatedBook(
        symbol="CAT/USDT", now=7 * 10**9, touch=Touch.NORMAL, bid=("0.000000000001234", "4"),
        ask=("0.000000000001235", "1"), spread="0.000000000000001", venues=venues,
    )  # fmt: skip
    made = Board(looked=103.0)
    made.consolidated(encode(book), 100.0)
    made.consolidated(encode(book.model_copy(update={"symbol": "OLD/USDT"})), 40.0)
    made.consolidated(b"no book", 100.0)
    return made


def test_each_venue_of_a_consolidated_book_is_shown_with_its_state_and_age() -> None:
    lines = [line.plain.split() for line in View("", over_venues()).lines(120, None)[1:]]
    symbol = ["CAT/USDT", "normal", "0.000000000001234", "0.000000000001235", "00:00:07"]
    assert lines[1:5] == [
        symbol,
        ["gate", "gapped", "-", "0.00", "s", "-", "-"],
        ["mexc", "stale", "6.00", "s", "0.01", "s", "0.000000000001233", "0.000000000001236"],
        ["okx", "ok", "0.25", "s", "0.00", "s", "0.000000000001234", "0.000000000001235"],
    ]
    assert lines[5][:5] == ["OLD/USDT", "normal", "63", "s", "ago"]


def test_programs_are_told_the_same_of_consolidated_books() -> None:
    told = consolidated.as_json(over_venues())
    assert list(told) == ["CAT/USDT", "OLD/USDT"]
    assert (told["CAT/USDT"]["quiet"], told["OLD/USDT"]["quiet"]) == (3.0, 63.0)
    venues = told["CAT/USDT"]["venues"]
    assert {name: (each["state"], each["age"], each["heard"]) for name, each in venues.items()} == {
        "gate": ("gapped", None, 0), "mexc": ("stale", 6 * 10**9, 10**7),
        "okx": ("ok", 250_000_000, 0),
    }  # fmt: skip
    assert venues["mexc"]["bid"] == ["0.000000000001233", "5"]
    assert told["CAT/USDT"]["spread"] == "0.000000000000001"


def test_the_parts_are_those_of_the_desk() -> None:
    assert {str(part) for part in Part} == {"whole", "pipeline", "executor"}
    assert set(PARTS) == set(Part)


def test_a_board_passes_over_what_asks_for_nothing() -> None:
    held = refused(outcome="held", reason=None)
    made = board((names.ORDERS, encode(held)), (names.ORDERS, encode(refused())))
    assert made.outcomes == {"refused": 1}
    assert order_in_words(made.orders[0]) == "symbol_cap · BTC/USDT:USDT"


def test_an_order_that_nobody_approved_in_time_is_named_with_the_reason() -> None:
    command = OrderCommand(
        client_order_id="tl1", account="paper", venue="binance", symbol="BTC/USDT:USDT",
        intent=Intent.OPEN, side="buy", quantity="0.50", expires=1,
    )  # fmt: skip
    lapsed = refused(reason=Reason.EXPIRED, command=command)
    made = board((names.ORDERS, encode(lapsed)))
    assert order_in_words(made.orders[0]).startswith("expired · open buy 0.5 BTC/USDT:USDT")


def test_a_board_survives_bytes_that_are_no_json() -> None:
    assert board((names.ORDERS, b"\xff")).outcomes == {}


def test_the_view_shows_stages_orders_accounts_and_letters() -> None:
    row = Portfolio(
        key="paper:*", type="account", account="paper", equity="9990.5", realised="-9.5"
    )
    letter = {"topic": "market.raw", "source_key": "k", "reason": "no frame"}
    made = board(
        (names.ORDERS, encode(refused())),
        (names.PORTFOLIO, encode(row)),
        (names.LETTERS, orjson.dumps(letter)),
    )
    view = View("the title", made, pids={"ticks": 77}, restarts={"orders": 3})
    view.looks.extend(looks(100))
    text = shown(view)
    for word in ("the title", "77", "symbol_cap", "9,990.50", "-9.50", "no frame", "50"):
        assert word in text
    assert all(stop.stage in text for stop in FLOW)


def looks(grown: int) -> list[Sample]:
    """Two looks, two seconds apart: raw and ticks grow, half of what was behind is done."""
    return [
        Sample(10.0, {names.RAW: 0, names.TICKS: 0}, {"ticks": 0}),
        Sample(12.0, {names.RAW: 2 * grown, names.TICKS: grown}, {"ticks": grown}),
    ]


def test_rates_are_over_the_looks() -> None:
    assert rate(looks(100), names.TICKS) == 50.0
    assert taken(looks(100), FLOW[0]) == 50.0
    assert rate(looks(100)[:1], names.TICKS) == 0.0


def busy() -> View:
    """A desk with two accounts, three strategies, positions, markets and thirty happenings."""
    made = Board()
    for name in ("paper", "swing"):
        worth = Portfolio(
            key=f"{name}:*", type="account", account=name, equity="9990.5", realised="-9.5",
            exposure="2000", positions=2,
        )  # fmt: skip
        made.take(names.PORTFOLIO, encode(worth))
        for strategy in ("main", "quick", "a-strategy-with-a-long-name"):
            row = worth.model_copy(update={"key": f"{name}:@{strategy}", "type": "strategy",
                                           "strategy": strategy})  # fmt: skip
            made.take(names.PORTFOLIO, encode(row))
        for n, symbol in enumerate(("BTC/USDT:USDT", "ETH/USDT:USDT", "SOL/USDT")):
            position = Portfolio(
                key=f"{name}:{symbol}", type="position", account=name, symbol=symbol,
                strategy="main", quantity=("0.0160", "-1.5", "0")[n], entry="61765.1234567",
                mark="61800", unrealised="-1.25", stop="59965.40", liquidation="55001.5",
                watch="near",
            )  # fmt: skip
            made.take(names.PORTFOLIO, encode(position))
    for n in range(6):
        signal = Signal(
            key=f"binance:M{n}/USDT:USDT", venue="binance", symbol=f"M{n}/USDT:USDT",
            book=BookState.GAPPED if n == 3 else BookState.OK, bid=("61764.90", "8.935"),
            ask=("61765.00", "1.009"), last="61764.90",
        )  # fmt: skip
        made.take(names.SIGNALS, encode(signal))
    for n in range(40):
        made.take(names.ORDERS, encode(refused(symbol=f"S{n}/USDT", seq=n, seen_time=n * 10**9)))
    made.take(
        names.STATE,
        encode(
            ControlState(
                key="swing:stopped", account="swing", setting="stopped", value="true", why="lunch"
            )
        ),
    )
    made.take(names.ORDERS, encode(refused(strategy="long " * 50, seen_time=40 * 10**9)))
    view = View("Tapeline " + "x" * 200, made, restarts={"orders": 1})
    view.notes.append("ticks crashed 70")
    view.looks.extend(looks(100))
    return view


@pytest.mark.parametrize(("width", "height"), [(100, 40), (80, 24), (60, 20), (40, 10), (200, 60)])
def test_the_view_fits_its_terminal(width: int, height: int) -> None:
    lines = busy().lines(width, height)
    assert len(lines) <= height
    assert max(map(len, lines)) <= width
    console = Console(width=width, height=height, file=StringIO(), record=True, force_terminal=True)
    console.print(busy())
    printed = [line.rstrip() for line in console.export_text().splitlines()]
    assert printed == [line.plain.rstrip() for line in busy().lines(width, height - 1)]


def test_a_usual_terminal_shows_every_part() -> None:
    text = "\n".join(line.plain for line in busy().lines(100, 40))
    for word in (
        "9,990.50", "paper, halted: lunch", "paper/a-strategy-with-a-long-name", "59965.4", "none",
        "55001.5", "gapped", "61764.9", "decisions", "lag", "symbol_cap", "ticks crashed 70",
    ):  # fmt: skip
        assert word in text
    assert all(stop.stage in text for stop in FLOW)
    assert "SOL/USDT" not in text.split("market")[0], "flat positions are left out"


def test_a_small_terminal_shows_the_most_worthy_of_every_part() -> None:
    text = "\n".join(line.plain for line in busy().lines(80, 24))
    for word in ("equity", "stop", "target", "bid", "ask", "lag", "in/s", "refused", "position +2"):
        assert word in text
    assert all(stop.stage in text for stop in FLOW)
    assert "liquidation" not in text


def test_no_terminal_leaves_nothing_out() -> None:
    text = "\n".join(line.plain for line in busy().lines(140, None))
    assert all(f"M{n}/USDT:USDT" in text for n in range(6))
    assert "+" not in text


def test_a_refusal_that_is_said_again_is_counted() -> None:
    rows = [(names.ORDERS, encode(refused(seq=n, seen_time=n))) for n in range(3)]
    made = board(*rows, (names.ORDERS, encode(refused(seq=9, reason=Reason.HALTED))))
    assert [(each.count, each.time) for each in made.happenings] == [(1, 0), (3, 2)]


def test_figures_are_told_without_zeros_that_say_nothing() -> None:
    assert [plain(each) for each in ("61784.63000000", "0.0160", "100", "0")] == [
        "61784.63", "0.016", "100", "0",
    ]  # fmt: skip
    assert [signed(each).plain for each in ("-0.001", "-1.5", "2000", None)] == [
        "0.00", "-1.50", "2,000.00", "-",
    ]  # fmt: skip
    assert [str(signed(each).style) for each in ("-0.001", "-1.5", None)] == ["", "red", ""]


def test_a_refusal_tells_the_figure_that_failed() -> None:
    checks = [
        Check(name="equity", value="10", limit="0", passed=True),
        Check(name="symbol_cap", value="0.2", limit="0.15", passed=False),
    ]
    made = board((names.ORDERS, encode(refused(checks=checks, strategy="main"))))
    (told,) = made.happenings
    assert told.text == "symbol_cap: symbol_cap 0.2, limit 0.15 · BTC/USDT:USDT · main"


def filled(**fields: Any) -> Status:
    given = {
        "type": "fill", "account": "paper", "venue": "binance", "symbol": "BTC/USDT:USDT",
        "strategy": "main", "side": "sell", "price": "61802.7", "quantity": "0.016", "fee": "0.4",
        "client_order_id": "tl1",
    }  # fmt: skip
    return Status.model_validate(given | fields)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (filled(role="stop"), "stop hit"),
        (filled(role="target"), "target hit"),
        (filled(), "filled"),
        (filled(type="rejection", reason=Reason.NO_LIQUIDITY), "rejected"),
    ],
)
def test_what_became_of_an_order_is_told(status: Status, outcome: str) -> None:
    (told,) = board((names.STATUSES, encode(status))).happenings
    assert told.outcome == outcome
    assert told.name == "tl1"
    assert ("0.016 at 61802.7, fee 0.4" in told.text) == (status.type == "fill")


def test_happenings_are_in_the_order_of_their_times_whatever_topic_tells_them() -> None:
    orders = [(names.ORDERS, encode(refused(symbol=f"S{n}", seen_time=2 * n))) for n in range(20)]
    fills = [(names.STATUSES, encode(filled(seen_time=2 * n + 1))) for n in range(20)]
    made = board(*orders, *fills)
    assert [each.time for each in made.happenings] == list(range(10, 40))


def test_marks_and_changes_of_state_are_no_news() -> None:
    mark, opened = filled(type="mark"), filled(type="status", state="open")
    assert not board((names.STATUSES, encode(mark)), (names.STATUSES, encode(opened))).happenings


def setting(name: str, value: str, seq: int = 0, why: str = "") -> tuple[str, bytes]:
    row = ControlState(
        key=f"paper:{name}", seq=seq, account="paper", setting=name, value=value, why=why
    )
    return names.STATE, encode(row)


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([], ""),
        ([setting("stopped", "true", why="lunch")], "lunch"),
        ([setting("stopped", "true"), setting("stopped", "false", 1)], ""),
        ([setting("halt", "true", 7, "poison")], "poison"),
        ([setting("halt", "true", 7, "poison"), setting("lifted", "7")], ""),
        ([setting("halt", "true", 8, "poison"), setting("lifted", "7")], "poison"),
        ([setting("drawdown", "true", why="drawdown 0.3")], "drawdown 0.3"),
        ([setting("drawdown", "true"), setting("drawdown", "false", 1)], ""),
    ],
)
def test_a_halt_is_shown_until_it_is_lifted(rows: list[tuple[str, bytes]], why: str) -> None:
    assert board(*rows).halted("paper") == why


def test_mode_and_strategies_are_as_people_have_set_them() -> None:
    made = board(setting("mode", "manual"), setting("strategy/main", "started:BTC/USDT"))
    assert (made.mode("paper"), made.mode("other")) == ("manual", "")
    assert made.strategy("paper", "main") == "started BTC/USDT"


def test_of_many_portfolio_rows_only_the_latest_is_read() -> None:
    made = Board()
    row = Portfolio(key="paper:*", type="account", account="paper", equity="2")
    made.take_all([
        (names.PORTFOLIO, b"paper:*", b"no json that could be read"),
        (names.PORTFOLIO, b"paper:*", encode(row)),
        (names.ORDERS, b"k", encode(refused())),
    ])  # fmt: skip
    assert made.accounts["paper:*"]["equity"] == "2"
    assert made.outcomes == {"refused": 1}


class Stored:
    """A Kafka message of a test."""

    def __init__(self, value: bytes) -> None:
        self._value = value

    def topic(self) -> str:
        return names.ORDERS

    def key(self) -> bytes:
        return b"paper:A/B"

    def value(self) -> bytes:
        return self._value

    def partition(self) -> int:
        return 2

    def offset(self) -> int:
        return 7

    def timestamp(self) -> tuple[int, int]:
        return (1, 1234)


def stored(value: bytes) -> Message:
    return Stored(value)  # type: ignore[return-value]


def test_a_record_as_json_has_its_place_and_its_value() -> None:
    told = as_json(stored(encode(refused(seq=4))))
    assert (told["key"], told["partition"], told["offset"], told["timestamp"]) == (
        "paper:A/B", 2, 7, 1234,
    )  # fmt: skip
    assert told["value"]["reason"] == "symbol_cap"
    assert as_json(stored(b"no json"))["value"] == "no json"
    assert as_json(stored(b""))["value"] is None


def test_a_record_for_people_is_cut_where_it_is_long() -> None:
    text = as_text(stored(orjson.dumps({"seq": 4, "long": "x" * 5000}))).plain
    assert text.startswith("2@7 paper:A/B seq 4")
    assert text.endswith("more")
    assert len(text) < 2200


def test_the_console_consumer_reads_the_physical_topic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.watching.console_consumer.java", lambda: Path("/java"))
    known = Settings(broker_url="kafka://b:1", prefix="p.")
    command = words(names.ORDERS, known, ("--max-messages", "1"))
    assert command[0] == "/java"
    assert command[-7:] == [
        "--bootstrap-server", "b:1", "--topic", "p.trading.orders", "--from-beginning",
        "--max-messages", "1",
    ]  # fmt: skip


class FakeDesk(Desk):
    """A desk whose workers do what a test says, then the person presses Ctrl-C."""

    happenings: Sequence[Happening] = ()
    stopped = False

    def start(self, progress: Any = None) -> None:
        pass

    def poll(self) -> list[Happening]:
        if not self.happenings:
            signal.raise_signal(signal.SIGINT)
        said, type(self).happenings = list(self.happenings), ()
        return said

    def stop(self) -> None:
        type(self).stopped = True


@pytest.mark.parametrize(("what", "code"), [(What.REFUSED, 1), (What.CRASHED, 0)])
def test_up_tells_what_happens_and_stops_what_it_started(
    what: What,
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    FakeDesk.happenings, FakeDesk.stopped = (Happening("ticks", what, 78),), False
    own = Settings(broker_url="b:1", redis_url="redis://r", home=tmp_path)
    monkeypatch.setattr(desk, "Desk", FakeDesk)
    monkeypatch.setattr(desk, "settings", lambda: own)
    assert desk.up("whole", Output(json=True)) == code
    lines = [orjson.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["what"] for line in lines] == ["ready", what, "stopped"]
    assert FakeDesk.stopped


def test_stages_to_be_run_by_hand_are_left_out() -> None:
    assert desk.stages("whole", []) == PARTS[Part.WHOLE]
    assert desk.stages("pipeline", ["ticks", "orders"]) == ("signals", "decisions", "control")
    assert desk.stages("pipeline", ["control"], hot=True) == ("hot",)
    assert desk.stages("whole", [], hot=True) == ("hot", "executor", "portfolio", "control")
    with pytest.raises(LocalError, match=r"choose from hot, control$"):
        desk.stages("pipeline", ["ticks"], hot=True)
    with pytest.raises(LocalError, match="--hot runs ticks, signals, decisions, orders as one"):
        desk.stages("executor", [], hot=True)
    with pytest.raises(LocalError, match=r"choose from executor, portfolio$"):
        desk.stages("executor", ["ticks"])


def test_a_second_desk_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "running", lambda home: {"pid": 12})
    with pytest.raises(LocalError, match=r"process 12.*tapeline down"):
        desk.refuse_second(tmp_path)


def test_opinions_of_advisors_are_shown() -> None:
    board = Board()
    said = Opinion(
        advisor="judge", verdict=Verdict.LONG, confidence=0.7, expires=9, reasons=("[red]up",)
    )
    late = Opinion(advisor="judge", void=AdviceFault.TIMEOUT, detail="no answer")
    for key, opinion in (("binance:BTC/USDT", said), ("binance:ETH/USDT", late)):
        row = Advice(key=key, venue="", symbol="", asked_time=5, opinion=opinion)
        board.take(names.ADVICE, encode(row))
    text = "\n".join(str(line) for line in View("t", board).lines(100, 60))
    assert re.search(r"judge +binance:BTC/USDT +long +0\.70 .*\[red\]up", text)
    assert re.search(r"judge +binance:ETH/USDT +timeout +0\.00 .*no answer", text)
    rows = {row["market"]: (row["verdict"], row["void"]) for row in opinions.as_json(board)}
    assert rows == {"binance:BTC/USDT": ("long", None), "binance:ETH/USDT": ("hold", "timeout")}
    assert flow_of((), advised=True) == (*FLOW[:-1], ADVICE, FLOW[-1])
