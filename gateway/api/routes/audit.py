"""The audit log: who did what, the newest first."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict

from gateway.api.moments import Moment
from gateway.api.paging import Page, Paged, page
from gateway.auth import audit
from gateway.auth.given import GivenAuth
from gateway.auth.guard import require
from gateway.auth.rights import Principal, Right
from gateway.store.engine import reading_async

router = APIRouter(tags=["audit"])


class AuditTold(BaseModel):
    """One entry. hash: of all that it says, the hash of the one before included."""

    model_config = ConfigDict(from_attributes=True)

    seq: int
    at: Moment
    actor: str
    by: str
    address: str
    action: str
    target: str
    outcome: str
    facts: dict[str, str]
    previous: str
    hash: str


@router.get("/audit")
async def list_audit(
    who: Annotated[Principal, Depends(require(Right.AUDIT))],
    auth: GivenAuth,
    paged: Paged,
    actor: Annotated[str | None, Query(max_length=64, description="Id of a user.")] = None,
) -> Page[AuditTold]:
    """Entries of everybody, or of one user; `tapeline audit --verify` proves them whole."""
    before = paged.after[0] if paged.after else None
    async with reading_async(auth.store) as session:
        rows = list(await session.scalars(audit.page(actor, before, paged.limit + 1)))
    return page(rows, paged, lambda row: (row.seq, ""), AuditTold.model_validate)
