"""The bodies of agents: one that raises or is cancelled must end the process, not only itself.

Faust starts a dead agent anew at the next event, and so goes on past the one that it died of. The
stream's iterator of a dead body is closed when the garbage collector comes to it, which may be
never, so what became of the body is asked of its task.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

from topics.rdkafka import failure


def watch(agent: Any) -> None:
    """From now on a body of this agent that fails ends the process, unless the app stops."""
    execute = agent._execute_actor

    async def watched(body: Awaitable[Any], actor: Any) -> None:
        await execute(_uncancelled(agent, body), actor)

    agent._on_error, agent._execute_actor = _failed, watched


async def _uncancelled(agent: Any, body: Awaitable[Any]) -> None:
    try:
        await body
    except asyncio.CancelledError:
        if not (agent.should_stop or agent.app.should_stop):
            failure.die(f"agent {agent.name} was cancelled")
        raise


async def _failed(agent: Any, error: BaseException) -> None:
    failure.die(f"agent {agent.name} raised {type(error).__name__}: {error}", cause=error)
