"""Lists in pages: `limit` rows, and a cursor that the next page goes on from."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

import orjson
from fastapi import Depends, Query
from pydantic import BaseModel

from gateway.api.moments import LAST
from gateway.api.problems import Problem

T = TypeVar("T")

MOST = 200
Place = tuple[int, str]
"""Where a row is in a list, newest first: its time in ns (-1: none), and its id."""


class Page(BaseModel, Generic[T]):
    """A part of a list. next: the cursor of the page after it, null at the end."""

    items: list[T]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """Which page: at most `limit` rows, after the place (None: the first)."""

    limit: int
    after: Place | None


def asked(
    limit: Annotated[int, Query(ge=1, le=MOST, description="Rows of a page.")] = 50,
    cursor: Annotated[
        str | None, Query(max_length=300, description="`next` of the page before.")
    ] = None,
) -> Asked:
    """The page that a request asks for; 422 for a cursor that is none of ours."""
    return Asked(limit, None if cursor is None else read(cursor))


Paged = Annotated[Asked, Depends(asked)]


def written(place: Place) -> str:
    """A place as a cursor; what is in it is nobody's business."""
    return base64.urlsafe_b64encode(orjson.dumps(place)).decode().rstrip("=")


def read(cursor: str) -> Place:
    """The place of a cursor; the 422 where it is none."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True)
        found = orjson.loads(raw)
    except (binascii.Error, ValueError):
        found = None
    match found:
        case [int(time), str(id)] if not isinstance(time, bool) and -1 <= time <= LAST:
            return time, id
    raise Problem(422, "cursor", "the cursor is not one that a page has given")


def page(
    rows: Iterable[T], place: Callable[[T], Place], asked: Asked
) -> tuple[list[T], str | None]:
    """The rows of the page, newest first, and the cursor of the next one."""
    left = rows if asked.after is None else (row for row in rows if place(row) < asked.after)
    found = sorted(left, key=place, reverse=True)[: asked.limit + 1]
    more = len(found) > asked.limit
    found = found[: asked.limit]
    return found, written(place(found[-1])) if more else None
