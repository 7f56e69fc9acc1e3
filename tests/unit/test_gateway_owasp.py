"""OWASP API Security Top 10 (2023) by number: which tests hold each, and those that stand here.

https://owasp.org/API-Security/editions/2023/en/0x11-t10/
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from threading import Event
from typing import Any

import httpx2
import pytest
from starlette.exceptions import HTTPException
from starlette.types import Message

from gateway.api.app import make_api
from gateway.api.commander import QUEUE, Commander
from gateway.api.middleware import BodyLimit
from gateway.api.paging import MOST
from gateway.live.hub import Item
from gateway.live.reading import Raw, items_of
from gateway.live.spoken import LONGEST
from gateway.live.stream import AT_ONCE, BAD
from gateway.page.serving import mount
from schemas import names
from schemas.codec import encode
from schemas.commands import ControlCommand, Halt
from schemas.system import DeadLetter, Severity, SystemEvent
from tests.unit.gateway_api import client
from tests.unit.gateway_desk import Socket, TopicInMemory, desk
from tests.unit.small_desk import BTC, SYMBOL

TEN = {
    "API1 broken object level authorization": """
        test_gateway_desk.test_nothing_of_another_account_is_told_or_changed
        test_gateway_owned.test_anothers_keys_are_as_if_they_were_not
        test_gateway_history.test_what_was_is_told_to_those_whose_it_is
        test_gateway_jobs.test_a_job_is_its_owners_alone
        test_gateway_stream.test_what_is_not_ones_own_or_makes_no_sense_is_refused
        test_gateway_signing_in.test_nobody_ends_another_users_session""",
    "API2 broken authentication": """
        test_gateway_signing_in.test_who_signs_in_is_known_by_the_token_until_they_sign_out
        test_gateway_signing_in.test_a_refresh_token_used_twice_signs_its_thief_and_its_owner_out
        test_gateway_signing_in.test_brute_force_waits_but_the_owner_elsewhere_does_not
        test_gateway_sessions.test_a_name_written_otherwise_has_no_tries_of_its_own
        test_gateway_passwords.test_the_algorithm_is_pinned
        test_gateway_owned.test_a_key_may_what_it_is_scoped_to_until_it_is_revoked""",
    "API3 broken object property level authorization": """
        test_gateway_owned.test_nobody_gives_themselves_a_role
        test_gateway_owasp.test_no_body_takes_a_field_that_it_does_not_declare""",
    "API4 unrestricted resource consumption": """
        test_gateway_owned.test_a_storm_of_calls_is_told_to_wait
        test_gateway_owned.test_pages_are_small_and_go_on_where_they_ended
        test_gateway_owasp.test_no_list_gives_a_page_of_a_million
        test_gateway_owasp.test_a_body_of_any_shape_is_the_callers_fault
        test_gateway_owasp.test_a_body_that_never_ends_is_waited_for_so_long
        test_gateway_owasp.test_a_stream_that_asks_without_end_is_closed
        test_gateway_wire.test_a_connection_whose_request_does_not_come_is_cut
        test_gateway_wire.test_a_head_without_end_is_cut
        test_gateway_stream.test_streams_of_a_user_are_bounded
        test_gateway_stream.test_a_slow_reader_is_closed_with_a_reason_and_no_other_is_held_up""",
    "API5 broken function level authorization": """
        test_gateway_rights.test_each_role_gets_401_403_or_through_on_each_route
        test_gateway_rights.test_what_changes_things_takes_the_right_of_the_table
        test_gateway_desk.test_who_may_do_what""",
    "API6 unrestricted access to sensitive business flows": """
        test_gateway_owasp.test_a_storm_of_orders_keeps_nobody_from_a_halt
        test_gateway_owned.test_a_storm_of_calls_is_told_to_wait
        test_gateway_desk.test_an_order_is_asked_for_once_however_often_it_is_asked""",
    "API7 server side request forgery": """
        test_gateway_owasp.test_no_route_takes_an_address_that_is_called
        test_advice_settings.test_providers_that_may_not_be_called
        test_advice_resolving.test_a_name_that_points_home_is_not_called
        test_advice_resolving.test_what_was_looked_at_is_what_is_called
        test_advice_resolving.test_a_redirect_is_not_followed
        test_advice_texts.test_a_name_that_points_home_is_not_called
        test_advice_texts.test_a_feed_that_is_not_read""",
    "API8 security misconfiguration": """
        test_gateway_owned.test_headers_are_safe_and_nothing_tells_of_the_inside
        test_gateway_api.test_settings_that_are_not_safe_are_refused
        test_gateway_signing_in.test_with_tls_cookies_are_secure_and_bound_to_the_host
        test_gateway_signing_in.test_a_change_by_cookie_comes_from_the_page_or_not_at_all
        test_gateway_tls.test_nothing_is_told_without_tls_or_by_an_old_one""",
    "API9 improper inventory management": """
        test_gateway_rights.test_every_route_is_in_the_openapi_description
        test_gateway_owasp.test_what_answers_is_described_or_named_here""",
    "API10 unsafe consumption of APIs": """
        test_hostile_replies.test_a_family_is_found_out_and_gives_no_order_outside_limits
        test_gateway_owasp.test_words_of_an_exchange_reach_people_tamed
        test_gateway_owasp.test_a_record_nested_without_end_is_passed_over
        test_gateway_owasp.test_the_page_makes_no_markup_of_words""",
}
"""By module of this folder and test."""

HERE = Path(__file__).parent
KEY = {"Idempotency-Key": "0123456789", "Content-Type": "application/json"}
PLACE = {"account": "paper", "symbol": SYMBOL, "side": "buy", "quantity": "0.01"}


@pytest.mark.parametrize("number", TEN)
def test_each_of_the_ten_is_held_by_tests_that_are_there(number: str) -> None:
    assert TEN[number].split()
    for name in TEN[number].split():
        module, test = name.split(".")
        assert f"def {test}(" in (HERE / f"{module}.py").read_text(), name


def test_there_are_ten() -> None:
    assert [each.split()[0] for each in TEN] == [f"API{number}" for number in range(1, 11)]


@cache
def described() -> dict[str, Any]:
    """The API's own description."""
    return make_api(desk()).openapi()


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in described()["paths"].items():
        for method, each in methods.items():
            yield method, path, each


def schemas(value: object) -> Iterator[dict[str, Any]]:
    """All schemas of objects below one, references followed."""
    if isinstance(value, dict):
        if ref := value.get("$ref"):
            yield from schemas(described()["components"]["schemas"][ref.rpartition("/")[2]])
        if "properties" in value:
            yield value
        for each in value.values():
            yield from schemas(each)
    elif isinstance(value, list):
        for each in value:
            yield from schemas(each)


def test_no_body_takes_a_field_that_it_does_not_declare() -> None:
    found = [
        (method, path, schema)
        for method, path, each in operations()
        for schema in schemas(each.get("requestBody", {}))
    ]
    assert len(found) > 25
    for method, path, schema in found:
        assert schema.get("additionalProperties") is False, (method, path, schema["title"])


def test_no_list_gives_a_page_of_a_million() -> None:
    limits = [
        (path, parameter["schema"].get("maximum"))
        for _, path, each in operations()
        for parameter in each.get("parameters", ())
        if parameter["name"] == "limit"
    ]
    assert len(limits) >= 8
    for path, most in limits:
        assert most is not None, path
        assert most <= MOST, path


def test_no_route_takes_an_address_that_is_called() -> None:
    """Providers, feeds and exchanges are named by the settings alone; links are of this gateway."""
    told = [name for _, _, each in operations() for name in _names(each)]
    assert "account" in told
    assert not [name for name in told if re.search(r"url|uri|webhook|callback|host", name)]


def _names(operation: dict[str, Any]) -> Iterator[str]:
    yield from (parameter["name"].lower() for parameter in operation.get("parameters", ()))
    for schema in schemas(operation.get("requestBody", {})):
        yield from map(str.lower, schema["properties"])


ODD = (
    b"[" * 60_000, b'{"account":' * 5_000, b"1" * 60_000, b'{"account":' + b"9" * 6_000 + b"}",
    b'{"account": NaN}', b"\xff\xfe", b"", b'{"account":"paper","why":"\\u001b[2J"}',
    b'{"\\ud800": 1}', b'{"account": "\\ud800"}', b'{"account":"paper","\xf0\x9f\x92\xa9":1}',
    b'{"' + b"x" * 60_000 + b'": 1}', b'{"account":"paper","why":"\\u0000"}', b"null", b"[]",
)  # fmt: skip


async def test_a_body_of_any_shape_is_the_callers_fault() -> None:
    topic: list[ControlCommand] = []
    async with client(make_api(desk(topic)), "trader") as web:
        for body in ODD:
            told = await web.post("/v1/commands/halt", headers=KEY, content=body)
            assert told.status_code in (400, 422), body[:40]
            assert told.headers["content-type"] == "application/problem+json"
            assert len(told.content) < 1000, "what was sent is not told again"
    assert topic == []


async def test_a_body_that_never_ends_is_waited_for_so_long() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            while (await receive())["more_body"]:
                pass
        except HTTPException as error:
            ended.append(error.status_code)

    async def piece() -> Message:
        if pieces:
            return {"type": "http.request", "body": pieces.pop(), "more_body": True}
        return await asyncio.Event().wait()  # type: ignore[return-value]

    ended: list[int] = []
    pieces = [b"{", b'"']
    scope = {"type": "http", "headers": []}
    await asyncio.wait_for(BodyLimit(app, 1024, 0.05)(scope, piece, None), 60)  # type: ignore[arg-type]
    assert ended == [408]


async def test_a_stream_that_asks_without_end_is_closed() -> None:
    async with Socket(make_api(desk())) as socket:
        for _ in range(AT_ONCE * 2):
            socket.say(type="unsubscribe", channel="ticks", key=BTC)
        code, why = await socket.closed()
    assert (code, why) == (BAD, "more than 20 messages a second")


async def test_a_storm_of_orders_keeps_nobody_from_a_halt() -> None:
    """Orders wait for a slow broker, behind those that are given together at the moment; those that
    are too many are turned away, and a halt is not.
    """
    topic: list[ControlCommand] = []
    go = Event()

    class Slow(TopicInMemory):
        def read(self) -> None:
            assert go.wait(60)
            super().read()

    given = desk(topic)
    given.commander = Commander(lambda: Slow(topic), lambda: "desk:9092")
    async with client(make_api(given), "trader") as web:

        async def asked(number: int) -> httpx2.Response:
            key = {"Idempotency-Key": f"storm-{number:04d}"}
            return await web.post("/v1/orders", headers=key, json=PLACE)

        storm = [asyncio.create_task(asked(number)) for number in range(2 * QUEUE + 5)]
        while sum(each.done() for each in storm) < 5:
            await asyncio.sleep(0.01)
        halt = asyncio.create_task(
            web.post("/v1/commands/halt", headers=KEY, json={"account": "paper"})
        )
        await asyncio.sleep(0.1)
        go.set()
        codes = [(await each).status_code for each in storm]
        assert (await halt).status_code == 202
    assert codes.count(202) + codes.count(429) == len(storm)
    assert codes.count(202) >= QUEUE
    assert codes.count(429) >= 5
    assert [each for each in topic if isinstance(each.command, Halt)]


UNDESCRIBED = {"/v1/openapi.json", "/v1/stream", "/", "", "/metrics"}
"""The description itself, the WebSocket (OpenAPI has no word for it), the page's files, and what
is measured.
"""


def test_what_answers_is_described_or_named_here(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<title>Tapeline</title>")
    api = make_api(desk())
    mount(api, tmp_path)
    found = {path for path in answering(api) if path not in UNDESCRIBED}
    assert found == set(api.openapi()["paths"])


def answering(api: Any) -> Iterator[str]:
    """Paths of all routes and mounts, whatever they declare, those of routers included."""
    for route in api.routes:
        inner = getattr(route, "original_router", None)
        if inner is None:
            yield route.path
        else:
            yield from (f"/v1{each.path}" for each in inner.routes)


HOSTILE = "<script>alert(1)</script>\x1b]0;owned\x07\x00\u202e\x9b2J" + "A" * 1_000_000


def told_by_the_desk(text: str) -> list[Item]:
    """The news of an event and of a dead letter with such words in them."""
    event = SystemEvent(
        id="e1", seq=1, key="executor", stage="executor", severity=Severity.ERROR, kind="order",
        text=text, facts={"error": text},
    )  # fmt: skip
    letter = DeadLetter(
        id="l1", seq=1, key="x", stage="ticks", topic="market.raw", source_key=text, reason=text,
        value=text,
    )  # fmt: skip
    rows = ((names.EVENTS, event), (names.LETTERS, letter))
    return [item for topic, row in rows for item in items_of(Raw(topic, b"", encode(row)))]


async def test_words_of_an_exchange_reach_people_tamed() -> None:
    """A refusal may bring a whole page of HTML, and what a terminal would obey."""
    given = desk()
    given.live.hub.take(told_by_the_desk(HOSTILE))
    async with client(make_api(given), "viewer") as web:
        told = await web.get("/v1/events")
    assert told.headers["content-type"] == "application/json"
    assert told.headers["x-content-type-options"] == "nosniff"
    found = {row["id"]: row for row in told.json()["items"]}
    for text in (found["e1"]["text"], found["e1"]["facts"]["error"], found["l1"]["reason"]):
        assert len(text) == LONGEST
        assert text.startswith("<script>alert(1)</script>?]0;owned????2JAAA")
    assert len(told.content) < 100_000


def test_a_record_nested_without_end_is_passed_over() -> None:
    for depth in (900, 5000):
        nested = b"[" * depth + b"]" * depth
        value = b'{"account":"a","key":"a:*","x":' + nested + b"}"
        assert items_of(Raw(names.PORTFOLIO, b"", value)) == []


def test_the_page_makes_no_markup_of_words() -> None:
    """Vue escapes what it is given; these are the ways around it."""
    around = re.compile(
        r"v-html|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|"
        r"javascript:|srcdoc|createContextualFragment"
    )
    web = HERE.parents[1] / "gateway" / "web" / "src"
    files = [each for each in web.rglob("*") if each.suffix in (".vue", ".ts")]
    assert len(files) > 20
    for file in files:
        assert not around.search(file.read_text()), file
