"""An order's chain as a tree for people: the newest first, every effect with its cause below it."""

from __future__ import annotations

from decimal import Decimal

from rich.text import Text
from rich.tree import Tree

from engine.costs import text
from engine.stage import Tables
from gateway.proof.chain import Chain
from gateway.proof.comparison import Verdict
from gateway.proof.explanation_market import happening, head, judgment
from gateway.proof.explanation_sends import sent
from gateway.watching.view import clock
from schemas import names
from schemas.commands import ControlCommand, ControlState
from schemas.orders import Check, OrderCommand, OrderDecision
from schemas.portfolio import Portfolio
from schemas.refusals import Reason
from schemas.statuses import JournalEntry, Status

ORIGINS = {"strategy": "strategy", "person": "a person", "risk": "the watch on risk"}
ROW = 200
"""Characters of a setting's value that people are shown."""


def explanation(chain: Chain, verdict: Verdict, misnamed: list[str], full: bool) -> Tree:
    """The tree; frames in full length where `full`."""
    root = Tree(Text(title(chain), "bold"))
    if chain.journal is not None:
        became(root.add(head("became", chain.journal.state, chain.journal)), chain.statuses)
        sent(root, chain.journal, chain.about)
    family(root, "worked in", f"{len(chain.parts)} parts, one after the other", chain.parts)
    family(root, "protected by", f"{len(chain.guards)} orders", chain.guards)
    if chain.turned is not None and chain.turned != chain.judged.moment:
        happening(root, chain.turned, "when market.ticks said", full)
    for change in chain.changes:
        root.add(head("changed when trading.orders said", in_short(change), change))
    if chain.parent is not None and chain.command is not None:
        came_from(root, chain.parent, chain)
    ordered(root, chain, verdict.knew, full)
    root.add(Text(verdict.in_words(), "green" if verdict.identical else "bold red"))
    names = f"ids that do not follow from their cause: {', '.join(misnamed)}" if misnamed else ""
    root.add(Text(names or "ids: each follows from its cause", "bold red" if names else "green"))
    return root


def title(chain: Chain) -> str:
    """The order in a line; of a record that sent none, what it says."""
    command = chain.command
    if command is None:
        reason = f", {chain.order.reason}" if chain.order.reason else ""
        return f"{chain.order.key} seq {chain.order.seq}: {chain.order.outcome}{reason}"
    of = "liquidation" if liquidates(chain) else command.role or "part"
    role = f" ({of} of {command.parent})" if command.parent else ""
    return f"{command.client_order_id}: {in_words(command)} for {command.account}{role}"


def in_words(command: OrderCommand) -> str:
    """What a command wants done."""
    if command.action == "place":
        at = command.trigger or command.price
        price = f" at {at}" if at else ""
        what = f"{command.intent} {command.side} {command.quantity}"
        style = f" showing {command.style.visible} at a time" if command.style else ""
        follows = "".join(f", {name} {value}" for name, value in _follows(command).items() if value)
        return f"{what} {command.symbol}, {command.type}{price}{style}{follows}, on {command.venue}"
    what = f"{command.action} {', '.join(command.orders)}".strip()
    given = {"quantity": command.quantity, "price": command.price, "trigger": command.trigger,
             "stop": command.stop, "target": command.target, **_follows(command)}  # fmt: skip
    told = ", ".join(f"{name} {value}" for name, value in given.items() if value not in (None, "0"))
    return f"{what} on {command.symbol}" + (f": {told}" if told else "")


def _follows(command: OrderCommand) -> dict[str, str | None]:
    """What of its protection moves with the price or ends with time."""
    lasts = None if command.lasts is None else f"{command.lasts / 1e9:g} s"
    return {"trailing": command.trailing, "activation": command.activation, "lasts": lasts}


def in_short(order: OrderDecision) -> str:
    """An account's record in a line."""
    return in_words(order.command) if order.command else order.outcome


def became(tree: Tree, statuses: tuple[Status, ...]) -> None:
    """The sum of the fills, then a line for each thing that became of the order, newest first."""
    fills = [status for status in statuses if status.type == "fill"]
    if fills:
        tree.add(Text(_sum(fills)))
    for status in reversed(statuses):
        what = f"{status.type}: {status.state or status.reason}"
        fee = " ".join(filter(None, (status.fee, status.fee_currency)))
        fill = f" {status.quantity} at {status.price}, fee {fee} ({status.liquidity})"
        fill += f", execution {status.trade}" if status.trade else ""
        rests = f" {status.quantity} at {status.price}" if status.price else ""
        rests += f", filled {status.filled}" if status.filled and status.price else ""
        why = f" ({status.reason})" if status.reason else ""
        seq = "" if status.book_seq is None else f", at market.ticks seq {status.book_seq}"
        told = fill if status.type == "fill" else rests + why
        tree.add(Text(f"{clock(status.seen_time)} {what}{told}{seq}"))


def _sum(fills: list[Status]) -> str:
    rows = [(Decimal(each.quantity or 0), Decimal(each.price or 0)) for each in fills]
    quantity = sum((each for each, _ in rows), Decimal(0))
    average = sum((each * price for each, price in rows), Decimal(0)) / (quantity or 1)
    fees = sum((Decimal(each.fee or 0) for each in fills), Decimal(0))
    count = f"{len(fills)} fill{'s' if len(fills) > 1 else ''}"
    return f"{count}: {text(quantity)} at {average:.8g} on average, fees {text(fees)}"


def family(tree: Tree, what: str, count: str, entries: tuple[JournalEntry, ...]) -> None:
    """Orders that came from an order, the newest first, as an order's own life is told."""
    if not entries:
        return
    found = tree.add(head(what, count))
    for entry in reversed(entries):
        role = f"{entry.command.role} " if entry.command.role else ""
        one = found.add(head(role + in_words(entry.command), entry.command.client_order_id, entry))
        became(one, entry.statuses)


def liquidates(chain: Chain) -> bool:
    """True for the order by which the venue took a position over."""
    first = chain.journal.statuses[:1] if chain.journal is not None else ()
    return any(status.reason is Reason.LIQUIDATED for status in first)


def came_from(tree: Tree, parent: JournalEntry, chain: Chain) -> None:
    """The order (or command) that a stop or target protects, that a part is of, or whose position
    the venue took over."""
    command, order = parent.command, chain.command
    what = "protects the position of" if order is not None and order.role else "is a part of"
    if liquidates(chain):
        what = "liquidates the position of"
    found = tree.add(head(what, command.client_order_id, parent))
    found.add(Text(f"{in_words(command)}: stop {command.stop}, target {command.target}"))
    became(found, parent.statuses)


def ordered(root: Tree, chain: Chain, knew: Tables, full: bool) -> None:
    """Who ordered it and on which figures; then each cause."""
    order = chain.order
    who = order.strategy if order.origin == "strategy" else ""
    by = f"{ORIGINS[order.origin]} {who}".strip()
    tree = root.add(head(f"ordered by {by}: trading.orders said", order.outcome, order))
    asked(tree, order)
    known(tree, order, knew)
    if chain.request is not None:
        requested(tree, chain.request)
    if chain.proposed is not None:
        proposal = chain.proposed.order
        waited = tree.add(head("proposed: trading.orders said", proposal.outcome, proposal))
        asked(waited, proposal)
        judgment(waited, chain.proposed, "because", full)
    why = "because" if order.origin == "strategy" else "in the market in which"
    judgment(tree, chain.judged, why, full)


def asked(tree: Tree, order: OrderDecision) -> None:
    """The limits that were looked at, the risk, and what the order may do."""
    of = f", of strategy {order.strategy}" if order.strategy else ""
    tree.add(Text(f"{clock(order.seen_time)} account {order.account}{of}, at seq {order.seq}"))
    for check in order.checks:
        tree.add(Text(figure(check), "" if check.passed else "red"))
    if order.assessment:
        risk = order.assessment
        parts = ", ".join(f"{name} {value:.3g}" for name, value in risk.parts.items())
        tree.add(Text(f"risk {risk.score:.3g} of 100 ({parts}); suggested {risk.suggested}"))
    if order.command:
        command = order.command
        prices = f"stop {command.stop}, target {command.target}, {command.time_in_force}"
        tree.add(Text(f"{in_words(command)}; {prices}"))


def figure(check: Check) -> str:
    """One check with its figures."""
    return f"{'✓' if check.passed else '✗'} {check.name}: {check.value} (limit {check.limit})"


def known(tree: Tree, order: OrderDecision, knew: Tables) -> None:
    """What the account had read of itself and of what people had set."""
    of = {**knew.get(names.PORTFOLIO, {}), **knew.get(names.STATE, {})}
    mine = (f"{order.account}:*", order.key)
    rows = [of[key] for key in mine if key in of]
    rows += [row for row in of.values() if isinstance(row, ControlState)]
    if not rows:
        return
    found = tree.add(head("the account had read", f"{len(rows)} rows"))
    for row in rows:
        if isinstance(row, Portfolio):
            found.add(_held(row))
        elif isinstance(row, ControlState) and row.setting != "requests":
            why = f" ({row.why})" if row.why else ""
            found.add(Text(f"control.state {row.setting} = {row.value[:ROW]}{why}"))


def _held(row: Portfolio) -> Text:
    """A row of the portfolio, with the id of the status that it came from."""
    if row.type == "account":
        told = f"equity {row.equity}, exposure {row.exposure}, {row.positions} positions"
    else:
        told = (
            f"{row.quantity} {row.symbol}, entry {row.entry}, mark {row.mark}, stop {row.stop}, "
            f"target {row.target}, liquidation {row.liquidation} ({row.watch})"
        )
    return Text.assemble(f"trading.portfolio {told}", (f"  from status {row.cause}", "dim"))


def requested(tree: Tree, command: ControlCommand) -> None:
    """What a person asked for, and who it was."""
    asked = command.command.model_dump(mode="json", exclude_none=True)
    kind = asked.pop("kind")
    given = ", ".join(f"{name} {value}" for name, value in asked.items())
    found = tree.add(head(f"because {command.by} told control.commands", kind, command))
    found.add(Text(f"{clock(command.seen_time)} for {command.account}: {given}"))
