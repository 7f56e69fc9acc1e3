"""An order's past computed again: frames, the account's judgment, the venue; compared by byte.

Each stage is run on what is published before it, and each published record is compared:
market.raw -> ticks -> signals -> decisions of the order's market; the account's trading.orders, on
what each of them says that it had read; the account's statuses, on its orders and the markets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from engine.decisions import DecisionsStage
from engine.execution import Execution, ExecutionSettings, ExecutionStage
from engine.signals import SignalSettings, SignalsStage
from engine.stage import Cell, Output
from engine.strategies.catalogue import StrategySections
from engine.ticks import TicksSettings, TicksStage
from gateway.proof.chain import Chain
from gateway.proof.comparison import Comparison, Different, Verdict
from gateway.proof.published import Source
from gateway.proof.recompute_orders import orders
from gateway.proof.recorded import recorded
from gateway.proof.standing import watched
from schemas import names
from schemas.codec import decode
from schemas.errors import Poison, SequenceGap
from schemas.orders import OrderDecision
from schemas.raw import RawFrame
from schemas.ticks import Ticks
from topics.settings import Settings

CHAIN = (names.RAW, names.TICKS, names.SIGNALS, names.DECISIONS)


def market_cells(settings: Settings, key: str) -> dict[str, Cell[Any]]:
    """Fresh cells of the stages of a market, by main topic, set as the agents are."""
    strategies = settings.sections(StrategySections).build()
    return {
        names.RAW: Cell.fresh(TicksStage(settings.of("ticks", TicksSettings)), key),
        names.TICKS: Cell.fresh(SignalsStage(settings.of("signals", SignalSettings)), key),
        names.SIGNALS: Cell.fresh(DecisionsStage(strategies), key),
    }


def recompute(
    chain: Chain, settings: Settings, source: Source, tell: Callable[[str], None] = lambda _: None
) -> Verdict:
    """The market up to the order's last moment, the account up to its record, the venue's part.

    tell: hears what is being computed.
    """
    verdict = Verdict(watched(chain))
    parts = {"the market": market, "the account's orders": orders, "what the venue did": venue}
    for what, part in parts.items():
        tell(f"computing {what} again ...")
        try:
            part(chain, settings, source, verdict)
        except (Different, SequenceGap) as different:
            verdict.difference = str(different)
            break
    return verdict


def market(chain: Chain, settings: Settings, source: Source, verdict: Verdict) -> None:
    """Every raw record of the market up to the order's last, through ticks to decisions."""
    cells, comparison = market_cells(settings, chain.market), Comparison(source, verdict)
    until = chain.last.seq
    for seq, value in source.of(names.RAW, chain.market):
        if not verdict.same and seq != 0:
            raise Different(f"{names.RAW} {chain.market} begins at seq {seq}: the rest is gone")
        try:
            raw = decode(RawFrame, value)
        except Poison:
            cells[names.RAW].forget(names.RAW, chain.market)
            continue
        _pass(Output(names.RAW, chain.market, raw), cells, comparison)
        if seq >= until:
            return
    raise Different(f"{names.RAW} {chain.market} ends before seq {until}")


def _pass(given: Output, cells: dict[str, Cell[Any]], comparison: Comparison) -> None:
    """One record through its stage, and what that makes through the next ones."""
    cell = cells.get(given.topic)
    for made in cell.take(given.topic, given.record) if cell else ():
        if made.topic in CHAIN:
            comparison.meet(made)
            _pass(made, cells, comparison)


def venue(chain: Chain, settings: Settings, source: Source, verdict: Verdict) -> None:
    """The account's orders against the recorded market, up to the last status of this order; what
    a real venue did, beside the order's journal.
    """
    if chain.recorded:
        recorded(chain, source, verdict)
        return
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
            if made.topic == names.STATUSES or _journalled(made, chain):
                comparison.meet(made)
                if made.record.id == last:
                    return
    raise Different(f"{names.STATUSES} {chain.order.key}: {last} does not come out")


def _journalled(made: Output, chain: Chain) -> bool:
    """True for the order's own entry in the journal, as far as the chain has it."""
    entry = chain.journal
    mine = made.topic == names.JOURNAL and entry is not None and made.key == entry.key
    return mine and entry is not None and made.record.seq <= entry.seq


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
