"""What answers carry: the same objects as on the streams, with their fields named."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, WithJsonSchema

Time = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
Money = Annotated[str, WithJsonSchema({"type": "string", "format": "decimal"})]
Row = dict[str, Any]


class View(BaseModel):
    """Fields that it does not name are told all the same."""

    model_config = ConfigDict(extra="allow")


class Instrument(View):
    """What may be traded, in which steps."""

    key: str
    venue: str
    symbol: str
    kind: str
    status: str
    tick_size: Money
    lot_size: Money
    minimum_quantity: Money
    minimum_notional: Money | None = None
    contract_size: Money


class Ticks(View):
    """The latest of a market; bid and ask: price and quantity; trades: the last ones."""

    key: str
    venue: str
    symbol: str
    seen_time: Time | None
    book: str
    bid: tuple[Money, Money] | None
    ask: tuple[Money, Money] | None
    last: Money | None
    trades: list[Row]
    funding: Row | None


class Bar(View):
    """A closed bar."""

    key: str
    interval: str
    open_time: Time
    close_time: Time
    open: Money
    high: Money
    low: Money
    close: Money
    volume: Money


class Judged(View):
    """A signal or a decision on a market, and what it rests on."""

    id: str
    key: str
    venue: str
    symbol: str
    seen_time: Time | None
    strength: float | None = None


class Advice(View):
    """What an advisor said, what it cost, and why it does not count if it does not."""

    id: str
    key: str
    seen_time: Time | None
    opinion: Row
    calls: list[Row]


class Order(View):
    """What an account asked for, and what became of it."""

    id: str
    account: str
    symbol: str
    state: str | None
    venue: str | None = None
    strategy: str | None = None
    origin: str | None = None
    request: str | None = None
    reason: str | None = None
    side: str | None = None
    type: str | None = None
    quantity: Money | None = None
    filled: Money | None = None
    price: Money | None = None
    trigger: Money | None = None
    stop: Money | None = None
    target: Money | None = None
    created: Time | None = None
    updated: Time | None = None


class Fill(View):
    """An execution."""

    id: str
    order: str | None
    account: str
    symbol: str
    side: str | None
    price: Money | None
    quantity: Money | None
    fee: Money | None
    seen_time: Time | None


class Holding(View):
    """A position, a strategy's share, or all of an account."""

    key: str
    type: Literal["position", "strategy", "account"]
    account: str
    symbol: str | None
    strategy: str
    quantity: Money
    entry: Money | None
    mark: Money | None
    realised: Money
    unrealised: Money
    fees: Money
    funding: Money
    equity: Money | None


class AccountView(View):
    """halted: why it enters nothing; "" where it does."""

    account: str
    mode: str
    halted: str
    portfolio: Holding | None


class Strategy(View):
    """state: as a person has set it for the account, "" for as the settings have it.

    running: the account trades it now, as far as it enters anything at all. markets: patterns of
    the settings; symbols: it trades these only, all where there are none. parameters: of how the
    account acts, those that people have set; configured: those that the settings have.
    """

    account: str
    name: str
    state: str
    running: bool
    markets: list[str]
    symbols: list[str]
    advisors: list[str]
    parameters: dict[str, str]
    configured: dict[str, str]
    portfolio: Holding | None


class LimitView(View):
    """value: what binds now. set: a person has set it, by itself and not by a profile."""

    account: str
    name: str
    value: Any
    set: bool


class CommandView(View):
    """state: null until the desk has answered; then taken or refused. answer: the last one.

    answers: all, by setting, and of one command by account too; silent: of one command, the
    accounts that have not answered.
    """

    id: str
    account: str
    state: Literal["taken", "refused"] | None = None
    by: str | None = None
    seen_time: Time | None = None
    command: Row | None = None
    answer: Row | None = None
    answers: list[Row] = []
    silent: list[str] = []
    orders: list[Order] = []


class Event(View):
    """Something that happened on the desk."""

    id: str
    stage: str
    severity: str
    kind: str
    seen_time: Time | None


class TopicView(View):
    """A topic of the map."""

    topic: str
    key: str
    record: str
    writer: str
    partitions: int
    compacted: bool
    records: int | None


class Stage(View):
    """How far a stage has come: records of its main input that it has not done for good."""

    stage: str
    takes: str
    gives: str
    lag: int
