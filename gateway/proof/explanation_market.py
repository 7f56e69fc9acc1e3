"""What a market said, as branches of an order's tree: decision, signal, ticks, frames."""

from __future__ import annotations

from rich.text import Text
from rich.tree import Tree

from gateway.proof.chain import Judged, Moment
from gateway.proof.explanation_advice import branches
from gateway.watching.view import clock
from schemas.decisions import Decision
from schemas.raw import RawFrame
from schemas.record import Record
from schemas.signals import Signal
from schemas.ticks import Ticks, Trades

SHORT = 120
"""Characters of a frame that people are shown, and frames shown: FEW."""

FEW = 8


def judgment(tree: Tree, judged: Judged, why: str, full: bool) -> None:
    """A decision and all that it came from, each cause below its effect."""
    decision, signal, moment = judged.decision, judged.signal, judged.moment
    decided = tree.add(head(f"{why} trading.decisions said", decision.verdict, decision))
    verdict(decided, decision)
    branches(decided, judged.heard, full)
    signalled = decided.add(head("because trading.signals said", signal.action, signal))
    scored(signalled, signal)
    happening(signalled, moment, "because market.ticks said", full)


def happening(tree: Tree, moment: Moment, why: str, full: bool) -> None:
    """What a market said at one moment, with the frames."""
    ticked = tree.add(head(why, f"seq {moment.ticks.seq}", moment.ticks))
    happened(ticked, moment.ticks)
    raw = moment.raw
    frames(ticked.add(head("because market.raw held", f"{len(raw.frames)} frames", raw)), raw, full)


def verdict(tree: Tree, decision: Decision) -> None:
    """Prices and votes."""
    reason = f" ({decision.reason})" if decision.reason else ""
    tree.add(
        Text(
            f"{clock(decision.seen_time)} strategy {decision.strategy}{reason}: "
            f"entry {decision.entry}, stop {decision.stop}, target {decision.target}, "
            f"confidence {decision.confidence}, strength {decision.strength}, ATR {decision.atr}"
        )
    )
    for read in decision.reads[1:]:
        tree.add(Text(f"had read {read.topic} {read.key} up to seq {read.seq}"))
    for vote in decision.votes:
        said = f"{vote.advisor}: {vote.verdict} at {vote.confidence} (weight {vote.weight})"
        risk = "" if vote.risk is None else f", risk {vote.risk}"
        votes = tree.add(Text(f"{said}, trend {vote.trend}{risk}"))
        for reason in vote.reasons:
            votes.add(Text(reason))


def scored(tree: Tree, signal: Signal) -> None:
    """Scores with their reasons, indicators, and the microstructure of the moment."""
    tree.add(Text(f"buy {signal.buy_score}, sell {signal.sell_score}, strength {signal.strength}"))
    for score in signal.scores:
        tree.add(Text(f"{score.side} {score.points:+d} {score.rule}: {score.reason}"))
    for values in (signal.indicators, signal.micro):
        known = {name: value for name, value in values.items() if value is not None}
        if known:
            words = "  ".join(f"{name} {value:.6g}" for name, value in known.items())
            tree.add(Text(words, "dim"))


def happened(tree: Tree, ticks: Ticks) -> None:
    """The book and what came with the record."""
    tree.add(Text(f"book {ticks.book}: bid {_level(ticks.bid)}, ask {_level(ticks.ask)}"))
    tree.add(
        Text(
            f"{_traded(ticks.trades)}, {len(ticks.quotes)} quotes, {len(ticks.books)} book "
            f"updates, {len(ticks.bars)} bars closed"
        )
    )
    for bar in ticks.bars:
        span = f"bar {clock(bar.open_time)} to {clock(bar.close_time)}"
        prices = f"open {bar.open} high {bar.high} low {bar.low} close {bar.close}"
        tree.add(Text(f"{span}: {prices} volume {bar.volume}"))
    for notice in ticks.notices:
        tree.add(Text(f"{notice.type}: {notice.text}", "yellow"))


def frames(tree: Tree, raw: RawFrame, full: bool) -> None:
    """Where the frames came from, and the frames."""
    tree.add(Text(f"run {raw.run}, record {raw.run_seq} of {raw.key}, {raw.source} {raw.channel}"))
    shown = raw.frames if full else raw.frames[:FEW]
    for received, frame in zip(raw.received, shown, strict=False):
        text = frame if full or len(frame) <= SHORT else f"{frame[:SHORT]}..."
        tree.add(Text(f"{clock(received)} {text}", "dim"))
    if len(shown) < len(raw.frames):
        tree.add(Text(f"{len(raw.frames) - len(shown)} more (--full shows them)", "dim"))


def head(what: str, said: str, record: Record | None = None) -> Text:
    """A branch's first line: the topic, what it said, and the record's id."""
    id = "" if record is None else f"  {record.id}"
    return Text.assemble((what, "cyan"), " ", (said, "bold"), (id, "dim"))


def _traded(trades: Trades) -> str:
    if not trades:
        return "no trades"
    prices = sorted({float(price): price for price in trades.price}.items())
    low, high = prices[0][1], prices[-1][1]
    count = f"{len(trades)} trade{'s' if len(trades) > 1 else ''}"
    return f"{count} at {low}" + (f" to {high}" if high != low else "")


def _level(level: tuple[str, str] | None) -> str:
    return "none" if level is None else f"{level[1]} at {level[0]}"
