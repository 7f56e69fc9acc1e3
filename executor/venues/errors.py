"""What a ccxt error means: its category, reason, and whether its effect is known.

A send that was written has an unknown effect unless the venue has said no: an answer of less than
500 that ccxt reads as a refusal, and that is not among the codes by which venues say "unknown".
"""

from __future__ import annotations

import re
from typing import NamedTuple

import aiohttp
import ccxt

from executor.venues.codes import Meaning, meaning
from executor.venues.flight import Flight
from executor.venues.key import Key
from executor.venues.venue import Category, VenueError
from schemas.refusals import Reason

CODE = re.compile(r'"(sCode|code|retCode|errorCode|err-code|err_code|label)"\s*:\s*"?(-?[\w.]+)"?')
QUERY = re.compile(r"\?\S*")
MOST_TEXT = 400
TOO_MANY = (418, 429)
"""HTTP statuses of a request that was one too many."""
REFUSALS = (
    ccxt.ExchangeError,
    ccxt.InvalidNonce,
    ccxt.RateLimitExceeded,
    ccxt.DDoSProtection,
)


class Class(NamedTuple):
    """A class of ccxt's errors and what it means; the first that fits counts."""

    kind: type[Exception]
    category: Category
    reason: Reason | None = None


CLASSES = (
    Class(ccxt.InsufficientFunds, Category.INSUFFICIENT_FUNDS, Reason.INSUFFICIENT_BALANCE),
    Class(ccxt.DuplicateOrderId, Category.INVALID_ORDER, Reason.DUPLICATE),
    Class(ccxt.OrderNotFound, Category.INVALID_ORDER, Reason.UNKNOWN_ORDER),
    Class(ccxt.OrderImmediatelyFillable, Category.INVALID_ORDER, Reason.WOULD_TAKE),
    Class(ccxt.OrderNotFillable, Category.INVALID_ORDER, Reason.NO_LIQUIDITY),
    Class(ccxt.NotSupported, Category.INVALID_ORDER, Reason.UNSUPPORTED),
    Class(ccxt.BadSymbol, Category.INVALID_ORDER, Reason.NO_INSTRUMENT),
    Class(ccxt.MarketClosed, Category.EXCHANGE, Reason.NOT_TRADING),
    Class(ccxt.InvalidOrder, Category.INVALID_ORDER, Reason.VENUE_REFUSED),
    Class(ccxt.BadRequest, Category.INVALID_ORDER, Reason.VENUE_REFUSED),
    Class(ccxt.ArgumentsRequired, Category.INVALID_ORDER, Reason.BAD_COMMAND),
    Class(ccxt.AuthenticationError, Category.AUTHENTICATION, Reason.VENUE_REFUSED),
    Class(ccxt.RateLimitExceeded, Category.RATE_LIMIT, Reason.RATE_LIMITED),
    Class(ccxt.DDoSProtection, Category.RATE_LIMIT, Reason.RATE_LIMITED),
    Class(ccxt.InvalidNonce, Category.EXCHANGE, Reason.OUTSIDE_WINDOW),
    Class(ccxt.OnMaintenance, Category.EXCHANGE, Reason.NOT_TRADING),
    Class(ccxt.ExchangeNotAvailable, Category.NETWORK),
    Class(ccxt.NetworkError, Category.NETWORK),
    Class(ccxt.OperationFailed, Category.EXCHANGE),
    Class(ccxt.ExchangeError, Category.EXCHANGE, Reason.VENUE_REFUSED),
    Class(aiohttp.ClientError, Category.NETWORK),
    Class(OSError, Category.NETWORK),
)


def of(error: Exception, flight: Flight, client: str, key: Key) -> VenueError:
    """The error of a call, as the executor takes it. client: ccxt's class."""
    if isinstance(error, VenueError):
        return error
    code = code_of(str(error))
    told = meaning(client, code, str(error))
    category, reason = meant(error, told)
    unknown = flight.sending and flight.written and not definite(error, told, flight)
    if flight.status is not None and flight.status >= 500 and told is None:
        category, reason = Category.EXCHANGE, None if unknown else reason
    if flight.status in TOO_MANY:
        category, reason, unknown = Category.RATE_LIMIT, Reason.RATE_LIMITED, False
    text = key.hide(QUERY.sub("", f"{client}: {type(error).__name__}: {error}"))[:MOST_TEXT]
    return VenueError(
        category, text, unknown=unknown, sent=flight.written, reason=reason, code=code,
        wait=flight.wait,
    )  # fmt: skip


def code_of(text: str) -> str | None:
    """The venue's own code in an error's text: an order's rather than the answer's."""
    found = dict(reversed(CODE.findall(text)))
    return found.get("sCode") or next(iter(reversed(found.values())), None)


def meant(error: Exception, told: Meaning | None) -> tuple[Category, Reason | None]:
    """By the venue's code, else by ccxt's class."""
    if told is not None:
        return told.category, told.reason
    for each in CLASSES:
        if isinstance(error, each.kind):
            return each.category, each.reason
    return Category.EXCHANGE, None


def definite(error: Exception, told: Meaning | None, flight: Flight) -> bool:
    """Whether the venue has said that nothing was done."""
    if told is not None:
        return not told.unknown
    answered = flight.status is not None and flight.status < 500
    return answered and isinstance(error, REFUSALS)
