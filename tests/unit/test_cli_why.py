"""`tapeline why` on a run held in memory: the recorded market through the real cells."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from itertools import pairwise, takewhile

import pytest
from rich.console import Console

from engine.execution import ExecutionStage
from engine.feeds.binance_symbols import Router
from engine.framing import raw_records
from engine.orders import OrdersStage
from engine.portfolio import PortfolioStage
from engine.risk import RiskLimits
from engine.stage import Cell, Output
from gateway.chain import BrokenChain, UnknownOrder, find, first_difference
from gateway.explanation import explanation
from gateway.recompute import market_cells, recompute
from infra.recordings import MARKET, instruments, listings
from schemas import names
from schemas.codec import encode
from schemas.orders import OrderDecision
from schemas.raw import RawFrame
from schemas.record import Record
from schemas.statuses import JournalEntry
from schemas.ticks import Ticks
from topics.recording import read, sample
from topics.settings import Settings

BTC = "binance:BTC/USDT:USDT"
SETTINGS = Settings(broker_url="nowhere:9")
SPAN = 100 * 10**9
"""ns of market that are played: enough for indicators to warm up and orders to be filled."""


class Topics:
    """Records as the desk would have published them."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, Record]] = []

    def put(self, topic: str, record: Record) -> None:
        self.rows.append((topic, record))

    def of(self, topic: str, key: str) -> Iterator[tuple[int, bytes]]:
        return ((row.seq, encode(row)) for at, row in self.rows if (at, row.key) == (topic, key))

    def of_account(self, topic: str, account: str) -> Iterator[tuple[int, bytes]]:
        return self._starting(topic, f"{account}:")

    def of_all(self, topic: str) -> Iterator[tuple[int, bytes]]:
        return self._starting(topic, "")

    def _starting(self, topic: str, start: str) -> Iterator[tuple[int, bytes]]:
        found = (row for at, row in self.rows if at == topic and row.key.startswith(start))
        return ((row.seq, encode(row)) for row in found)

    def changed(self, topic: str, seq: int, **fields: object) -> Topics:
        """The same, but one record says something else."""
        copy = Topics()
        for at, row in self.rows:
            hit = (at, row.seq, row.key) == (topic, seq, BTC)
            copy.put(at, row.model_copy(update=fields) if hit else row)
        return copy


class SmallDesk:
    """Every stage after market.raw, one record at a time."""

    def __init__(self) -> None:
        self.topics = Topics()
        self.market = market_cells(SETTINGS, BTC)
        self.execution = ExecutionStage()
        self.orders = Cell.fresh(OrdersStage(("paper",), RiskLimits()), "paper")
        self.executor = Cell.fresh(self.execution, "paper")
        self.portfolio = Cell.fresh(PortfolioStage(), "paper")
        for n, instrument in enumerate(instruments()):
            key = f"{instrument.venue}:{instrument.symbol}"
            listed = instrument.model_copy(update={"id": str(n), "seq": 0, "key": key})
            self.orders.take(names.INSTRUMENTS, listed)

    def take(self, topic: str, record: Record) -> None:
        """One record onto its topic and through all that follows from it."""
        self.topics.put(topic, record)
        if isinstance(record, Ticks):
            self.execution.follow(self.executor.state, record)
        for made in self._made(topic, record):
            self.take(made.topic, made.record)

    def _made(self, topic: str, record: Record) -> list[Output]:
        if topic in self.market:
            return self.market[topic].take(topic, record)
        if topic == names.PORTFOLIO:
            return self.orders.take(topic, record)
        takers = {
            names.DECISIONS: self.orders,
            names.ORDERS: self.executor,
            names.STATUSES: self.portfolio,
        }
        cell: Cell[object] | None = takers.get(topic)  # type: ignore[assignment]
        return cell.take(topic, record) if cell else []


@pytest.fixture(scope="module")
def played() -> Topics:
    desk, file = SmallDesk(), MARKET[0]
    route = Router.of(sample(file), listings(), "usdm").route
    first = sample(file)[0].received_ns
    frames = takewhile(lambda frame: frame.received_ns < first + SPAN, read(file))
    for raw in raw_records(map(route, frames), "test"):
        desk.take(names.RAW, raw)
    return desk.topics


def order_ids(topics: Topics) -> list[str]:
    found = (row for _, row in topics.rows if isinstance(row, JournalEntry))
    return list(dict.fromkeys(row.command.client_order_id for row in found))


def test_the_market_gives_orders(played: Topics) -> None:
    assert len(order_ids(played)) >= 2


def test_the_chain_leads_from_the_order_to_its_frames(played: Topics) -> None:
    chain = find(order_ids(played)[0], played)
    assert isinstance(chain.raw, RawFrame)
    assert chain.raw.key == BTC
    records = [chain.order, chain.decision, chain.signal, chain.ticks, chain.raw]
    for effect, cause in pairwise(records):
        assert effect.cause == cause.id
    assert chain.order.command == chain.journal.command
    assert next(status.state for status in chain.statuses) == "sent"
    assert chain.misnamed() == []


def test_every_order_comes_out_again_to_the_byte(played: Topics) -> None:
    for order in order_ids(played):
        chain = find(order, played)
        verdict = recompute(chain, SETTINGS, played)
        assert verdict.identical, verdict.in_words()
        assert verdict.same[names.DECISIONS] == chain.raw.seq + 1
        assert verdict.same[names.STATUSES] >= len(chain.statuses)


def test_a_beginning_of_its_id_names_an_order(played: Topics) -> None:
    order = order_ids(played)[-1]
    assert find(order[:12], played).journal.command.client_order_id == order
    with pytest.raises(UnknownOrder, match=f"orders begin with tl; .*{order}"):
        find("tl", played)


def test_an_unknown_order_names_the_last_ones(played: Topics) -> None:
    with pytest.raises(UnknownOrder, match=order_ids(played)[-1]):
        find("x", played)


@pytest.mark.parametrize("topic", [names.TICKS, names.SIGNALS, names.DECISIONS])
def test_another_byte_anywhere_before_the_order_is_named(played: Topics, topic: str) -> None:
    forged = played.changed(topic, 17, symbol="BTC/EUR")
    verdict = recompute(find(order_ids(played)[0], played), SETTINGS, forged)
    assert verdict.difference is not None
    assert f"{topic} {BTC} seq 17" in verdict.difference
    assert "BTC/EUR" in verdict.difference


def test_other_settings_do_not_give_the_same(played: Topics) -> None:
    other = Settings(broker_url="nowhere:9", decisions={"stop_percent": "1"})
    assert not recompute(find(order_ids(played)[0], played), other, played).identical


def test_a_forged_identity_is_named(played: Topics) -> None:
    chain = find(order_ids(played)[0], played)
    order = chain.order.model_copy(update={"id": "0" * 24})
    forged = type(chain)(**{**vars(chain), "order": order})
    assert forged.misnamed() == [f"orders {'0' * 24}"]


def test_records_that_are_gone_are_named(played: Topics) -> None:
    order = order_ids(played)[0]
    tick = find(order, played).ticks
    with pytest.raises(BrokenChain, match=names.TICKS):
        find(order, played.changed(names.TICKS, tick.seq, id="gone"))


def test_the_tree_tells_the_figures(played: Topics) -> None:
    chain = find(order_ids(played)[0], played)
    console = Console(width=300, record=True, file=StringIO())
    console.print(explanation(chain, recompute(chain, SETTINGS, played), [], full=True))
    text = console.export_text()
    assert isinstance(chain.order, OrderDecision)
    assert all(check.name in text for check in chain.order.checks)
    assert all(frame in text for frame in chain.raw.frames if len(frame) < 200)
    assert "re-computed: identical" in text


def test_the_first_difference_is_shown_with_its_place() -> None:
    assert first_difference(b'{"a":1}', b'{"a":2}').startswith("byte 5:")
    assert first_difference(b"same", b"same and more").startswith("byte 4:")
