"""One-time links: by which users come in for the first time, or set a new password.

A link is an address of the page with a token behind a #, which browsers send to nobody. The store
has the token's hash only.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.store.tables.users import Link


@dataclass(frozen=True, slots=True)
class Token:
    """A link's token as it is shown, once."""

    id: str
    text: str = field(repr=False)

    def on(self, address: str) -> str:
        """The link on the page at an address."""
        return f"{address}/#/join/{self.text}"


def hashed(text: str) -> str:
    """What the store keeps of a token: 256 random bits need no slow hash."""
    return sha256(text.encode()).hexdigest()


async def made(
    session: AsyncSession, by: str, user: str | None, roles: Sequence[str],
    accounts: Sequence[str], now: int, seconds: int, token: Token | None = None,
) -> Token:  # fmt: skip
    """A new link: for a new user of these roles and accounts, or for the password of `user`, whose
    earlier links are taken back. token: nobody else's; a random one if left out.
    """
    if user is not None:
        await session.execute(
            update(Link).where(Link.user == user, Link.used.is_(None)).values(used=now)
        )
    token = token or Token(secrets.token_hex(8), secrets.token_urlsafe(32))
    session.add(
        Link(
            id=token.id, hash=hashed(token.text), user=user, roles=list(roles),
            accounts=list(accounts), by=by, created=now, expires=now + seconds * 10**9, used=None,
        )
    )  # fmt: skip
    await session.flush()
    return token


async def used(session: AsyncSession, token: str, now: int) -> Link | None:
    """Use a link up; None where it is none, was used or taken back, or has expired."""
    good = (Link.hash == hashed(token), Link.used.is_(None), Link.expires > now)
    taken = await session.execute(update(Link).where(*good).values(used=now))
    if not getattr(taken, "rowcount", 0):
        return None
    found: Link | None = await session.scalar(select(Link).where(Link.hash == hashed(token)))
    return found


async def taken_back(session: AsyncSession, id: str, now: int) -> bool:
    """Make a link useless; False where none of that id is open."""
    done = await session.execute(
        update(Link).where(Link.id == id, Link.used.is_(None)).values(used=now)
    )
    return bool(getattr(done, "rowcount", 0))
