"""How the gateway says no: problem details (RFC 9457), in one form for every error.

What is told is for the caller: no stack, no addresses; of what was sent (it may be secret)
at most a name that there is none of, or an amount that is none.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
from confluent_kafka import KafkaException
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gateway.auth.shared import RedisAwayError
from gateway.store.engine import StoreError
from schemas.errors import TapelineError, Unknown

MEDIA = "application/problem+json"
BASE = "https://tapeline.dev/problems/"
"""Of the types: names that stay, no addresses to be opened."""

PLACE = 64
"""Characters of a name in a place: a field that is none of ours may be as long as a body."""

log = logging.getLogger("gateway")


class ProblemDetails(BaseModel):
    """The body of every answer that is not what was asked for."""

    type: str
    title: str
    status: int
    detail: str = ""
    errors: list[dict[str, Any]] = []


class Problem(Exception):
    """An answer of `status`; `kind` names it for programs, `detail` says it to people."""

    def __init__(
        self, status: int, kind: str, detail: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail or kind)
        self.status, self.kind, self.detail = status, kind, detail
        self.headers = dict(headers or {})


def missing(what: str) -> Problem:
    """404: there is none, or none that the caller may know of."""
    return Problem(404, "not-found", f"there is no {what}")


def away(detail: str, seconds: int = 2) -> Problem:
    """503: something that is needed does not answer right now."""
    return Problem(503, "unavailable", detail, {"Retry-After": str(seconds)})


def answer(problem: Problem, errors: list[dict[str, Any]] | None = None) -> Response:
    """The problem as it goes out."""
    body: dict[str, Any] = {
        "type": BASE + problem.kind,
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
    }
    if errors:
        body["errors"] = errors
    return Response(orjson.dumps(body), problem.status, problem.headers, MEDIA)


def install(api: FastAPI) -> None:
    """Let every error become a problem."""
    api.add_exception_handler(Problem, _problem)
    api.add_exception_handler(RequestValidationError, _invalid)
    api.add_exception_handler(HTTPException, _http)
    api.add_exception_handler(TapelineError, _ours)
    api.add_exception_handler(RedisAwayError, _away)
    api.add_exception_handler(StoreError, _store)
    api.add_exception_handler(SQLAlchemyError, _store)
    api.add_exception_handler(KafkaException, _broker)
    api.add_exception_handler(TimeoutError, _broker)


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return answer(error)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = [
        {"place": [str(part)[:PLACE] for part in each["loc"]], "text": each["msg"]}
        for each in error.errors()[:20]
    ]
    return answer(Problem(422, "invalid", "the request is not of the form it must have"), found)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    phrase = HTTPStatus(error.status_code).phrase
    kind = phrase.lower().replace(" ", "-")
    return answer(Problem(error.status_code, kind, "", error.headers))


async def _ours(request: Request, error: Exception) -> Response:
    if isinstance(error, Unknown):
        return answer(away(f"{error}; ask again with the same Idempotency-Key"))
    return answer(Problem(409, "refused", str(error)))


async def _broker(request: Request, error: Exception) -> Response:
    log.warning("the broker does not answer: %s", error)
    return answer(away("the broker does not answer; ask again with the same Idempotency-Key"))


async def _away(request: Request, error: Exception) -> Response:
    return answer(away(str(error)))


async def _store(request: Request, error: Exception) -> Response:
    """Its text may have the statement, and with it what was to be written."""
    log.warning("the store does not answer: %s", type(error).__name__)
    return answer(away("the store does not answer: nothing was changed"))
