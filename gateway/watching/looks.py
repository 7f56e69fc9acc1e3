"""What there is to be looked at of a desk: by its gateway's API, else from its topics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from rich.markup import escape

from gateway.client.calls import Calls, Row, Unheard
from gateway.client.desk import Desk, chosen
from gateway.client.requests import part
from gateway.running.broker import opened
from gateway.terminal.output import Output, plain
from gateway.terminal.wishes import wished
from gateway.watching.earnings import table
from schemas import names
from schemas.errors import TapelineError
from topics.settings import Settings, settings

PAGE = 200
"""Rows that are asked for at once."""


@dataclass(frozen=True, slots=True)
class Look:
    """path: of the API's route. topics: what it is told from. columns: fields that people see, > of
    what is aligned to the right. nothing: what to say where there are no rows.
    """

    path: str
    topics: tuple[str, ...]
    columns: tuple[str, ...]
    nothing: str


HELD = (">quantity", ">entry", ">mark", ">unrealised", ">realised", ">fees")
POSITIONS = Look(
    "/positions", (names.PORTFOLIO,),
    ("account", "venue", "symbol", *HELD, ">liquidation", ">stop", ">target"), "nothing is held",
)  # fmt: skip
PORTFOLIO = Look(
    "/portfolio", (names.PORTFOLIO,), ("key", "type", *HELD, ">funding", ">equity"),
    "no account has told of itself yet",
)  # fmt: skip
FILLS = Look(
    "/fills", (names.STATUSES,),
    ("seen_time", "account", "venue", "symbol", "strategy", "side", ">quantity", ">price", ">fee",
     "order"), "nothing was filled",
)  # fmt: skip
ORDERS = Look(
    "/orders", (names.ORDERS, names.STATUSES),
    ("created", "id", "account", "symbol", "strategy", "side", "type", ">quantity", ">filled",
     ">price", "state", "reason"), "there are no orders",
)  # fmt: skip
LIMITS = Look("/limits", (names.STATE,), ("account", "name", ">value", "set"), "no limits")
STRATEGIES = Look(
    "/strategies", (names.STATE, names.PORTFOLIO), ("account", "name", "state", "parameters"),
    "no account has strategies",
)  # fmt: skip
ORDER = (names.ORDERS, names.STATUSES, names.PORTFOLIO)


def listed(look: Look, most: int | None, output: Output, **query: str | None) -> int:
    """Print the rows, of lists that have pages at most so many; 0."""
    rows = [*looked(look.path, look.topics, output, most, query)]
    if output.json:
        output.lines(rows)
    elif rows:
        shown = [[cell(row, name) for name in look.columns] for row in rows]
        output.show(table(look.columns, shown))
    else:
        output.note(look.nothing)
    return 0


def one_order(id: str, output: Output) -> int:
    """Print all that is known of an order; 0."""
    (row,) = looked(f"/orders/{part(id)}", ORDER, output, None, {})
    if output.json:
        output.object(row)
    else:
        known = [(name, _text(value)) for name, value in row.items() if value not in (None, [], {})]
        output.show(table(("", ""), known))
    return 0


def looked(
    path: str, topics: Sequence[str], output: Output, most: int | None, query: Row
) -> list[Row]:
    """The rows of a route: of the gateway that is up, else of the topics, read by this process."""
    known, wishes = settings(), wished()
    desk = chosen(known, wishes.direct)
    if desk is not None:
        wishes.detail(f"by the API of {desk}", output)
        try:
            with Calls(desk) as calls:
                return [*_rows(calls, path, most, query)]
        except Unheard as error:
            if not desk.own:
                raise
            output.note(f"tapeline: {error}: its topics are read")
    wishes.detail("from the topics, without a gateway", output)
    with opened(known, output) as there, _over(there, topics) as calls:
        return [*_rows(calls, path, most, query)]


def _over(known: Settings, topics: Sequence[str]) -> Calls:
    try:
        from gateway.client.own import over_topics
    except ImportError as error:
        raise TapelineError(
            f"{error.name} is not installed: pip install 'tapeline[gateway]'"
        ) from None
    return Calls(Desk("the topics", "in this process"), over_topics(known, topics))


def _rows(calls: Calls, path: str, most: int | None, query: Row) -> Iterator[Row]:
    """All rows, or of a list with pages at most so many."""
    left, cursor = most, None
    while True:
        more = {"limit": min(left, PAGE), "cursor": cursor} if left is not None else {}
        told = calls.get(path, **query, **more)
        if left is None:
            yield from told if isinstance(told, list) else [told]
            return
        yield from told["items"]
        left, cursor = left - len(told["items"]), told["next"]
        if cursor is None or left <= 0:
            return


def cell(row: Row, column: str) -> str:
    """What people see of a row under a column."""
    return _text(row.get(column.lstrip(">")))


def _text(value: Any) -> str:
    """For people: "-" for none, times without a fraction."""
    match value:
        case None | "":
            return "-"
        case bool():
            return "by hand" if value else "-"
        case dict() | list():
            return escape(orjson.dumps(value).decode()) if value else "-"
        case str() if len(value) == 30 and value[10] == "T" and value.endswith("Z"):
            return f"{value[:19]}Z"
    return escape(plain(str(value)))
