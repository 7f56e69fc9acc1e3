"""Who asks, and whether it is they: the key, the time of the request, the signature.

https://bybit-exchange.github.io/docs/v5/guide#authentication
"""

from __future__ import annotations

from collections.abc import Mapping

from infra.exchange.accounts import Account
from infra.exchange.clock import Clock
from infra.exchange.dialects.bybit.errors import Code, Refusal, refused, wrong
from infra.exchange.house import House

RECV_WINDOW = 5_000
AHEAD = 1_000
"""Milliseconds that a timestamp may be ahead of the server's."""
KEY, SIGN, TIME, WINDOW = "X-BAPI-API-KEY", "X-BAPI-SIGN", "X-BAPI-TIMESTAMP", "X-BAPI-RECV-WINDOW"


def signed(house: House, headers: Mapping[str, str], payload: str) -> Account:
    """Whose request it is; 10001 to 10004 of one that is not signed as it must be."""
    time, key, sign = (headers.get(name, "") for name in (TIME, KEY, SIGN))
    if not (time and key and sign):
        told = f"empty value: apiTimestamp[{time}] apiKey[{key}] apiSignature[{sign}]"
        raise wrong(f"{told}: openapi sign params error!")
    account = house.keys.get(key)
    if account is None:
        raise refused(Code.API_KEY)
    window = headers.get(WINDOW, "")
    check_time(time, window, house.clock)
    origin = f"{time}{key}{window}{payload}"
    signs = sign.isascii() and account.key.signs(origin.encode("utf-8", "surrogateescape"), sign)
    if not signs:
        told = "Error sign, please check your signature generation algorithm. origin_string"
        raise Refusal(Code.SIGNATURE, f"{told}[{origin}]")
    return account


def check_time(time: str, window: str, clock: Clock) -> None:
    """10002 unless server_time - recv_window <= timestamp < server_time + 1000."""
    now, sent = clock.milliseconds(), number(time)
    if not now - (number(window) if window else RECV_WINDOW) <= sent < now + AHEAD:
        told = "invalid request, please check your server timestamp or recv_window param. "
        told += f"req_timestamp[{sent}],server_timestamp[{now}],"
        raise Refusal(Code.EXPIRED, f"{told}recv_window[{window or RECV_WINDOW}]")


def number(text: str) -> int:
    """A whole number of at most 18 digits."""
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise wrong("params error: timestamp or recv_window invalid")
    return int(text)


def authenticated(house: House, arguments: object) -> Account:
    """Whose connection it is, of [key, expires, signature]; a Refusal where it is nobody's.

    The signature is of GET/realtime and expires, ms that must not be over.
    """
    if not isinstance(arguments, list) or len(arguments) != 3:
        raise wrong("Params Error")
    key, expires, sign = (str(each) for each in arguments)
    account = house.keys.get(key)
    if account is None:
        raise refused(Code.API_KEY)
    if number(expires) <= house.clock.milliseconds():
        raise Refusal(Code.EXPIRED, "Request expired")
    if not (sign.isascii() and account.key.signs(f"GET/realtime{expires}".encode(), sign)):
        raise Refusal(Code.SIGNATURE, "Invalid sign")
    return account
