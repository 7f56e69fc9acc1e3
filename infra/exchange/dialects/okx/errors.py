"""Refusals in OKX's codes and words.

https://www.okx.com/docs-v5/en/#error-code
"""

from __future__ import annotations

from engine.clearing.codes import Why as Unpaid
from engine.matching.codes import Why as Reject
from infra.exchange.dialects.okx.codes import WORDS
from infra.exchange.dialects.okx.codes import Code as Code
from infra.exchange.house import Why

STATUSES = {
    Code.BODY_EMPTY: 400,
    Code.BAD_JSON: 400,
    Code.TOO_FREQUENT: 429,
    Code.EMPTY: 400,
    Code.EITHER: 400,
    Code.PARAMETER: 400,
    Code.TOO_MANY_IN_BULK: 400,
    Code.TOO_MANY_CANCELLED: 400,
    Code.TOO_MANY_AMENDED: 400,
}
"""Of HTTP, where it is not 200; those of keys and signatures are 401."""


class Refusal(Exception):
    """A request, or one order of several, that is not carried out."""

    def __init__(self, code: Code, *parts: str) -> None:
        self.code = code
        self.message = WORDS[code].format(*parts)
        super().__init__(self.message)

    @property
    def status(self) -> int:
        """Of the HTTP answer, where the whole request is refused."""
        if Code.EXPIRED_TIMESTAMP <= self.code <= Code.BAD_SIGN:
            return 401
        return STATUSES.get(self.code, 200)

    def body(self) -> dict[str, object]:
        """The answer's JSON, where the whole request is refused."""
        return {"code": str(int(self.code)), "data": [], "msg": self.message}


def wrong(name: str) -> Refusal:
    """A parameter that is none of those it may be."""
    return Refusal(Code.PARAMETER, name)


PLACED = {
    Reject.REDUCE_ONLY: Code.NOTHING_TO_REDUCE,
    Unpaid.LEVERAGE: Code.TIER,
    Unpaid.WIDE: Code.TOO_LARGE,
    Reject.BAD: Code.TOO_LARGE,
}
AMENDED = {
    **PLACED,
    Reject.WOULD_TAKE: Code.NOT_AMENDED_POST_ONLY,
    Reject.UNKNOWN: Code.NOT_AMENDED,
}


def not_placed(why: Why, asset: str) -> Refusal:
    """What is said of an order that the house does not take."""
    if why is Unpaid.INSUFFICIENT:
        return Refusal(Code.INSUFFICIENT, asset)
    return Refusal(PLACED.get(why, Code.UNAVAILABLE))


def not_amended(why: Why, asset: str) -> Refusal:
    """What is said of a change that the house does not make."""
    if why is Unpaid.INSUFFICIENT:
        return Refusal(Code.NOT_AMENDED_MARGIN, asset)
    return Refusal(AMENDED.get(why, Code.NOT_AMENDED))
