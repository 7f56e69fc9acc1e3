"""Files of funding rates as the payments of the simulated venue.

    [funding."binance:BTC/USDT:USDT"]
    file = "BTC-USDT_binance_funding.csv"
    zone = "+03:00"

A file is CSV with a header: a column of times (its name has time or date) and one of rates (its
name has rate). Times are digits since 1970 or dates; a date without a zone of its own is of `zone`.
A process reads a file once: it pays by the same rates for as long as it lives.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import Decimal, InvalidOperation
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, TypeAdapter

from schemas.errors import TapelineError
from schemas.record import venue_of

HOURS = {"kucoin": (4, 12, 20), "dydx": tuple(range(24))}
"""UTC, at which a venue pays; 0, 8 and 16 where it is not named here."""
USUAL = (0, 8, 16)
MOST_ODD = 0.02
"""Share of a file's rows that may be at other times: venues have paid late now and then."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

SCALES = {10: 10**9, 13: 10**6, 16: 10**3, 19: 1}
"""ns of a second, ms, us and ns by the digits of a time since 1970."""

Rate = tuple[int, str]


class BadRates(TapelineError):
    """A file that cannot be read, or whose times are not those at which its venue pays."""


class FundingFile(BaseModel):
    """file: CSV; zone: of dates without one, an offset (+03:00) or a name (Europe/Istanbul)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: Path
    zone: str = "UTC"


FILES = TypeAdapter(dict[str, FundingFile])


class Rates(NamedTuple):
    """The payments of a market, each once, in order of time; odd: how many are at other hours than
    the venue's."""

    path: Path
    paid: tuple[Rate, ...]
    odd: int

    @property
    def note(self) -> str:
        """What to say of the odd ones; "" where there are none."""
        told = f"{self.path}: {self.odd} of {len(self.paid)} payments are at other hours than usual"
        return told if self.odd else ""

    @property
    def digest(self) -> str:
        """Of what is paid."""
        return blake2b(repr(self.paid).encode(), digest_size=8).hexdigest()


def rates_in(section: Mapping[str, Any], folder: Path) -> dict[str, Rates]:
    """By market, what the files of [funding] hold; BadRates, in one line, and ValidationError.

    folder: where paths begin that are not whole; else the working directory.
    """
    return {
        key: rates_of(key, given.model_copy(update={"file": _there(given.file, folder)}))
        for key, given in FILES.validate_python(section).items()
    }


def told(found: Mapping[str, Rates]) -> str:
    """Markets with the hashes of their rates, as system.events has them."""
    return ", ".join(f"{key} {each.digest}" for key, each in sorted(found.items()))


def scheduled(execution: dict[str, Any], found: Mapping[str, Rates]) -> dict[str, Any]:
    """Section [execution] with these rates, which go before rows of its own for the same market;
    what is no such section is left to its model."""
    given = execution.get("funding") or {}
    rows = given.get("rates", {}) if isinstance(given, Mapping) else None
    if not found or not isinstance(rows, Mapping):
        return execution
    paid = {key: each.paid for key, each in found.items()}
    return {**execution, "funding": {**given, "rates": {**rows, **paid}}}


@cache
def rates_of(key: str, given: FundingFile) -> Rates:
    """The payments of a market that its file holds."""
    found: dict[int, str] = {}
    for line, time, rate in _rows(given.file, _zone(given.zone)):
        if found.setdefault(time, rate) != rate:
            raise BadRates(f"{given.file} line {line}: another rate for the same time: mend it")
    if not found:
        raise BadRates(f"{given.file} holds no rates: name another file")
    times = sorted(found)
    paid = tuple((time, found[time]) for time in times)
    return Rates(given.file, paid, _odd(key, given, times))


def _there(file: Path, folder: Path) -> Path:
    """Where it is; in the folder where it is nowhere."""
    places = (folder / file, file)
    return next((each for each in places if each.is_file()), places[0]).absolute()


def _odd(key: str, given: FundingFile, times: Sequence[int]) -> int:
    """How many are at other hours than the venue's; BadRates for times of another zone."""
    hours = Counter(time // 3_600_000_000_000 % 24 for time in times)
    right = HOURS.get(venue_of(key), USUAL)
    odd = sum(count for hour, count in hours.items() if hour not in right)
    if odd > MOST_ODD * len(times):
        most = sorted(hour for hour, _ in hours.most_common(len(right)))
        shifts = range(-12, 15) if given.zone == "UTC" else ()
        fit = [shift for shift in shifts if all((h - shift) % 24 in right for h in most)]
        wanted = f": set zone to {min(fit, key=abs):+03d}:00" if fit else ": is it another venue's?"
        raise BadRates(
            f"{given.file} has funding at {_hours(most)} h in zone {given.zone} as UTC; "
            f"{venue_of(key)} pays at {_hours(right)} h{wanted}"
        )
    return odd


def _hours(hours: Sequence[int]) -> str:
    return ", ".join(map(str, hours))


def _rows(path: Path, zone: tzinfo) -> Iterator[tuple[int, int, str]]:
    """Line, ns and rate of each row."""
    try:
        with path.open(newline="") as lines:
            rows = csv.reader(lines)
            header = [name.strip().lower() for name in next(rows, [])]
            time = _column(path, header, ("time", "date"))
            rate = _column(path, header, ("rate",))
            for row in rows:
                if row:
                    yield rows.line_num, *_row(path, rows.line_num, row, time, rate, zone)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        why = getattr(error, "strerror", None) or error
        raise BadRates(f"{path} cannot be read: {why}: name a CSV file") from error


def _column(path: Path, header: Sequence[str], words: Sequence[str]) -> int:
    found = [n for n, name in enumerate(header) if any(word in name for word in words)]
    if not found:
        raise BadRates(f"{path} has no column of {' or '.join(words)}s: it needs a header")
    return found[0]


def _row(
    path: Path, line: int, row: Sequence[str], time: int, rate: int, zone: tzinfo
) -> tuple[int, str]:
    try:
        told = Decimal(row[rate].strip())
        if not told.is_finite():
            raise InvalidOperation
        return _time(row[time].strip(), zone), format(told, "f")
    except (LookupError, ValueError, InvalidOperation) as error:
        raise BadRates(f"{path} line {line} is no time and rate: mend or remove it") from error


def _time(text: str, zone: tzinfo) -> int:
    """ns; digits by their size are seconds, ms, us or ns."""
    if text.isdecimal():
        return int(text) * SCALES[len(text)]
    at = datetime.fromisoformat(text)
    at = at if at.tzinfo else at.replace(tzinfo=zone)
    return (at - EPOCH) // timedelta(microseconds=1) * 1000


def _zone(text: str) -> tzinfo:
    try:
        if text.startswith(("+", "-")):
            at = datetime.fromisoformat(f"2000-01-01T00:00{text}")
            return at.tzinfo or timezone(timedelta(0))
        return ZoneInfo(text)
    except (ValueError, KeyError, OSError) as error:
        raise BadRates(f"{text!r} is no zone: name it like +03:00 or UTC") from error
