"""Times as tables write them, to ns since 1970 UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST, LATEST = 10**18 // 2, 1 << 63
"""ns: 1985, before which no table of a crypto market begins, and the end of 64 bits."""

SCALES = (10**9, 10**6, 10**3, 1)
"""ns of a second, a millisecond, a microsecond, a nanosecond."""

HALVES = re.compile(r"(\d{4}-\d{2}-\d{2}) (\d{1,2})-([AP]M)").fullmatch
FRACTION = re.compile(r"([0-9]{9,19})(?:\.([0-9]{1,9}))?").fullmatch


def nanoseconds(text: str) -> int:
    """The time of a cell; ValueError for what is none.

    Digits are seconds, ms, us or ns by their size (Binance's dumps are in us since 2025); else a
    date, RFC 3339, or CryptoDataDownload's `2019-10-17 09-AM`. UTC where no zone is named.
    """
    text = text.strip()
    if digits := FRACTION(text):
        return _scaled(int(digits[1]), digits[2] or "")
    if halves := HALVES(text):
        hour = int(halves[2]) % 12 + (12 if halves[3] == "PM" else 0)
        at = datetime.fromisoformat(halves[1]) + timedelta(hours=hour)
    else:
        at = datetime.fromisoformat(text)
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return _believed((at - EPOCH) // timedelta(microseconds=1) * 1000)


def _scaled(number: int, fraction: str) -> int:
    scale = next((scale for scale in SCALES if EARLIEST <= number * scale < LATEST), None)
    if scale is None:
        raise ValueError(f"{number} is no time since 1985")
    return number * scale + int((fraction + "0" * 9)[:9]) * scale // 10**9


def _believed(time: int) -> int:
    if not EARLIEST <= time < LATEST:
        raise ValueError("it is before 1985")
    return time
