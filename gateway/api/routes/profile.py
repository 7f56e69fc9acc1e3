"""One's own profile: what the page looks like, password, and codes of an authenticator app."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.api.moments import Moment
from gateway.api.problems import Problem
from gateway.api.routes.sessions import Opened, opened
from gateway.api.strict import Secret, Strict
from gateway.auth import people, sign_in, totp
from gateway.auth.audit import Actor
from gateway.auth.given import Agent, GivenAuth, Oneself, weak
from gateway.auth.meter import too_many
from gateway.auth.part import Auth
from gateway.auth.passwords import weakness
from gateway.auth.rights import Principal, Right, Role, rights_of
from gateway.store.engine import reading_async, writing_async
from gateway.store.tables.users import User

router = APIRouter(tags=["profile"])


class Profile(BaseModel):
    """Who one is. rights: what one may do, of all one's roles."""

    id: str
    name: str
    roles: list[Role]
    rights: list[Right]
    accounts: list[str]
    totp: bool
    language: str | None
    theme: str | None
    created: Moment


class ProfileChange(Strict):
    """What one may change of oneself by saying so; roles and accounts are given by an admin."""

    language: Literal["en", "zh"] | None = None
    theme: Literal["light", "dark"] | None = None


class NewPassword(Strict):
    """The password until now, and the one from now on."""

    current: Secret
    password: Secret


class Confirmed(Strict):
    """One's password, again."""

    password: Secret


class Code(Strict):
    """A code of the app."""

    code: Annotated[str, Field(min_length=6, max_length=6)]


class TotpSecret(BaseModel):
    """What the app is told, shown once. address: as the picture that it reads."""

    secret: str
    address: str


@router.get("/profile")
async def profile(who: Oneself, auth: GivenAuth) -> Profile:
    """Who one is, and what one may."""
    async with reading_async(auth.store) as session:
        return _told(await _oneself(session, who))


@router.patch("/profile")
async def change_profile(body: ProfileChange, who: Oneself, auth: GivenAuth) -> Profile:
    """Change what the page looks like; what is not named stays."""
    given: dict[str, Any] = body.model_dump(exclude_unset=True)
    async with writing_async(auth.store) as session:
        user = await _oneself(session, who)
        user.taste = {**user.taste, **given}
        return _told(user)


@router.put("/profile/password")
async def change_password(
    body: NewPassword, who: Oneself, auth: GivenAuth, agent: Agent, response: Response
) -> Opened:
    """Set a new password. All sessions end; the answer has a new one for who asks."""
    user = await confirmed(auth, who, body.current.get_secret_value())
    new = body.password.get_secret_value()
    if text := weakness(new, user.name):
        raise weak(text)
    hash = await auth.passwords.hash(new)
    async with writing_async(auth.store) as session:
        user = await _oneself(session, who)
        user.password = hash
        await auth.audit.add(session, Actor.of(who), "change password", user.name)
    await auth.sessions.end_all(user.id)
    epoch = await auth.sessions.epoch(user.id)
    given = await sign_in.begun(auth, user, epoch, who.address, agent)
    return opened(auth, given, response, who.by == "cookie")


@router.post("/profile/totp")
async def begin_totp(body: Confirmed, who: Oneself, auth: GivenAuth) -> TotpSecret:
    """A new secret for an authenticator app; asked for at sign-in once a code has confirmed it.
    Asked again, the last one counts.
    """
    await confirmed(auth, who, body.password.get_secret_value())
    secret = totp.fresh()
    async with writing_async(auth.store) as session:
        user = await _oneself(session, who)
        if user.totp_on:
            raise Problem(409, "totp-on", "codes are asked for already: take that away first")
        user.totp, user.totp_step = totp.close(auth.sealing, secret), totp.NEVER
    return TotpSecret(secret=secret, address=totp.address(secret, user.name, "Tapeline"))


@router.post("/profile/totp/confirm", status_code=204)
async def confirm_totp(body: Code, who: Oneself, auth: GivenAuth) -> None:
    """From now on codes are asked for at sign-in."""
    async with writing_async(auth.store) as session:
        user = await _oneself(session, who)
        secret, last = totp.open_(auth.sealing, user.totp or ""), user.totp_step
        step = (
            totp.step_of(secret, body.code, auth.clock(), last - user.totp_on) if secret else None
        )
        if user.totp_on and step == last:
            return  # the very code that has confirmed it, asked again
        step = None if user.totp_on else step
        if step is None:
            raise Problem(409, "wrong-code", "that is not the app's code now, or none is awaited")
        user.totp_on, user.totp_step = True, step
        await auth.audit.add(session, Actor.of(who), "ask for codes", user.name)


@router.post("/profile/totp/remove", status_code=204)
async def remove_totp(body: Confirmed, who: Oneself, auth: GivenAuth) -> None:
    """Codes are asked for no more."""
    await confirmed(auth, who, body.password.get_secret_value())
    async with writing_async(auth.store) as session:
        user = await _oneself(session, who)
        user.totp, user.totp_on = None, False
        await auth.audit.add(session, Actor.of(who), "ask for no codes", user.name)


async def confirmed(auth: Auth, who: Principal, password: str) -> User:
    """The user, if that is the password: an open session is not enough for some changes. Wrong ones
    count as tries to sign in.
    """
    async with reading_async(auth.store) as session:
        user = await _oneself(session, who)
    if wait := await auth.lockout.tried(user.name, who.address):
        raise too_many(wait)
    if not await auth.passwords.verify(user.password, password):
        await auth.audit.alone(Actor.of(who), "confirm", user.name, "refused")
        raise Problem(403, "wrong-password", "that is not your password")
    await auth.lockout.passed(user.name, who.address)
    return user


async def _oneself(session: AsyncSession, who: Principal) -> User:
    user = await people.by_id(session, who.user)
    assert user is not None, "users are never removed"
    return user


def _told(user: User) -> Profile:
    roles = [Role(role) for role in user.roles]
    return Profile(
        id=user.id, name=user.name, roles=roles, rights=sorted(rights_of(roles)),
        accounts=user.accounts, totp=user.totp_on, language=user.taste.get("language"),
        theme=user.taste.get("theme"), created=user.created,
    )  # fmt: skip
