"""The mark of a connection that was cut, as it stands on market.raw between its frames."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import ValidationError

from engine.feeds.speech import Kind
from schemas.errors import Poison
from schemas.raw import Cut, ReceivedFrame, Source

BOOK, TRADES = Kind.BOOK.value, Kind.TRADES.value
LONGEST = 400
"""Characters of a reason."""


def cut_frame(now: int, channel: str, kinds: Iterable[Kind], reason: str) -> ReceivedFrame:
    """The mark, received at `now` ns: the connection `channel` no longer brings these kinds."""
    cut = Cut(kinds=tuple(sorted(kind.value for kind in kinds)), reason=reason[:LONGEST])
    return ReceivedFrame(now, Source.CUT, channel, cut.model_dump_json())


def lost_frame(now: int, channel: str, reason: str) -> ReceivedFrame:
    """The mark that of the trades that the connection missed not all could be fetched."""
    cut = Cut(kinds=(TRADES,), reason=reason[:LONGEST], lost=True)
    return ReceivedFrame(now, Source.CUT, channel, cut.model_dump_json())


def cut_of(text: str) -> Cut:
    """What a mark says; raises Poison for what is none."""
    try:
        return Cut.model_validate_json(text)
    except ValidationError as error:
        raise Poison(f"no mark of a cut: {error.error_count()} errors") from error
