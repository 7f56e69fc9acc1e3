"""Codes of venues that ccxt reads by host name or into too wide a class: what they mean.

From the venues' own lists of error codes (Binance USD-M and spot "Error codes", OKX v5 "Error
Code", Bybit v5 "Error Codes"), as of ccxt 4.5.64.
"""

from __future__ import annotations

from typing import NamedTuple

from executor.venues.venue import Category
from schemas.refusals import Reason


class Meaning(NamedTuple):
    """unknown: the venue itself does not know whether the request was carried out."""

    category: Category
    reason: Reason | None = None
    unknown: bool = False


GONE = Meaning(Category.INVALID_ORDER, Reason.UNKNOWN_ORDER)
TWICE = Meaning(Category.INVALID_ORDER, Reason.DUPLICATE)
TAKES = Meaning(Category.INVALID_ORDER, Reason.WOULD_TAKE)
UNFILLED = Meaning(Category.INVALID_ORDER, Reason.NO_LIQUIDITY)
POOR = Meaning(Category.INSUFFICIENT_FUNDS, Reason.INSUFFICIENT_BALANCE)
FLAT = Meaning(Category.INVALID_ORDER, Reason.NO_POSITION)
FAR = Meaning(Category.INVALID_ORDER, Reason.PRICE_FAR)
SMALL = Meaning(Category.INVALID_ORDER, Reason.BELOW_MINIMUM_NOTIONAL)
LOT = Meaning(Category.INVALID_ORDER, Reason.BELOW_LOT)
WRONG = Meaning(Category.INVALID_ORDER, Reason.VENUE_REFUSED)
KEY = Meaning(Category.AUTHENTICATION, Reason.VENUE_REFUSED)
LATE = Meaning(Category.EXCHANGE, Reason.OUTSIDE_WINDOW)
BUSY = Meaning(Category.RATE_LIMIT, Reason.RATE_LIMITED)
CLOSED = Meaning(Category.EXCHANGE, Reason.NOT_TRADING)
PENDING = Meaning(Category.EXCHANGE, None, unknown=True)

USDM = {
    PENDING: "-1000 -1001 -1006 -1007",
    BUSY: "-1003 -1008 -1015 -1034",
    KEY: "-1002 -1022 -2014 -2015 -4192",
    LATE: "-1021 -5028 -1131",
    GONE: "-2011 -2013 -5036",
    TWICE: "-4111 -4115 -4116",
    TAKES: "-5022",
    UNFILLED: "-5021",
    POOR: "-2018 -2019 -4051",
    FLAT: "-2022",
    FAR: "-4016 -4024 -4131 -4184",
    SMALL: "-4164",
    LOT: "-4003 -4004 -4005",
    WRONG: "-1013 -1100 -1102 -1111 -1116 -1117 -1128 -2021 -4014 -4015 -4023 -4120 -5027",
    CLOSED: "-1016 -4140 -4400",
}


SPOT = {
    PENDING: "-1000 -1001 -1006 -1007",
    BUSY: "-1003 -1008 -1015 -1034",
    KEY: "-1002 -1022 -2014 -2015",
    LATE: "-1021 -1131",
    GONE: "-2011 -2013",
    WRONG: "-1013 -1100 -1102 -1111 -1116 -1117 -1128 -2021 -2022",
    CLOSED: "-1016",
}
OKX = {
    PENDING: "50004 50013 50026 51149",
    BUSY: "50011 50040 50061 51113",
    LATE: "50102 50112",
    GONE: "51400 51401 51402 51410 51503 51509 51510 51603",
    TWICE: "51011 51016 51065",
    FLAT: "51023 51169",
    FAR: "51006 51116 51137 51138",
    SMALL: "51020 51120",
    LOT: "51121",
    POOR: "51008 51119 51127 51131",
}
BYBIT = {
    PENDING: "10000 10016 10019 170001 170007 177002",
    BUSY: "10006 10018 10429 170005",
    LATE: "10002",
    GONE: "110001 110008 110010 170213",
    TWICE: "110030 110072 170141",
    FLAT: "110017",
    FAR: "110003",
    SMALL: "110094 170140",
}


def table(client: str, rows: dict[Meaning, str]) -> dict[tuple[str, str], Meaning]:
    """By ccxt's class and code."""
    return {(client, code): meaning for meaning, codes in rows.items() for code in codes.split()}


CODES = {
    **table("binanceusdm", USDM),
    **table("binance", SPOT),
    **table("okx", OKX),
    **table("bybit", BYBIT),
}
"""What a code means; those that are not here mean what ccxt's class of the error says."""
WORDS = {
    "binance": {
        "Duplicate order sent": TWICE,
        "insufficient balance": POOR,
        "would immediately match": TAKES,
        "would trigger immediately": Meaning(Category.INVALID_ORDER, Reason.STOP_REVERSED),
    }
}
"""Words of a refusal by which one code (Binance spot's -2010) means several things."""


def meaning(client: str, code: str | None, text: str) -> Meaning | None:
    """What a venue's own refusal means. client: ccxt's class."""
    said = (each for words, each in WORDS.get(client, {}).items() if words in text)
    return next(said, None) or CODES.get((client, code or ""))
