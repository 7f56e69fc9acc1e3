"""Who asks: the bearer of a token or of an API key, or a page with its cookies."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import HTTPConnection

from gateway.api.problems import Problem
from gateway.auth import people
from gateway.auth.addresses import within
from gateway.auth.api_keys import BEGINNING, ApiKey
from gateway.auth.cookies import CSRF, SAFE, name_of, of_the_page
from gateway.auth.guard import unknown
from gateway.auth.meter import (
    address_of,
    arrived,
    arriving,
    method_of,
    spending,
    spent,
    too_many,
)
from gateway.auth.part import Auth
from gateway.auth.rights import EVERY, Principal, Right, Role, rights_of
from gateway.auth.sessions import Session
from gateway.auth.tokens import Claims, Kind
from gateway.store.engine import reading_async, writing_async
from gateway.store.tables.users import KeyOfApi, User

SCHEME = "bearer"
TOKEN, COOKIE, KEY = "token", "cookie", "key"
"""What somebody has shown."""
USED = 60 * 10**9
"""ns after which it is written down again that a key is in use."""


async def authenticate(auth: Auth, connection: HTTPConnection) -> Principal:
    """Who asks, counted by address, user and route; the problem 401, 429 where that is too much, or
    403 for a change by cookie that did not come from the page.
    """
    token, by = shown(auth, connection)
    claims = None if by == KEY else auth.tokens.read(Kind.ACCESS, token, auth.clock())
    if claims is not None and (by == TOKEN or _of_the_page(auth, connection, claims.session)):
        return await _entered(auth, connection, claims, by)
    await arrived(auth, address_of(auth, connection))
    principal = await recognise(auth, connection)
    await spent(auth, principal, connection)
    return principal


async def _entered(auth: Auth, connection: HTTPConnection, claims: Claims, by: str) -> Principal:
    """In one question to Redis what else are three."""
    address, user = address_of(auth, connection), claims.user
    wishes = arriving(auth, address), spending(auth, user, connection)
    found = await auth.entry.enter(claims.session, *wishes)
    if found.wait:
        raise too_many(found.wait)
    if found.told is None or found.user != user:
        raise unknown()
    return _told(user, claims.session, found.told, by, address)


async def recognise(auth: Auth, connection: HTTPConnection) -> Principal:
    """Who that is, not counted: of what asks, and of a stream that goes on."""
    address, (token, by) = address_of(auth, connection), shown(auth, connection)
    if not token:
        raise unknown()
    if by == KEY:
        return await by_key(auth, token, address)
    principal = await by_token(auth, token, by, address)
    if by == COOKIE:
        from_the_page(auth, connection, principal.session)
    return principal


def shown(auth: Auth, connection: HTTPConnection) -> tuple[str, str]:
    """What is shown by whoever asks, and what that is; "" where it is nothing that we know."""
    if told := connection.headers.get("authorization"):
        scheme, _, token = told.partition(" ")
        if scheme.lower() != SCHEME:
            return "", TOKEN
        return token, KEY if token.startswith(f"{BEGINNING}_") else TOKEN
    return connection.cookies.get(name_of(Kind.ACCESS, auth.secure), ""), COOKIE


def _of_the_page(auth: Auth, connection: HTTPConnection, session: str) -> bool:
    try:
        from_the_page(auth, connection, session)
    except Problem:
        return False
    return True


def from_the_page(auth: Auth, connection: HTTPConnection, session: str) -> None:
    """The problem 403 for a change, or a stream, by cookie that another site has asked for."""
    changes = method_of(connection) not in SAFE
    if not (changes or connection.scope["type"] == "websocket"):
        return
    page = of_the_page(connection, auth.options.origins)
    if not page or (changes and not auth.tokens.fits(session, connection.headers.get(CSRF, ""))):
        raise Problem(403, "not-the-page", f"a change by cookie needs {CSRF} and our own Origin")


async def by_token(auth: Auth, token: str, by: str, address: str) -> Principal:
    """The bearer of an access token, if its session lasts."""
    claims = auth.tokens.read(Kind.ACCESS, token, auth.clock())
    session = await auth.sessions.look(claims.session) if claims else None
    if claims is None or session is None or session.user != claims.user:
        raise unknown()
    return of_session(session, by, address)


def of_session(session: Session, by: str, address: str) -> Principal:
    """With the rights that the user had at the last refresh: a change of them ends the session."""
    return _told(session.user, session.id, session.told, by, address)


def _told(user: str, session: str, told: Mapping[str, object], by: str, address: str) -> Principal:
    roles, accounts = told["roles"], told["accounts"]
    assert isinstance(roles, list)
    assert isinstance(accounts, list)
    held = [Role(role) for role in roles]
    first = held[0] if held else Role.VIEWER
    return Principal(user, first, frozenset(accounts), rights_of(held), by, session, address)


async def by_key(auth: Auth, token: str, address: str) -> Principal:
    """The bearer of an API key, if it may be used now and from there. It may what it is scoped to,
    as far as its owner may by now.
    """
    key = ApiKey.read(token)
    if key is None:
        raise unknown()
    async with reading_async(auth.store) as session:
        row = await session.get(KeyOfApi, key.id)
        user = await people.by_id(session, row.user) if row else None
    if row is None or user is None or not key.fits(row.hash) or not _usable(auth, row, address):
        raise unknown()
    if not user.active:
        raise unknown()
    await _in_use(auth, row)
    return of_key(row, user, address)


def of_key(row: KeyOfApi, user: User, address: str) -> Principal:
    """What a key's bearer may: within its scopes and accounts, and within its owner's."""
    roles = [Role(role) for role in user.roles]
    rights = rights_of(roles) & frozenset(map(Right, row.scopes))
    mine, its = frozenset(user.accounts), frozenset(row.accounts)
    accounts = its if EVERY in mine else mine if EVERY in its else mine & its
    first = roles[0] if roles else Role.VIEWER
    return Principal(user.id, first, accounts, rights, f"key:{row.id}", "", address)


def _usable(auth: Auth, row: KeyOfApi, address: str) -> bool:
    lasts = row.expires is None or auth.clock() < row.expires
    here = not row.addresses or within(address, row.addresses)
    return row.revoked is None and lasts and here


async def _in_use(auth: Auth, row: KeyOfApi) -> None:
    now = auth.clock()
    if row.used is not None and now - row.used < USED:
        return
    async with writing_async(auth.store) as session:
        if (found := await session.get(KeyOfApi, row.id)) is not None:
            found.used = now
