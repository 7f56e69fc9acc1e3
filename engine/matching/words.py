"""The whole state of an engine as one row of integers, and its hash.

    1, seq, symbols, accounts, max_orders,
    for each symbol: lowest, highest, reference, last, phase, band low, band high,
        how many buys, sells, sell stops, buy stops, and those orders, each by priority, as
        order_id, account, side | kind << 8 | flags << 16, price, whole, displayed, hidden,
        peak, trigger, trail, entered,
    how many positions, and those that are not 0, as symbol, account, position.

Two engines in the same state have the same words, whatever road led there.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence
from hashlib import blake2b

VERSION = 1
ORDER_WORDS = 11
SYMBOL_WORDS = 11
HEADER_WORDS = 5


def digest(words: Sequence[int]) -> str:
    """The state hash: blake2b of the words as little-endian int64, in hexadecimal."""
    row = array("q", words)
    if sys.byteorder == "big":
        row.byteswap()
    return blake2b(row.tobytes(), digest_size=16).hexdigest()
