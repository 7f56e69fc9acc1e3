"""A request and its parameters, read strictly: what is no number is refused as OKX does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from engine.numbers import LADDER_DECIMALS, QUANTITY_DECIMALS, units
from infra.exchange.accounts import Account
from infra.exchange.dialects.okx.errors import Code, Refusal, wrong
from schemas.errors import Poison

_WHOLE = re.compile(r"[0-9]{1,19}").fullmatch
_CLIENT = re.compile(r"[A-Za-z0-9]{1,32}").fullmatch
_TAG = re.compile(r"[A-Za-z0-9]{1,16}").fullmatch


@dataclass(frozen=True, slots=True)
class Request:
    """Parameters as texts, whose they are, and from which address; several: a batch of orders."""

    params: Mapping[str, str]
    account: Account | None
    address: str
    several: tuple[Any, ...] = ()

    @property
    def owner(self) -> Account:
        """The account of a signed request."""
        if self.account is None:
            raise Refusal(Code.NO_KEY)
        return self.account

    def has(self, name: str) -> bool:
        """Whether a parameter was sent with a value."""
        return self.params.get(name, "") != ""

    def text(self, name: str) -> str:
        """A mandatory text."""
        if not self.has(name):
            raise Refusal(Code.EMPTY, name)
        return self.params[name]

    def whole(self, name: str, default: int) -> int:
        """An integer that is not negative."""
        if not self.has(name):
            return default
        if not _WHOLE(self.params[name]):
            raise wrong(name)
        return int(self.params[name])

    def price(self, name: str) -> int:
        """A price in units of 10^-8."""
        return self._units(name, LADDER_DECIMALS, Code.PRECISION)

    def quantity(self, name: str) -> int:
        """A quantity in units of 10^-18."""
        return self._units(name, QUANTITY_DECIMALS, Code.LOT)

    def _units(self, name: str, decimals: int, finer: Code) -> int:
        text = self.text(name)
        if not re.fullmatch(r"[0-9]{1,20}(\.[0-9]{1,20})?", text, re.ASCII):
            raise wrong(name)
        try:
            return units(text, decimals)
        except Poison as error:
            raise Refusal(finer) from error

    def choice(self, name: str, choices: tuple[str, ...], default: str = "") -> str:
        """One of a few words; mandatory without a default."""
        text = self.params.get(name) or default or self.text(name)
        if text not in choices:
            raise wrong(name)
        return text

    def flag(self, name: str) -> bool:
        """true or false; false where it was not sent."""
        return self.choice(name, ("true", "false"), "false") == "true"

    def client(self, name: str = "clOrdId") -> str:
        """A client order id: letters and digits, up to 32; empty where none was sent."""
        if self.has(name) and not _CLIENT(self.params[name]):
            raise wrong(name)
        return self.params.get(name, "")

    def tag(self) -> str:
        """A tag: letters and digits, up to 16."""
        if self.has("tag") and not _TAG(self.params["tag"]):
            raise wrong("tag")
        return self.params.get("tag", "")

    def inner(self, params: Any) -> Request:
        """One order of a batch."""
        return Request(texts(params), self.account, self.address)


def text_of(value: Any) -> str:
    """A JSON value as text."""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def texts(params: Any) -> dict[str, str]:
    """A JSON object's values as texts; null counts as not sent. 50002 of what is no object."""
    if not isinstance(params, dict):
        raise Refusal(Code.BAD_JSON)
    return {str(name): text_of(value) for name, value in params.items() if value is not None}


def of_body(body: bytes) -> tuple[dict[str, str], tuple[Any, ...]]:
    """Parameters of a POST: an object's, or those of several orders."""
    if not body:
        raise Refusal(Code.BODY_EMPTY)
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refusal(Code.BAD_JSON) from error
    if isinstance(found, list):
        return {}, tuple(found)
    return texts(found), ()
