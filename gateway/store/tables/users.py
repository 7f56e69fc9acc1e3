"""Users, their API keys, and the one-time links by which they come in."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from gateway.store.base import Base, Nanoseconds

Texts = list[str]


class User(Base):
    """Somebody who may sign in.

    login: the name as it is compared (casefolded); password: argon2's text, None until a one-time
    link was used; totp: the secret, closed with the gateway's key; totp_on: it is asked for;
    totp_step: step of the last code taken; accounts: names, or * for all; taste: the page's
    language, theme and the like.
    """

    __tablename__ = "users"

    id: Mapped[str] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password: Mapped[str | None]
    totp: Mapped[str | None]
    totp_on: Mapped[bool]
    totp_step: Mapped[int] = mapped_column(BigInteger)
    roles: Mapped[Texts] = mapped_column(JSON)
    accounts: Mapped[Texts] = mapped_column(JSON)
    active: Mapped[bool]
    taste: Mapped[dict[str, Any]] = mapped_column(JSON)
    created: Mapped[int] = mapped_column(Nanoseconds)

    def __repr__(self) -> str:
        return f"User({self.id}, {self.name})"


class KeyOfApi(Base):
    """An API key. hash: of its secret, which is nowhere; scopes: rights it is bounded by;
    addresses: networks it may be used from, none for all; expires, used, revoked: ns.
    """

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(primary_key=True)
    user: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str]
    hash: Mapped[str]
    scopes: Mapped[Texts] = mapped_column(JSON)
    accounts: Mapped[Texts] = mapped_column(JSON)
    addresses: Mapped[Texts] = mapped_column(JSON)
    created: Mapped[int] = mapped_column(Nanoseconds)
    expires: Mapped[int | None] = mapped_column(Nanoseconds)
    used: Mapped[int | None] = mapped_column(Nanoseconds)
    revoked: Mapped[int | None] = mapped_column(Nanoseconds)


class Link(Base):
    """A one-time link. hash: of its token, which is nowhere; user: whose password it sets; without
    one it makes a user of these roles and accounts. by: id of the user who made it, "" for the
    gateway itself; used: ns, also where it was taken back.
    """

    __tablename__ = "links"

    id: Mapped[str] = mapped_column(primary_key=True)
    hash: Mapped[str] = mapped_column(unique=True)
    user: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    roles: Mapped[Texts] = mapped_column(JSON)
    accounts: Mapped[Texts] = mapped_column(JSON)
    by: Mapped[str]
    created: Mapped[int] = mapped_column(Nanoseconds)
    expires: Mapped[int] = mapped_column(Nanoseconds)
    used: Mapped[int | None] = mapped_column(Nanoseconds)
