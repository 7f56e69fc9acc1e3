"""A request and its parameters, read strictly: what is no number is refused as a parameter."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.numbers import LADDER_DECIMALS, QUANTITY_DECIMALS, units
from infra.exchange.accounts import Account
from infra.exchange.dialects.bybit.errors import Code, Refusal, refused, wrong
from schemas.errors import Poison

MOST_LINK = 36
_WHOLE = re.compile(r"[0-9]{1,18}").fullmatch
_LINK = re.compile(r"[A-Za-z0-9_-]+").fullmatch


def missing(name: str) -> Refusal:
    """A parameter that must be sent."""
    return wrong(f"params error: {name} is required")


@dataclass(frozen=True, slots=True)
class Request:
    """Parameters as the query's texts or the body's JSON values, and whose they are."""

    params: Mapping[str, Any]
    account: Account | None = None

    @property
    def owner(self) -> Account:
        """The account of a signed request."""
        if self.account is None:
            raise refused(Code.API_KEY)
        return self.account

    def has(self, name: str) -> bool:
        """Whether a parameter was sent with a value."""
        return self.params.get(name) not in (None, "")

    def text(self, name: str, default: str | None = None) -> str:
        """A text; mandatory without a default."""
        if not self.has(name):
            if default is None:
                raise missing(name)
            return default
        found = self.params[name]
        if not isinstance(found, str):
            raise wrong(f"params error: {name} invalid")
        return found

    def whole(self, name: str, default: int | None = None) -> int:
        """A whole number, as a JSON number or as digits; mandatory without a default."""
        if not self.has(name):
            if default is None:
                raise missing(name)
            return default
        found = self.params[name]
        if isinstance(found, bool) or not _WHOLE(str(found)) or not str(found).isascii():
            raise wrong(f"params error: {name} invalid")
        return int(found)

    def price(self, name: str) -> int:
        """A price in units of 10^-8."""
        return self._units(name, LADDER_DECIMALS)

    def quantity(self, name: str) -> int:
        """A quantity in units of 10^-18."""
        return self._units(name, QUANTITY_DECIMALS)

    def _units(self, name: str, decimals: int) -> int:
        try:
            return units(self.text(name), decimals)
        except Poison as error:
            raise wrong(f"params error: {name} invalid") from error

    def flag(self, name: str) -> bool:
        """A JSON truth; false where it was not sent."""
        found = self.params.get(name)
        if found in (None, ""):
            return False
        if not isinstance(found, bool):
            raise wrong(f"params error: {name} invalid")
        return found

    def link(self) -> str:
        """orderLinkId, "" where there is none."""
        found = self.text("orderLinkId", "")
        if len(found) > MOST_LINK:
            raise wrong(f"order link id is longer than {MOST_LINK}")
        if found and not _LINK(found):
            raise wrong("params error: orderLinkId invalid")
        return found

    def array(self, name: str) -> list[Any]:
        """A JSON array."""
        found = self.params.get(name)
        if not isinstance(found, list):
            raise missing(name)
        return found

    def inner(self, params: Any) -> Request:
        """One of a batch, of the batch's category."""
        if not isinstance(params, dict):
            raise wrong("params error: request invalid")
        return Request({**params, "category": self.params.get("category")}, self.account)
