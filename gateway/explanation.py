"""An order's chain as a tree for people: every effect with its cause below it."""

from __future__ import annotations

from rich.text import Text
from rich.tree import Tree

from gateway.chain import Chain
from gateway.recompute import Verdict
from gateway.view import clock
from schemas.decisions import Decision
from schemas.orders import Check, OrderDecision
from schemas.raw import RawFrame
from schemas.signals import Signal
from schemas.statuses import Status
from schemas.ticks import Ticks

SHORT = 120
"""Characters of a frame that people are shown, and frames shown: FEW."""

FEW = 8


def explanation(chain: Chain, verdict: Verdict, misnamed: list[str], full: bool) -> Tree:
    """The tree; frames in full length where `full`."""
    command = chain.journal.command
    size = f"{command.quantity} {command.symbol} on {command.venue} for {command.account}"
    root = Tree(Text(f"{command.client_order_id}: {command.intent} {command.side} {size}", "bold"))
    became(root.add(_head("became", chain.journal.state)), chain.statuses)
    ordered = root.add(_head("because trading.orders said", chain.order.outcome, chain.order.id))
    asked(ordered, chain.order)
    decided = ordered.add(
        _head("because trading.decisions said", chain.decision.verdict, chain.decision.id)
    )
    judged(decided, chain.decision)
    signalled = decided.add(
        _head("because trading.signals said", chain.signal.action, chain.signal.id)
    )
    scored(signalled, chain.signal)
    ticked = signalled.add(_head("because market.ticks said", "", chain.ticks.id))
    happened(ticked, chain.ticks)
    frames(ticked.add(_head("because market.raw held", "", chain.raw.id)), chain.raw, full)
    root.add(Text(verdict.in_words(), "green" if verdict.identical else "bold red"))
    names = f"ids that do not follow from their cause: {', '.join(misnamed)}" if misnamed else ""
    root.add(Text(names or "ids: each follows from its cause", "bold red" if names else "green"))
    return root


def became(tree: Tree, statuses: tuple[Status, ...]) -> None:
    """A line for each thing that became of the order."""
    for status in statuses:
        what = f"{status.type}: {status.state or status.reason}"
        fill = f" {status.quantity} at {status.price}, fee {status.fee} ({status.liquidity})"
        why = f" ({status.reason})" if status.reason else ""
        told = fill if status.type == "fill" else why
        tree.add(Text(f"{clock(status.seen_time)} {what}{told}"))


def asked(tree: Tree, order: OrderDecision) -> None:
    """The limits that were looked at, with their figures."""
    for check in order.checks:
        tree.add(Text(in_words(check), "" if check.passed else "red"))
    if order.command:
        command = order.command
        tree.add(Text(f"stop {command.stop}, target {command.target}, {command.time_in_force}"))


def in_words(check: Check) -> str:
    """One check with its figures."""
    return f"{'✓' if check.passed else '✗'} {check.name}: {check.value} (limit {check.limit})"


def judged(tree: Tree, decision: Decision) -> None:
    """Prices and votes."""
    tree.add(
        Text(
            f"{clock(decision.seen_time)} strategy {decision.strategy}: entry {decision.entry}, "
            f"stop {decision.stop}, target {decision.target}, confidence {decision.confidence}"
        )
    )
    for vote in decision.votes:
        said = f"{vote.advisor}: {vote.verdict} at {vote.confidence} (weight {vote.weight})"
        votes = tree.add(Text(said))
        for reason in vote.reasons:
            votes.add(Text(reason))


def scored(tree: Tree, signal: Signal) -> None:
    """Scores with their reasons, and the indicators."""
    tree.add(Text(f"buy {signal.buy_score}, sell {signal.sell_score}, strength {signal.strength}"))
    for score in signal.scores:
        tree.add(Text(f"{score.side} {score.points:+d} {score.rule}: {score.reason}"))
    known = {name: value for name, value in signal.indicators.items() if value is not None}
    tree.add(Text("  ".join(f"{name} {value:.6g}" for name, value in known.items()), "dim"))


def happened(tree: Tree, ticks: Ticks) -> None:
    """The book and what came with the record."""
    tree.add(Text(f"book {ticks.book}: bid {_level(ticks.bid)}, ask {_level(ticks.ask)}"))
    tree.add(
        Text(
            f"{len(ticks.trades)} trades, {len(ticks.quotes)} quotes, {len(ticks.books)} book "
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


def _level(level: tuple[str, str] | None) -> str:
    return "none" if level is None else f"{level[1]} at {level[0]}"


def _head(what: str, said: str, name: str = "") -> Text:
    return Text.assemble((what, "cyan"), " ", (said, "bold"), (f"  {name}" if name else "", "dim"))
