"""Sessions: sign in, refresh, sign out here or everywhere."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field, SecretStr

from gateway.api.moments import SECOND, Moment
from gateway.api.problems import Problem, missing
from gateway.api.strict import Secret, Strict, Word
from gateway.auth import cookies, sign_in
from gateway.auth.audit import Actor
from gateway.auth.given import Agent, GivenAuth, Oneself, Visitor
from gateway.auth.guard import OpenTo, unknown
from gateway.auth.known import from_the_page
from gateway.auth.meter import too_many
from gateway.auth.part import Auth
from gateway.auth.sign_in import Attempt, Refusal, Refused, SignedIn
from gateway.auth.tokens import Kind

router = APIRouter(tags=["sessions"])
open_ = [Depends(OpenTo())]


class SignIn(Strict):
    """name and password; code: of an authenticator app, where the user has one. cookie: for the
    page: the tokens are set as cookies that scripts cannot read, and are not in the answer.
    """

    name: Word
    password: Secret
    code: Annotated[str, Field(max_length=10)] = ""
    cookie: bool = False


class Refresh(Strict):
    """The refresh token; without one that of the cookie is taken."""

    refresh: SecretStr | None = None


class Opened(BaseModel):
    """A session. expires, ends: seconds until the access and the refresh token are no more; csrf:
    what the page says in the header X-Tapeline-CSRF with every change.
    """

    user: str
    session: str
    expires: int
    ends: int
    csrf: str
    access: str | None = None
    refresh: str | None = None


class SessionTold(BaseModel):
    """One of one's sessions. current: the one that asks."""

    id: str
    address: str
    agent: str
    began: Moment
    used: Moment
    current: bool


@router.post("/sessions", status_code=201, dependencies=open_)
async def open_session(
    body: SignIn, auth: GivenAuth, visitor: Visitor, agent: Agent, response: Response
) -> Opened:
    """Sign in. 401 is the same for a user that is not there and a wrong password; `code-needed`
    says that the password was right and a code is asked for. After wrong tries 429 says how long to
    wait.
    """
    secret = body.password.get_secret_value()
    attempt = Attempt(body.name, secret, body.code, visitor.address, agent)
    result = await sign_in.sign_in(auth, attempt)
    if isinstance(result, Refused):
        raise refused(result, bool(body.code))
    return opened(auth, result, response, body.cookie)


def refused(result: Refused, coded: bool) -> Problem:
    """The problem of who was not let in."""
    match result.why:
        case Refusal.WAIT:
            return too_many(result.seconds)
        case Refusal.CODE if not coded:
            return Problem(401, "code-needed", "say the code of your authenticator app, too")
        case _:
            return Problem(401, "not-let-in", "name, password or code is wrong")


def opened(auth: Auth, given: SignedIn, response: Response, cookie: bool) -> Opened:
    """The answer, with the tokens in it or in cookies."""
    session, (expires, ends) = given.session, given.seconds
    told = Opened(
        user=session.user, session=session.id, expires=expires, ends=ends, csrf=given.csrf
    )
    if cookie:
        cookies.put(response, auth.secure, given.access, given.refresh, given.csrf, ends)
        return told
    return told.model_copy(update={"access": given.access, "refresh": given.refresh})


@router.post("/sessions/refresh", dependencies=open_)
async def refresh(
    body: Refresh, auth: GivenAuth, visitor: Visitor, request: Request, response: Response
) -> Opened:
    """New tokens for a refresh token, which is good once: one that comes a second time ends its
    session, for it was stolen from whoever used it first, or by them.
    """
    cookie = body.refresh is None
    token = body.refresh.get_secret_value() if body.refresh else _cookie(auth, request)
    given = await sign_in.refreshed(auth, token, visitor.address)
    if given is None:
        if cookie:
            cookies.drop(response, auth.secure)
        raise unknown()
    return opened(auth, given, response, cookie)


def _cookie(auth: Auth, request: Request) -> str:
    token = request.cookies.get(cookies.name_of(Kind.REFRESH, auth.secure), "")
    claims = auth.tokens.read(Kind.REFRESH, token, auth.clock())
    if claims is None:
        raise unknown()
    from_the_page(auth, request, claims.session)
    return token


@router.get("/sessions")
async def list_sessions(who: Oneself, auth: GivenAuth) -> list[SessionTold]:
    """One's own sessions, the newest first."""
    return [
        SessionTold(
            id=each.id, address=each.address, agent=each.agent, began=each.began * SECOND,
            used=each.used * SECOND, current=each.id == who.session,
        )
        for each in await auth.sessions.of(who.user)
    ]  # fmt: skip


@router.delete("/sessions", status_code=204)
async def end_sessions(who: Oneself, auth: GivenAuth, response: Response) -> None:
    """Sign out everywhere: no token of any session is good any more. API keys stay."""
    await auth.audit.alone(Actor.of(who), "sign out everywhere", who.user)
    await auth.sessions.end_all(who.user)
    cookies.drop(response, auth.secure)


@router.delete("/sessions/current", status_code=204)
async def end_session(who: Oneself, auth: GivenAuth, response: Response) -> None:
    """Sign out."""
    await auth.audit.alone(Actor.of(who), "sign out", who.session)
    await auth.sessions.end(who.user, who.session)
    cookies.drop(response, auth.secure)


@router.delete("/sessions/{id}", status_code=204)
async def end_other(id: str, who: Oneself, auth: GivenAuth) -> None:
    """Sign one of one's own sessions out."""
    if not await auth.sessions.end(who.user, id):
        raise missing("such session")
    await auth.audit.alone(Actor.of(who), "sign out", id)
