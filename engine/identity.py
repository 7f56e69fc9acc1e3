"""Ids: blake2b of where a record comes from, so that they are the same in every run."""

from __future__ import annotations

from hashlib import blake2b

ID_BYTES = 12
"""96 bits: a collision among 10^12 records has a chance of about 10^-5."""

LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
PAIRS = [one + other for one in LETTERS for other in LETTERS]
"""Ten bits as two letters of base 32 (RFC 4648), in lower case."""


def record_id(stage: str, parent: str, n: int) -> str:
    """Hex id of the n-th record that a stage makes from the record `parent`."""
    return blake2b(f"{stage}|{parent}|{n}".encode(), digest_size=ID_BYTES).hexdigest()


def raw_id(run: str, key: str, run_seq: int) -> str:
    """Hex id of a raw record: its origin is the feed run, the key and the place in that run."""
    return blake2b(f"raw|{run}|{key}|{run_seq}".encode(), digest_size=ID_BYTES).hexdigest()


def client_order_id(decision: str, account: str, leg: int) -> str:
    """The venue's client order id: 28 lower-case letters and digits, within every venue's limits.

    It starts with a letter and is derived, so that a command made again is the same command.
    """
    digest = blake2b(f"{decision}|{account}|{leg}".encode(), digest_size=16).digest()
    bits = int.from_bytes(digest, "big") << 2
    return "tl" + "".join([PAIRS[bits >> place & 1023] for place in range(120, -1, -10)])
