"""Users, for admins: who there is, what they are, and which accounts are theirs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.api.lists import made
from gateway.api.moments import Moment
from gateway.api.paging import Page, Paged
from gateway.api.problems import Problem, missing
from gateway.api.routes.invitations import LinkMade, link_of, once
from gateway.api.strict import AccountName, RoleName, Strict
from gateway.auth import again, people
from gateway.auth.again import Once
from gateway.auth.audit import Actor
from gateway.auth.given import GivenAuth
from gateway.auth.guard import require
from gateway.auth.rights import Principal, Right, Role
from gateway.store.engine import reading_async, writing_async
from gateway.store.tables.users import User

router = APIRouter(tags=["users"])
Admin = Annotated[Principal, Depends(require(Right.USERS))]


class UserTold(BaseModel):
    """A user as admins see them. joined: has set a password."""

    id: str
    name: str
    roles: list[Role]
    accounts: list[str]
    active: bool
    joined: bool
    totp: bool
    created: Moment


class UserChange(Strict):
    """What is named is changed; every session of the user ends, so that it holds at once."""

    roles: Annotated[list[RoleName], Field(max_length=4)] | None = None
    accounts: Annotated[list[AccountName], Field(max_length=200)] | None = None
    active: bool | None = None


@router.get("/users")
async def list_users(who: Admin, auth: GivenAuth, paged: Paged) -> Page[UserTold]:
    """All users, the newest first."""
    return await made(auth.store, User, paged, told)


@router.get("/users/{id}")
async def one_user(id: str, who: Admin, auth: GivenAuth) -> UserTold:
    """One user."""
    async with reading_async(auth.store) as session:
        return told(await _found(session, id))


@router.patch("/users/{id}")
async def change_user(id: str, body: UserChange, who: Admin, auth: GivenAuth) -> UserTold:
    """Give other roles or accounts, shut out or let in again. The last admin stays one."""
    given = body.model_dump(exclude_none=True, mode="json")
    await auth.sessions.epoch(id)  # Redis is there to end sessions, or nothing is changed
    async with writing_async(auth.store) as session:
        user = await _found(session, id)
        for name, value in given.items():
            setattr(user, name, sorted(set(value)) if isinstance(value, list) else value)
        if not await people.keeps_an_admin(session, user):
            raise Problem(409, "last-admin", "nobody else could manage users: make another admin")
        facts = {name: _said(value) for name, value in given.items()}
        await auth.audit.add(session, Actor.of(who), "change user", user.name, facts=facts)
    await auth.sessions.end_all(id)
    return told(user)


@router.delete("/users/{id}/sessions", status_code=204)
async def end_sessions_of(id: str, who: Admin, auth: GivenAuth) -> None:
    """Sign a user out everywhere."""
    async with writing_async(auth.store) as session:
        user = await _found(session, id)
        await auth.audit.add(session, Actor.of(who), "sign out everywhere", user.name)
    await auth.sessions.end_all(id)


@router.post("/users/{id}/link", status_code=201)
async def link_for(id: str, who: Admin, auth: GivenAuth, key: Once = None) -> LinkMade:
    """A one-time link, shown once, by which the user sets a new password; codes of an app are then
    asked for no more, and all sessions end once it is used.
    """
    seed = again.seed(auth, who.user, "link", key)
    async with writing_async(auth.store) as session:
        user = await _found(session, id)
        link, fresh = await once(auth, session, who, seed, user.id, [], [])
        if fresh:
            await auth.audit.add(session, Actor.of(who), "make link", user.name)
    return link_of(link, seed)


def told(user: User) -> UserTold:
    """A user as admins see them."""
    return UserTold(
        id=user.id, name=user.name, roles=[Role(role) for role in user.roles],
        accounts=user.accounts, active=user.active, joined=user.password is not None,
        totp=user.totp_on, created=user.created,
    )  # fmt: skip


async def _found(session: AsyncSession, id: str) -> User:
    user = await people.by_id(session, id)
    if user is None:
        raise missing("such user")
    return user


def _said(value: object) -> str:
    if isinstance(value, list):
        return " ".join(sorted(set(value))) or "none"
    return str(value).lower()
