"""API keys of one's own, for programs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import AfterValidator, BaseModel, Field
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.api.access import Reader
from gateway.api.lists import made
from gateway.api.moments import Moment
from gateway.api.paging import Page, Paged
from gateway.api.problems import Problem, missing
from gateway.api.strict import AccountName, RightName, Strict, Word
from gateway.auth import again
from gateway.auth.addresses import network
from gateway.auth.again import Once
from gateway.auth.api_keys import ApiKey
from gateway.auth.audit import Actor
from gateway.auth.given import GivenAuth, Oneself
from gateway.auth.part import Auth
from gateway.auth.rights import EVERY, Principal, Right
from gateway.store.engine import writing_async
from gateway.store.tables.users import KeyOfApi

router = APIRouter(tags=["API keys"])
Network = Annotated[str, Field(max_length=50), AfterValidator(network)]


class NewKey(Strict):
    """scopes: what the key may do, of what its owner may; accounts: of its owner's, * for all of
    them; addresses: networks that it may be used from, none for everywhere; expires: when.
    """

    name: Word
    scopes: Annotated[list[RightName], Field(min_length=1, max_length=20)]
    accounts: Annotated[list[AccountName], Field(max_length=200)] = [EVERY]
    addresses: Annotated[list[Network], Field(max_length=50)] = []
    expires: Moment | None = None


class KeyTold(BaseModel):
    """A key without its secret, which is nowhere."""

    id: str
    name: str
    scopes: list[Right]
    accounts: list[str]
    addresses: list[str]
    created: Moment
    expires: Moment | None
    used: Moment | None


class KeyMade(KeyTold):
    """key: its text, shown this once."""

    key: str


@router.post("/api-keys", status_code=201)
async def make_key(body: NewKey, who: Oneself, auth: GivenAuth, once: Once = None) -> KeyMade:
    """A new key; only what one may oneself can be given to it, and never one's own profile."""
    _within(body, who, auth)
    seed = again.seed(auth, who.user, "API key", once)
    key, row = ApiKey(seed.id, seed.secret), _row(body, who.user, seed, auth.clock())
    async with writing_async(auth.store) as session:
        there = await session.get(KeyOfApi, key.id)
        if there is not None:
            again.told_again(auth, there.created, _alike(row, there), there.revoked is None)
            return KeyMade(**told(there).model_dump(), key=key.text)
        await _room(auth, session, who)
        session.add(row)
        facts = {"name": row.name, "scopes": " ".join(row.scopes)}
        await auth.audit.add(session, Actor.of(who), "make API key", key.id, facts=facts)
    return KeyMade(**told(row).model_dump(), key=key.text)


def _row(body: NewKey, user: str, seed: again.Seed, now: int) -> KeyOfApi:
    return KeyOfApi(
        id=seed.id, user=user, name=body.name, hash=ApiKey(seed.id, seed.secret).hash,
        scopes=sorted(map(str, set(body.scopes))), accounts=sorted(set(body.accounts)),
        addresses=list(body.addresses), created=now, expires=body.expires, used=None, revoked=None,
    )  # fmt: skip


def _alike(row: KeyOfApi, there: KeyOfApi) -> bool:
    asked = ("user", "name", "scopes", "accounts", "addresses", "expires")
    return all(getattr(row, name) == getattr(there, name) for name in asked)


async def _room(auth: Auth, session: AsyncSession, who: Principal) -> None:
    """The problem 409 where a user has as many keys as one may have."""
    has = await session.scalar(select(func.count()).select_from(KeyOfApi).where(*_good(who)))
    if (has or 0) >= auth.settings.keys:
        raise Problem(409, "many-keys", f"you have {has} keys: revoke one first")


def _within(body: NewKey, who: Principal, auth: Auth) -> None:
    """Problems where a key would have more than its owner, or was over before it began."""
    if beyond := sorted(set(body.scopes) - who.rights | {Right.SELF} & set(body.scopes)):
        raise Problem(403, "beyond-rights", f"a key of yours cannot have: {', '.join(beyond)}")
    for account in set(body.accounts) - {EVERY}:
        who.account(account)
    if body.expires is not None and body.expires <= auth.clock():
        raise Problem(422, "expired", "the key would have expired already")


@router.get("/api-keys")
async def list_keys(who: Oneself, auth: GivenAuth, paged: Paged) -> Page[KeyTold]:
    """One's own keys that are not revoked, the newest first."""
    return await made(auth.store, KeyOfApi, paged, told, *_good(who))


def _good(who: Principal) -> tuple[ColumnElement[bool], ...]:
    return KeyOfApi.user == who.user, KeyOfApi.revoked.is_(None)


@router.delete("/api-keys/current", status_code=204)
async def revoke_own(who: Reader, auth: GivenAuth) -> None:
    """The key that asks: whoever has it may end it, and so `tapeline logout` does."""
    kind, _, id = who.by.partition(":")
    if kind != "key":
        raise missing("such key")
    async with writing_async(auth.store) as session:
        row = await session.get(KeyOfApi, id)
        if row is None or row.revoked is not None:
            raise missing("such key")
        row.revoked = auth.clock()
        await auth.audit.add(session, Actor.of(who), "revoke API key", id)


@router.delete("/api-keys/{id}", status_code=204)
async def revoke_key(id: str, who: Oneself, auth: GivenAuth) -> None:
    """No request with it is let in any more. An admin may revoke anybody's."""
    async with writing_async(auth.store) as session:
        row = await session.get(KeyOfApi, id)
        theirs = row is not None and (row.user == who.user or who.may(Right.USERS))
        if row is None or not theirs or row.revoked is not None:
            raise missing("such key")
        row.revoked = auth.clock()
        await auth.audit.add(session, Actor.of(who), "revoke API key", id)


def told(row: KeyOfApi) -> KeyTold:
    """A key as its owner sees it."""
    return KeyTold(
        id=row.id, name=row.name, scopes=[Right(scope) for scope in row.scopes],
        accounts=row.accounts, addresses=row.addresses, created=row.created, expires=row.expires,
        used=row.used,
    )  # fmt: skip
