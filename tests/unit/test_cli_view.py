"""What people see of a desk: the board, the view, a topic's records, the end of a worker."""

from __future__ import annotations

import itertools
import signal
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import orjson
import pytest
from confluent_kafka import Message
from rich.console import Console

from gateway import desk
from gateway.board import Board, order_in_words
from gateway.console_consumer import words
from gateway.flow import FLOW
from gateway.gauge import Sample, rate, taken
from gateway.output import Output
from gateway.tail import as_json, as_text
from gateway.view import View
from infra.local.desk import PARTS, STAGES, Desk, Part
from infra.local.errors import LocalError
from infra.local.supervise import Happening, What
from schemas import names
from schemas.codec import encode
from schemas.orders import OrderDecision
from schemas.portfolio import Portfolio
from schemas.refusals import Reason
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


def test_the_parts_are_those_of_the_desk() -> None:
    assert {str(part) for part in Part} == {"whole", "pipeline", "executor"}
    assert set(PARTS) == set(Part)


def test_a_board_passes_over_what_asks_for_nothing() -> None:
    held = refused(outcome="held", reason=None)
    made = board((names.ORDERS, encode(held)), (names.ORDERS, encode(refused())))
    assert made.outcomes == {"refused": 1}
    assert order_in_words(made.orders[0]) == "BTC/USDT:USDT: refused, symbol_cap"


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
    monkeypatch.setattr("gateway.console_consumer.java", lambda: Path("/java"))
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
    with pytest.raises(LocalError, match=r"choose from executor, portfolio$"):
        desk.stages("executor", ["ticks"])


def test_a_second_desk_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "running", lambda home: {"pid": 12})
    with pytest.raises(LocalError, match=r"process 12.*tapeline down"):
        desk.refuse_second(tmp_path)
