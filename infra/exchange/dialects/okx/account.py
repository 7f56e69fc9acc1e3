"""Money and positions: /api/v5/account and /api/v5/asset.

https://www.okx.com/docs-v5/en/#trading-account-rest-api
"""

from __future__ import annotations

from typing import Any

from engine.clearing.codes import Mode
from engine.clearing.state import Row
from infra.exchange import risk
from infra.exchange.accounts import Account
from infra.exchange.dialects.okx.request import Request
from infra.exchange.dialects.okx.section import SWAP, Endpoint, Section, Table, milliseconds
from infra.exchange.dialects.okx.shapes import cash, plain, price, size
from infra.exchange.listing import Market, fixed

MODES = {Mode.CROSS: "cross", Mode.ISOLATED: "isolated"}
BLANK = (
    "availPos", "posCcy", "liab", "liabCcy", "interest", "optVal", "baseBal", "quoteBal",
    "deltaBS", "deltaPA", "gammaBS", "gammaPA", "thetaBS", "thetaPA", "vegaBS", "vegaPA",
    "spotInUseAmt", "spotInUseCcy", "bizRefId", "bizRefType", "tradeId", "imr", "margin",
)  # fmt: skip


def settled(section: Section) -> list[str]:
    """Assets that a market settles in."""
    return sorted({market.settle for market in section.house.listing.markets})


def detail(section: Section, account: Account, asset: str) -> dict[str, str]:
    """An asset of /balance. Cross positions stand on the wallet, isolated ones on their margin."""
    house, names = section.house, ("liab", "crossLiab", "isoLiab", "interest", "maxLoan", "twap")
    wallet = house.wallet(account, asset)
    markets = [market for market in house.listing.markets if market.settle == asset]
    rows = [house.row(account, market) for market in markets]
    own = [row for row in rows if row.mode == Mode.ISOLATED]
    isolated = sum(row.margin + row.result for row in own)
    equity, free = wallet.money + wallet.gain + isolated, wallet.money + wallet.gain - wallet.used
    taken = sum(abs(row.cost) // row.leverage for row in rows if row.mode == Mode.CROSS)
    worth = sum(abs(risk.notional(house, *each)) for each in zip(markets, rows, strict=True))
    return {
        **dict.fromkeys(names, ""),
        "ccy": asset,
        "cashBal": cash(wallet.money),
        **dict.fromkeys(("eq", "eqUsd", "disEq"), cash(equity)),
        **dict.fromkeys(("availEq", "availBal"), cash(max(0, free))),
        "frozenBal": cash(wallet.used),
        "ordFrozen": cash(max(0, wallet.used - taken)),
        "isoEq": cash(isolated),
        "upl": cash(sum(row.result for row in rows)),
        "isoUpl": cash(sum(row.result for row in own)),
        "imr": cash(wallet.used),
        "mmr": cash(wallet.keep),
        "mgnRatio": ratio(wallet.money + wallet.gain, wallet.keep),
        "notionalLever": ratio(worth, equity),
        "uTime": milliseconds(section.clock.now()),
    }


def ratio(above: int, below: int) -> str:
    """A quotient with 8 digits; empty of none."""
    return plain(fixed(above * 10**8 // below, 8)) if below else ""


def balance_row(section: Section, account: Account, assets: list[str]) -> dict[str, Any]:
    """The account's money; what is settled in counts as dollars."""
    house, names = section.house, ("adjEq", "availEq", "imr", "mmr", "mgnRatio", "ordFroz")
    rows = [(market, house.row(account, market)) for market in house.listing.markets]
    isolated = sum(row.margin + row.result for _, row in rows if row.mode == Mode.ISOLATED)
    wallets = [house.wallet(account, asset) for asset in settled(section)]
    return {
        **dict.fromkeys(names, ""),
        "details": [detail(section, account, asset) for asset in assets],
        "totalEq": cash(sum(each.money + each.gain for each in wallets) + isolated),
        "isoEq": cash(isolated),
        "notionalUsd": cash(sum(abs(risk.notional(house, *each)) for each in rows)),
        "upl": cash(sum(row.result for _, row in rows)),
        "uTime": milliseconds(section.clock.now()),
    }


def balance(section: Section, request: Request) -> list[dict[str, Any]]:
    """Of all assets, or of those of ccy."""
    wanted = request.params.get("ccy", "").split(",")
    assets = [each for each in settled(section) if wanted == [""] or each in wanted]
    return [balance_row(section, request.owner, assets)]


def position_row(section: Section, account: Account, market: Market) -> dict[str, Any]:
    """A position in net mode: contracts are negative of a short one."""
    house = section.house
    row, now = house.row(account, market), milliseconds(section.clock.now())
    isolated, worth = row.mode == Mode.ISOLATED, abs(risk.notional(house, market, row))
    initial, found = abs(row.cost) // row.leverage, risk.liquidation(house, account, market, row)
    return {
        **dict.fromkeys(BLANK, ""),
        "instType": SWAP,
        "instId": market.name,
        "posId": posid(account, market),
        "posSide": "net",
        "mgnMode": MODES[Mode(row.mode)],
        "pos": size(market, row.lots),
        "avgPx": plain(fixed(risk.entry(market, row), 8)) if row.lots else "",
        "ccy": market.settle,
        "lever": str(row.leverage),
        "liqPx": price(market, found) if found else "",
        "markPx": price(market, house.books.marks[market.number]),
        "last": price(market, house.books.lasts[market.number]),
        ("margin" if isolated else "imr"): cash(row.margin if isolated else initial),
        "mmr": cash(row.keep),
        "mgnRatio": margin_ratio(section, account, market, row),
        "notionalUsd": cash(worth),
        "upl": cash(row.result),
        "uplRatio": ratio(row.result, initial),
        "adl": "1",
        "usdPx": "1",
        "closeOrderAlgo": [],
        "cTime": now,
        "uTime": now,
    }


def margin_ratio(section: Section, account: Account, market: Market, row: Row) -> str:
    """Equity behind a position over its maintenance."""
    if row.mode == Mode.ISOLATED:
        return ratio(row.margin + row.result, row.keep)
    wallet = section.house.wallet(account, market.settle)
    return ratio(wallet.money + wallet.gain, wallet.keep)


def posid(account: Account, market: Market) -> str:
    """Of an account in a market, always the same."""
    return str(10**15 + account.number * 1_000 + market.number)


def positions(section: Section, request: Request) -> list[dict[str, Any]]:
    """Positions that are not flat, by instId and posId."""
    account, wanted = request.owner, request.params.get("posId", "").split(",")
    return [
        position_row(section, account, market)
        for market in section.markets(request)
        if section.house.row(account, market).lots
        and (wanted == [""] or posid(account, market) in wanted)
    ]


def currencies(section: Section, request: Request) -> list[dict[str, Any]]:
    """Assets; none can be deposited or withdrawn, for there is no chain."""
    return [
        {
            "ccy": asset,
            "name": asset,
            "chain": f"{asset}-Local",
            "canDep": False,
            "canWd": False,
            "canInternal": False,
            "mainNet": True,
            "fee": "0",
            "minFee": "0",
            "maxFee": "0",
            "minWd": "0",
            "maxWd": "0",
            "wdTickSz": "8",
        }
        for asset in section.house.listing.assets
    ]


def funding(section: Section, request: Request) -> list[dict[str, str]]:
    """The funding account has nothing."""
    return []


TABLE: Table = {
    ("GET", "/account/balance"): Endpoint(balance, 10, signed=True),
    ("GET", "/account/positions"): Endpoint(positions, 10, signed=True),
    ("GET", "/asset/currencies"): Endpoint(currencies, 12, signed=True),
    ("GET", "/asset/balances"): Endpoint(funding, 12, signed=True),
}
