"""Keys that may withdraw, real money, and test networks."""

from __future__ import annotations

import pytest

from executor.venues.exchange import CcxtVenue
from executor.venues.key import Key
from executor.venues.settings import LiveAccount
from executor.venues.venue import Category, VenueError
from infra.exchange import addresses
from infra.exchange.accounts import Key as Opened
from tests.contract.desk import Desk, settings

KEY = Key("name-of-a-key", "secret-of-a-key", "word-of-a-key")


async def test_a_key_that_may_withdraw_is_refused(desk: Desk) -> None:
    thief = Opened("thief", "secret-of-thief", "word3", withdraws=True)
    desk.local.exchange.open(thief)
    found = settings(desk.local, desk.venue.exchange)
    venue = CcxtVenue.of("x", found, Key(thief.name, thief.secret, thief.passphrase))
    with pytest.raises(VenueError, match="may withdraw") as raised:
        await venue.open()
    await venue.close()
    assert raised.value.category is Category.AUTHENTICATION


async def test_a_key_that_is_wrong_is_refused(desk: Desk) -> None:
    venue = CcxtVenue.of("x", settings(desk.local, desk.venue.exchange), KEY)
    with pytest.raises(VenueError) as raised:
        await venue.open()
    await venue.close()
    assert raised.value.category is Category.AUTHENTICATION
    assert "of-a-key" not in str(raised.value)


def test_a_key_is_not_shown() -> None:
    assert repr(KEY) == "Key()"


def test_real_money_needs_the_accounts_name() -> None:
    found = LiveAccount(exchange="binance", testnet=False, real_money="other")
    with pytest.raises(ValueError, match='real_money = "mine"'):
        CcxtVenue.of("mine", found, KEY)
    meant = found.model_copy(update={"real_money": "mine"})
    venue = CcxtVenue.of("mine", meant, KEY)
    assert venue.client.urls["api"]["fapiPrivate"] == "https://fapi.binance.com/fapi/v1"


def test_the_test_network_is_where_nothing_else_is_said() -> None:
    venue = CcxtVenue.of("mine", LiveAccount(exchange="binance"), KEY)
    assert "demo" in venue.client.urls["api"]["fapiPrivate"]


def test_an_exchange_without_a_test_network_is_refused() -> None:
    with pytest.raises(ValueError, match="has no test network"):
        CcxtVenue.of("mine", LiveAccount(exchange="bitstamp", market="spot"), KEY)


def test_an_address_stands_in_as_the_local_exchange_says() -> None:
    """What is of use of the map that the local exchange prints is the one that is made here."""
    venue = CcxtVenue.of("x", LiveAccount(exchange="binance", address="1.2.3.4:5"), KEY)
    found = venue.client.urls["api"]
    told = addresses.binance("1.2.3.4:5")
    sockets, meant = found.pop("ws"), told.pop("ws")
    assert {name: found[name] for name in told} == told
    assert {name: sockets[name] for name in meant if name != "ws-api"} == {
        name: meant[name] for name in meant if name != "ws-api"
    }
    assert sockets["ws-api"]["spot"] == meant["ws-api"]["spot"]
    assert "binance" not in str(found) + str(sockets)
