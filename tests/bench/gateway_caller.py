"""The callers of the gateway's bench: requests at fixed times, in a process of its own.

Told what to do by a line of JSON on stdin; answers with a line. A request is due at a time whatever
became of those before it, and its wait counts from then.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from collections import Counter
from typing import Any

import aiohttp
import uvloop

from tests.bench.gateway_reader import quantiles

PATIENCE = aiohttp.ClientTimeout(60)
REFUSED = 400
TURN = 50
"""Requests after which a user is another one's turn: so everybody asks everything."""


class Caller:
    """All requests to one server. users: as (account, token)."""

    def __init__(self, address: str, users: list[tuple[str, str]], session: Any) -> None:
        self._address, self._users, self._session = address, users, session
        self.answers: Counter[int] = Counter()
        self.took: list[int] = []
        self.refusals: list[str] = []
        self.bodies: dict[str, str] = {}

    async def ask(self, number: int, what: dict[str, Any], due: int, begin: int) -> None:
        """One request, by the next user. begin: ns from which on it counts."""
        account, token = self._users[(number + number // TURN) % len(self._users)]
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"bench-{due}-{number}"}
        body = {**what["body"], "account": account} if what.get("body") else None
        async with self._session.request(
            what["method"], self._address + what["path"], json=body, headers=headers
        ) as told:
            text = await told.text()
        self.answers[told.status] += 1
        if told.status >= REFUSED:
            self.refusals.append(text)
        self.bodies[what["path"]] = text
        if due >= begin:
            self.took.append(time.time_ns() - due)

    async def pace(self, asked: list[dict[str, Any]], rate: float, span: float, warm: float) -> Any:
        """What is asked, in turns, at a rate; those of the first `warm` seconds do not count."""
        began = time.time_ns() + 10**8
        begin, tasks = began + int(warm * 1e9), set()
        for number in range(int(rate * (span + warm))):
            due = began + int(number * 1e9 / rate)
            await asyncio.sleep(max(due - time.time_ns(), 0) / 1e9)
            what = asked[number % len(asked)]
            task = asyncio.create_task(self.ask(number, what, due, begin))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        await asyncio.gather(*tasks)
        return {
            "answers": self.answers,
            "bodies": self.bodies,
            "refusals": self.refusals[:3],
            **quantiles(sorted(self.took)),
        }


async def call(
    port: int, users: list[tuple[str, str]], asked: list[dict[str, Any]],
    rate: float, span: float, warm: float,
) -> Any:  # fmt: skip
    """Over kept connections, as many as are needed at once."""
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0), timeout=PATIENCE
    ) as session:
        gc.freeze()
        caller = Caller(f"http://127.0.0.1:{port}", users, session)
        return await caller.pace(asked, rate, span, warm)


def main() -> None:
    """Do what is told until nothing is any more."""
    for line in sys.stdin:
        print(json.dumps(uvloop.run(call(**json.loads(line)["call"]))), flush=True)


if __name__ == "__main__":
    main()
