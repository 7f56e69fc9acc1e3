"""A spot house's orders, depth and money after random sessions."""

from __future__ import annotations

import random

import pytest

from engine.matching.codes import (
    BUY,
    CANCEL_BOTH,
    CANCEL_NEWEST,
    CANCEL_OLDEST,
    FOK,
    GTC,
    IOC,
    SELL,
)
from infra.exchange.accounts import Account, Key
from infra.exchange.facts import Fact, Report
from infra.exchange.house import House
from infra.exchange.listing import money_units
from infra.exchange.orders import Order, Type, Wish
from infra.exchange.server import Exchange
from tests.exchange.test_house import check_depth, check_reports

GOODS = {"USDT": money_units("50000"), "BTC": money_units("1"), "ETH": money_units("10")}


def act(house: House, accounts: list[Account], chance: random.Random, number: int) -> None:
    """One random command."""
    market = house.listing.markets[chance.randrange(2)]
    account, mid = chance.choice(accounts), market.ladder.reference
    what = chance.random()
    if what < 0.2 and account.live:
        house.cancel(chance.choice(list(account.live.values())))
    elif what < 0.3 and account.live:
        order = chance.choice(list(account.live.values()))
        house.amend(
            order, order.price + chance.randint(-20, 20), order.lots + chance.randint(-3, 9)
        )
    else:
        house.place(
            account,
            Wish(
                market,
                chance.choice([BUY, SELL]),
                chance.choice([Type.LIMIT, Type.LIMIT, Type.MARKET]),
                chance.randint(1, 20_000),
                mid + chance.randint(-400, 400),
                f"c{number}",
                chance.choice([GTC, GTC, IOC, FOK]),
                prevention=chance.choice([0, CANCEL_OLDEST, CANCEL_NEWEST, CANCEL_BOTH]),
            ),
        )


@pytest.mark.parametrize("seed", range(3))
def test_what_left_the_wallets_is_the_fees(seed: int) -> None:
    house, chance = Exchange().spot, random.Random(seed)
    accounts = [house.open(Key(f"k{n}", "s"), dict(GOODS)) for n in range(4)]
    facts: list[Fact] = []
    house.hear(facts.append)
    for number in range(1500):
        act(house, accounts, chance, number)
    check_money(house, accounts)
    for market in house.listing.markets[:2]:
        check_depth(house, market.number)
    check_reports(facts)
    assert any(isinstance(fact, Report) and fact.fill for fact in facts)


def check_money(house: House, accounts: list[Account]) -> None:
    fees = dict.fromkeys(GOODS, 0)
    for account in accounts:
        for fill in account.fills:
            fees[fill.charged] += fill.fee
            assert fill.fee == expected(fill.order, fill.price, fill.lots)
    for asset, given in GOODS.items():
        wallets = [house.wallet(account, asset) for account in accounts]
        assert sum(each.money + each.held for each in wallets) == 4 * given - fees[asset]
        assert min(each.money for each in wallets) >= 0
        assert fees[asset] > 0
        held = [sum(locked(order, asset) for order in each.live.values()) for each in accounts]
        assert [each.held for each in wallets] == held


def expected(order: Order, price: int, lots: int) -> int:
    """A thousandth of what is received."""
    market = order.market
    brought = lots * market.contract.lot if order.buys else lots * price * market.contract.unit
    return brought // 1000


def locked(order: Order, asset: str) -> int:
    """What an open order holds of an asset: no fee."""
    if order.buys:
        return order.market.worth(order.price, order.open) if asset == order.market.quote else 0
    return order.open * order.market.contract.lot if asset == order.market.base else 0
