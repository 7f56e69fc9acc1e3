"""One provider as questions reach it, over real HTTP: the official clients at the stand-in."""

from __future__ import annotations

import asyncio
import gzip
import json
from typing import Any

import pytest

from infra.language.script import Reply, Rule, Script
from infra.language.server import StandIn
from schemas.advice import AdviceFault as Fault
from tests.unit.providing import Asked, line
from tests.unit.talking import KEY

SOUND = json.dumps({"symbol": "BTC/USDT:USDT", "direction": "hold"})
KINDS = ("openai", "deepseek", "anthropic", "compatible")


def replies(*given: Reply, **more: Any) -> Script:
    return Script(replies=given, **more)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_reply_with_its_tokens_and_its_price(kind: str) -> None:
    house = "deepseek" if kind == "deepseek" else "openai"
    script = replies(Reply(text=SOUND, tokens_in=1000, tokens_out=50), house=house)
    form = "object" if kind == "deepseek" else "schema"
    async with line(script, kind) as asked:
        drawn = {} if kind == "anthropic" else {"temperature": 0.5, "seed": 3}
        call, detail = await asked.call(form=form, **drawn)
    assert json.loads(call.reply) == json.loads(SOUND)
    assert (call.fault, detail, call.tries) == (None, "", 1)
    assert (call.tokens_in, call.tokens_out, call.cost) == (1000, 50, "0.0011")
    told = {name: str(value) for name, value in drawn.items()}
    assert call.parameters == {"form": form, "max_tokens": "200", **told}
    sent = asked.running.provider.asked[0]
    assert sent.most == 200
    assert sent.said[0].role in ("system", "user")
    assert "Your role: judge" in sent.text
    assert KEY in (sent.headers.get("authorization", "") + sent.headers.get("x-api-key", ""))
    if kind != "anthropic":
        assert sent.body["temperature"] == 0.5
        assert sent.body["seed"] == 3
    if form == "schema":
        tools = sent.body.get("tools") or [{"input_schema": sent.schema}]
        assert tools[0]["input_schema"]["required"] == ["symbol", "direction"]
    else:
        assert sent.body["response_format"] == {"type": "json_object"}


@pytest.mark.parametrize("kind", ["compatible", "anthropic"])
@pytest.mark.parametrize("status", [429, 500, 503])
async def test_who_cannot_now_is_asked_again(kind: str, status: int) -> None:
    async with line(replies(Reply(status=status), Reply(text=SOUND)), kind) as asked:
        call, _ = await asked.call()
    assert (call.fault, call.tries) == (None, 2)
    assert len(asked.slept.seconds) == 1
    assert asked.slept.seconds[0] >= (1.0 if status == 429 else 0.25)


async def test_what_the_server_asks_for_is_waited() -> None:
    busy = Reply(status=429, headers={"Retry-After": "7"})
    async with line(replies(busy, Reply(text=SOUND))) as asked:
        call, _ = await asked.call()
    assert asked.slept.seconds == [7.0]
    assert call.fault is None
    async with line(replies(busy, Reply(text=SOUND))) as asked:  # not longer than there is
        call, _ = await asked.call(patience=5)
    assert (asked.slept.seconds, call.fault) == ([], Fault.RATE_LIMITED)


async def test_tries_are_counted_and_cost_nothing() -> None:
    async with line(replies(Reply(status=529)), "anthropic", tries=4) as asked:
        call, detail = await asked.call()
    assert (call.fault, call.tries, call.cost) == (Fault.PROVIDER_ERROR, 4, "0")
    assert asked.running.provider.number == 4
    assert "\n" not in detail
    assert "Overloaded" in detail


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (Reply(text=SOUND, delay=1.0), Fault.TIMEOUT),
        (Reply(text=SOUND, cut=0), Fault.UNREACHABLE),
        (Reply(text=SOUND, cut=40), Fault.UNREACHABLE),
        (Reply(body=b'{"choices": ['), Fault.PROVIDER_ERROR),
        (Reply(body=b'{"choices": []}'), Fault.PROVIDER_ERROR),
        (Reply(body=b"[]"), Fault.PROVIDER_ERROR),
        (Reply(body=b"hello", content_type="text/html"), Fault.PROVIDER_ERROR),
        (Reply(text=SOUND, padding=1 << 19), Fault.TOO_LONG),
        (Reply(body=gzip.compress(b" " * (1 << 20)), headers={"Content-Encoding": "gzip"}),
         Fault.TOO_LONG),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["compatible", "anthropic"])
async def test_what_may_have_been_billed_is_not_asked_again_and_counted_in_full(
    kind: str, reply: Reply, fault: Fault
) -> None:
    async with line(replies(reply), kind, timeout=0.5) as asked:
        call, detail = await asked.call()
    assert (call.fault, call.tries, call.reply) == (fault, 1, "")
    assert detail
    assert asked.running.provider.number == 1
    least = len(asked.running.provider.asked[0].text) * 1e-6 + 200 * 2e-6
    assert least < float(call.cost) < 10 * least


@pytest.mark.parametrize("status", [400, 401, 404, 301])
async def test_what_is_wrong_of_us_is_not_tried_again(status: int) -> None:
    away = {"Location": "http://127.0.0.1:9/v1/chat/completions"} if status == 301 else {}
    async with line(replies(Reply(status=status, headers=away))) as asked:
        call, _ = await asked.call()
    assert (call.fault, call.tries, call.cost) == (Fault.PROVIDER_ERROR, 1, "0")


async def test_nobody_there() -> None:
    async with line(replies(Reply(text=SOUND)), tries=2) as asked:
        await asked.running.close()
        call, _ = await asked.call()
    assert (call.fault, call.tries, call.cost) == (Fault.UNREACHABLE, 2, "0")


async def test_a_reply_without_end_is_kept_in_part() -> None:
    async with line(replies(Reply(text="é" * 20_000, tokens_in=5, tokens_out=9))) as asked:
        call, detail = await asked.call()
    assert (call.fault, detail) == (Fault.TOO_LONG, "a reply of more than 16000 bytes")
    assert len(call.reply.encode()) == 16_000


@pytest.mark.parametrize(
    "usage",
    [
        {},
        {"prompt_tokens": -5, "completion_tokens": "many"},
        {"prompt_tokens": 10**30, "completion_tokens": 1},
    ],
)
async def test_tokens_that_nobody_counts_are_counted_at_the_most(usage: dict[str, Any]) -> None:
    body = {
        "id": "1", "object": "chat.completion", "created": 1, "model": "small", "usage": usage,
        "choices": [{"index": 0, "finish_reason": "stop",
                     "message": {"role": "assistant", "content": SOUND}}],
    }  # fmt: skip
    async with line(replies(Reply(body=json.dumps(body).encode()))) as asked:
        call, _ = await asked.call()
    assert call.reply == SOUND
    assert call.tokens_out == 200
    assert call.tokens_in > len(asked.running.provider.asked[0].text)


@pytest.mark.parametrize("kind", ["compatible", "anthropic"])
async def test_a_body_that_is_nested_without_end_is_no_answer(kind: str) -> None:
    async with line(replies(Reply(body=b"[" * 100_000)), kind) as asked:
        call, detail = await asked.call()
    assert (call.fault, call.tries) == (Fault.PROVIDER_ERROR, 1)
    assert detail.startswith("RecursionError")
    assert float(call.cost) > 0


async def test_the_circuit_opens_is_tried_and_closes() -> None:
    bad, good = Reply(status=401), Reply(text=SOUND)
    async with line(replies(bad, bad, good), failures=2, rest=5) as asked:
        faults = [(await asked.call())[0] for _ in range(3)]
        assert [call.fault for call in faults] == [
            Fault.PROVIDER_ERROR, Fault.PROVIDER_ERROR, Fault.CIRCUIT_OPEN,
        ]  # fmt: skip
        assert asked.running.provider.number == 2
        assert (faults[2].tries, faults[2].cost) == (0, "0")
        await asked.slept.sleep(5)
        assert (await asked.call())[0].fault is None
    assert [str(change.after) for change in asked.changes] == ["open", "trial", "closed"]


async def test_no_more_at_once_than_there_is_room_for() -> None:
    under_way, most = 0, 0

    def answer(_: Any) -> Reply:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        return Reply(text=SOUND, delay=0.1)

    async with line(StandIn(answer), at_once=2) as asked:

        async def once() -> None:
            nonlocal under_way
            await asked.call()
            under_way -= 1

        await asyncio.gather(*(once() for _ in range(5)))
        assert most == 2
        await asyncio.gather(asked.call(), asked.call(), _crowded(asked))


async def _crowded(asked: Asked) -> None:
    call, detail = await asked.call(patience=0.05)
    assert (call.fault, call.tries, call.cost) == (Fault.TIMEOUT, 0, "0")
    assert "under way" in detail


async def test_no_proxy_of_the_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for kind in ("compatible", "anthropic"):
        async with line(replies(Reply(text=SOUND)), kind) as asked:
            assert (await asked.call())[0].fault is None


async def test_the_key_is_in_no_record_and_no_word() -> None:
    echo = Reply(status=400, message=f"bad key {KEY}")
    from topics.secrecy import known

    known.add((KEY,))
    try:
        async with line(Script(rules=(Rule(replies=(echo,)),))) as asked:
            call, detail = await asked.call()
    finally:
        known.forget()
    assert KEY not in detail
    assert KEY not in call.model_dump_json()
    assert "***" in detail
