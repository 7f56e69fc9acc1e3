"""What of a reply counts: whatever a text says, an opinion within limits, or a void one.

The size of an order is never taken from a reply: an opinion has none.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from engine.advice.grounding import Grounding
from engine.advice.grounds import Grounds, grounds
from engine.advice.reading import DETAIL, Fault, read
from engine.advice.reply import Reply
from engine.indicators import rounded
from engine.spans import SECOND
from schemas.advice import AdviceFault, Opinion
from schemas.decisions import Verdict

_PRICE = re.compile(r"(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,14})?").fullmatch
_FIGURE = re.compile(r"-?(?:0|[1-9][0-9]{0,19})(?:\.[0-9]{1,18})?").fullmatch
MINUTE = 60 * SECOND
PRICES = "entry", "stop", "target"
ENTERS = "long", "short"


def _ordered(span: tuple[float, float]) -> tuple[float, float]:
    if not 0 < span[0] <= span[1]:
        raise ValueError("the least comes first, above zero, then the most")
    return span


Span = Annotated[tuple[float, float], AfterValidator(_ordered)]


class BoundsSettings(BaseModel):
    """Limits of what a reply may say.

    most_bytes: of a reply. horizon_minutes: the shortest and the longest look ahead. late_seconds:
    of the market's time, from the question to the answer. entry_percent, target_percent: of the
    mid, how far from it an entry or target may be. stop_percent: of the entry, the nearest and the
    farthest stop; stop_atr: the same in ATRs, where the ATR is known. leverage: the most that may
    be asked for. lasts_minutes: how long an opinion counts at most, from the question on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    most_bytes: int = Field(default=16_000, ge=100, le=1 << 20)
    horizon_minutes: Annotated[tuple[int, int], AfterValidator(_ordered)] = (1, 1440)
    late_seconds: float = Field(default=120.0, gt=0)
    entry_percent: float = Field(default=1.0, gt=0, lt=100)
    target_percent: float = Field(default=25.0, gt=0, lt=100)
    stop_percent: Span = (0.05, 10.0)
    stop_atr: Span = (0.25, 20.0)
    leverage: float = Field(default=3.0, gt=0)
    lasts_minutes: int = Field(default=15, ge=1)


def bounded(
    reply: str,
    briefing: str,
    settings: BoundsSettings,
    *,
    advisor: str,
    answered: int | None = None,
    lasts: int | None = None,
) -> Opinion:
    """The opinion of a reply's text to a briefing (canonical JSON), void where it breaks a bound.

    answered: the market's time when the reply was there, ns; None: that of the question. lasts: ns
    instead of the settings'. ValueError if the briefing, which is ours, is none.
    """
    of = grounds(briefing)
    told = read(reply, settings.most_bytes)
    if isinstance(told, Fault):
        return _void(advisor, told)
    late = 0 if answered is None else answered - of.now
    for check in CHECKS:
        detail = check(told, of, settings, late)
        if detail:
            return _void(advisor, Fault(CHECKS[check], detail))
    span = settings.lasts_minutes * MINUTE if lasts is None else lasts
    return _sound(told, advisor, of.now, span)


def _void(advisor: str, fault: Fault) -> Opinion:
    return Opinion(advisor=advisor, void=fault.kind, detail=fault.detail[:DETAIL])


def _sound(reply: Reply, advisor: str, asked: int, span: int) -> Opinion:
    """Prices only of one that enters: where a position is closed, or nothing done, none counts."""
    horizon, enters = reply.horizon_minutes * MINUTE, reply.direction in ENTERS
    return Opinion(
        advisor=advisor,
        verdict=Verdict(reply.direction),
        confidence=rounded(abs(reply.confidence)),
        entry=reply.entry if enters else None,
        stop=reply.stop if enters else None,
        target=reply.target if enters else None,
        horizon=horizon,
        expires=asked + min(horizon, span),
        reasons=tuple(" ".join(each.split()) for each in reply.reasons),
        figures={figure.name: figure.value for figure in reply.figures},
    )


def _other(reply: Reply, of: Grounds, settings: BoundsSettings, late: int) -> str:
    return "" if reply.symbol == of.symbol else f"the advice is not for {of.symbol}"


def _stale(reply: Reply, of: Grounds, settings: BoundsSettings, late: int) -> str:
    most = settings.late_seconds
    return (
        "" if late <= most * SECOND else f"the answer is {late / SECOND:.0f} s old, over {most:g} s"
    )


def _form(reply: Reply, of: Grounds, settings: BoundsSettings, late: int) -> str:
    """Decimal text is digits and a point, so that nobody reads it in another way."""
    for name in PRICES:
        price = getattr(reply, name)
        if price is not None and not _PRICE(price):
            return f"{name} is no decimal text of a price"
    odd = [each.name for each in reply.figures if not _FIGURE(each.value)]
    return f"the figure {odd[0]} is no decimal text" if odd else ""


def _range(reply: Reply, of: Grounds, settings: BoundsSettings, late: int) -> str:
    low, high = settings.horizon_minutes
    if not 0 <= reply.confidence <= 1:
        return "confidence is not 0 to 1"
    if not low <= reply.horizon_minutes <= high:
        return f"the horizon is not {low} to {high} minutes"
    if reply.leverage is not None and not 0 < reply.leverage < float("inf"):
        return "the leverage is no positive number"
    if reply.direction in ENTERS and of.mid is None:
        return "the briefing has no book to hold an entry against"
    return _reach(reply, of, settings)


def _reach(reply: Reply, of: Grounds, settings: BoundsSettings) -> str:
    """Prices are above zero and of this market; how far a stop is has a bound of its own."""
    percents = {"entry": settings.entry_percent, "target": settings.target_percent}
    for name in PRICES:
        price, percent = getattr(reply, name), percents.get(name)
        if price is not None and Decimal(price) <= 0:
            return f"{name} is not above zero"
        away = abs(float(price) / of.mid - 1) * 100 if price is not None and of.mid else 0.0
        if percent is not None and away > percent:
            return f"{name} is more than {percent:g} % from the market"
    return ""


def _leverage(reply: Reply, of: Grounds, settings: BoundsSettings, late: int) -> str:
    asked = reply.leverage
    high = asked is not None and asked > settings.leverage
    return f"the leverage is above {settings.leverage:g}" if high else ""


def _side(reply: Reply, of: Grounds, settings: BoundsSettings, late: int) -> str:
    """The stop against the trade, beyond the quote that it would leave at; the target with it."""
    if reply.direction not in ENTERS or of.bid is None or of.ask is None:
        return ""
    way = 1 if reply.direction == "long" else -1
    entry = float(reply.entry or (of.ask if way > 0 else of.bid))
    near, far = (of.bid, of.ask) if way > 0 else (of.ask, of.bid)
    if reply.stop is not None and (min(way * entry, way * near) - way * float(reply.stop)) <= 0:
        return f"the stop of a {reply.direction} is not on its side of entry and quotes"
    if reply.target is not None and way * float(reply.target) <= max(way * entry, way * far):
        return f"the target of a {reply.direction} is not on its side of entry and quotes"
    return ""


def _distance(reply: Reply, of: Grounds, settings: BoundsSettings, late: int) -> str:
    if reply.direction not in ENTERS or reply.stop is None:
        return ""
    entry = float(reply.entry or (of.ask if reply.direction == "long" else of.bid) or 0)
    away = abs(entry - float(reply.stop))
    low, high = settings.stop_percent
    if not low <= away / entry * 100 <= high:
        return f"the stop is {away / entry * 100:.3g} % from the entry, not {low:g} to {high:g}"
    low, high = settings.stop_atr
    if of.atr and not low <= away / of.atr <= high:
        return f"the stop is {away / of.atr:.3g} ATRs from the entry, not {low:g} to {high:g}"
    return ""


def _ground(reply: Reply, of: Grounds, settings: BoundsSettings, late: int) -> str:
    return Grounding(reply, of).fault()


Check: TypeAlias = Callable[[Reply, Grounds, BoundsSettings, int], str]
CHECKS: dict[Check, AdviceFault] = {
    _other: AdviceFault.OTHER_SYMBOL,
    _stale: AdviceFault.STALE,
    _form: AdviceFault.WRONG_SCHEMA,
    _range: AdviceFault.OUT_OF_RANGE,
    _leverage: AdviceFault.LEVERAGE,
    _side: AdviceFault.WRONG_SIDE,
    _distance: AdviceFault.STOP_DISTANCE,
    _ground: AdviceFault.UNGROUNDED,
}
"""In this order; each says what is wrong, or nothing. The last integer: ns that the answer took."""
