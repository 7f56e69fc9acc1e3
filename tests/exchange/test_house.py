"""What the house keeps beside the engine is what the engine has."""

from __future__ import annotations

import random

import pytest

from engine.matching.codes import BUY, FOK, GTC, IOC, SELL
from infra.exchange.accounts import Account, Key
from infra.exchange.facts import Fact, Report
from infra.exchange.house import House, NoRoom
from infra.exchange.listing import MONEY_DECIMALS, fixed
from infra.exchange.orders import Order, Type, Wish
from infra.exchange.server import Exchange

ONE = 10**MONEY_DECIMALS


def house() -> tuple[House, list[Account]]:
    made = Exchange().usdm
    return made, [made.open(Key(f"k{n}", "s"), {"USDT": 5_000 * ONE}) for n in range(4)]


def act(found: House, accounts: list[Account], chance: random.Random, number: int) -> None:
    """One random command."""
    market = found.listing.markets[chance.randrange(2)]
    account, mid = chance.choice(accounts), market.ladder.reference
    what = chance.random()
    if what < 0.15 and account.live:
        found.cancel(chance.choice(list(account.live.values())))
    elif what < 0.3 and account.live:
        order = chance.choice(list(account.live.values()))
        found.amend(
            order, order.price + chance.randint(-20, 20), order.lots + chance.randint(-3, 9)
        )
    elif what < 0.4:
        found.mark(market, mid + chance.randint(-mid // 8, mid // 8))
    else:
        price = mid + chance.randint(-40, 40)
        kind = chance.choice([Type.LIMIT, Type.LIMIT, Type.MARKET])
        tif = chance.choice([GTC, GTC, IOC, FOK])
        side = chance.choice([BUY, SELL])
        lots, reduce = chance.randint(1, 300), chance.random() < 0.2
        found.place(
            account, Wish(market, side, kind, lots, price, f"c{number}", tif, False, reduce)
        )


@pytest.mark.parametrize("seed", range(4))
def test_orders_positions_and_depth_agree_with_the_engine(seed: int) -> None:
    found, accounts = house()
    chance = random.Random(seed)
    facts: list[Fact] = []
    found.hear(facts.append)
    for number in range(1500):
        act(found, accounts, chance, number)
    for market in found.listing.markets[:2]:
        lots = 0
        for account in accounts:
            row, kept = found.row(account, market), account.position(market.number)
            assert (row.lots, row.cost) == (kept.lots, kept.cost)
            lots += row.lots
        assert lots == 0
        check_depth(found, market.number)
    check_reports(facts)
    check_money(found, accounts)


def check_depth(found: House, number: int) -> None:
    """What is displayed is what is open."""
    levels: dict[tuple[bool, int], int] = {}
    for order in found.books.live.values():
        if order.market.number == number:
            name = order.buys, order.price
            levels[name] = levels.get(name, 0) + order.open
    bids, asks = found.books.depths[number].top(10**6)
    assert {(True, price): lots for price, lots in bids} | {
        (False, price): lots for price, lots in asks
    } == levels


def check_reports(facts: list[Fact]) -> None:
    """Each order is told as new first; what is filled only grows, to what the order has."""
    filled: dict[Order, int] = {}
    for fact in facts:
        if isinstance(fact, Report):
            if fact.order not in filled:
                assert fact.what == "NEW"
            assert fact.filled >= filled.get(fact.order, 0)
            filled[fact.order] = fact.filled
    assert all(order.filled == lots for order, lots in filled.items())
    assert all(order.filled == order.lots for order in filled if order.status == "FILLED")
    assert sum(filled.values()) > 0


def check_money(found: House, accounts: list[Account]) -> None:
    """Incomes are what money came to: none was made up."""
    for account in accounts:
        wallet = found.wallet(account, "USDT")
        rows = [found.row(account, market) for market in found.listing.markets]
        incomes = sum(each.amount for each in account.income)
        covered = wallet.money + sum(row.margin for row in rows) - 5_000 * ONE - incomes
        assert covered == 0 or any(each.kind == "INSURANCE_CLEAR" for each in account.income)


def test_a_house_is_full_at_last() -> None:
    found = House("small", Exchange().usdm.listing, Exchange().clock, accounts=3)
    found.open(Key("a", "s"))
    found.open(Key("b", "s"))
    with pytest.raises(NoRoom):
        found.open(Key("c", "s"))


@pytest.mark.parametrize(
    ("value", "decimals", "digits", "text"),
    [(0, 8, 2, "0.00"), (-5, 8, 8, "-0.00000005"), (-5, 8, 2, "0.00"), (12345, 2, 2, "123.45"),
     (12345, 2, 0, "123"), (-12345, 2, 1, "-123.4")],
)  # fmt: skip
def test_fixed(value: int, decimals: int, digits: int, text: str) -> None:
    assert fixed(value, decimals, digits) == text
