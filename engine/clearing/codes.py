"""Commands, events and reasons of accounts: they follow those of engine.matching.codes.

Money is int64 in the smallest unit of an asset; assets are counted from 0. Account 0 of a DEPOSIT
or WITHDRAW is the insurance fund.
"""

from __future__ import annotations

from enum import IntEnum

RATE = 10**8
"""Rates are in units of 10^-8."""
MAX_MONEY = 1 << 60
"""Most that may be deposited in one asset, over all accounts."""
MAX_VALUE = 1 << 58
"""Most that a position may be worth at any price of its ladder."""
WALLET_WIDTH = 1 << 61
"""Beyond it a sum of money stops the engine with TooWide, before any sum could wrap."""
OWN_IDS = 1 << 62
"""Order ids from here on are the engine's own: its liquidations."""


class Op(IntEnum):
    """What a command asks for."""

    DEPOSIT = 8  # `quantity` of the asset `symbol` to `account`
    WITHDRAW = 9
    LEVERAGE = 10  # of `account` in `symbol`: `quantity`
    MARGIN_MODE = 11  # `kind` is the Mode
    MARK = 12  # the mark price of `symbol` is `price`
    FUNDING = 13  # rate `quantity`, in 10^-8, longs pay; `trigger` is its time


class Mode(IntEnum):
    """What backs a position: all of its asset's wallet, or a part of its own."""

    CROSS = 0
    ISOLATED = 1


class Happening(IntEnum):
    """What an event tells of."""

    BALANCE = 13  # asset `symbol`: `quantity` more; `price` is in the wallet now
    LEVERAGE = 14  # quantity
    MARGIN_MODE = 15  # flags is the Mode
    MARK = 16  # price
    FUNDING = 17  # account got `quantity`; of account 0: the fund got what could not be shared
    LIQUIDATION = 18  # begins: `quantity` lots; price: the bankruptcy price
    DELEVERAGED = 19  # account's `quantity` lots close against maker_account's at the price
    LIQUIDATED = 20  # ended; `quantity` is its fee, which the fund has
    COVERED = 21  # the fund paid `quantity` for the account, and the house `price`


class Why(IntEnum):
    """Reason of a REJECTED or CANCELLED."""

    INSUFFICIENT = 12  # money
    LEVERAGE = 13  # too high for the tier
    POSITION = 14  # not while there is a position, or are orders
    EARLY = 15  # funding before its interval is over, or between two
    WIDE = 16  # beyond the widths of the integers
    LIQUIDATED = 17
