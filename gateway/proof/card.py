"""One message of an order's chain as a card of its page: how it stands, its cause, its time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import escape

from gateway.proof.comparison import Spot, Verdict
from gateway.proof.standing import Standing, spot, standing
from gateway.watching.view import clock
from schemas.record import Record

WORDS: Mapping[Standing, str] = {
    Standing.EQUAL: "made again: equal",
    Standing.DIFFERENT: "made again: different",
    Standing.RECORDED: "as journalled",
    Standing.INPUT: "input",
    Standing.UNREACHED: "not made again here",
}

EMPTY = (None, "", ())

STYLE = """
body { max-width: 1080px; } code, pre { font: 12px/1.45 ui-monospace, monospace; }
pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
a { color: var(--line); text-decoration: none; } a:hover { text-decoration: underline; }
.banner { border: 1px solid var(--rule); border-left: 6px solid var(--up); border-radius: 6px;
  padding: .6em 1em; margin: 1em 0; } .banner.bad { border-left-color: var(--down); }
.banner p { color: inherit; } .facts { display: flex; flex-wrap: wrap; gap: .6em; margin: 1em 0; }
.fact { flex: 1 1 7em; border: 1px solid var(--rule); border-radius: 6px; padding: .4em .8em; }
.fact b { display: block; font-size: 1.15em; font-variant-numeric: tabular-nums; }
.fact span, .soft, summary { color: var(--soft); }
nav { position: sticky; top: 0; background: var(--paper); padding: .5em 0; margin: 1em 0;
  display: flex; flex-wrap: wrap; gap: .3em; border-bottom: 1px solid var(--rule); z-index: 1; }
nav a { border: 1px solid var(--rule); border-radius: 1em; padding: .05em .7em; color: inherit; }
nav a::before, .badge::before { content: ""; display: inline-block; width: .6em; height: .6em;
  border-radius: 50%; background: var(--soft); margin-right: .45em; }
nav a.equal::before, .badge.equal::before { background: var(--up); }
nav a.recorded::before, .badge.recorded::before { background: var(--line); }
nav a.input::before, .badge.input::before { background: none; border: 2px solid var(--line);
  width: .35em; height: .35em; }
nav a.different::before, .badge.different::before { background: var(--down); }
.card { border: 1px solid var(--rule); border-left: 4px solid var(--soft); border-radius: 6px;
  padding: .7em 1em .9em; scroll-margin-top: 6em; } .card.equal { border-left-color: var(--up); }
.card.recorded, .card.input { border-left-color: var(--line); }
.card.different { border-left-color: var(--down); } .card:target { outline: 2px solid var(--line); }
.card h2 { margin: 0; font-size: 1.1em; } .card h3 { font-size: 1em; margin: .9em 0 .2em; }
.card header { display: flex; flex-wrap: wrap; gap: .2em 1em; align-items: baseline; }
.badge { margin-left: auto; white-space: nowrap; } .said { font-weight: 600; }
.place { font-size: .9em; color: var(--soft); overflow-wrap: anywhere; margin: .1em 0 .5em; }
.gap { text-align: left; color: var(--soft); margin: 0 0 0 1.2em; padding: .3em 0 .3em 1em;
  border-left: 2px dotted var(--rule); font-variant-numeric: tabular-nums; }
.join { height: .35em; border-left: 2px dotted var(--rule); margin-left: 1.2em; }
.passed { color: var(--up); } .failed { color: var(--down); font-weight: 600; }
.meter { display: inline-block; width: 6em; height: .6em; background: var(--rule);
  border-radius: .3em; overflow: hidden; } .meter i { display: block; height: 100%;
  background: var(--line); } details { margin: .4em 0; } summary { cursor: pointer; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(14em, 1fr)); gap: 0 2em;
  margin: .4em 0; } dl div { display: flex; justify-content: space-between; gap: 1em;
  border-bottom: 1px solid var(--rule); } dt { color: var(--soft); white-space: nowrap; }
dd { margin: 0;
  text-align: right; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.checks { columns: 2; column-gap: 2.5em; } .checks table { width: 100%; }
.checks tr { break-inside: avoid; } @media (max-width: 700px) { .checks { columns: 1; } }
@media print { nav { display: none; } .card { break-inside: avoid; } }
"""


@dataclass
class Cards:
    """The cards of a page so far. links: the id of the card that has a record, by the record's."""

    verdict: Verdict
    parts: list[str] = field(default_factory=list)
    steps: list[tuple[str, str, Standing]] = field(default_factory=list)
    met: set[Spot] = field(default_factory=set)
    links: dict[str, str] = field(default_factory=dict)
    times: dict[str, int] = field(default_factory=dict)
    last: int | None = None

    def add(self, step: str, said: str, record: Record, body: str) -> None:
        """A card below the others; body: HTML. A record that has one already gets no second."""
        if self.has(record):
            return
        stands, anchor = standing(record, self.verdict), f"m{len(self.met) + 1}"
        self.met.add(spot(record))
        self.steps.append((step, anchor, stands))
        cause = self.cause(record)
        self.links[record.id], self.times[record.id] = anchor, record.seen_time
        badge = f'<span class="badge {stands}">{WORDS[stands]}</span>'
        heading = f'<h2>{escape(step)}</h2><span class="said">{escape(said)}</span>'
        self.parts.append(
            f'{self._gap(record)}<section class="card {stands}" id="{anchor}"><header>{heading}'
            f"{badge}</header>{place(record)}{cause}{body}</section>"
        )
        self.last = record.seen_time

    def has(self, record: Record) -> bool:
        """True where the record has a card."""
        return spot(record) in self.met

    def part(self, step: str, said: str, body: str) -> None:
        """A card of what is within the message before it, and stands as that does."""
        _, before, stands = self.steps[-1]
        anchor = f"{before}-{len(self.steps)}"
        self.steps.append((step, anchor, stands))
        self.parts.append(
            f'<div class="join"></div><section class="card {stands}" id="{anchor}"><header>'
            f'<h2>{escape(step)}</h2><span class="said">{escape(said)}</span></header>{body}'
            "</section>"
        )

    def cause(self, record: Record) -> str:
        """What it came from, as a link where that is on the page.

        A simulated venue tells what it did with the next record of the account, which is then the
        cause, and is none of this order's.
        """
        if not record.cause:
            return ""
        told, where = f"<code>{escape(record.cause)}</code>", self.links.get(record.cause)
        link = f"told when {told} came" if where is None else f'<a href="#{where}">{told}</a>'
        return f'<p class="place">{"" if where is None else "because of "}{link}</p>'

    def _gap(self, record: Record) -> str:
        """How much later than its cause it was; than the card above where that is not here."""
        since, than = self.times.get(record.cause), "its cause"
        if since is None:
            since, than = self.last, self.steps[-2][0].lower() if len(self.steps) > 1 else ""
        if since is None:
            return ""
        late = record.seen_time - since
        told = f"{span(late)} after {than}" if late >= 0 else f"{span(-late)} before {than}"
        return f'<p class="gap">{escape(told)}</p>'

    def nav(self) -> str:
        """A link to each card."""
        links = (
            f'<a class="{stands}" href="#{anchor}">{escape(step)}</a>'
            for step, anchor, stands in self.steps
        )
        return f"<nav>{''.join(links)}</nav>"


def place(record: Record) -> str:
    """Where the message is stored, under which id, and its time."""
    topic, key, seq = spot(record)
    return (
        f'<p class="place">{clock(record.seen_time)} · {topic} · {escape(key)} · seq {seq} · '
        f"<code>{escape(record.id)}</code></p>"
    )


def span(nanoseconds: int) -> str:
    """A stretch of time in the unit that suits it."""
    size = abs(nanoseconds)
    for unit, name in ((3_600 * 10**9, "h"), (60 * 10**9, "min"), (10**9, "s"), (10**6, "ms")):
        if size >= unit:
            return (
                f"{nanoseconds / unit:.3g} {name}"
                if size < 100 * unit
                else f"{nanoseconds / unit:.0f} {name}"
            )
    return "0 ms" if not nanoseconds else f"{nanoseconds / 1000:.3g} µs"


def fields(rows: Mapping[str, object]) -> str:
    """Names and values, those that are there."""
    return _listed({name: str(value) for name, value in rows.items() if value not in EMPTY})


def figures(values: Mapping[str, float | None]) -> str:
    """Many numbers by name; those that are not known are left out."""
    return _listed({name: f"{value:.6g}" for name, value in values.items() if value is not None})


def _listed(rows: Mapping[str, str]) -> str:
    told = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>"
        for name, value in rows.items()
    )
    return f"<dl>{told}</dl>" if told else ""


def folded(summary: str, body: str) -> str:
    """HTML that opens where it is asked for."""
    return f"<details><summary>{escape(summary)}</summary>{body}</details>"


def meter(share: float) -> str:
    """A part of 1 as a bar."""
    return (
        f'<span class="meter"><i style="width:{100 * min(1.0, max(0.0, share)):.0f}%"></i></span>'
    )


def lines(parts: Iterable[str]) -> str:
    """Texts, one a line, escaped."""
    return "".join(f"<p>{escape(each)}</p>" for each in parts)
