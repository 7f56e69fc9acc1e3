"""/v1 of a desk: what is there, for whom; commands that count once; nothing of other accounts."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.api.app import make_api
from gateway.watching.gauge import Sample
from schemas import names
from schemas.commands import ControlCommand, ModifyOrder, PlaceOrder, Resume
from schemas.orders import OrderType, TimeInForce
from tests.unit.gateway_api import client
from tests.unit.gateway_desk import desk
from tests.unit.small_desk import BTC, SYMBOL
from topics import TOPICS

PLACE = {"account": "paper", "symbol": SYMBOL, "side": "buy", "quantity": "0.01"}
BARE = str.maketrans("", "", "{}")
KEY = {"Idempotency-Key": "0123456789"}
LISTS = ("orders", "fills", "commands", "events", f"bars?market={BTC}&interval=1s",
         f"decisions?market={BTC}")  # fmt: skip
ALL = ("instruments", "ticks", "signals", "accounts", "portfolio", "positions", "strategies",
       "limits", f"decisions/now?market={BTC}")  # fmt: skip
ONE = (f"ticks/one?market={BTC}", f"signals/one?market={BTC}")


async def test_what_the_desk_says_is_there_to_be_read() -> None:
    async with client(make_api(desk()), "viewer") as web:
        told = {path: await web.get(f"/v1/{path}") for path in (*LISTS, *ALL, *ONE)}
    assert {path: each.status_code for path, each in told.items() if each.status_code != 200} == {}
    for path in ("orders", "fills", "commands", f"decisions?market={BTC}", *ALL):
        body = told[path].json()
        assert body["items"] if isinstance(body, dict) else body, path
    held = told["portfolio"].json()
    assert {row["type"] for row in held} == {"account", "position", "strategy"}
    orders = told["orders"].json()["items"]
    assert [each["created"] for each in orders] == sorted(
        (each["created"] for each in orders), reverse=True
    )
    limits = {(row["account"], row["name"]): row for row in told["limits"].json()}
    assert limits["paper", "leverage"] == {
        "account": "paper", "name": "leverage", "value": "10", "set": False,
    }  # fmt: skip


async def test_the_map_and_the_flow_are_told_with_what_the_broker_counts() -> None:
    class Looked:
        async def now(self) -> Sample:
            return Sample(0.0, {names.ORDERS: 7}, {"ticks": 3})

    given = desk()
    async with client(make_api(given), "viewer") as web:
        given.more["looks"] = Looked()
        told = {row["topic"]: row for row in (await web.get("/v1/topics")).json()}
        behind = {row["stage"]: row["lag"] for row in (await web.get("/v1/lag")).json()}
    assert list(told) == [spec.name for spec in TOPICS]
    assert told[names.ORDERS] == {
        "topic": "trading.orders", "key": "account:symbol", "record": "OrderDecision",
        "writer": "orders", "partitions": 4, "compacted": False, "records": 7,
    }  # fmt: skip
    assert told[names.STATE]["records"] is None
    assert behind["ticks"] == 3
    assert behind["signals"] == 0


async def test_limits_are_those_that_bind_with_the_profile_that_a_person_has_set() -> None:
    given = desk()

    async def told() -> dict[str, tuple[str, bool]]:
        async with client(make_api(given), "viewer") as web:
            rows = (await web.get("/v1/limits?account=paper")).json()
        return {row["name"]: (row["value"], row["set"]) for row in rows}

    def said(name: str, value: str) -> None:
        row = {"account": "paper", "setting": f"limit/{name}", "value": value, "seq": 1}
        given.live.hub.feed(("settings", "paper")).take(f"limit/{name}", row)

    said("profile", "safe")
    found = await told()
    assert found["profile"] == ("safe", True)
    assert found["leverage"] == ("5", False)
    assert found["stop_percent"] == ("2", False)
    said("leverage", "3")
    said("risk_per_trade", "much")
    found = await told()
    assert found["leverage"] == ("3", True)
    assert found["risk_per_trade"] == ("0.01", True), "what is no limit binds nobody"


async def test_pages_of_orders_are_the_whole_list() -> None:
    async with client(make_api(desk()), "viewer") as web:
        whole = (await web.get("/v1/orders?limit=200")).json()
        found, cursor = list[str](), ""
        while cursor is not None:
            query: dict[str, str | int] = {"limit": 3, **({"cursor": cursor} if cursor else {})}
            page = (await web.get("/v1/orders", params=query)).json()
            found += [each["id"] for each in page["items"]]
            cursor = page["next"]
        assert found == [each["id"] for each in whole["items"]]
        assert whole["next"] is None
        for wrong in ("limit=1000000", "limit=0", "cursor=nonsense", "symbol=%00"):
            assert (await web.get(f"/v1/orders?{wrong}")).status_code == 422
        state = whole["items"][0]["state"]
        some = (await web.get(f"/v1/orders?state={state}")).json()["items"]
        assert {each["state"] for each in some} == {state}


async def test_nothing_of_another_account_is_told_or_changed() -> None:
    topic: list[ControlCommand] = []
    given = desk(topic)
    order = next(iter(given.live.hub.items("orders", "paper")))
    command = next(iter(given.live.hub.items("commands", "paper")))
    async with client(make_api(given), "trader@b") as web:
        for path in ("orders", "fills", "commands"):
            assert (await web.get(f"/v1/{path}")).json()["items"] == []
        for path in ("portfolio", "positions"):
            assert (await web.get(f"/v1/{path}")).json() == []
        for path in (
            f"orders/{order}", f"commands/{command}", "orders?account=paper",
            "portfolio?account=paper", "limits?account=paper", "fills?account=nowhere",
        ):  # fmt: skip
            assert (await web.get(f"/v1/{path}")).status_code == 404, path
        tried = [
            await web.delete(f"/v1/orders/{order}", headers=KEY),
            await web.patch(f"/v1/orders/{order}", headers=KEY, json={"price": "1"}),
            await web.post("/v1/orders", headers=KEY, json=PLACE),
            await web.post("/v1/orders", headers=KEY, json={**PLACE, "account": "*"}),
            await web.post("/v1/orders/cancel", headers=KEY, json={"account": "paper"}),
            await web.post("/v1/commands/halt", headers=KEY, json={"account": "paper"}),
            await web.post("/v1/positions/protect", headers=KEY,
                           json={"account": "paper", "symbol": SYMBOL, "stop": "1"}),
        ]  # fmt: skip
        assert [each.status_code for each in tried] == [404] * len(tried)
    assert topic == []


async def test_an_order_is_asked_for_once_however_often_it_is_asked() -> None:
    topic: list[ControlCommand] = []
    for _ in range(2):  # the gateway was started again in between
        async with client(make_api(desk(topic)), "ann:trader@paper") as web:
            told = [await web.post("/v1/orders", headers=KEY, json=PLACE) for _ in range(2)]
        assert {each.status_code for each in told} == {202}
        assert {each.json()["id"] for each in told} == {topic[0].id}
    assert len(topic) == 1
    command = topic[0].command
    assert isinstance(command, PlaceOrder)
    assert (command.venue, command.type, command.time_in_force, topic[0].by) == (
        "binance", OrderType.MARKET, TimeInForce.IOC, "ann",
    )  # fmt: skip
    async with client(make_api(desk(topic)), "ann:trader@paper") as web:
        other = await web.post("/v1/orders", headers=KEY, json={**PLACE, "quantity": "5"})
        assert other.status_code == 422
        assert other.json()["type"].endswith("idempotency-key")
        assert (await web.post("/v1/orders", json=PLACE)).status_code == 422
        limit = {**PLACE, "price": "50000"}
        key = {"Idempotency-Key": "another-one"}
        assert (await web.post("/v1/orders", headers=key, json=limit)).status_code == 202
    async with client(make_api(desk(topic)), "bob:trader@paper") as web:
        assert (await web.post("/v1/orders", headers=KEY, json=PLACE)).status_code == 202
    assert [(each.seq, each.by) for each in topic] == [(0, "ann"), (1, "ann"), (2, "bob")]


@pytest.mark.parametrize(
    "wrong",
    [
        {"quantity": 1}, {"quantity": "-1"}, {"quantity": "1e9"}, {"quantity": "0"}, {"side": "up"},
        {"symbol": "NO/SUCH"}, {"venue": "nowhere"}, {"role": "admin"}, {"price": "1", "type":
        "market"}, {"type": "limit"}, {"quantity": "1" * 50}, {"account": ""},
    ],
)  # fmt: skip
async def test_an_order_that_makes_no_sense_never_reaches_the_topic(wrong: dict[str, Any]) -> None:
    topic: list[ControlCommand] = []
    async with client(make_api(desk(topic)), "trader") as web:
        told = await web.post("/v1/orders", headers=KEY, json={**PLACE, **wrong})
    assert told.status_code == 422, told.text
    assert topic == []


async def test_who_may_do_what() -> None:
    body = {"account": "paper"}
    asked: dict[tuple[str, str], tuple[dict[str, Any] | None, set[str]]] = {
        ("POST", "orders"): (PLACE, {"trader"}),
        ("POST", "orders/cancel"): (body, {"trader", "risk"}),
        ("POST", "commands/halt"): (body, {"trader", "risk"}),
        ("POST", "commands/resume"): (body, {"risk"}),
        ("POST", "commands/flatten"): (body, {"risk"}),
        ("POST", "commands/mode"): ({**body, "mode": "manual"}, {"risk"}),
        ("PUT", "limits/leverage"): ({**body, "value": "2"}, {"risk"}),
        ("POST", "strategies/main/start"): (body, {"trader", "risk"}),
        ("POST", "strategies/main/stop"): (body, {"trader", "risk"}),
        ("PATCH", "strategies/main"): ({**body, "parameters": {"a": "1"}}, {"trader", "risk"}),
        ("GET", "orders"): (None, {"viewer", "trader", "risk", "admin"}),
    }
    api = make_api(desk())
    for role in ("viewer", "trader", "risk", "admin"):
        async with client(api, role) as web:
            for (method, path), (sent, may) in asked.items():
                key = {"Idempotency-Key": f"{method} {path}".replace(" ", "-")}
                told = await web.request(method, f"/v1/{path}", headers=key, json=sent)
                wanted = 403 if role not in may else 202 if sent else 200
                assert told.status_code == wanted, (method, path, role)


OPEN = {
    "get /v1/health": 200,
    "get /v1/ready": 200,
    "post /v1/sessions": 503,
    "post /v1/sessions/refresh": 503,
    "post /v1/invitations/join": 503,
    "post /v1/registrations": 503,
}
"""Routes for those who are not known yet, and what they say where nobody can sign in."""


async def test_every_route_asks_who_it_is() -> None:
    api = make_api(desk())
    async with client(api) as web:
        paths = api.openapi()["paths"]
        for path, methods in paths.items():
            for method in methods:
                told = await web.request(method, path.translate(BARE), json={})
                wanted = OPEN.get(f"{method} {path}", 401)
                assert told.status_code == wanted, (method, path)


async def test_orders_are_changed_cancelled_and_approved_by_their_id() -> None:
    topic: list[ControlCommand] = []
    given = desk(topic)
    order = next(iter(given.live.hub.items("orders", "paper")))
    async with client(make_api(given), "trader") as web:
        changed = await web.patch(f"/v1/orders/{order}", headers=KEY, json={"price": "61000"})
        assert changed.status_code == 202
        nothing = {"Idempotency-Key": "nothing-at-all"}
        assert (await web.patch(f"/v1/orders/{order}", headers=nothing, json={})).status_code == 422
    assert topic[0].command == ModifyOrder(client_order_id=order, symbol=SYMBOL, price="61000")
    async with client(make_api(given), "risk") as web:
        for path in (f"orders/{order}/approve", f"orders/{order}/reject"):
            key = {"Idempotency-Key": path}
            assert (await web.post(f"/v1/{path}", headers=key)).status_code == 202
    assert [each.command.kind for each in topic] == ["modify_order", "approve", "reject"]


async def test_a_resume_lifts_the_halt_that_its_giver_could_see() -> None:
    topic: list[ControlCommand] = []
    given = desk(topic)
    row = {"account": "paper", "setting": "halt", "value": "true", "why": "loss", "seq": 7}
    given.live.hub.feed(("settings", "paper")).take("halt", row)
    async with client(make_api(given), "risk") as web:
        accounts = {each["account"]: each for each in (await web.get("/v1/accounts")).json()}
        assert (accounts["paper"]["halted"], accounts["b"]["halted"]) == ("loss", "")
        told = await web.post(
            "/v1/commands/resume", headers=KEY, json={"account": "*", "why": "ok"}
        )
        assert told.status_code == 202
    assert topic[0].command == Resume(why="ok", lifts={"paper": 7})


async def test_a_command_is_found_with_its_answer_and_its_orders() -> None:
    given = desk()
    orders = given.live.hub.items("orders", "paper").values()
    request = next(each["request"] for each in orders if each["request"])
    async with client(make_api(given), "viewer@paper") as web:
        told = (await web.get(f"/v1/commands/{request}")).json()
        assert told["state"] == "taken"
        assert [each["request"] for each in told["orders"]] == [request] * len(told["orders"])
        assert told["orders"]
        assert (await web.get("/v1/commands/nothing")).status_code == 404


async def test_without_a_desk_a_command_is_turned_away_and_counts_say_so() -> None:
    given = desk()
    given.commander._address = lambda: ""
    async with client(make_api(given), "trader") as web:
        told = await web.post("/v1/orders", headers=KEY, json=PLACE)
        assert (told.status_code, told.headers["retry-after"]) == (503, "2")
