"""The desk's inside: topics, how far each stage is, what has happened."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter

from gateway.api.access import Reader
from gateway.api.lists import listed
from gateway.api.paging import Page, Paged
from gateway.api.problems import away
from gateway.api.services import Given as Services
from gateway.api.services import Services as Parts
from gateway.api.views import Event, Stage, TopicView
from gateway.watching.gauge import Gauge, Sample
from gateway.watching.topic_map import told
from topics import TOPICS
from topics.settings import Settings

router = APIRouter(tags=["system"])

FRESH = 2.0
"""Seconds for which one look at the broker serves all who ask."""


class Looks:
    """The latest look at the broker's counts, shared: however many ask, it is asked seldom."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._lock = settings, asyncio.Lock()
        self._gauge: Gauge | None = None
        self._of, self._sample = "", Sample(float("-inf"))

    async def now(self) -> Sample:
        """A look that is no older than FRESH; the problem 503 where no desk runs."""
        if not self._settings.bootstrap:
            raise away("no desk runs")
        async with self._lock:
            if time.monotonic() - self._sample.at > FRESH:
                self._sample = await asyncio.to_thread(self._look)
            return self._sample

    def _look(self) -> Sample:
        address = self._settings.bootstrap
        if self._gauge is None or self._of != address:
            self.close()
            self._gauge, self._of = Gauge(self._settings), address
        return self._gauge.sample()

    def close(self) -> None:
        """Let go of the broker."""
        gauge, self._gauge = self._gauge, None
        if gauge is not None:
            gauge.close()


@asynccontextmanager
async def looking(services: Parts) -> AsyncIterator[None]:
    """The part of the gateway: opened and closed with it."""
    looks = services.more["looks"] = Looks(services.settings)
    try:
        yield
    finally:
        await asyncio.to_thread(looks.close)


@router.get("/topics", response_model=list[TopicView])
async def topics(services: Services, who: Reader) -> Any:
    """The map, with how many records each topic holds."""
    sample: Sample = await services.more["looks"].now()
    return [{**told(spec), "records": sample.counts.get(spec.name)} for spec in TOPICS]


@router.get("/lag", response_model=list[Stage])
async def lag(services: Services, who: Reader) -> Any:
    """How far behind each stage is, in the order of the flow."""
    sample: Sample = await services.more["looks"].now()
    return [
        {
            "stage": stop.stage,
            "takes": stop.takes,
            "gives": stop.gives,
            "lag": sample.lags.get(stop.stage, 0),
        }
        for stop in sample.stops
    ]


@router.get("/events", response_model=Page[Event])
async def events(services: Services, who: Reader, asked: Paged) -> Any:
    """Health, gaps, alerts and dead letters, the latest first."""
    return listed(services.live.hub.items("events", "*").values(), asked)
