"""The page's cookies: its tokens where scripts cannot read them, and a word that only it can say.

HttpOnly, SameSite=Strict, Secure where there is TLS (then with the prefixes that make browsers
insist on it). A change by cookie must also come from the page itself: its Origin is ours, and it
says in a header what stands in the third cookie, which other sites cannot read
(OWASP, Cross-Site Request Forgery Prevention).
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import Response

from gateway.auth.tokens import Kind

CSRF = "X-Tapeline-CSRF"
SAFE = frozenset(("GET", "HEAD", "OPTIONS"))
ROOM = "/v1/sessions"
"""Where alone the refresh token is sent."""


def name_of(kind: Kind | None, secure: bool) -> str:
    """The cookie of a token, or (None) of the page's word."""
    if kind is Kind.REFRESH:
        return "__Secure-tapeline-refresh" if secure else "tapeline-refresh"
    own = "tapeline" if kind else "tapeline-csrf"
    return f"__Host-{own}" if secure else own


def put(
    response: Response, secure: bool, access: str, refresh: str, csrf: str, seconds: int
) -> None:
    """Give a browser its cookies. seconds: until the refresh token is no more."""
    rows = (
        (name_of(Kind.ACCESS, secure), access, "/", True),
        (name_of(Kind.REFRESH, secure), refresh, ROOM, True),
        (name_of(None, secure), csrf, "/", False),
    )
    for name, value, path, hidden in rows:
        response.set_cookie(
            name, value, seconds, path=path, secure=secure, httponly=hidden, samesite="strict"
        )


def drop(response: Response, secure: bool) -> None:
    """Take them away."""
    for kind, path in ((Kind.ACCESS, "/"), (Kind.REFRESH, ROOM), (None, "/")):
        hidden = kind is not None
        response.delete_cookie(
            name_of(kind, secure), path, secure=secure, httponly=hidden, samesite="strict"
        )


def of_the_page(connection: HTTPConnection, origins: tuple[str, ...] = ()) -> bool:
    """Whether the page itself asks: by the Origin of what browsers send, which scripts cannot set.

    What has none was not sent by a script of another site: browsers send it with every change.
    """
    origin = connection.headers.get("origin")
    if origin is None:
        return connection.headers.get("sec-fetch-site") in (None, "same-origin")
    return origin in origins or urlsplit(origin).netloc == connection.headers.get("host", "")
