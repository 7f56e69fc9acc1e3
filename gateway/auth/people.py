"""Users in the store: found, made and changed within a session of it."""

from __future__ import annotations

import re
import secrets
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.auth.rights import Role
from gateway.auth.totp import NEVER
from gateway.store.tables.users import User
from schemas.errors import TapelineError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{1,62}[A-Za-z0-9]")


class PeopleError(TapelineError):
    """A user cannot be made or changed so; the text says why."""


def login_of(name: str) -> str:
    """The name as it is compared: Alice and alice are one."""
    return name.strip().casefold()


async def by_name(session: AsyncSession, name: str) -> User | None:
    """The user of a name, however it is written."""
    found: User | None = await session.scalar(select(User).where(User.login == login_of(name)))
    return found


async def by_id(session: AsyncSession, id: str) -> User | None:
    """The user of an id, as the store has it now."""
    return await session.get(User, id, populate_existing=True)


async def made(
    session: AsyncSession, name: str, password: str | None, roles: list[str], accounts: list[str],
    now: int,
) -> User:  # fmt: skip
    """A new user; PeopleError where the name is taken or none."""
    if not NAME.fullmatch(name):
        raise PeopleError("a name has 3 to 64 letters, digits and . _ @ -")
    if await by_name(session, name) is not None:
        raise PeopleError("that name is taken")
    user = User(
        id=secrets.token_hex(8), login=login_of(name), name=name, password=password, totp=None,
        totp_on=False, totp_step=NEVER, roles=roles, accounts=accounts, active=True, taste={},
        created=now,
    )  # fmt: skip
    session.add(user)
    await session.flush()
    return user


async def counted(session: AsyncSession) -> int:
    """How many can sign in: those with a password."""
    asked = select(func.count()).select_from(User).where(User.password.is_not(None))
    return int(await session.scalar(asked) or 0)


async def used_step(session: AsyncSession, user: str, step: int) -> bool:
    """Take the step of a code; False where it, or a later one, was taken before."""
    taken = await session.execute(
        update(User).where(User.id == user, User.totp_step < step).values(totp_step=step)
    )
    return bool(getattr(taken, "rowcount", 0))


async def keeps_an_admin(session: AsyncSession, changed: User) -> bool:
    """Whether somebody else could still manage users, if `changed` no longer does."""
    if changed.active and Role.ADMIN in changed.roles:
        return True
    asked = select(User).where(User.active.is_(True), User.password.is_not(None))
    others = [user for user in await session.scalars(asked) if user.id != changed.id]
    return any(Role.ADMIN in user.roles for user in others)


def told(user: User) -> dict[str, Any]:
    """What a session keeps of its user."""
    return {"name": user.name, "roles": list(user.roles), "accounts": list(user.accounts)}
