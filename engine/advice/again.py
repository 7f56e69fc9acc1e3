"""A recorded answer once more: what its stored reply to its stored briefing gives."""

from __future__ import annotations

from engine.advice.bounds import bounded
from engine.advice.section import AdviceSettings
from engine.advice.settings import span
from schemas.advice import Advice, AdviceFault


def doubt(row: Advice, section: AdviceSettings) -> str | None:
    """Why a record's opinion is not what its own reply gives under these settings, in words; None
    where it is. An advisor that the settings do not name cannot be told: None too.
    """
    said, known = row.opinion, section.advisors.get(row.opinion.advisor)
    if known is None:
        return None
    if fault := _unanswered(row):
        return None if said.void is not None else f"it has an opinion, and {fault}"
    try:
        found = bounded(
            row.calls[-1].reply, row.briefing, section.bounds, advisor=said.advisor,
            answered=row.seen_time, lasts=span(known.lasts),
        )  # fmt: skip
    except ValueError as error:
        return f"its briefing cannot be read: {error}"
    if found == said.model_copy(update={"since": 0}):
        return None
    return f"its reply, bounded again, gives {_words(found.verdict, found.void)}, not what it says"


def _unanswered(row: Advice) -> str:
    """Why there is no reply that an opinion could be of; "" where there is one."""
    if not row.calls:
        return "nobody was called"
    fault = next((call.fault for call in row.calls if call.fault is not None), None)
    return f"a call of it failed: {fault}" if fault else ""


def _words(verdict: str, void: AdviceFault | None) -> str:
    return f"{verdict}" if void is None else f"a void one, {void}"
