"""The official clients at the stand-in provider; nothing of them is changed but the address."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anthropic import AsyncAnthropic
from openai import AsyncOpenAI

from infra.language.script import Reply, Script
from infra.language.server import Running, StandIn, serve

KEY = "not-a-real-key"


@asynccontextmanager
async def provider(script: Script | StandIn) -> AsyncIterator[Running]:
    """A running stand-in, of a script or as it is given."""
    running = await serve(script if isinstance(script, StandIn) else StandIn.of(script))
    try:
        yield running
    finally:
        await running.close()


@asynccontextmanager
async def chatting(script: Script | StandIn, retries: int = 0) -> AsyncIterator[AsyncOpenAI]:
    """OpenAI's client."""
    async with provider(script) as running:
        address = f"{running.address}/v1"
        async with AsyncOpenAI(
            api_key=KEY, base_url=address, max_retries=retries, timeout=5
        ) as client:
            yield client


@asynccontextmanager
async def messaging(script: Script | StandIn, retries: int = 0) -> AsyncIterator[AsyncAnthropic]:
    """Anthropic's client."""
    async with (
        provider(script) as running,
        AsyncAnthropic(
            api_key=KEY, base_url=running.address, max_retries=retries, timeout=5
        ) as client,
    ):
        yield client


def saying(*texts: str) -> Script:
    """A script of these replies in order."""
    return Script(replies=tuple(Reply(text=text) for text in texts))
