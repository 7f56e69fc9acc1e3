"""The desk in memory: the recorded market through the real cells, with people's commands."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import takewhile
from typing import Any, Self

from engine.feeds.binance_symbols import Router
from engine.framing import raw_records
from engine.stage import Cell, Output
from gateway.backtests.stages import Stages
from gateway.control.once import id_of
from infra.recordings import MARKET, instruments, listings
from schemas import names
from schemas.codec import encode
from schemas.commands import (
    Approve,
    CancelOrders,
    Command,
    ControlCommand,
    Flatten,
    Halt,
    ModifyOrder,
    PlaceOrder,
    Protect,
    SetLimit,
    SetMode,
)
from schemas.orders import OrderDecision, OrderType, TimeInForce
from schemas.raw import RawFrame
from schemas.record import Record
from schemas.ticks import Ticks
from topics.recording import read, sample
from topics.settings import Settings

BTC = "binance:BTC/USDT:USDT"
SYMBOL = "BTC/USDT:USDT"
ACCOUNT = "paper"


class Topics:
    """Records as the desk would have published them."""

    def __init__(self, known: dict[int, tuple[Record, bytes]] | None = None) -> None:
        self.rows: list[tuple[str, Record]] = []
        self._bytes = {} if known is None else known  # by id() of a row, which stays alive so
        self._sorted: tuple[object, int, dict[str, list[Record]]] = (None, 0, {})

    @classmethod
    def holding(cls, rows: Iterable[tuple[str, Record]]) -> Self:
        found = cls()
        for topic, record in rows:
            found.put(topic, record)
        return found

    def put(self, topic: str, record: Record) -> None:
        self.rows.append((topic, record))

    def of(self, topic: str, key: str) -> Iterator[tuple[int, bytes]]:
        found = (row for row in self._on(topic) if row.key == key)
        return ((row.seq, self._encoded(row)) for row in found)

    def of_account(self, topic: str, account: str) -> Iterator[tuple[int, bytes]]:
        return self._starting(topic, f"{account}:")

    def of_all(self, topic: str) -> Iterator[tuple[int, bytes]]:
        return self._starting(topic, "")

    def keyed(self, topic: str) -> Iterator[tuple[str, int, bytes]]:
        return ((row.key, row.seq, self._encoded(row)) for row in self._on(topic))

    def keys(self, topic: str) -> set[str]:
        return {row.key for row in self._on(topic)}

    def _starting(self, topic: str, start: str) -> Iterator[tuple[int, bytes]]:
        found = (row for row in self._on(topic) if row.key.startswith(start))
        return ((row.seq, self._encoded(row)) for row in found)

    def _on(self, topic: str) -> list[Record]:
        """The rows of a topic; all rows are sorted by it once, and those that come then."""
        rows, count, found = self._sorted
        if rows is not self.rows or count > len(self.rows):
            count, found = 0, {}
        for at, row in self.rows[count:]:
            found.setdefault(at, []).append(row)
        self._sorted = self.rows, len(self.rows), found
        return found.get(topic, [])

    def _encoded(self, row: Record) -> bytes:
        if id(row) not in self._bytes:
            self._bytes[id(row)] = row, encode(row)
        return self._bytes[id(row)][1]

    def where(self, keep: Callable[[str, Record], bool]) -> Topics:
        """The same without some records."""
        copy = Topics(self._bytes)
        copy.rows = [row for row in self.rows if keep(*row)]
        return copy

    def changed(self, topic: str, key: str, seq: int, **fields: object) -> Topics:
        """The same, but one record says something else."""
        copy = Topics()
        for at, row in self.rows:
            hit = (at, row.seq, row.key) == (topic, seq, key)
            copy.put(at, row.model_copy(update=fields) if hit else row)
        return copy


class SmallDesk:
    """Every stage after market.raw, one record at a time, for one market."""

    def __init__(self, settings: Settings, market: str = BTC) -> None:
        self.topics, self.seen = Topics(), 0
        stages = Stages.of(settings)
        self.market, self.execution = stages.market(market), stages.execution
        self.orders: Cell[Any] = Cell.fresh(stages.orders, ACCOUNT)
        self.takers: dict[str, Cell[Any]] = {
            **self.market,
            names.DECISIONS: self.orders,
            names.ORDERS: Cell.fresh(self.execution, ACCOUNT),
            names.STATUSES: Cell.fresh(stages.portfolio, ACCOUNT),
            names.COMMANDS: Cell.fresh(stages.control, ACCOUNT),
            names.PORTFOLIO: self.orders,
            names.STATE: self.orders,
            names.INSTRUMENTS: self.orders,
        }
        self._commands = 0
        for n, instrument in enumerate(instruments()):
            key = f"{instrument.venue}:{instrument.symbol}"
            listed = instrument.model_copy(update={"id": str(n), "seq": 0, "key": key})
            self.take(names.INSTRUMENTS, listed)

    def take(self, topic: str, record: Record) -> None:
        """One record onto its topic and through all that follows from it."""
        self.topics.put(topic, record)
        if isinstance(record, RawFrame):
            self.seen = record.seen_time
        if isinstance(record, Ticks):
            self.execution.follow(self.takers[names.ORDERS].state, record)
        made: list[Output] = []
        if topic in self.takers:
            made = self.takers[topic].take(topic, record)
        for each in made:
            self.take(each.topic, each.record)

    def tell(self, command: Command) -> ControlCommand:
        """A person's command, now."""
        record = ControlCommand(
            id=id_of(ACCOUNT, str(self._commands)), seq=self._commands, key=f"{ACCOUNT}:*",
            seen_time=self.seen, account=ACCOUNT, by="ada", command=command,
        )  # fmt: skip
        self._commands += 1
        self.take(names.COMMANDS, record)
        return record


@lru_cache(4)
def recorded(span: int) -> tuple[RawFrame, ...]:
    """The raw records of the first `span` ns of the shipped BTC recording."""
    file = MARKET[0]
    route = Router.of(sample(file), listings(), "usdm").route
    first = sample(file)[0].received_ns
    frames = takewhile(lambda frame: frame.received_ns < first + span, read(file))
    return tuple(raw_records(map(route, frames), "test"))


SECOND = 10**9
SETTINGS = Settings(
    broker_url="nowhere:9",
    strategies={"main": {"advisors": {"rule": {}}}, "quick": {"advisors": {"momentum": {}}}},
    risk={"strategies": {"main": {"stop_percent": "0.02", "target_percent": "0.02"}}},
    portfolio={"near": "0.0005"},
)


class Story:
    """A desk with two strategies, one person, and a venue that fires stops."""

    def __init__(self, settings: Settings = SETTINGS) -> None:
        self.desk = SmallDesk(settings)
        self.steps, self.read = deque(self._steps()), 0

    def play(self, span: int) -> Topics:
        """The first `span` ns of the recording; what people do is done when its time comes."""
        first = 0
        for raw in recorded(span):
            first = first or raw.seen_time
            self.desk.take(names.RAW, raw)
            while self.steps and raw.seen_time >= first + self.steps[0][0] * SECOND:
                self.desk.tell(self.steps.popleft()[1]())
            self._approve()
        return self.desk.topics

    def _steps(self) -> list[tuple[int, Callable[[], Command]]]:
        def limit() -> PlaceOrder:
            return self._buy(
                type=OrderType.LIMIT, time_in_force=TimeInForce.GTC, price=self._away(-0.002)
            )

        return [
            (4, self._buy),
            (6, lambda: Protect(symbol=SYMBOL, stop=self._away(-0.00002))),
            (20, limit),
            (21, lambda: ModifyOrder(client_order_id=self._resting(), symbol=SYMBOL,
                                     price=self._away(-0.003))),
            (22, lambda: CancelOrders(symbol=SYMBOL)),
            (24, self._buy),
            (26, lambda: Flatten(symbol=SYMBOL, why="enough")),
            (28, lambda: SetMode(mode="semi_automatic")),
            (75, lambda: SetMode(mode="paper")),
            (80, self._buy),
            (82, lambda: SetLimit(name="close_near_liquidation", value="true")),
            (92, lambda: Halt(why="lunch")),
            (93, lambda: self._buy(side="sell")),
        ]  # fmt: skip

    def _buy(self, **fields: Any) -> PlaceOrder:
        given = {"venue": "binance", "symbol": SYMBOL, "side": "buy", "quantity": "0.01"}
        return PlaceOrder.model_validate(given | fields)

    def _away(self, share: float) -> str:
        """A price that far from the best bid, in whole ticks."""
        ticks = next(
            row for _, row in reversed(self.desk.topics.rows)
            if isinstance(row, Ticks) and row.bid is not None
        )  # fmt: skip
        assert ticks.bid is not None
        return f"{float(ticks.bid[0]) * (1 + share):.1f}"

    def _resting(self) -> str:
        return next(
            row.command.client_order_id
            for at, row in reversed(self.desk.topics.rows)
            if isinstance(row, OrderDecision) and row.command and row.command.type == "limit"
        )

    def _approve(self) -> None:
        """Say yes to every command that has come to wait."""
        rows, start = self.desk.topics.rows, self.read
        self.read = len(rows)
        for _, row in rows[start:]:
            if isinstance(row, OrderDecision) and row.outcome == "awaiting" and row.command:
                name = row.command.client_order_id
                self.desk.tell(Approve(client_order_id=name, symbol=SYMBOL))
