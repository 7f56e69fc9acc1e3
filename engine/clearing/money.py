"""Products and quotients of money in 64 bits, exact; which way they round is said of each."""

from __future__ import annotations

from engine.clearing.codes import RATE
from engine.matching.memory import compiled, highest_bit, inlined, quotient

NARROW = 1 << 36
"""Below it a value times a rate, at most RATE, is below 2^63."""


@inlined
def rated(value: int, rate: int) -> int:
    """floor(value * rate / RATE), neither negative."""
    if value < NARROW:
        return quotient(value * rate, RATE)
    return value // RATE * rate + value % RATE * rate // RATE


@inlined
def rated_up(value: int, rate: int) -> int:
    """As rated, rounded up."""
    if value < NARROW:
        return quotient(value * rate + RATE - 1, RATE)
    return value // RATE * rate + (value % RATE * rate + RATE - 1) // RATE


@compiled
def share(whole: int, part: int, of: int) -> int:
    """whole * part / of, towards zero. 0 <= part <= of, 0 < of, all below 2^61."""
    if whole < 0:
        return -share_of(-whole, part, of)
    return share_of(whole, part, of)


@compiled
def share_of(whole: int, part: int, of: int) -> int:
    """As share, of what is not negative."""
    if part == of:
        return whole
    if highest_bit(whole | 1) + highest_bit(part | 1) < 61:
        return whole * part // of
    return whole // of * part + long_share(whole % of, part, of)


@compiled
def long_share(rest: int, part: int, of: int) -> int:
    """rest * part / of for rest below of: bit by bit, the product never written out."""
    quotient, left = 0, 0
    for bit in range(62, -1, -1):
        quotient, left = quotient << 1, left << 1
        if left >= of:
            quotient, left = quotient + 1, left - of
        if (part >> bit) & 1:
            left += rest
            if left >= of:
                quotient, left = quotient + 1, left - of
    return quotient
