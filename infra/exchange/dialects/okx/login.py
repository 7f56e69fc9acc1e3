"""Who is on a WebSocket connection.

https://www.okx.com/docs-v5/en/#overview-websocket-login
"""

from __future__ import annotations

import hmac
import re
from typing import Any

from infra.exchange.accounts import Account
from infra.exchange.dialects.okx import signing
from infra.exchange.dialects.okx.errors import Code, Refusal
from infra.exchange.house import House

VERIFY = "GET/users/self/verify"
_SECONDS = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?", re.ASCII).fullmatch
NEEDED = (
    ("apiKey", Code.WS_NO_KEY),
    ("sign", Code.WS_NO_SIGN),
    ("passphrase", Code.WS_NO_PASSPHRASE),
    ("timestamp", Code.WS_TIMESTAMP),
)


def account_of(house: House, args: Any) -> Account:
    """The account of a login's one argument."""
    given = args[0] if isinstance(args, list) and len(args) == 1 else None
    if not isinstance(given, dict):
        raise Refusal(Code.WS_NO_KEY)
    key, sign, passphrase, timestamp = (_part(given, *each) for each in NEEDED)
    if not _SECONDS(timestamp):
        raise Refusal(Code.WS_TIMESTAMP)
    signing.check_time(house, int(float(timestamp) * 1000), Code.WS_EXPIRED)
    if key not in house.keys:
        raise Refusal(Code.WS_UNKNOWN_KEY)
    account = house.keys[key]
    if not hmac.compare_digest(account.key.passphrase.encode(), passphrase.encode()):
        raise Refusal(Code.WS_PASSPHRASE)
    if not account.key.seals((timestamp + VERIFY).encode(), sign):
        raise Refusal(Code.WS_SIGN)
    return account


def _part(given: dict[str, Any], name: str, missing: Code) -> str:
    value = given.get(name)
    if value is None or value == "" or not isinstance(value, str | int | float):
        raise Refusal(missing)
    return str(value)
