"""The stand-in provider as the official, unpatched clients see it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import anthropic
import httpx2
import openai
import pytest
from anthropic.types import ToolParam

from infra.language.script import House, Limit, Reply, Rule, Script
from infra.language.server import StandIn
from tests.unit.talking import KEY, chatting, messaging, provider, saying

TURN: Any = {"role": "user", "content": 'As json. {"bid": "61700.5", "atr": 12.25}'}
SCHEMA = {
    "type": "object",
    "properties": {"direction": {"type": "string"}},
    "required": ["direction"],
    "additionalProperties": False,
}
LONG = '{"direction":"long"}'
TOOL: ToolParam = {"name": "advise", "description": "An advice.", "input_schema": SCHEMA}


def form(schema: dict[str, Any]) -> Any:
    return {"type": "json_schema", "json_schema": {"name": "a", "strict": True, "schema": schema}}


async def chat(client: openai.AsyncOpenAI, **more: Any) -> Any:
    return await client.chat.completions.create(model="m", messages=[TURN], **more)


async def message(client: anthropic.AsyncAnthropic, **more: Any) -> Any:
    more = {"max_tokens": 1000} | more
    return await client.messages.create(model="m", messages=[TURN], **more)


async def test_replies_come_in_order_and_the_last_one_stays() -> None:
    async with chatting(saying("one", "two")) as client:
        said = [(await chat(client)).choices[0].message.content for _ in range(3)]
    assert said == ["one", "two", "two"]


async def test_a_completion_is_whole_with_its_counts() -> None:
    reply = Reply(text=LONG, thinking="Up it goes.", tokens_in=120, tokens_out=7)
    async with chatting(Script(replies=(reply,))) as client:
        told = await chat(client, response_format=form(SCHEMA))
    assert type(told).__name__ == "ChatCompletion"
    assert told.choices[0].finish_reason == "stop"
    assert told.choices[0].message.content == LONG
    assert told.model_extra == {}
    assert told.model == "m"
    assert (told.usage.prompt_tokens, told.usage.completion_tokens) == (120, 7)
    assert told.usage.total_tokens == 127


@pytest.mark.parametrize("house", ["openai", "deepseek", "ollama"])
async def test_a_stream_gives_the_same_text_and_counts(house: House) -> None:
    script = Script(house=house, replies=(Reply(text=LONG, thinking="Hm. " * 9, chunk=5),))
    async with chatting(script) as client:
        whole = await chat(client)
        stream = await chat(client, stream=True, stream_options={"include_usage": True})
        chunks = [chunk async for chunk in stream]
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    assert "".join(delta.content or "" for delta in deltas) == LONG
    name = "reasoning" if house == "ollama" else "reasoning_content"
    assert "".join(delta.model_extra.get(name, "") for delta in deltas) == "Hm. " * 9
    assert whole.choices[0].message.model_extra == {name: "Hm. " * 9}
    assert [c.usage for c in chunks if c.usage] == [whole.usage]
    assert sum(1 for delta in deltas if delta.content) == 4
    assert {c.choices[0].finish_reason for c in chunks if c.choices} == {None, "stop"}


async def test_usage_of_a_stream_is_told_only_when_asked_for() -> None:
    async with chatting(saying("one")) as client:
        assert not [c async for c in await chat(client, stream=True) if c.usage]


async def test_a_tool_that_is_demanded_is_called() -> None:
    tool: Any = {"type": "function", "function": {"name": "advise", "parameters": SCHEMA}}
    choice: Any = {"type": "function", "function": {"name": "advise"}}
    async with chatting(saying(LONG)) as client:
        told = await chat(client, tools=[tool], tool_choice=choice)
    assert told.choices[0].message.tool_calls[0].function.arguments == LONG


async def test_a_strict_schema_must_be_closed_and_whole() -> None:
    async with chatting(saying(LONG)) as client:
        for broken in (
            SCHEMA | {"additionalProperties": True},
            SCHEMA | {"required": []},
            SCHEMA | {"properties": {"direction": {"type": "object", "properties": {}}}},
        ):
            with pytest.raises(openai.BadRequestError, match="Invalid schema"):
                await chat(client, response_format=form(broken))


async def test_deepseek_takes_no_schema_and_wants_the_word() -> None:
    async with chatting(Script(house="deepseek", replies=(Reply(text=LONG),))) as client:
        with pytest.raises(openai.BadRequestError, match="unavailable now"):
            await chat(client, response_format=form(SCHEMA))
        told = await chat(client, response_format={"type": "json_object"})
        assert told.usage.model_extra["prompt_cache_miss_tokens"] == told.usage.prompt_tokens
        with pytest.raises(openai.BadRequestError, match="word 'json'"):
            await client.chat.completions.create(
                model="m",
                messages=[{"role": "user", "content": "So?"}],
                response_format={"type": "json_object"},
            )


async def test_deepseek_lets_a_client_wait_with_empty_lines() -> None:
    script = Script(house="deepseek", replies=(Reply(text=LONG, delay=0.5),))
    async with chatting(script) as client:
        told = await client.chat.completions.with_raw_response.create(model="m", messages=[TURN])
        assert told.text.startswith("\n{")
        assert told.parse().choices[0].message.content == LONG
        chunks = [chunk async for chunk in await chat(client, stream=True)]
    assert "".join(c.choices[0].delta.content or "" for c in chunks) == LONG


async def test_a_message_with_its_counts_and_thoughts() -> None:
    reply = Reply(text=LONG, thinking="Up.", tokens_in=120, tokens_out=7)
    async with messaging(Script(replies=(reply,))) as client:
        told = await message(client, system="You advise.")
    assert type(told).__name__ == "Message"
    assert [block.type for block in told.content] == ["thinking", "text"]
    assert told.content[1].text == LONG
    assert told.stop_reason == "end_turn"
    assert (told.usage.input_tokens, told.usage.output_tokens) == (120, 7)


async def test_a_tool_is_used_whole_and_as_a_stream() -> None:
    choice: Any = {"type": "tool", "name": "advise"}
    async with messaging(Script(replies=(Reply(text=LONG, thinking="Up.", chunk=4),))) as client:
        told = await message(client, tools=[TOOL], tool_choice=choice)
        async with client.messages.stream(
            model="m", max_tokens=99, messages=[TURN], tools=[TOOL], tool_choice=choice
        ) as stream:
            final: Any = await stream.get_final_message()
    assert told.stop_reason == final.stop_reason == "tool_use"
    assert told.content[1].input == final.content[1].input == {"direction": "long"}
    assert final.usage.output_tokens == told.usage.output_tokens
    assert final.content[0].thinking == "Up."


async def test_structured_output_of_messages_has_a_closed_schema() -> None:
    async with messaging(saying(LONG)) as client:
        told = await message(
            client, output_config={"format": {"type": "json_schema", "schema": SCHEMA}}
        )
        assert told.content[0].text == LONG
        loose = {"type": "json_schema", "schema": {"type": "object", "properties": {}}}
        with pytest.raises(anthropic.BadRequestError, match="additionalProperties"):
            await message(client, output_config={"format": loose})


async def test_what_is_no_object_is_told_in_words() -> None:
    choice: Any = {"type": "tool", "name": "advise"}
    async with messaging(saying("Sell everything!")) as client:
        told = await message(client, tools=[TOOL], tool_choice=choice)
    assert told.stop_reason == "end_turn"
    assert told.content[0].text == "Sell everything!"


async def test_the_bound_of_tokens_cuts_the_reply() -> None:
    async with chatting(saying("x" * 100)) as client:
        told = await chat(client, max_completion_tokens=5)
        assert told.choices[0].finish_reason == "length"
        assert told.choices[0].message.content == "x" * 20
    async with messaging(saying("x" * 100)) as client:
        short = await message(client, max_tokens=5)
        assert (short.stop_reason, short.content[0].text) == ("max_tokens", "x" * 20)


CHAT_ERRORS = [
    (401, "", openai.AuthenticationError, "invalid_api_key"),
    (429, "", openai.RateLimitError, "rate_limit_exceeded"),
    (429, "insufficient_quota", openai.RateLimitError, "insufficient_quota"),
    (500, "", openai.InternalServerError, None),
    (503, "", openai.InternalServerError, None),
]


@pytest.mark.parametrize(("status", "code", "kind", "told"), CHAT_ERRORS)
async def test_errors_of_chat(status: int, code: str, kind: Any, told: str | None) -> None:
    async with chatting(Script(replies=(Reply(status=status, code=code),))) as client:
        with pytest.raises(kind) as raised:
            await chat(client)
    assert raised.value.code == told
    assert raised.value.request_id == "req_1"
    assert raised.value.response.headers.get("retry-after") == ("1" if status == 429 else None)


MESSAGE_ERRORS = [
    (401, anthropic.AuthenticationError, "authentication_error"),
    (429, anthropic.RateLimitError, "rate_limit_error"),
    (500, anthropic.InternalServerError, "api_error"),
    (529, anthropic.APIStatusError, "overloaded_error"),
]


@pytest.mark.parametrize(("status", "kind", "told"), MESSAGE_ERRORS)
async def test_errors_of_messages(status: int, kind: Any, told: str) -> None:
    async with messaging(Script(replies=(Reply(status=status),))) as client:
        with pytest.raises(kind) as raised:
            await message(client)
    assert raised.value.type == told
    assert raised.value.status_code == status
    assert raised.value.request_id == "req_1"


async def test_clients_try_again_as_the_server_asks() -> None:
    busy = Reply(status=529, headers={"retry-after-ms": "20"})
    limited = Reply(status=429, headers={"retry-after-ms": "20"})
    script = Script(replies=(busy, limited, Reply(text="at last")))
    async with messaging(script, retries=2) as client:
        assert (await message(client)).content[0].text == "at last"
    async with chatting(script, retries=2) as client:
        assert (await chat(client)).choices[0].message.content == "at last"


async def test_the_limit_of_requests_tells_when_to_come_again() -> None:
    script = Script(limit=Limit(requests=1, seconds=60), replies=(Reply(text="one"),))
    async with chatting(script) as client:
        await chat(client)
        with pytest.raises(openai.RateLimitError) as raised:
            await chat(client)
    assert 55 <= int(raised.value.response.headers["retry-after"]) <= 60


async def test_only_the_right_key_and_a_known_model_are_let_in() -> None:
    script = Script(key="another", replies=(Reply(text="one"),))
    async with chatting(script) as client:
        with pytest.raises(openai.AuthenticationError):
            await chat(client)
        with pytest.raises(openai.AuthenticationError):
            await client.models.list()
    known = Script(key=KEY, models=("big", "small"), replies=(Reply(text="one"),))
    async with chatting(known) as client:
        assert [model.id async for model in client.models.list()] == ["big", "small"]
        with pytest.raises(openai.NotFoundError):
            await chat(client)
    async with messaging(known) as other:
        assert [model.id async for model in other.models.list()] == ["big", "small"]
        with pytest.raises(anthropic.NotFoundError):
            await message(other)


async def test_rules_choose_by_what_was_asked() -> None:
    rules = (
        Rule(prompt="sceptic", replies=(Reply(text="no"), Reply(text="maybe")), again=True),
        Rule(protocol="messages", replies=(Reply(text="message"),)),
        Rule(model="^m$", stream=True, replies=(Reply(text="streamed"),)),
    )
    stand_in = StandIn.of(Script(rules=rules, replies=(Reply(text="else"),)))
    async with chatting(stand_in) as client:
        for expected in ("no", "maybe", "no"):
            told = await client.chat.completions.create(
                model="m", messages=[{"role": "system", "content": "You are the sceptic."}]
            )
            assert told.choices[0].message.content == expected
        assert (await chat(client)).choices[0].message.content == "else"
        chunks = [c async for c in await chat(client, stream=True)]
        assert "".join(c.choices[0].delta.content or "" for c in chunks) == "streamed"
    assert [each.said[0].role for each in stand_in.asked] == ["system"] * 3 + ["user"] * 2
    async with messaging(stand_in) as other:
        assert (await message(other)).content[0].text == "message"


async def test_a_reply_can_repeat_what_it_was_shown() -> None:
    text = '{"stop":"{{bid - 2*atr}}","entry":"{{bid}}","near":{{bid:0}}}'
    async with chatting(saying(text, "{{volume}}")) as client:
        told = (await chat(client)).choices[0].message.content
        assert json.loads(told) == {"stop": "61676.00", "entry": "61700.5", "near": 61700}
        with pytest.raises(openai.InternalServerError, match="names no 'volume'"):
            await chat(client)


async def test_a_function_answers_by_the_request() -> None:
    async with chatting(StandIn(lambda asked: Reply(text=asked.headers["x-who"]))) as client:
        told = await chat(client, extra_headers={"X-Who": "me"})
    assert told.choices[0].message.content == "me"


@pytest.mark.parametrize(
    "reply",
    [
        Reply(cut=0),
        Reply(text=LONG, cut=40),
        Reply(text="x" * 300_000, cut=200_000),
    ],
)
async def test_a_connection_that_is_cut_is_an_error_of_the_connection(reply: Reply) -> None:
    async with chatting(Script(replies=(reply,))) as client:
        with pytest.raises((openai.APIConnectionError, httpx2.HTTPError)):
            await chat(client)
        with pytest.raises((openai.APIConnectionError, httpx2.HTTPError)):
            _ = [chunk async for chunk in await chat(client, stream=True)]


async def test_a_connection_may_be_cut_without_a_word() -> None:
    async with provider(Script(replies=(Reply(cut=0),))) as running, httpx2.AsyncClient() as client:
        body = {"model": "m", "stream": True, "messages": [dict(TURN)]}
        address = f"{running.address}/chat/completions"
        with pytest.raises(httpx2.TransportError):
            async with client.stream("POST", address, json=body) as told:
                pytest.fail(f"a head has come: {told.status_code}")


async def test_slow_ones_run_into_the_clients_time_out() -> None:
    async with chatting(Script(replies=(Reply(text="one", delay=3),))) as client:
        with pytest.raises(openai.APITimeoutError):
            await chat(client, timeout=0.1)
    trickling = Script(replies=(Reply(text="x" * 40, chunk=1, pause=0.02),))
    async with chatting(trickling) as client:
        began = time.monotonic()
        chunks = [c async for c in await chat(client, stream=True, timeout=0.5)]
    assert "".join(c.choices[0].delta.content or "" for c in chunks) == "x" * 40
    assert time.monotonic() - began >= 40 * 0.02


async def test_bodies_that_are_no_answer_come_as_they_are() -> None:
    page = Reply(body=b"<html>502</html>", content_type="text/html")
    half = Reply(text=LONG, short=40)
    async with chatting(Script(replies=(page, half))) as client:
        with pytest.raises(AttributeError):
            (await chat(client)).choices[0]
        with pytest.raises((ValueError, openai.APIError)):
            (await chat(client)).choices[0]


async def test_a_huge_body_is_sent_to_its_end() -> None:
    script = Script(replies=(Reply(text=LONG, padding=3_000_000),))
    async with provider(script) as running, httpx2.AsyncClient() as client:
        body = {"model": "m", "messages": [dict(TURN)]}
        told = await client.post(f"{running.address}/chat/completions", json=body)
    assert len(told.content) > 3_000_000
    assert told.json()["choices"][0]["message"]["content"] == LONG


def test_by_hand_it_says_where_it_is_and_what_is_wrong(tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    script.write_text('{"replies": [{"text": "one"}]}')
    command = [sys.executable, "-m", "infra.language", str(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        with openai.OpenAI(api_key=KEY, base_url=address) as client:
            told = client.chat.completions.create(
                model="m", messages=[{"role": "user", "content": "?"}]
            )
        process.terminate()
    assert told.choices[0].message.content == "one"
    script.write_text('{"reply": []}')
    broken = subprocess.run(command, capture_output=True, text=True)
    assert (broken.returncode, "is no script" in broken.stderr) == (2, True)
