"""The first start: an admin without a password, and a one-time link to set it. No default password.

As long as nobody has set one, each start makes a new link and takes the one before back.
"""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.auth import links, people
from gateway.auth.audit import Actor
from gateway.auth.part import Auth
from gateway.auth.rights import EVERY
from gateway.store.engine import writing_async

FIRST = "admin"
ITSELF = Actor("", "setup", "")


async def first_link(auth: Auth) -> links.Token | None:
    """The link of the first admin; None where somebody can sign in."""
    async with writing_async(auth.store) as session:
        if await people.counted(session):
            return None
        user = await people.by_name(session, FIRST)
        if user is None:
            roles = sorted(set(map(str, auth.settings.first)))
            user = await people.made(session, FIRST, None, roles, [EVERY], auth.clock())
        token = await _link(auth, session, user.id)
        await auth.audit.add(session, ITSELF, "make link", user.name)
    return token


async def _link(auth: Auth, session: AsyncSession, user: str) -> links.Token:
    return await links.made(session, "", user, [], [], auth.clock(), auth.settings.link)


async def link_for(auth: Auth, name: str) -> links.Token:
    """A link for whoever has forgotten a password, made on the machine itself."""
    async with writing_async(auth.store) as session:
        user = await people.by_name(session, name)
        if user is None:
            raise people.PeopleError(f"there is no user {name}")
        token = await _link(auth, session, user.id)
        actor = Actor("", "command line", "")
        await auth.audit.add(session, actor, "make link", user.name)
    return token
