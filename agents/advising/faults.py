"""What the official clients raise, as faults: both are generated alike and have the same names."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from email.utils import parsedate_to_datetime
from time import time
from types import ModuleType
from typing import Any

from agents.advising.asked import Answer, Failed
from agents.advising.wire import TooLong, unsent
from engine.advice.texts import plain
from schemas.advice import AdviceFault
from topics.secrecy import known

WORDS = 200
"""Characters that are told of what a provider says of a failure."""
MOST_TOKENS = 10**9
"""Of one call; a provider that tells of more tells nonsense."""
LATER = frozenset({408, 409, 425, 500, 502, 503, 504, 529})
"""Statuses of a provider that cannot now, and that bills nothing."""


async def asked(
    call: Awaitable[Any], answer: Callable[[Any], Answer], library: ModuleType, own: type[Exception]
) -> Answer:
    """What `answer` makes of a client's call; raises Failed. own: what the library's errors are."""
    try:
        found = await call
    except (own, ValueError, RecursionError) as error:  # no JSON; JSON nested without end
        raise failed(error, library) from None
    return read(answer, found)


def failed(error: Exception, library: ModuleType) -> Failed:
    """A failure in our words. library: `openai` or `anthropic`."""
    told = plain(known.redact(f"{type(error).__name__}: {error}"), WORDS)
    cause = error.__cause__
    if isinstance(cause, TooLong):
        return Failed(AdviceFault.TOO_LONG, str(cause), billed=True)
    if isinstance(error, library.APIConnectionError):
        if unsent(cause):
            why = plain(f"{type(cause).__name__}: {cause}", WORDS)
            return Failed(AdviceFault.UNREACHABLE, why, again=True)
        late = isinstance(error, library.APITimeoutError)
        return Failed(AdviceFault.TIMEOUT if late else AdviceFault.UNREACHABLE, told, billed=True)
    if isinstance(error, library.APIStatusError):
        return _refused(error, told)
    return Failed(AdviceFault.PROVIDER_ERROR, told, billed=True)


def _refused(error: Any, told: str) -> Failed:
    status, after = int(error.status_code), retry_after(error.response.headers)
    if status == 429:
        return Failed(AdviceFault.RATE_LIMITED, told, again=True, after=after)
    if status in LATER:
        return Failed(AdviceFault.PROVIDER_ERROR, told, again=True, after=after)
    return Failed(AdviceFault.PROVIDER_ERROR, told, billed=200 <= status < 300)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the server asks for: retry-after-ms, or Retry-After in seconds or as a date
    (RFC 9110, 10.2.3); None where it does not, or cannot be read.
    """
    for name, scale in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        text = headers.get(name, "")
        if text.replace(".", "", 1).isascii() and text.replace(".", "", 1).isdecimal():
            return float(text) / scale
    try:
        when = parsedate_to_datetime(headers.get("retry-after", ""))
        return max(0.0, when.timestamp() - time())
    except (ValueError, TypeError, OverflowError):
        return None


def read(answer: Callable[[Any], Answer], found: Any) -> Answer:
    """What `answer` makes of a body that the client let through without looking; Failed where it is
    not what it should be. The provider has done its work, and bills it.
    """
    try:
        return answer(found)
    except (TypeError, AttributeError, LookupError) as error:
        text = f"the answer cannot be read: {type(error).__name__}"
        raise Failed(AdviceFault.PROVIDER_ERROR, text, billed=True) from None


def count(value: Any) -> int | None:
    """Tokens as a provider tells them; None for what is no count."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and 0 <= value <= MOST_TOKENS else None
