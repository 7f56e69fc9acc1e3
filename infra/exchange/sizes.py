"""How much an exchange keeps: the containers within it, by where they are, with their lengths.

/books/sizes tells them as JSON; what is of one kind is added up: every account's orders are
`usdm.keys.*.orders`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson
from aiohttp import web

OURS = "infra.exchange."


def sizes(root: Any) -> dict[str, int]:
    """Lengths of all dicts, lists, sets, deques and queues that ours hold, each counted once."""
    found: dict[str, int] = {}
    seen: set[int] = set()
    waiting: deque[tuple[str, Any]] = deque([("", root)])
    while waiting:
        path, each = waiting.popleft()
        each = getattr(each, "__self__", each)
        if id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, dict | list | set | deque):
            found[path] = found.get(path, 0) + len(each)
            values: Iterable[Any] = each.values() if isinstance(each, Mapping) else each
            waiting.extend((f"{path}.*", one) for one in values if _kept(one))
        else:
            waiting.extend((f"{path}.{name}".strip("."), one) for name, one in _fields(each))
    return dict(sorted(found.items()))


def _kept(each: Any) -> bool:
    """Whether it may hold something: a container, or an object of ours, or a method of one."""
    ours = type(getattr(each, "__self__", each)).__module__.startswith(OURS)
    return ours or isinstance(each, dict | list | set | deque)


def _fields(each: Any) -> Iterator[tuple[str, Any]]:
    names = dict.fromkeys(getattr(each, "__dict__", ()))
    for base in type(each).__mro__:
        names |= dict.fromkeys(base.__dict__.get("__slots__", ()))
    for name in names:
        one = getattr(each, name, None)
        if _kept(one):
            yield name, one


def routes(exchange: Any) -> list[web.RouteDef]:
    """The address at which they are told."""

    async def tell(request: web.Request) -> web.Response:
        body = orjson.dumps(sizes(exchange))
        return web.Response(body=body, content_type="application/json")

    return [web.get("/books/sizes", tell)]
