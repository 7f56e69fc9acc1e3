"""A request and its parameters, read strictly: what is no number is refused as Binance does."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.numbers import LADDER_DECIMALS, QUANTITY_DECIMALS, units
from infra.exchange.accounts import Account
from infra.exchange.dialects.binance.errors import Code, Refusal, refused
from infra.exchange.sockets import Socket
from schemas.errors import Poison

DECIMAL = r"^([0-9]{1,20})(\.[0-9]{1,20})?$"
CLIENT_ID = r"^[\.A-Z\:/a-z0-9_-]{1,36}$"
_WHOLE = re.compile(r"-?[0-9]{1,19}").fullmatch
_DECIMAL = re.compile(DECIMAL).match
_CLIENT = re.compile(CLIENT_ID).match


def illegal(name: str, legal: str) -> Refusal:
    """A parameter with characters that it may not have."""
    return Refusal(
        Code.ILLEGAL_CHARS,
        f"Illegal characters found in parameter '{name}'; legal range is '{legal}'.",
    )


def missing(name: str) -> Refusal:
    """A parameter that must be sent."""
    return Refusal(
        Code.MANDATORY_PARAM,
        f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.",
    )


@dataclass(frozen=True, slots=True)
class Request:
    """Parameters as texts, whose they are, from which address, and over which connection where it
    is a WebSocket."""

    params: Mapping[str, str]
    account: Account | None
    address: str
    key: str = ""
    socket: Socket | None = None

    @property
    def owner(self) -> Account:
        """The account of a signed request."""
        if self.account is None:
            raise refused(Code.REJECTED_MBX_KEY, 401)
        return self.account

    def has(self, name: str) -> bool:
        """Whether a parameter was sent with a value."""
        return self.params.get(name, "") != ""

    def text(self, name: str) -> str:
        """A mandatory text."""
        if not self.has(name):
            raise missing(name)
        return self.params[name]

    def whole(self, name: str, default: int | None = None) -> int:
        """An integer; mandatory without a default."""
        if not self.has(name):
            if default is None:
                raise missing(name)
            return default
        if not _WHOLE(self.params[name]):
            raise illegal(name, "^[0-9]{1,20}$")
        return int(self.params[name])

    def price(self, name: str) -> int:
        """A price in units of 10^-8."""
        return self._units(name, LADDER_DECIMALS)

    def quantity(self, name: str) -> int:
        """A quantity in units of 10^-18."""
        return self._units(name, QUANTITY_DECIMALS)

    def _units(self, name: str, decimals: int) -> int:
        text = self.text(name)
        if not text.isascii() or not _DECIMAL(text):
            raise illegal(name, DECIMAL)
        try:
            return units(text, decimals)
        except Poison as error:
            raise refused(Code.BAD_PRECISION) from error

    def flag(self, name: str, default: bool = False) -> bool:
        """true or false, in any case."""
        if not self.has(name):
            return default
        text = self.params[name].lower()
        if text not in ("true", "false"):
            raise illegal(name, "true|false")
        return text == "true"

    def client(self, name: str) -> str | None:
        """A client order id; None where none was sent."""
        if not self.has(name):
            return None
        text = self.params[name]
        if len(text) > 36:
            raise refused(Code.INVALID_CL_ORD_ID_LEN)
        if not _CLIENT(text):
            raise illegal(name, CLIENT_ID)
        return text

    def array(self, name: str) -> list[Any]:
        """A JSON array."""
        try:
            found = json.loads(self.text(name))
        except (ValueError, RecursionError) as error:
            raise illegal(name, "a JSON array") from error
        if not isinstance(found, list):
            raise illegal(name, "a JSON array")
        return found

    def inner(self, params: Any) -> Request:
        """One of a batch."""
        if not isinstance(params, dict):
            raise illegal("batchOrders", "a JSON array of objects")
        return Request(texts(params), self.account, self.address, self.key)


def text_of(value: Any) -> str:
    """A JSON value as the text that is signed and read."""
    if isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"))


def texts(params: Mapping[str, Any]) -> dict[str, str]:
    """JSON parameters as texts; null counts as not sent."""
    return {str(name): text_of(value) for name, value in params.items() if value is not None}
