"""`tapeline why --page`: an order's whole chain as one HTML page, causes first."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from html import escape
from pathlib import Path

from engine.costs import text
from gateway.proof.adopted import Adopted
from gateway.proof.card import STYLE, Cards, span
from gateway.proof.chain import Chain
from gateway.proof.comparison import Verdict
from gateway.proof.explanation import in_words, liquidates, title
from gateway.proof.page_account import became, changed, journalled, kin, ordered, requested
from gateway.proof.page_market import judged, moment
from gateway.reports.document import document
from gateway.terminal.span import time_text
from schemas.statuses import Status


def page(chain: Chain, verdict: Verdict, misnamed: list[str], full: bool) -> str:
    """The whole page; every text in it is escaped. full: frames in full length."""
    cards = Cards(verdict)
    caused(cards, chain, full)
    followed(cards, chain, full)
    body = (
        f"<h1>{escape(title(chain))}</h1><p>{_when(chain)}</p>{banner(verdict, misnamed)}"
        f"{_facts(chain)}{cards.nav()}{''.join(cards.parts)}"
    )
    return document(f"Why {title(chain)}", body, STYLE)


def caused(cards: Cards, chain: Chain, full: bool) -> None:
    """From the frames to the account's record."""
    if chain.proposed is not None:
        judged(cards, chain.proposed, full)
        ordered(cards, chain.proposed.order, {})
    judged(cards, chain.judged, full)
    if chain.request is not None:
        requested(cards, chain.request)
    ordered(cards, chain.order, cards.verdict.knew)


def followed(cards: Cards, chain: Chain, full: bool) -> None:
    """What became of it."""
    if chain.parent is not None:
        kin(cards, "Liquidates" if liquidates(chain) else "Belongs to", [chain.parent])
    changed(cards, chain)
    if chain.journal is not None:
        journalled(cards, chain.journal, chain.about)
    if chain.turned is not None:
        moment(cards, chain.turned, full)
    became(cards, chain.statuses)
    kin(cards, "Part", chain.parts)
    kin(cards, "Protection", chain.guards)
    kin(cards, "About it", chain.about)


def adopted(found: Adopted) -> str:
    """The page of what a live account has taken over: what it was, what became of it since."""
    cards = Cards(found.verdict)
    journalled(cards, found.entry, found.about)
    became(cards, found.statuses)
    kin(cards, "Protection", found.guards)
    kin(cards, "About it", found.about)
    name = f"{found.entry.command.client_order_id}: {in_words(found.entry.command)}"
    body = (
        f"<h1>{escape(name)}</h1><p>Adopted {escape(found.origin())}</p>"
        f"{banner(found.verdict, found.misnamed())}{cards.nav()}{''.join(cards.parts)}"
    )
    return document(f"Why {name}", body, STYLE)


def banner(verdict: Verdict, misnamed: list[str]) -> str:
    """Whether everything came out as it is stored."""
    good = verdict.identical and not misnamed
    ids = (
        f"Ids that do not follow from their cause: {', '.join(misnamed)}"
        if misnamed
        else "Ids: each follows from its cause."
    )
    told = f"<p><b>{escape(verdict.in_words())}</b></p><p>{escape(ids)}</p>"
    return f'<div class="banner{"" if good else " bad"}">{told}</div>'


def _when(chain: Chain) -> str:
    first = chain.judged.moment.raw
    began = first.received[0] if first.received else first.seen_time
    ended = chain.statuses[-1].seen_time if chain.statuses else chain.order.seen_time
    return f"{time_text(began)} to {time_text(ended)}: {span(ended - began)} from the first frame"


def _facts(chain: Chain) -> str:
    told = "".join(
        f'<div class="fact"><b>{escape(value)}</b><span>{escape(name)}</span></div>'
        for name, value in facts(chain)
    )
    return f'<div class="facts">{told}</div>'


def facts(chain: Chain) -> Iterator[tuple[str, str]]:
    """What people ask first: how much, at what price, what it cost, how long it took."""
    fills = [status for status in chain.statuses if status.type == "fill"]
    if chain.order.origin == "strategy":
        yield "confidence", f"{chain.judged.decision.confidence:.3g}"
    if chain.order.checks:
        passed = sum(check.passed for check in chain.order.checks)
        yield "risk checks passed", f"{passed} of {len(chain.order.checks)}"
    if chain.journal is not None:
        yield "state", chain.journal.state
    if not fills:
        return
    quantity, value, fees = filled(fills)
    yield f"filled in {len(fills)} part{'' if len(fills) == 1 else 's'}", text(quantity)
    yield "average price", f"{value / quantity:.8g}"
    yield "fees", text(fees)
    yield (
        "decision to first fill",
        span(fills[0].seen_time - chain.judged.decision.seen_time),
    )


def filled(fills: list[Status]) -> tuple[Decimal, Decimal, Decimal]:
    """Quantity, notional and fees of fills."""
    rows = [(Decimal(each.quantity or 0), Decimal(each.price or 0)) for each in fills]
    quantity = sum((amount for amount, _ in rows), Decimal(0))
    value = sum((amount * price for amount, price in rows), Decimal(0))
    return quantity, value, sum((Decimal(each.fee or 0) for each in fills), Decimal(0))


def written(path: Path, content: str) -> Path:
    """The file, with the folders that it needs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path
