"""What the fields of venues' frames mean, each checked: texts of numbers, times, levels.

All raise Poison (or ValueError, which `reading` makes Poison) for what is not what it should be.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import lru_cache, wraps
from typing import Annotated, TypeVar

from msgspec import Meta

from engine.feeds.events import Trade
from engine.numbers import price_units, quantity_units
from engine.spans import SECOND
from schemas.errors import Poison
from schemas.ticks import Level

F = TypeVar("F")
R = TypeVar("R")

LATEST = 1 << 63
"""Times and ids are 64 bit on topics."""
Id = Annotated[int, Meta(ge=0, le=LATEST - 1)]
Milliseconds = Annotated[int, Meta(ge=0, le=(LATEST - 1) // 1_000_000)]
"""As fields of msgspec structs; a decoder with strict=False reads them from texts too."""
MILLISECOND = 1_000_000

_RFC3339 = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})"
).fullmatch
_DIGITS = re.compile(r"[0-9]{1,30}(\.[0-9]{1,40})?").fullmatch
_EXPONENT = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?[eE][-+]?[0-9]{1,2}").fullmatch


def reading(venue: str) -> Callable[[Callable[[F], R]], Callable[[F], R]]:
    """Makes whatever a reader stumbles over Poison that names the venue and what it was."""

    def guard(read: Callable[[F], R]) -> Callable[[F], R]:
        @wraps(read)
        def guarded(frame: F) -> R:
            try:
                return read(frame)
            except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError) as error:
                raise Poison(f"{venue}: {type(error).__name__}: {error}") from error
            except RecursionError as error:
                raise Poison(f"{venue}: a frame of too many levels") from error
            except Poison as error:
                text = str(error)
                raise Poison(text if text.startswith(venue) else f"{venue}: {text}") from error

        return guarded

    return guard


def whole(value: int | str) -> int:
    """An id: an integer from 0 to 2^63-1, or its digits."""
    if isinstance(value, str):
        if not (value.isascii() and value.isdecimal() and len(value) <= 19):
            raise Poison(f"{value[:40]!r} is no integer")
        value = int(value)
    if type(value) is not int or not 0 <= value < LATEST:
        raise Poison(f"{value!r} is no id or time")
    return value


def milliseconds(value: int | str) -> int:
    """ns of a time in ms."""
    time = whole(value) * MILLISECOND
    if time >= LATEST:
        raise Poison(f"the time {value} is out of range")
    return time


def seconds(text: str | int) -> int:
    """ns of a time in seconds as digits with a fraction, exactly: "1684930164.384"."""
    text = str(text)
    digits = text[:10] + text[11:]
    if len(text) == 17 and text[10] == "." and digits.isascii() and digits.isdecimal():
        return whole(int(digits) * 1000)
    head, point, fraction = text.partition(".")
    if point and not (fraction.isascii() and fraction.isdecimal()):
        raise Poison(f"{text!r} is no time")
    time = whole(head) * SECOND + int(fraction[:9].ljust(9, "0") if fraction else 0)
    if time >= LATEST:
        raise Poison(f"the time {text} is out of range")
    return time


def rfc3339(text: str) -> int:
    """ns of "2021-04-17T16:44:07.859760Z", exactly to the ns."""
    point, fraction = text[19:20], text[20:-1]
    sound = fraction.isascii() and fraction.isdecimal() and len(fraction) <= 9
    if text[-1:] != "Z" or not (len(text) == 20 or (point == "." and sound)):
        raise Poison(f"{text[:40]!r} is no time")
    return moment(text[:19], fraction)


def moment(second: str, fraction: str) -> int:
    """ns of "2021-04-17T16:44:07" and the digits of a fraction of a second, at most nine."""
    time = of_second(second) + int(fraction.ljust(9, "0"))
    if time >= LATEST:
        raise Poison(f"the time {second} is out of range")
    return time


@lru_cache(1000)
def of_second(text: str) -> int:
    """ns of "2021-04-17T16:44:07"."""
    match = _RFC3339(text)
    if match is None:
        raise Poison(f"{text[:40]!r} is no time")
    year, month, day, hour, minute, second = map(int, match.groups())
    return whole((days(year, month, day) * 86400 + (hour * 60 + minute) * 60 + second) * SECOND)


@lru_cache(1000)
def days(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01, a Thursday, to a date of the Gregorian calendar.

    Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil.
    """
    if not (1 <= month <= 12 and 1 <= day <= 31):
        raise Poison(f"there is no {year}-{month}-{day}")
    era, of_era = divmod(year - (month <= 2), 400)
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468


def price(text: str) -> str:
    """The text, if it is a price above zero."""
    if not price_units(text):
        raise Poison(f"a price of {text}")
    return text


def quantity(text: str) -> str:
    """The text, if it is a quantity, zero included."""
    quantity_units(text)
    return text


def traded(text: str) -> str:
    """The text, if it is a quantity above zero."""
    if not quantity_units(text):
        raise Poison(f"a quantity of {text}")
    return text


def worth(text: str) -> str:
    """The text, if it is a number that is told and not traded at: finer than prices may be."""
    if _DIGITS(text) is None:
        raise Poison(f"{text[:40]!r} is no number")
    return text


def mark(text: str) -> str:
    """The text, if it is a `worth` above zero: marks, index prices, prices of liquidations."""
    if not worth(text).strip("0."):
        raise Poison(f"a mark price of {text}")
    return text


def rate(text: str) -> str:
    """The text, if it is a share, negative ones included."""
    worth(text.removeprefix("-"))
    return text


def plain(text: str) -> str:
    """A JSON number's text without an exponent: "1.5e-7" is "0.00000015"; others as they are."""
    if "e" not in text and "E" not in text:
        return text
    if _EXPONENT(text) is None:
        raise Poison(f"{text[:40]!r} is no number")
    return format(Decimal(text), "f")


def oldest_first(newest_first: Sequence[Trade]) -> tuple[Trade, ...]:
    """An answer's trades by time; those of one time turned round, as the answer has them."""
    return tuple(sorted(newest_first[::-1], key=lambda trade: trade.event_time))


def number(value: object) -> str:
    """A number's text as given: of a JSON text, or of a number decoded with float_hook=str."""
    text = value if type(value) is str else str(value)
    sign = "-" if text.startswith("-") else ""
    return sign + plain(text.removeprefix("-"))


def levels(rows: Iterable[Level]) -> tuple[Level, ...]:
    """Rows of price and quantity, each text checked; pairs are kept as they are.

    All texts of a longer side are looked at as one, which takes a tenth of the time where few of
    them were seen before; what is not plainly right is looked at one by one.
    """
    found = tuple(rows)
    if len(found) >= MANY:
        prices, quantities = zip(*found, strict=True)
        if _all(prices, _PRICES) and _all(quantities, _QUANTITIES):
            return found
    for price, quantity in found:
        if not price_units(price):
            raise Poison("a book level at price 0")
        quantity_units(quantity)
    return found


MANY = 8
"""Levels, from which on it is worth while."""
_PRICES = re.compile(r"(?:(?=[0.]*[1-9])[0-9]{1,20}+(?:\.[0-9]{1,20}+)?+,)++").fullmatch
_QUANTITIES = re.compile(r"(?:[0-9]{1,20}+(?:\.[0-9]{1,18}+)?+,)++").fullmatch
"""Numbers as engine.numbers reads them, each with a comma behind it; prices above zero."""


def _all(texts: Sequence[str], numbers: Callable[[str], object]) -> bool:
    joined = ",".join(texts)
    return joined.count(",") == len(texts) - 1 and numbers(joined + ",") is not None
