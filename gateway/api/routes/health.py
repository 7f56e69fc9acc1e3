"""Is it alive, and is all there that it needs: for whoever watches the process."""

from __future__ import annotations

import asyncio
from importlib.metadata import version
from typing import Literal

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel

from gateway.api.services import Given, Probe
from gateway.auth.guard import OpenTo

VERSION = version("tapeline")
router = APIRouter(tags=["health"])
watched = [Depends(OpenTo(metered=False))]

PATIENCE = 3.0
"""Seconds that a part may take to say how it is."""


class Health(BaseModel):
    """It runs."""

    status: Literal["ok"] = "ok"
    version: str


class Readiness(BaseModel):
    """ready: all parts are well. parts: by name, "ok" or what is wrong with it."""

    ready: bool
    parts: dict[str, str]


@router.get("/health", dependencies=watched)
async def health() -> Health:
    """The process answers; nothing else is looked at."""
    return Health(version=VERSION)


@router.get("/ready", dependencies=watched, responses={503: {"model": Readiness}})
async def ready(services: Given, response: Response) -> Readiness:
    """Each part is asked now; 503 where one is not well."""
    told = await asyncio.gather(*(_asked(probe) for probe in services.probes.values()))
    parts = {name: text or "ok" for name, text in zip(services.probes, told, strict=True)}
    well = not any(told)
    response.status_code = 200 if well else 503
    return Readiness(ready=well, parts=parts)


async def _asked(probe: Probe) -> str:
    try:
        async with asyncio.timeout(PATIENCE):
            return await probe()
    except TimeoutError:
        return f"it has not answered in {PATIENCE:g} s"
