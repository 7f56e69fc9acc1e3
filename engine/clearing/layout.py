"""Where the money lies, in words of 8 bytes behind the matching engine's own.

wallets, by account and asset | funds, by asset | for each symbol: rows, by account | tiers
"""

from __future__ import annotations

from engine.clearing.codes import Happening, Mode, Op, Why
from engine.clearing.contract import Kind

# header
WALLETS, ASSETS, FUNDS, LIQUIDATIONS, AT, STAGE, TARGET, CURSOR = range(39, 47)
CLOSED_VALUE, BANKRUPTCY, WORST = range(47, 50)
"""AT: the account that is looked at; TARGET: the symbol that is liquidated; CURSOR: the next whose
orders are withdrawn; CLOSED_VALUE: what of it was closed; WORST: the limit of the order for it."""

# a book, behind engine.matching.layout.CONTRACT
SETTLE_ASSET, UNIT, BASE_ASSET, LOT, MAKER, TAKER, LIQUIDATION_FEE, INTERVAL = range(14, 22)
MARK, FUNDED, MOST_LOTS, TIERS, TIER_COUNT, ROWS = range(22, 28)

# a wallet
WALLET_SHIFT = 3
MONEY, HELD, USED, GAIN, KEEP = range(5)
"""USED: what its contracts need; GAIN, KEEP: unrealised result and maintenance of its cross
positions."""

# a fund
FUND_SHIFT = 2
FUND, HOUSE, DEPOSITED = range(3)

# an account in a symbol
ROW_SHIFT = 4
COST, MARGIN, LEVERAGE, MODE, BUYS, SELLS, BUY_LOTS, SELL_LOTS = range(8)
NEEDED, RESULT, MAINTENANCE = range(8, 11)
"""BUYS, SELLS: value of its orders at their limits. The last three are what its wallet counts."""

TIER = 4
CAP, TIER_RATE, AMOUNT, TIER_LEVERAGE = range(4)

LOOK, LOOK_AGAIN, WITHDRAW, CLOSE, CLOSED = range(5)
"""Stages of a liquidation."""

SPOT, LINEAR, INVERSE = map(int, Kind)
CROSS, ISOLATED = map(int, Mode)
DEPOSIT, WITHDRAWAL, SET_LEVERAGE, SET_MODE, SET_MARK, FUNDING = map(int, Op)
(
    SAID_BALANCE, SAID_LEVERAGE, SAID_MODE, SAID_MARK, SAID_FUNDING, SAID_LIQUIDATION,
    SAID_DELEVERAGED, SAID_LIQUIDATED, SAID_COVERED,
) = map(int, Happening)  # fmt: skip
INSUFFICIENT, TOO_LEVERED, HAS_POSITION, EARLY, WIDE, _ = map(int, Why)
