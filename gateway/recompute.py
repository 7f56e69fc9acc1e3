"""An order's past computed again: the raw frames through fresh cells, compared byte by byte."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from engine.decisions import DecisionsStage
from engine.execution import Execution, ExecutionSettings, ExecutionStage
from engine.signals import SignalSettings, SignalsStage
from engine.stage import Cell, Output
from engine.strategies.catalogue import StrategySections
from engine.ticks import TicksSettings, TicksStage
from gateway.chain import Chain, first_difference
from schemas import names
from schemas.codec import decode, encode
from schemas.errors import Poison
from schemas.orders import OrderDecision
from schemas.raw import RawFrame
from schemas.ticks import Ticks
from topics.settings import Settings

Values = Iterable[tuple[int, bytes]]
"""Sequence and bytes of records, once each."""


class Source(Protocol):
    """What is published (gateway.chain.Published)."""

    def of(self, topic: str, key: str) -> Values:
        """The records of one key, in sequence."""
        ...

    def of_account(self, topic: str, account: str) -> Values:
        """The records of all of an account's keys, as they lie on its partition."""
        ...


CHAIN = (names.RAW, names.TICKS, names.SIGNALS, names.DECISIONS)


@dataclass
class Verdict:
    """How many records came out as published, by topic, and the first difference, if any."""

    same: Counter[str] = field(default_factory=Counter)
    difference: str | None = None

    @property
    def identical(self) -> bool:
        """True when everything came out as it was published."""
        return self.difference is None

    def in_words(self) -> str:
        """For people."""
        if self.difference is not None:
            return f"re-computed: different: {self.difference}"
        counts = ", ".join(f"{count:,} {topic}" for topic, count in self.same.items())
        return f"re-computed: identical ({counts})"


class Different(Exception):
    """The first record that does not come out as published."""


def market_cells(settings: Settings, key: str) -> dict[str, Cell[Any]]:
    """Fresh cells of the stages of a market, by main topic, set as the agents are."""
    strategies = settings.sections(StrategySections).build()
    return {
        names.RAW: Cell.fresh(TicksStage(settings.of("ticks", TicksSettings)), key),
        names.TICKS: Cell.fresh(SignalsStage(settings.of("signals", SignalSettings)), key),
        names.SIGNALS: Cell.fresh(DecisionsStage(strategies), key),
    }


class Comparison:
    """Published records of each topic and key beside those that come out again."""

    def __init__(self, source: Source, verdict: Verdict) -> None:
        self._source, self._verdict = source, verdict
        self._open: dict[tuple[str, str], Iterator[tuple[int, bytes]]] = {}

    def meet(self, output: Output) -> None:
        """Compare one record with the one that is published in its place; raises Different."""
        place = output.topic, output.key
        if place not in self._open:
            self._open[place] = iter(self._source.of(*place))
        seq, published = next(self._open[place], (-1, b""))
        name = f"{output.topic} {output.key} seq {output.record.seq}"
        if seq != output.record.seq:
            raise Different(f"{name} is not published" if seq < 0 else f"{name}: found seq {seq}")
        if (again := encode(output.record)) != published:
            raise Different(f"{name}: {first_difference(published, again)}")
        self._verdict.same[output.topic] += 1


def recompute(chain: Chain, settings: Settings, source: Source) -> Verdict:
    """Compute the market up to the order's cause, then what the venue did with the order."""
    verdict = Verdict()
    try:
        market(chain, settings, source, verdict)
        venue(chain, settings, source, verdict)
    except Different as different:
        verdict.difference = str(different)
    return verdict


def market(chain: Chain, settings: Settings, source: Source, verdict: Verdict) -> None:
    """Every raw record of the market up to the order's, through ticks, signals and decisions."""
    cells, comparison = market_cells(settings, chain.market), Comparison(source, verdict)
    for seq, value in source.of(names.RAW, chain.market):
        if not verdict.same and seq != 0:
            raise Different(f"{names.RAW} {chain.market} begins at seq {seq}: the rest is gone")
        try:
            raw = decode(RawFrame, value)
        except Poison:
            cells[names.RAW].forget(names.RAW, chain.market)
            continue
        _pass(Output(names.RAW, chain.market, raw), cells, comparison)
        if seq >= chain.raw.seq:
            return
    raise Different(f"{names.RAW} {chain.market} ends before seq {chain.raw.seq}")


def _pass(given: Output, cells: dict[str, Cell[Any]], comparison: Comparison) -> None:
    """One record through its stage, and what that makes through the next ones."""
    cell = cells.get(given.topic)
    for made in cell.take(given.topic, given.record) if cell else ():
        if made.topic in CHAIN:
            comparison.meet(made)
            _pass(made, cells, comparison)


def venue(chain: Chain, settings: Settings, source: Source, verdict: Verdict) -> None:
    """The account's orders against the recorded market, up to the last status of this order."""
    if not chain.statuses:
        return
    stage = ExecutionStage(settings.of("execution", ExecutionSettings))
    account, last = chain.order.account, chain.statuses[-1].id
    cell, comparison = Cell.fresh(stage, account), Comparison(source, verdict)
    markets = Markets(source)
    for _, value in source.of_account(names.ORDERS, account):
        order = decode(OrderDecision, value)
        markets.follow(stage, cell.state, f"{order.venue}:{order.symbol}", order.tick)
        for made in cell.take(names.ORDERS, order):
            if made.topic == names.STATUSES:
                comparison.meet(made)
                if made.record.id == last:
                    return
    raise Different(f"{names.STATUSES} {chain.order.key}: {last} does not come out")


class Markets:
    """The recorded ticks of each market, followed as far as an order rests on them."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._open: dict[str, Iterator[tuple[int, bytes]]] = {}

    def follow(self, stage: ExecutionStage, state: Execution, key: str, upto: int) -> None:
        """Let the account's market pass up to and with the ticks record `upto`."""
        if key not in self._open:
            self._open[key] = iter(self._source.of(names.TICKS, key))
        while stage.position_of(state, key) < upto:
            _, value = next(self._open[key], (-1, b""))
            if not value:
                raise Different(f"{names.TICKS} {key} ends before seq {upto}")
            stage.follow(state, decode(Ticks, value))
