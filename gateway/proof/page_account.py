"""What an account and its venue did, as cards of an order's page: checks, journal, fills."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from engine.stage import Tables
from gateway.proof.card import Cards, fields, folded, span
from gateway.proof.chain import Chain
from gateway.proof.explanation import ORIGINS, in_short, in_words
from gateway.proof.explanation_sends import in_words as sent_in_words
from gateway.proof.explanation_sends import sends_of
from gateway.proof.page_market import nothing
from gateway.reports.document import table
from gateway.watching.view import clock
from schemas.commands import ControlCommand
from schemas.orders import Check, OrderCommand, OrderDecision
from schemas.statuses import JournalEntry, Status


def requested(cards: Cards, command: ControlCommand) -> None:
    """What a person asked for."""
    asked = command.command.model_dump(mode="json", exclude_none=True)
    said = f"{command.by}: {asked.pop('kind')}"
    cards.add("Request", said, command, fields(asked))


def ordered(cards: Cards, order: OrderDecision, knew: Tables) -> None:
    """Who ordered it, each check with its numbers, and the command."""
    who = f"{ORIGINS[order.origin]} {order.strategy if order.origin == 'strategy' else ''}"
    outcome = f"{order.outcome}: {order.reason}" if order.reason else order.outcome
    cards.add("Order", f"by {who.strip()}: {outcome}", order, known(knew))
    failed = sum(not check.passed for check in order.checks)
    said = f"{len(order.checks)} looked at" + (f", {failed} failed" if failed else ", all passed")
    said = said if order.checks else "none was looked at"
    cards.part("Risk checks", said, checked(order))
    if order.command is not None:
        cards.part("Command", in_words(order.command), commanded(order.command))


def checked(order: OrderDecision) -> str:
    """Each limit that was looked at, and the assessment."""
    told = "".join(_check(check) for check in order.checks)
    shown = f'<div class="checks"><table>{told}</table></div>' if told else nothing("None.")
    risk = order.assessment
    if risk is None:
        return shown
    parts = {"score, of 100": f"{risk.score:.3g}", "suggested quantity": risk.suggested}
    parts |= {name: f"{value:.3g}" for name, value in risk.parts.items()}
    return f"{shown}<h3>Assessment</h3>{fields(parts)}"


def _check(check: Check) -> str:
    """A check that failed is in another colour, and says so by its mark."""
    kind, mark = ("passed", "✓") if check.passed else ("failed", "✗")
    cells = "".join(
        f'<td class="number">{escape(each)}</td>' for each in (check.value, f"limit {check.limit}")
    )
    return f'<tr><td class="{kind}">{mark}</td><td>{escape(check.name)}</td>{cells}</tr>'


def commanded(command: OrderCommand) -> str:
    """The effect that is to be had once."""
    return fields({
        "client order id": command.client_order_id, "action": command.action,
        "of orders": ", ".join(command.orders), "intent": command.intent, "side": command.side,
        "type": command.type, "quantity": command.quantity, "price": command.price,
        "trigger": command.trigger, "stop": command.stop, "target": command.target,
        "trailing": command.trailing, "time in force": command.time_in_force,
        "largest position": command.after, "leverage": command.contract.leverage,
        "must not be sent after": clock(command.expires),
    })  # fmt: skip


def known(knew: Tables) -> str:
    """The side rows that the account had read when it decided."""
    rows = [
        (topic, key, str(row.seq), "".join(_short(row.model_dump(exclude_none=True))))
        for topic, of in sorted(knew.items())
        for key, row in sorted(of.items())
    ]
    if not rows:
        return ""
    heading = ("topic", "key", ">seq", "said")
    return folded(f"the account had read {len(rows)} rows", table(heading, rows))


HEAD = {"v", "id", "cause", "seq", "key", "event_time", "seen_time", "clock", "account"}


def _short(row: dict[str, object]) -> Iterable[str]:
    told = {
        name: value for name, value in row.items() if name not in HEAD and value not in ("", ())
    }
    yield ", ".join(f"{name} {value}" for name, value in told.items())[:600]


def changed(cards: Cards, chain: Chain) -> None:
    """What the account did to the order later."""
    for change in chain.changes:
        body = checked(change) + (commanded(change.command) if change.command else "")
        cards.add("Change", in_short(change), change, body)


def journalled(cards: Cards, entry: JournalEntry, about: tuple[JournalEntry, ...]) -> None:
    """The order's entry, and the requests that were made for it."""
    body = fields({
        "order": in_words(entry.command), "state": entry.state, "at the venue": clock(entry.due),
        "of trading.orders seq": entry.order_seq, "of market.ticks seq": entry.tick,
        "statuses": len(entry.statuses) + entry.folded, "known there as": entry.alias,
    })  # fmt: skip
    cards.add("Journal", entry.state, entry, body)
    rows = [
        (clock(send.at), of.command.action, sent_in_words(send))
        for of, send in sends_of((entry, *about))
    ]
    told = f"{len(rows)} request{'' if len(rows) == 1 else 's'} to the venue"
    none = nothing("The simulated venue takes the command when it is due: no request is made.")
    cards.part("Sends", told, table(("at", "of", "request and answer"), rows) if rows else none)


def became(cards: Cards, statuses: tuple[Status, ...]) -> None:
    """Each thing that became of the order, in order."""
    before = (None, *statuses)
    for earlier, status in zip(before, statuses, strict=False):
        step = "Fill" if status.type == "fill" else "Status"
        since = None if earlier is None else span(status.seen_time - earlier.seen_time)
        said = f"{status.quantity} at {status.price}" if step == "Fill" else str(status.state)
        cards.add(step, said, status, fields({
            "state": status.state, "reason": status.reason, "price": status.price,
            "quantity": status.quantity, "filled so far": status.filled,
            "fee": " ".join(filter(None, (status.fee, status.fee_currency))),
            "liquidity": status.liquidity, "mid": status.mark, "execution": status.trade,
            "market.ticks seq": status.book_seq, "after the one before": since,
        }))  # fmt: skip


def kin(cards: Cards, step: str, entries: Iterable[JournalEntry]) -> None:
    """Orders that came from this one, or that it came from."""
    for entry in entries:
        rows = [
            (_at(each), f"{each.type}: {each.state or each.reason}",
             each.quantity or "", each.price or "", each.fee or "")
            for each in entry.statuses
        ]  # fmt: skip
        heading = ("at", "what", ">quantity", ">price", ">fee")
        ask = (
            f"<p>It has a page of its own: <code>tapeline why {escape(entry.key)} --page</code></p>"
        )
        cards.add(
            step, f"{in_words(entry.command)}: {entry.state}", entry, table(heading, rows) + ask
        )


def _at(status: Status) -> str:
    """When it was; what a simulated venue journals has the venue's time only."""
    time = status.seen_time or status.event_time
    return clock(time) if time else "-"
