"""How users come in: by an invitation, by a one-time link, or, where it is open, by themselves."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.api.lists import made
from gateway.api.moments import Moment
from gateway.api.paging import Page, Paged
from gateway.api.problems import Problem, missing
from gateway.api.routes.sessions import Opened, opened
from gateway.api.strict import AccountName, RoleName, Secret, Strict, Word
from gateway.auth import again, links, people, sign_in
from gateway.auth.again import Once, Seed
from gateway.auth.audit import Actor
from gateway.auth.given import Agent, GivenAuth, Visitor, weak
from gateway.auth.guard import OpenTo, require
from gateway.auth.part import Auth
from gateway.auth.passwords import weakness
from gateway.auth.rights import Principal, Right, Role
from gateway.store.engine import writing_async
from gateway.store.tables.users import Link, User

router = APIRouter(tags=["users"])
Admin = Annotated[Principal, Depends(require(Right.USERS))]
open_ = [Depends(OpenTo())]


class Invite(Strict):
    """Roles and accounts of who will come."""

    roles: Annotated[list[RoleName], Field(max_length=4)]
    accounts: Annotated[list[AccountName], Field(max_length=200)] = []


class LinkMade(BaseModel):
    """A one-time link, shown once. path: on this gateway's page; token: what is in it."""

    id: str
    path: str
    token: str
    expires: Moment


class LinkTold(BaseModel):
    """A link that is open. user: whose password it sets; null: it makes a user."""

    id: str
    user: str | None
    roles: list[Role]
    accounts: list[str]
    by: str
    created: Moment
    expires: Moment


class Join(Strict):
    """Use a link. name: one's own, of who is new; of who has one it is left out."""

    token: Secret
    name: Word | None = None
    password: Secret
    cookie: bool = False


class Register(Strict):
    """Where registration is open."""

    name: Word
    password: Secret
    cookie: bool = False


@router.post("/invitations", status_code=201)
async def invite(body: Invite, who: Admin, auth: GivenAuth, key: Once = None) -> LinkMade:
    """A link for somebody new."""
    roles, accounts = sorted(map(str, set(body.roles))), sorted(set(body.accounts))
    seed = again.seed(auth, who.user, "invitation", key)
    async with writing_async(auth.store) as session:
        link, fresh = await once(auth, session, who, seed, None, roles, accounts)
        if fresh:
            facts = {"roles": " ".join(roles), "accounts": " ".join(accounts)}
            await auth.audit.add(session, Actor.of(who), "invite", link.id, facts=facts)
    return link_of(link, seed)


async def once(
    auth: Auth, session: AsyncSession, who: Principal, seed: Seed, user: str | None,
    roles: list[str], accounts: list[str],
) -> tuple[Link, bool]:  # fmt: skip
    """The link of a seed, and whether it is made by this; the problem where it is told no more."""
    link = await session.get(Link, seed.id)
    if link is not None:
        same = (link.user, link.roles, link.accounts) == (user, roles, accounts)
        again.told_again(auth, link.created, same, link.used is None)
        return link, False
    token, now = links.Token(seed.id, seed.secret), auth.clock()
    seconds = auth.settings.link
    await links.made(session, who.user, user, roles, accounts, now, seconds, token)
    return await session.get_one(Link, seed.id), True


@router.get("/invitations")
async def list_invitations(who: Admin, auth: GivenAuth, paged: Paged) -> Page[LinkTold]:
    """Links that are open, the newest first."""
    good = (Link.used.is_(None), Link.expires > auth.clock())
    return await made(auth.store, Link, paged, _told, *good)


@router.delete("/invitations/{id}", status_code=204)
async def take_back(id: str, who: Admin, auth: GivenAuth) -> None:
    """A link that nobody shall use any more."""
    async with writing_async(auth.store) as session:
        if not await links.taken_back(session, id, auth.clock()):
            raise missing("such link")
        await auth.audit.add(session, Actor.of(who), "take link back", id)


@router.post("/invitations/join", status_code=201, dependencies=open_)
async def join(
    body: Join, auth: GivenAuth, visitor: Visitor, agent: Agent, response: Response
) -> Opened:
    """Use a one-time link: set a password, and be signed in. Once; the same answer for a link that
    is none, was used or has expired.
    """
    password, token = body.password.get_secret_value(), body.token.get_secret_value()
    if text := weakness(password, body.name or ""):
        raise weak(text)
    hash = await auth.passwords.hash(password)
    async with writing_async(auth.store) as session:
        link = await links.used(session, token, auth.clock())
        if link is None:
            raise Problem(404, "no-link", "that link is none, was used, or has expired")
        user = await _joined(auth, session, link, body.name, hash)
        actor = Actor(user.id, "link", visitor.address)
        await auth.audit.add(session, actor, "join", user.name, facts={"link": link.id})
    await auth.sessions.end_all(user.id)
    await auth.lockout.passed(user.name, visitor.address)
    return await _begun(auth, user, visitor, agent, response, body.cookie)


@router.post("/registrations", status_code=201, dependencies=open_)
async def register(
    body: Register, auth: GivenAuth, visitor: Visitor, agent: Agent, response: Response
) -> Opened:
    """Become a user who sees markets and no account, where [gateway] registration is "open"."""
    if auth.options.registration != "open":
        raise Problem(403, "not-open", "ask an admin of this desk for an invitation")
    password = body.password.get_secret_value()
    if text := weakness(password, body.name):
        raise weak(text)
    hash, roles = await auth.passwords.hash(password), [str(Role.VIEWER)]
    async with writing_async(auth.store) as session:
        user = await people.made(session, body.name, hash, roles, [], auth.clock())
        actor = Actor(user.id, "registration", visitor.address)
        await auth.audit.add(session, actor, "register", user.name)
    return await _begun(auth, user, visitor, agent, response, body.cookie)


async def _joined(
    auth: Auth, session: AsyncSession, link: Link, name: str | None, hash: str
) -> User:
    """Who uses a link: a new user, or the one whose password it sets."""
    if link.user is None:
        if auth.options.registration == "closed":
            raise Problem(403, "not-open", "this desk takes nobody new")
        if name is None:
            raise Problem(422, "no-name", "choose a name, too")
        roles, accounts = list(link.roles), list(link.accounts)
        return await people.made(session, name, hash, roles, accounts, auth.clock())
    user = await people.by_id(session, link.user)
    if user is None or not user.active:
        raise Problem(404, "no-link", "that link is none, was used, or has expired")
    user.password, user.totp, user.totp_on = hash, None, False
    return user


async def _begun(
    auth: Auth, user: User, visitor: Actor, agent: str, response: Response, cookie: bool
) -> Opened:
    epoch = await auth.sessions.epoch(user.id)
    given = await sign_in.begun(auth, user, epoch, visitor.address, agent)
    return opened(auth, given, response, cookie)


def link_of(link: Link, seed: Seed) -> LinkMade:
    """A link as it is shown."""
    token = links.Token(seed.id, seed.secret)
    return LinkMade(id=link.id, path=token.on(""), token=token.text, expires=link.expires)


def _told(link: Link) -> LinkTold:
    return LinkTold(
        id=link.id, user=link.user, roles=[Role(role) for role in link.roles],
        accounts=link.accounts, by=link.by, created=link.created, expires=link.expires,
    )  # fmt: skip
