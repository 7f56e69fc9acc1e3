"""Who asks, and whether it is they: the key, the time of the request, the passphrase, the sign.

https://www.okx.com/docs-v5/en/#overview-rest-authentication
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime

from infra.exchange.accounts import Account
from infra.exchange.dialects.okx.errors import Code, Refusal
from infra.exchange.house import House

WINDOW = 30_000
"""Milliseconds that a timestamp may be off, either way."""
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z", re.ASCII).fullmatch
HEADERS = (
    ("OK-ACCESS-KEY", Code.NO_KEY),
    ("OK-ACCESS-SIGN", Code.NO_SIGN),
    ("OK-ACCESS-TIMESTAMP", Code.NO_TIMESTAMP),
    ("OK-ACCESS-PASSPHRASE", Code.NO_PASSPHRASE),
)


def account_of(house: House, headers: Mapping[str, str], payload: bytes) -> Account:
    """The account of a request. payload: its method, path with query, and body."""
    key, sign, timestamp, passphrase = (_header(headers, *each) for each in HEADERS)
    check_time(house, milliseconds(timestamp))
    if key not in house.keys:
        raise Refusal(Code.BAD_KEY)
    account = house.keys[key]
    if not hmac.compare_digest(account.key.passphrase.encode(), passphrase.encode()):
        raise Refusal(Code.BAD_PASSPHRASE)
    if not account.key.seals(timestamp.encode() + payload, sign):
        raise Refusal(Code.BAD_SIGN)
    return account


def _header(headers: Mapping[str, str], name: str, missing: Code) -> str:
    text = headers.get(name, "").encode("utf-8", "replace").decode()
    if not text:
        raise Refusal(missing)
    return text


def milliseconds(timestamp: str) -> int:
    """An ISO 8601 time in UTC; 50112 of what is none."""
    if not _ISO(timestamp):
        raise Refusal(Code.BAD_TIMESTAMP)
    try:
        found = datetime.fromisoformat(timestamp)
    except ValueError as error:
        raise Refusal(Code.BAD_TIMESTAMP) from error
    return int(found.astimezone(UTC).timestamp() * 1000)


def check_time(house: House, sent: int, code: Code = Code.EXPIRED_TIMESTAMP) -> None:
    """Refuse what was sent more than 30 s ago, or is to be sent then."""
    if abs(house.clock.milliseconds() - sent) > WINDOW:
        raise Refusal(code)
