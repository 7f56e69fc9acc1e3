"""What the desk runs with: to be read, by those who look after it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from gateway.api.services import Given as Services
from gateway.api.shown import shown
from gateway.auth.guard import require
from gateway.auth.rights import Principal, Right
from topics.settings import settings_file

router = APIRouter(tags=["system"])


class Setting(BaseModel):
    """A setting by its dotted name; a secret's value is hidden."""

    name: str
    value: str


class SettingsView(BaseModel):
    """file: what they are read from, before the environment; empty where there is none."""

    file: str
    items: list[Setting]


@router.get("/settings", response_model=SettingsView)
async def all_settings(
    services: Services, who: Annotated[Principal, Depends(require(Right.USERS))]
) -> Any:
    """All that is set, without secrets. Changed in the file, and by a restart of the desk."""
    file = settings_file()
    items = [row._asdict() for row in shown(services.settings)]
    return {"file": file.name if file.is_file() else "", "items": items}
