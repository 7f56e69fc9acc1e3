"""What advisors had said, as branches of a decision's tree and as cards of its page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from rich.text import Text
from rich.tree import Tree

from gateway.proof.card import Cards, fields, folded, lines
from gateway.proof.heard import Heard
from gateway.terminal.span import time_text
from gateway.watching.view import clock
from schemas.advice import Call

SHORT = 300
"""Characters of a reply that people are shown."""


def branches(tree: Tree, known: Sequence[Heard], full: bool) -> None:
    """One of each advisor, with the calls behind it; replies in full length where `full`."""
    for each in known:
        row, said = each.row, each.row.opinion
        head = Text.assemble(
            ("beside it ai.advice said", "cyan"), " ",
            (f"{said.advisor}: {said.verdict} at {said.confidence}", "bold"), f", {each.fate}",
            (f"  {row.id}", "dim"),
        )  # fmt: skip
        branch = tree.add(head)
        for line in words(each):
            branch.add(Text(line))
        for call in row.calls:
            made = branch.add(Text(called(call)))
            made.add(Text(cut(call.reply, full), "dim"))


def words(of: Heard) -> Iterator[str]:
    """Times, prices, reasons, and whether the briefing is the one that was shown."""
    row, said = of.row, of.row.opinion
    asked = f"asked at {clock(row.asked_time)}, answered at {clock(row.seen_time)}"
    yield f"{asked}, expires at {clock(said.expires)}" if said.expires else asked
    if said.void is not None:
        yield f"void: {said.void}{f', {said.detail}' if said.detail else ''}"
    else:
        yield f"entry {said.entry}, stop {said.stop}, target {said.target}"
    yield from said.reasons
    if said.figures:
        yield "rests on " + ", ".join(f"{name} {value}" for name, value in said.figures.items())
    fits = "is" if of.sealed else "is NOT"
    if of.again is not None:
        yield of.again or "its reply, bounded again, gives this opinion"
    yield f"briefing {row.context_hash or 'without a hash'} {fits} the one on record"


def called(call: Call) -> str:
    """One call of a model, in a line."""
    until = "not stated" if call.cutoff is None else time_text(call.cutoff)
    fault = f", {call.fault}" if call.fault else ""
    return (
        f"{call.role}: {call.provider} {call.model}, prompt {call.prompt} v{call.prompt_version} "
        f"{call.prompt_hash}, {call.tokens_in} and {call.tokens_out} tokens, {call.cost} USD, "
        f"{call.latency / 1e9:.3g} s, {call.tries} tries{fault}; knowledge cut-off {until}"
    )


def cut(text: str, full: bool) -> str:
    """A reply for people, on one line unless all of it is asked for."""
    if full:
        return text
    line = " ".join(text.split())
    return line if len(line) <= SHORT else f"{line[:SHORT]}... ({len(line) - SHORT:,} more: --full)"


def cards(page: Cards, known: Sequence[Heard]) -> None:
    """A card of each advisor."""
    for each in known:
        said = each.row.opinion
        body = lines(words(each)) + "".join(map(_call, each.row.calls))
        body += folded("What it was shown", f"<pre>{escape(each.row.briefing)}</pre>")
        told = f"{said.advisor}: {said.verdict} at {said.confidence}, {each.fate}"
        page.add("Advisor", told, each.row, body)


def _call(call: Call) -> str:
    asked = fields({"hash of what was sent": call.asked, **call.parameters})
    reply = folded(f"Its reply, {len(call.reply):,} characters", f"<pre>{escape(call.reply)}</pre>")
    return f"<p>{escape(called(call))}</p>{asked}{reply}"
