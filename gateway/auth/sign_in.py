"""Signing in: a password, a code where one is asked for, and a session.

A user that is not there, a wrong password and a user who was shut out get the same answer after the
same work: a look into the store, one argon2 hash, one entry in the audit log.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.auth import people, totp
from gateway.auth.audit import Actor, clean
from gateway.auth.part import Auth
from gateway.auth.sessions import ReusedError, Session
from gateway.auth.tokens import Kind
from gateway.store.engine import reading_async, writing_async
from gateway.store.tables.users import User


class Refusal(StrEnum):
    """Why nobody was let in."""

    UNKNOWN = "unknown"
    CODE = "code"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Refused:
    """Not let in. seconds: to wait before the next try is looked at."""

    why: Refusal
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Attempt:
    """What somebody gave to be let in."""

    name: str
    password: str = field(repr=False)
    code: str = field(default="", repr=False)
    address: str = ""
    agent: str = ""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session with its tokens. seconds: until the access and the refresh token expire."""

    session: Session
    access: str = field(repr=False)
    refresh: str = field(repr=False)
    csrf: str = field(repr=False)
    seconds: tuple[int, int]


async def sign_in(auth: Auth, attempt: Attempt) -> SignedIn | Refused:
    """Let somebody in, or say why not. RedisAwayError: nobody is let in while Redis is away."""
    if wait := await auth.lockout.tried(attempt.name, attempt.address):
        return Refused(Refusal.WAIT, wait)
    async with reading_async(auth.store) as session:
        user = await people.by_name(session, attempt.name)
    known = user.password if user and user.active else None
    right = await auth.passwords.verify(known, attempt.password)
    if user is None or not right:
        return await _refused(auth, attempt, user)
    fresh = await auth.passwords.hash(attempt.password) if auth.passwords.stale(known or "") else ""
    epoch = await auth.sessions.epoch(user.id)
    async with writing_async(auth.store) as session:
        now = await people.by_id(session, user.id)
        if now is None or not now.active or now.password != known:
            return Refused(Refusal.UNKNOWN)
        actor = Actor(now.id, "password", attempt.address)
        if now.totp_on and not await _code_fits(auth, session, now, attempt.code):
            if attempt.code:
                why = {"why": "code"}
                await auth.audit.add(session, actor, "sign in", now.name, "refused", why)
            return Refused(Refusal.CODE)
        if fresh:
            now.password = fresh
        await auth.audit.add(session, actor, "sign in", now.name, facts={"agent": attempt.agent})
    await auth.lockout.passed(attempt.name, attempt.address)
    return await begun(auth, now, epoch, attempt.address, attempt.agent)


async def _refused(auth: Auth, attempt: Attempt, user: User | None) -> Refused:
    actor = Actor(user.id if user else "", "password", attempt.address)
    await auth.audit.alone(actor, "sign in", attempt.name, "refused")
    return Refused(Refusal.UNKNOWN)


async def _code_fits(auth: Auth, session: AsyncSession, user: User, code: str) -> bool:
    secret = totp.open_(auth.sealing, user.totp or "")
    step = totp.step_of(secret, code, auth.clock(), user.totp_step) if secret else None
    return step is not None and await people.used_step(session, user.id, step)


async def begun(auth: Auth, user: User, epoch: str, address: str, agent: str) -> SignedIn:
    """A session of somebody who was let in. epoch: read before the user's row."""
    session = await auth.sessions.open(user.id, epoch, people.told(user), address, clean(agent))
    return signed(auth, session, 0)


def signed(auth: Auth, session: Session, generation: int) -> SignedIn:
    """The tokens of a session's generation."""
    now, whose = auth.clock(), (session.user, session.id, generation)
    left = max(session.until - now // 10**9, 1)
    seconds = auth.tokens.seconds
    return SignedIn(
        session,
        auth.tokens.made(Kind.ACCESS, *whose, now),
        auth.tokens.made(Kind.REFRESH, *whose, now),
        auth.tokens.csrf(session.id),
        (min(seconds[Kind.ACCESS], left), min(seconds[Kind.REFRESH], left)),
    )


async def refreshed(auth: Auth, token: str, address: str) -> SignedIn | None:
    """New tokens for a refresh token, with the user's rights as they are now; None where it is
    good no more. One that was used before ends its session, on record.
    """
    claims = auth.tokens.read(Kind.REFRESH, token, auth.clock())
    session = await auth.sessions.look(claims.session) if claims else None
    if claims is None or session is None:
        return None
    async with reading_async(auth.store) as reader:
        user = await people.by_id(reader, session.user)
    if user is None or not user.active:
        return None
    try:
        generation = await auth.sessions.rotate(session.id, claims.generation, people.told(user))
    except ReusedError:
        actor = Actor(session.user, "refresh", address)
        await auth.audit.alone(actor, "refresh", session.id, "refused", {"why": "token reused"})
        return None
    return None if generation is None else signed(auth, session, generation)
