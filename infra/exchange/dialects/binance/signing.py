"""Who asks, and whether it is they: the key, the time of the request, the signature."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl

from infra.exchange.accounts import Account
from infra.exchange.clock import Clock
from infra.exchange.dialects.binance.errors import Code, Refusal, refused
from infra.exchange.dialects.binance.request import illegal, missing
from infra.exchange.house import House

RECV_WINDOW = 5_000
MOST_RECV_WINDOW = 60_000
AHEAD = 1_000
"""Milliseconds that a timestamp may be ahead of the server's:
https://developers.binance.com/docs/derivatives/usds-margined-futures/general-info"""
_SIGNATURE = re.compile(r"(^|&)signature=[^&]*")
_KEY = re.compile(r"[A-Za-z0-9_-]{1,128}").fullmatch


def account_of(house: House, key: str | None) -> Account:
    """The account of an API key."""
    if not key or not _KEY(key):
        raise refused(Code.BAD_API_KEY_FMT, 401)
    if key not in house.keys:
        raise refused(Code.REJECTED_MBX_KEY, 401)
    return house.keys[key]


def check(
    account: Account,
    payload: str,
    params: Mapping[str, str],
    clock: Clock,
    over: Code = Code.INVALID_PARAMETER,
) -> None:
    """Refuse what is unsigned, signed by another, too old or from the future. over: the code of a
    recvWindow that is too large."""
    if not params.get("signature"):
        raise missing("signature")
    check_time(params, clock, over)
    if not account.key.signs(payload.encode(), params["signature"]):
        raise refused(Code.INVALID_SIGNATURE)


def check_time(params: Mapping[str, str], clock: Clock, over: Code) -> None:
    """-1021 outside of the window."""
    if not params.get("timestamp"):
        raise missing("timestamp")
    sent, window = number(params, "timestamp"), RECV_WINDOW
    if params.get("recvWindow"):
        window = number(params, "recvWindow")
        if window > MOST_RECV_WINDOW:
            raise Refusal(over, f"recvWindow must be at most {MOST_RECV_WINDOW}.")
    now = clock.milliseconds()
    if sent >= now + AHEAD:
        raise Refusal(
            Code.INVALID_TIMESTAMP,
            f"Timestamp for this request was {AHEAD}ms ahead of the server's time.",
        )
    if now - sent > window:
        raise refused(Code.INVALID_TIMESTAMP)


def number(params: Mapping[str, str], name: str) -> int:
    """A whole number that is not negative, of at most 19 digits."""
    text = params[name]
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise illegal(name, "^[0-9]{1,20}$")
    return int(text)


def unsigned(text: str) -> str:
    """A query or a body without its signature: what was signed."""
    return _SIGNATURE.sub("", text).removeprefix("&")


def parsed(text: str) -> dict[str, str]:
    """The parameters of a query or of a form."""
    return dict(parse_qsl(text, keep_blank_values=True))


def payload_of(params: Mapping[str, str]) -> str:
    """What is signed of a request of the WebSocket API: by name, without the signature."""
    kept = sorted((name, text) for name, text in params.items() if name != "signature")
    return "&".join(f"{name}={text}" for name, text in kept)
