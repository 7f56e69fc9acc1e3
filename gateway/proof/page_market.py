"""What a market said, as cards of an order's page: frames, ticks, bars, indicators, decision."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from gateway.proof.card import Cards, fields, figures, folded, lines, meter, span
from gateway.proof.chain import Judged, Moment
from gateway.proof.explanation_advice import cards as cards_of_advice
from gateway.reports.document import table
from gateway.terminal.span import time_text
from gateway.watching.view import clock
from schemas.decisions import Decision, Vote
from schemas.raw import RawFrame
from schemas.signals import Score, Signal
from schemas.ticks import Ticks

LONGEST = 20_000
"""Characters of a frame that the page has, unless all of it is asked for."""


def judged(cards: Cards, of: Judged, full: bool) -> None:
    """A decision after all that it came from."""
    moment(cards, of.moment, full)
    signal, decision = of.signal, of.decision
    cards.add("Indicators", resting(signal), signal, figures(signal.indicators) or nothing())
    cards.part("Signal", signal.action, signalled(signal))
    cards_of_advice(cards, of.heard)
    votes = f"{len(decision.votes)} vote{'' if len(decision.votes) == 1 else 's'}"
    cards.add("Advice", votes, decision, voted(decision.votes))
    cards.part("Decision", f"{decision.strategy}: {decision.verdict}", decided(decision))


def moment(cards: Cards, of: Moment, full: bool) -> None:
    """Frames, and the ticks and bars that they gave."""
    raw, ticks = of.raw, of.ticks
    count = f"{len(raw.frames)} frame{'' if len(raw.frames) == 1 else 's'}"
    cards.add("Raw frames", count, raw, received(raw, full))
    if cards.has(ticks):
        return
    cards.add("Ticks", f"book {ticks.book}", ticks, happened(ticks))
    cards.part("Bars", f"{len(ticks.bars)} closed with this record", closed(ticks))


def received(raw: RawFrame, full: bool) -> str:
    """Where the frames came from, and each of them, folded."""
    told = fields({
        "feed run": raw.run, "record of the run": raw.run_seq, "source": raw.source,
        "channel": raw.channel, "encoding": raw.encoding,
    })  # fmt: skip
    first = raw.received[0] if raw.received else 0
    rows = "".join(
        f"<tr><td>{clock(at)}</td><td class='number'>+{span(at - first)}</td>"
        f"<td><pre>{escape(_cut(frame, full))}</pre></td></tr>"
        for at, frame in zip(raw.received, raw.frames, strict=True)
    )
    size = sum(map(len, raw.frames))
    if not rows:
        return told + "<p>A record of the clock: it has no frames.</p>"
    summary = f"{len(raw.frames)} frames, {size:,} characters, exactly as received"
    return told + folded(summary, f'<div class="wide"><table>{rows}</table></div>')


def _cut(frame: str, full: bool) -> str:
    if full or len(frame) <= LONGEST:
        return frame
    return f"{frame[:LONGEST]}... ({len(frame) - LONGEST:,} characters more: --full has them)"


def happened(ticks: Ticks) -> str:
    """The book, the trades, and what else came with the record."""
    told = fields({
        "best bid": _level(ticks.bid), "best ask": _level(ticks.ask),
        "trades": len(ticks.trades), "quotes": len(ticks.quotes),
        "book updates": len(ticks.books), "funding": len(ticks.fundings) or None,
    })  # fmt: skip
    trades, first = ticks.trades, ticks.seen_time
    rows = [
        (side, price, quantity, number, f"{span(first - at)} before" if at else "-")
        for side, price, quantity, number, at in zip(
            trades.side, trades.price, trades.quantity, trades.trade_id, trades.event_time,
            strict=True,
        )
    ]  # fmt: skip
    heading = ("aggressor", ">price", ">quantity", "trade", ">at the venue")
    shown = folded(f"{len(rows)} trades", table(heading, rows)) if rows else ""
    return told + shown + lines(f"{each.type}: {each.text}" for each in ticks.notices)


def closed(ticks: Ticks) -> str:
    """The bars that closed."""
    rows = [
        (bar.interval, clock(bar.open_time), clock(bar.close_time), bar.open, bar.high, bar.low,
         bar.close, bar.volume, f"{bar.trades:,}")
        for bar in ticks.bars
    ]  # fmt: skip
    heading = ("interval", "from", "to", ">open", ">high", ">low", ">close", ">volume", ">trades")
    return (
        table(heading, rows) if rows else "<p>The indicators rest on bars that closed before.</p>"
    )


def resting(signal: Signal) -> str:
    """Which bar the indicators are of."""
    if signal.bar_time is None:
        return "no bar has closed yet"
    return f"of bars up to {time_text(signal.bar_time)}" + (", new" if signal.fresh else "")


def signalled(signal: Signal) -> str:
    """Scores with their reasons, and the microstructure of the moment."""
    told = fields({
        "buy score": signal.buy_score, "sell score": signal.sell_score,
        "strength": signal.strength, "above the bound": "yes" if signal.published else "no",
        "last trade": signal.last, "best bid": _level(signal.bid), "best ask": _level(signal.ask),
    })  # fmt: skip
    return told + _scores(signal.scores) + _more(signal)


def _scores(scores: Iterable[Score]) -> str:
    rows = [(each.side, f"{each.points:+d}", each.rule, each.reason) for each in scores]
    return table(("side", ">points", "rule", "reason"), rows) if rows else nothing("No rule spoke.")


def _more(signal: Signal) -> str:
    parts = {"Microstructure": signal.micro, "Features for models": signal.features}
    return "".join(folded(name, inside) for name, of in parts.items() if (inside := figures(of)))


def decided(decision: Decision) -> str:
    """Prices and how sure."""
    return fields({
        "reason": decision.reason, "entry": decision.entry, "stop": decision.stop,
        "target": decision.target, "confidence": decision.confidence,
        "strength": decision.strength, "ATR": decision.atr, "book": decision.book,
        "best bid": _level(decision.bid), "best ask": _level(decision.ask),
        "had read": ", ".join(f"{each.topic} {each.key} seq {each.seq}" for each in decision.reads),
    })  # fmt: skip


def voted(votes: Iterable[Vote]) -> str:
    """Each advisor's opinion with its reasons."""
    told = "".join(
        f"<h3>{escape(vote.advisor)}: {escape(vote.verdict)} {meter(vote.confidence)}</h3>"
        + fields({
            "confidence": vote.confidence, "weight": vote.weight, "trend": vote.trend,
            "entry": vote.entry, "stop": vote.stop, "target": vote.target, "risk": vote.risk,
        })
        + lines(vote.reasons)
        for vote in votes
    )  # fmt: skip
    return told or nothing("No advisor was asked.")


def nothing(text: str = "None is known yet.") -> str:
    """A line where there is nothing to show."""
    return f"<p>{escape(text)}</p>"


def _level(level: tuple[str, str] | None) -> str | None:
    return None if level is None else f"{level[0]} ({level[1]})"
