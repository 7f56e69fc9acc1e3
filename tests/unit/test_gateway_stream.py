"""/v1/stream: a snapshot, then deltas; who may hear what; slow readers; hearts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from gateway.api.app import make_api
from gateway.api.problems import Problem
from gateway.auth.rights import Role
from gateway.live.hub import Hub, Item
from gateway.live.reading import Raw, items_of, news
from schemas import names
from tests.unit.gateway_api import principal
from tests.unit.gateway_desk import Socket, desk, said
from tests.unit.small_desk import BTC


def order(id: str, account: str = "paper") -> Item:
    return Item("orders", account, id, {"id": id, "state": "open"})


async def test_a_snapshot_comes_first_then_each_delta_under_the_next_number() -> None:
    given = desk()
    async with Socket(make_api(given)) as socket:
        assert (await socket.heard("desk"))["broker"] is True
        socket.say(type="subscribe", channel="orders", key="paper")
        snapshot = await socket.heard("snapshot")
        assert {each["account"] for each in snapshot["items"]} == {"paper"}
        given.live.hub.take([order("x"), order("y")])
        for at, id in enumerate("xy", snapshot["sequence"] + 1):
            delta = await socket.heard("delta")
            assert (delta["sequence"], delta["item"]["id"]) == (at, id)
    assert not given.live.streams
    assert not given.live.hub.hearers


async def test_a_stream_goes_on_where_it_was_or_is_told_that_it_cannot() -> None:
    given = desk(kept=2)
    given.live.hub.take([order(id) for id in "abc"])
    epoch, last = given.live.hub.epoch, given.live.hub.feed(("orders", "paper")).ring.last
    async with Socket(make_api(given)) as socket:
        about = {"type": "subscribe", "channel": "orders", "key": "paper", "epoch": epoch}
        socket.say(**about, after=last - 2)
        assert (await socket.heard("resumed"))["sequence"] == last - 2
        assert [(await socket.heard("delta"))["item"]["id"] for _ in range(2)] == ["b", "c"]
        socket.say(**about, after=last - 3)
        assert (await socket.heard("snapshot"))["why"] == "gone"
        socket.say(**{**about, "epoch": "before"}, after=last)
        assert (await socket.heard("snapshot"))["why"] == "gone"


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ({"channel": "orders", "key": "b"}, "not-found"),
        ({"channel": "portfolio", "key": "*"}, "not-found"),
        ({"channel": "judgments", "key": BTC}, "not-found"),
        ({"channel": "nothing", "key": "a"}, "not-found"),
        ({"channel": "orders"}, "invalid"),
        ({"channel": "orders", "key": "a", "role": "admin"}, "invalid"),
        ({"channel": "orders", "key": "a", "after": -1}, "invalid"),
        ({"channel": "orders", "key": "a" * 500}, "invalid"),
    ],
)
async def test_what_is_not_ones_own_or_makes_no_sense_is_refused(
    said: dict[str, Any], kind: str
) -> None:
    async with Socket(make_api(desk()), "trader@a") as socket:
        socket.say(type="subscribe", **said)
        assert (await socket.heard("problem"))["kind"] == kind
        socket.say(type="subscribe", channel="orders", key="a")
        assert (await socket.heard("snapshot"))["items"] == []


async def test_who_goes_on_making_no_sense_is_closed() -> None:
    async with Socket(make_api(desk())) as socket:
        for _ in range(25):
            socket.say(type="halt")
        assert (await socket.closed())[0] == 4400


async def test_channels_of_a_stream_are_bounded() -> None:
    async with Socket(make_api(desk(followed=2))) as socket:
        for key in ("a", "b", "c"):
            socket.say(type="subscribe", channel="ticks", key=key)
        assert (await socket.heard("problem"))["kind"] == "too-many"
        socket.say(type="unsubscribe", channel="ticks", key="a")
        socket.say(type="subscribe", channel="ticks", key="c")
        assert (await socket.heard("snapshot"))["key"] == "c"


async def test_streams_of_a_user_are_bounded() -> None:
    api = make_api(given := desk(streams=1))
    async with Socket(api), Socket(api) as second:
        assert (second.opened["type"], second.opened["status"]) == (
            "websocket.http.response.start",
            429,
        )
        async with Socket(api, "viewer") as other:
            assert (await other.heard("desk"))["type"] == "desk"
    assert not given.live.open
    async with Socket(api) as again:
        assert (await again.heard("desk"))["type"] == "desk"


async def test_strangers_and_strange_pages_are_not_let_in() -> None:
    api = make_api(desk(origins=["https://desk.example.org"]))
    async with Socket(api, "nobody") as socket:
        assert (socket.opened["type"], socket.opened["status"]) == (
            "websocket.http.response.start",
            401,
        )
    async with Socket(api, origin="https://evil.example") as socket:
        assert socket.opened["status"] == 403
    for own in ("https://desk.example.org", "http://desk"):
        async with Socket(api, origin=own) as socket:
            assert socket.opened["type"] == "websocket.accept"


async def test_a_slow_reader_is_closed_with_a_reason_and_no_other_is_held_up() -> None:
    given = desk(waiting=5)
    api = make_api(given)
    async with Socket(api, slow=True) as slow, Socket(api) as quick:
        for each in (slow, quick):
            each.say(type="subscribe", channel="orders", key="paper")
        await quick.heard("snapshot")
        for number in range(20):
            given.live.hub.take([order(str(number))])
            assert (await quick.heard("delta"))["item"]["id"] == str(number)
        code, why = await slow.closed()
        assert code == 4408
        assert "too slow" in why


async def test_a_heart_beats_and_what_may_no_longer_be_read_ends_the_stream() -> None:
    given = desk(heartbeat=0.01)
    api = make_api(given)
    async with api.router.lifespan_context(api), Socket(api) as socket:
        await socket.heard("heartbeat")

        async def gone(_: object) -> Any:
            raise Problem(401, "unauthenticated", "the token was revoked")

        given.authenticate = gone
        assert await socket.closed() == (4401, "the token was revoked")


async def test_an_account_that_is_taken_away_ends_the_stream_that_hears_of_it() -> None:
    given = desk(heartbeat=0.01)
    api = make_api(given)
    async with api.router.lifespan_context(api), Socket(api, "trader@paper") as socket:
        socket.say(type="subscribe", channel="orders", key="paper")
        await socket.heard("snapshot")

        async def other(_: object) -> Any:
            return principal(Role.TRADER, ["b"])

        given.authenticate = other
        assert (await socket.closed())[0] == 4401


async def test_a_reader_that_reads_nothing_at_all_is_closed() -> None:
    given = desk(heartbeat=0.01, stalled=0.01)
    api = make_api(given)
    async with api.router.lifespan_context(api), Socket(api, slow=True) as socket:
        assert (await socket.closed())[0] == 4408


async def test_a_broker_that_goes_is_told_of_and_another_one_ends_all_streams() -> None:
    given = desk()
    async with Socket(make_api(given)) as socket:
        await socket.heard("desk")
        given.live.heard(False)
        assert (await socket.heard("desk"))["broker"] is False
        before = given.live.hub.epoch
        given.live.anew()
        assert (await socket.closed())[0] == 4410
        assert given.live.hub.epoch != before


def test_an_order_is_told_with_what_became_of_it() -> None:
    given = desk()
    orders = given.live.hub.items("orders", "paper").values()
    bought = [each for each in orders if each["origin"] == "person" and each["state"] == "filled"]
    assert bought
    assert all(Decimal(each["filled"]) == Decimal(each["quantity"]) for each in bought)
    fills = given.live.hub.items("fills", "paper").values()
    assert {each["id"] for each in bought} <= {each["order"] for each in fills}
    assert any(each["state"] == "cancelled" for each in orders)
    late = Hub("e")
    told = [each for each in said() if each.channel == "orders"]
    late.take(sorted(told, key=lambda each: "outcome" in each.body))
    for each in bought:
        again = late.items("orders", "paper")[each["id"]]
        assert (again["state"], again["outcome"]) == ("filled", "approved")


def test_a_command_is_told_with_the_desks_answer() -> None:
    given = desk()
    commands = given.live.hub.items("commands", "paper").values()
    assert [each["state"] for each in commands] == ["taken"] * len(commands)
    orders = given.live.hub.items("orders", "paper").values()
    asked = {each["request"] for each in orders} - {None}
    assert asked <= {each["id"] for each in commands}
    assert asked


def test_times_are_text_and_prices_as_they_were() -> None:
    ticks = desk().live.hub.items("ticks", BTC)[""]
    assert ticks["seen_time"].endswith("Z")
    assert 0 < len(ticks["trades"]) <= 50
    assert isinstance(ticks["trades"][0]["price"], str)
    assert ticks["last"] == ticks["trades"][-1]["price"]


def test_bytes_that_are_no_record_are_passed_over() -> None:
    for topic in (names.TICKS, names.ORDERS, names.STATUSES, names.STATE, names.LETTERS):
        for value in (b"", b"{}", b"[1]", b"typed by hand", b'{"account": 1}'):
            assert items_of(Raw(topic, b"", value)) == []
    assert news([Raw(names.SIGNALS, b"a", b"{"), Raw("nothing", b"", b"{}")]) == []


def test_of_many_signals_that_come_at_once_the_last_of_a_market_is_told() -> None:
    rows = [
        Raw(names.SIGNALS, key, b'{"key":"%s","seq":%d}' % (key, seq))
        for seq, key in enumerate((b"a:A", b"b:B", b"a:A"))
    ]
    assert [item.body for item in news(rows)] == [
        {"key": "b:B", "seq": 1},
        {"key": "a:A", "seq": 2},
    ]


def test_the_small_desk_speaks_on_every_channel_that_it_has() -> None:
    assert {each.channel for each in said()} == {
        "instruments", "ticks", "bars", "signals", "decisions", "judgments", "orders", "fills",
        "statuses", "portfolio", "settings", "commands",
    }  # fmt: skip
