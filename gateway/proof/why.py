"""`tapeline why`: an order from its fills back to the raw frames, re-computed and compared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console, RenderableType

from gateway.client.desk import chosen
from gateway.proof.adopted import Adopted, is_adopted
from gateway.proof.chain import Chain, Judged, Moment, followed
from gateway.proof.comparison import Verdict
from gateway.proof.explanation import explanation
from gateway.proof.explanation_sends import as_json as sends
from gateway.proof.finding import UnknownOrder, find, meant
from gateway.proof.heard import bounded_again
from gateway.proof.page import adopted, page, written
from gateway.proof.published import Published
from gateway.proof.recompute import recompute
from gateway.proof.source import sources
from gateway.proof.standing import as_json as messages
from gateway.terminal.output import WIDTH, Output
from gateway.terminal.wishes import wished
from schemas.codec import encode
from schemas.record import Record
from topics.settings import Settings, settings


def why(
    order: str, full: bool, output: Output, file: Path | None = None,
    directory: Path | None = None, text: Path | None = None,
) -> int:  # fmt: skip
    """Explain the order; 1 when a record's id or bytes are not what they must be.

    file: the page of it is written there; text: what people are shown. directory: an archive to
    read in place of a broker. A desk that is signed in at, or named, explains it itself.
    """
    if not order.strip():
        raise UnknownOrder("name an order: its client order id, or the beginning of it")
    desk = chosen(settings(), wished().direct) if directory is None else None
    if desk is not None and not desk.own:
        from gateway.client.calls import Calls
        from gateway.client.explaining import explain

        with Calls(desk) as calls:
            return explain(calls, order, full, output, file, text)
    return _why(order, full, output, file, directory, text)


def _why(
    order: str, full: bool, output: Output, file: Path | None, directory: Path | None,
    text: Path | None,
) -> int:  # fmt: skip
    with sources(settings(), directory, output, Published) as (known, source):
        entry = meant(order, source)
        if entry is not None and is_adopted(entry):
            return taken_over(Adopted.of(entry, source), output, file, text)
        chain = find(order, source) if entry is None else followed(entry, source)
        chain = replace(chain, judged=checked(chain.judged, known))
        with Console(stderr=True).status("reading ...") as status:
            verdict = recompute(chain, known, source, status.update)
    misnamed = chain.misnamed()
    if file is not None:
        output.note(f"page: {written(file, page(chain, verdict, misnamed, full))}")
    shown = explanation(chain, verdict, misnamed, full)
    _tell(shown, lambda: as_json(chain, verdict, misnamed), output, text)
    return int(bool(misnamed) or not verdict.identical)


def checked(judged: Judged, known: Settings) -> Judged:
    """With what advisors' stored replies give, bounded again."""
    return replace(judged, heard=bounded_again(judged.heard, known))


def drawn(shown: RenderableType) -> str:
    """What people are shown, as a text without colours."""
    out = StringIO()
    Console(file=out, width=WIDTH, highlight=False, force_terminal=False).print(shown)
    return out.getvalue()


def _tell(
    shown: RenderableType, told: Callable[[], dict[str, Any]], output: Output, text: Path | None
) -> None:
    if text is not None:
        written(text, drawn(shown))
    if output.json:
        output.object(told())
    else:
        output.show(shown)


def taken_over(
    found: Adopted, output: Output, file: Path | None = None, text: Path | None = None
) -> int:
    """Explain what was adopted from the venue; 1 when its topics do not agree."""
    if file is not None:
        output.note(f"page: {written(file, adopted(found))}")
    _tell(found.tree(), found.as_json, output, text)
    return int(bool(found.misnamed()) or not found.verdict.identical)


def as_json(chain: Chain, verdict: Verdict, misnamed: list[str]) -> dict[str, Any]:
    """Everything, for programs."""
    command = chain.command
    return {
        "order": command.client_order_id if command else None,
        "identical": verdict.identical,
        "recomputed": dict(verdict.same),
        "recorded": dict(verdict.recorded),
        "difference": verdict.difference,
        "misnamed": misnamed,
        "messages": [*messages(chain, verdict)],
        "statuses": [_json(status) for status in chain.statuses],
        "turned": _moment(chain.turned) if chain.turned else None,
        "journal": _json(chain.journal),
        "parent": _json(chain.parent),
        "parts": [_json(part) for part in chain.parts],
        "changes": [_json(change) for change in chain.changes],
        "sends": [*sends(one for one in (chain.journal, *chain.about) if one is not None)],
        "guards": [_json(guard) for guard in chain.guards],
        "about": [_json(one) for one in chain.about],
        "request": _json(chain.request),
        "proposed": _judged(chain.proposed) if chain.proposed else None,
        "knew": {
            topic: {key: _json(row) for key, row in sorted(rows.items())}
            for topic, rows in sorted(verdict.knew.items())
        },
        **_judged(chain.judged),
    }


def _judged(judged: Judged) -> dict[str, Any]:
    return {
        "order_decision": _json(judged.order),
        "decision": _json(judged.decision),
        "signal": _json(judged.signal),
        "advice": [each.as_json() for each in judged.heard],
        **_moment(judged.moment),
    }


def _moment(moment: Moment) -> dict[str, Any]:
    return {"ticks": _json(moment.ticks), "raw": _json(moment.raw)}


def _json(record: Record | None) -> orjson.Fragment | None:
    return None if record is None else orjson.Fragment(encode(record))
