"""exp and ln that have the same bits on every machine.

Those of `math` are the C library's, which may differ in the last bit from one machine to the next;
what learns would carry that on for ever. These are made of sums, products, quotients and powers of
two alone, which IEEE 754 defines to the bit. Within 4e-16 of the true value, relatively.

exp: x = k ln 2 + r with |r| <= ln(2) / 2, and Taylor's series of r. ln: x = m 2^k with m about 1,
and ln m = 2 artanh((m - 1) / (m + 1)) by its series. (Muller, Elementary Functions, 2016.)
"""

from __future__ import annotations

from math import frexp, ldexp

LN2 = 0.6931471805599453
LN2_HIGH, LN2_LOW = 0.6931471803691238, 1.9082149292705877e-10
"""ln 2 in two parts; the first has so few digits that its multiples are exact."""

HALF_ROOT = 0.7071067811865476
TAYLOR = tuple(1.0 / each for each in (
    6227020800, 479001600, 39916800, 3628800, 362880, 40320, 5040, 720, 120, 24, 6, 2, 1, 1,
))  # fmt: skip
"""1 / n! from 13 down."""
ODD = tuple(1.0 / each for each in range(23, 0, -2))
FAR = 36.0
"""A score of which the logistic function is as near to 0 or 1 as matters."""


def exp(x: float) -> float:
    """e^x for |x| < 700."""
    k = round(x / LN2)
    r = (x - k * LN2_HIGH) - k * LN2_LOW
    total = 0.0
    for each in TAYLOR:
        total = total * r + each
    return ldexp(total, k)


def ln(x: float) -> float:
    """The natural logarithm of x > 0."""
    m, k = frexp(x)
    if m < HALF_ROOT:
        m, k = 2 * m, k - 1
    s = (m - 1) / (m + 1)
    square, total = s * s, 0.0
    for each in ODD:
        total = total * square + each
    return k * LN2_HIGH + (k * LN2_LOW + 2 * s * total)


def logistic(score: float) -> float:
    """1 / (1 + e^-score), of scores set to +-36 at most: never 0 or 1."""
    return 1 / (1 + exp(-min(FAR, max(-FAR, score))))


def log_loss(probability: float, came: bool) -> float:
    """-ln of the probability that was given to what came; both must be above 0."""
    return -ln(probability if came else 1 - probability)
