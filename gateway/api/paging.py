"""Lists in pages: `limit` rows, and a cursor that the next page goes on from."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

import orjson
from fastapi import Depends, Query
from pydantic import BaseModel

from gateway.api.moments import LAST
from gateway.api.problems import Problem
from gateway.store.reading.page import Place

T = TypeVar("T")
R = TypeVar("R")

MOST = 200


class Page(BaseModel, Generic[T]):
    """A part of a list. next: the cursor of the page after it, null at the end."""

    items: list[T]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """Which page: at most `limit` rows, after the place (None: the first)."""

    limit: int
    after: Place | None


async def asked(
    limit: Annotated[int, Query(ge=1, le=MOST, description="Rows of a page.")] = 50,
    cursor: Annotated[
        str | None, Query(max_length=300, description="`next` of the page before.")
    ] = None,
) -> Asked:
    """The page that a request asks for; 422 for a cursor that is none of ours."""
    return Asked(limit, None if cursor is None else read(cursor))


Paged = Annotated[Asked, Depends(asked)]


def written(place: Place) -> str:
    """A place (time -1: it has none) as a cursor; what is in it is nobody's business."""
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
    found: Sequence[R], asked: Asked, place: Callable[[R], Place], told: Callable[[R], T]
) -> Page[T]:
    """A page of the rows that were found, newest first: of one more than it holds, if there is."""
    shown, more = found[: asked.limit], len(found) > asked.limit
    return Page(
        items=[told(row) for row in shown], next=written(place(shown[-1])) if more else None
    )
