"""Exchange keys of live accounts: sealed to the executor as they are entered.

What arrives is either sealed already, by the page or `tapeline keys seal`, or is sealed in the call
that takes it. The gateway has no code that opens a box; nothing of a key is stored, logged or told.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import orjson
from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from gateway.api.moments import Moment
from gateway.api.problems import Problem, missing
from gateway.api.strict import Secret, Strict
from gateway.auth.audit import Actor
from gateway.auth.given import GivenAuth
from gateway.auth.guard import require
from gateway.auth.rights import Principal, Right
from topics.sealed import (
    Credentials,
    KeysError,
    Sealed,
    fingerprint,
    folder,
    named,
    public_file,
    public_of,
    put,
    seal,
    sealed_file,
)

router = APIRouter(tags=["exchange keys"])
Keeper = Annotated[Principal, Depends(require(Right.KEYS))]
Exchange = Annotated[str, Field(pattern=r"^[a-z0-9]{1,40}$")]
Hex = r"^[0-9a-f]+$"


class ExchangeKeyTold(BaseModel):
    """A sealed key: what is outside the box. to: fingerprint of the public key; key: of the key's
    name. fits: this executor can open it.
    """

    account: str
    exchange: str
    to: str
    key: str
    at: Moment
    fits: bool


class PublicKey(BaseModel):
    """What a key for the account is sealed to. public: 32 bytes and 4 that betray a slip, hex."""

    account: str
    public: str
    fingerprint: str


class Entered(Strict):
    """A key as the exchange gave it; passphrase where the exchange has one."""

    exchange: Exchange
    key: Secret
    secret: Secret
    passphrase: Secret | None = None


class Box(Strict):
    """A sealed key, as `tapeline keys seal` writes it."""

    v: Annotated[int, Field(ge=1, le=1)]
    account: Annotated[str, Field(max_length=64)]
    exchange: Exchange
    to: Annotated[str, Field(pattern=Hex, max_length=16)]
    key: Annotated[str, Field(pattern=Hex, max_length=16)]
    at: Annotated[int, Field(ge=0, lt=2**63)]
    box: Annotated[str, Field(pattern=Hex, max_length=20_000)]


@router.get("/exchange-keys/{account}/public")
async def public_key(account: str, who: Keeper, auth: GivenAuth) -> PublicKey:
    """The executor's public key of an account."""
    public = _public(auth.home, who.account(account))
    text = public_file(auth.home, account).read_text().strip()
    return PublicKey(account=account, public=text, fingerprint=fingerprint(public))


@router.get("/exchange-keys/{account}")
async def exchange_key(account: str, who: Keeper, auth: GivenAuth) -> ExchangeKeyTold:
    """What is known of an account's key."""
    file = _file(auth.home, who.account(account))
    if not file.is_file():
        raise missing(f"key of {account}")
    return _told(auth.home, Sealed.read(file))


@router.put("/exchange-keys/{account}")
async def enter_key(account: str, body: Entered, who: Keeper, auth: GivenAuth) -> ExchangeKeyTold:
    """Seal a key to the executor. It is in this process's memory for the length of the call; a box
    sealed elsewhere (`PUT .../sealed`) never is.
    """
    public = _public(auth.home, who.account(account))
    passphrase = body.passphrase.get_secret_value() if body.passphrase else ""
    given = Credentials(body.key.get_secret_value(), body.secret.get_secret_value(), passphrase)
    made = seal(public, account, body.exchange, given, auth.clock())
    await auth.audit.alone(Actor.of(who), "seal exchange key", account, facts=_facts(made))
    put(_file(auth.home, account), made.dump())
    return _told(auth.home, made)


@router.put("/exchange-keys/{account}/sealed")
async def take_box(account: str, body: Box, who: Keeper, auth: GivenAuth) -> ExchangeKeyTold:
    """Take a key that was sealed before it came: nobody between its owner and the executor can read
    it.
    """
    public = _public(auth.home, who.account(account))
    made = Sealed(**body.model_dump(exclude={"v"}))
    if made.account != account or made.to != fingerprint(public):
        raise Problem(409, "other-key", f"that is sealed for another than {account} of this desk")
    await auth.audit.alone(Actor.of(who), "take sealed key", account, facts=_facts(made))
    put(_file(auth.home, account), made.dump())
    return _told(auth.home, made)


@router.delete("/exchange-keys/{account}", status_code=204)
async def remove_key(account: str, who: Keeper, auth: GivenAuth) -> None:
    """Take an account's key away; its executor goes on with it until it is started again."""
    file = _file(auth.home, who.account(account))
    if not file.is_file():
        raise missing(f"key of {account}")
    await auth.audit.alone(Actor.of(who), "remove exchange key", account)
    file.unlink(missing_ok=True)


def _file(home: Path, account: str) -> Path:
    try:
        named(account)
    except KeysError:
        raise missing("such account") from None
    folder(home)
    return sealed_file(home, account)


def _public(home: Path, account: str) -> bytes:
    """The account's public key; the problem 409 where its executor has made none yet."""
    _file(home, account)
    file = public_file(home, account)
    if not file.is_file():
        raise Problem(
            409, "no-pair", f"{account} has no key pair yet: `tapeline keys new {account}`"
        )
    return public_of(file.read_text())


def _told(home: Path, made: Sealed) -> ExchangeKeyTold:
    fits = made.to == fingerprint(_public(home, made.account))
    told = orjson.loads(made.dump())
    shown = {name: told[name] for name in ("account", "exchange", "to", "key", "at")}
    return ExchangeKeyTold(**shown, fits=fits)


def _facts(made: Sealed) -> dict[str, str]:
    return {"exchange": made.exchange, "key": made.key, "to": made.to}
