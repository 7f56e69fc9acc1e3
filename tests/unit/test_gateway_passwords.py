"""Passwords, codes, API keys, the gateway's secret and its tokens: the parts without a network."""

from __future__ import annotations

import stat
from base64 import urlsafe_b64encode
from pathlib import Path

import jwt
import orjson
import pyotp
import pytest

from gateway.auth import totp
from gateway.auth.api_keys import ApiKey
from gateway.auth.passwords import HashSettings, Passwords, weakness
from gateway.auth.secret_file import BYTES, Secret, SecretFileError
from gateway.auth.tokens import ALGORITHM, Claims, Kind, Tokens

FAST = HashSettings(memory=8, passes=1)
GOOD = "correct horse battery"
NOW = 1_700_000_000 * 10**9
SECRET = Secret(bytes(range(BYTES)))


@pytest.fixture
def tokens() -> Tokens:
    return Tokens(SECRET, access_seconds=600, refresh_seconds=3600)


async def test_a_password_is_known_by_its_argon2id_hash_alone() -> None:
    passwords = Passwords(FAST)
    known = await passwords.hash(GOOD)
    assert known.startswith("$argon2id$")
    assert known != await passwords.hash(GOOD)
    assert await passwords.verify(known, GOOD)
    assert not await passwords.verify(known, GOOD + "!")
    assert not await passwords.verify("no hash", GOOD)


async def test_nobody_has_a_password_not_even_the_one_that_is_hashed_for_time() -> None:
    passwords = Passwords(FAST)
    assert not await passwords.verify(None, "nobody has this password")
    assert not await passwords.verify("", "nobody has this password")


async def test_other_parameters_make_a_hash_stale_and_an_accent_may_be_typed_two_ways() -> None:
    old, new = Passwords(FAST), Passwords(HashSettings(memory=16, passes=1))
    known = await old.hash("caf\u00e9 au lait, please")
    assert not old.stale(known)
    assert new.stale(known)
    assert await new.verify(known, "cafe\u0301 au lait, please")


@pytest.mark.parametrize(
    "password", ["short", "aaaaaaaaaaaaaaaa", "alice-in-wonderland", "x" * 300, "abababababab"]
)
def test_a_weak_password_is_refused_without_being_told_again(password: str) -> None:
    assert weakness(password, "Alice")
    assert password not in weakness(password, "Alice")
    assert not weakness(GOOD, "alice")


def test_a_code_is_good_once_and_for_a_minute_and_a_half() -> None:
    secret = totp.fresh()
    code = pyotp.TOTP(secret).at(NOW // 10**9)
    step = totp.step_of(secret, code, NOW, totp.NEVER)
    assert step is not None
    assert totp.step_of(secret, code, NOW, step) is None
    assert totp.step_of(secret, code, NOW + 30 * 10**9, totp.NEVER) == step
    assert totp.step_of(secret, code, NOW + 90 * 10**9, totp.NEVER) is None
    for wrong in ("", "12345", "1234567", "abcdef", "１２３４５６"):
        assert totp.step_of(secret, wrong, NOW, totp.NEVER) is None


def test_codes_are_those_of_the_rfc() -> None:
    """RFC 6238, appendix B, SHA-1, its last six digits."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    told = {59: "287082", 1111111109: "081804", 2000000000: "279037"}
    for second, code in told.items():
        assert totp.step_of(secret, code, second * 10**9, totp.NEVER) == second // 30


def test_a_totp_secret_is_kept_closed_and_opens_with_its_key_only() -> None:
    key, secret = SECRET.derived("totp"), totp.fresh()
    closed = totp.close(key, secret)
    assert secret not in closed
    assert totp.open_(key, closed) == secret
    assert totp.open_(SECRET.derived("other"), closed) is None
    assert totp.open_(key, closed[:-1] + ("0" if closed[-1] != "0" else "1")) is None
    assert totp.open_(key, "not hex") is None
    assert "issuer=Tapeline" in totp.address(secret, "alice", "Tapeline")


def test_an_api_key_is_read_back_and_shown_in_no_repr() -> None:
    key = ApiKey("0" * 16, "a" * 43)
    assert ApiKey.read(key.text) == key
    assert key.fits(ApiKey(key.id, key.secret).hash)
    assert not ApiKey("0" * 16, "b" * 43).fits(key.hash)
    assert key.secret not in repr(key)
    assert key.secret not in key.hash
    for wrong in ("", "tapeline_", key.text + "x", key.text[:-1], " " + key.text):
        assert ApiKey.read(wrong) is None


def test_the_secret_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "gateway" / "secret"
    made = Secret.of(file)
    assert Secret.of(file) == made
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert made.value.hex() not in repr(made)
    assert made.derived("a") != made.derived("b")
    file.chmod(0o644)
    with pytest.raises(SecretFileError, match="open to others"):
        Secret.of(file)
    file.chmod(0o600)
    file.write_text("abc")
    with pytest.raises(SecretFileError, match="no secret"):
        Secret.of(file)
    file.unlink()
    file.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SecretFileError, match="own user"):
        Secret.of(file)


def test_a_token_says_whose_it_is_until_it_expires(tokens: Tokens) -> None:
    text = tokens.made(Kind.ACCESS, "u1", "s1", 3, NOW)
    said = Claims("u1", "s1", 3, NOW // 10**9 + 600)
    assert tokens.read(Kind.ACCESS, text, NOW) == said
    assert tokens.read(Kind.ACCESS, text, NOW + 599 * 10**9) == said
    assert tokens.read(Kind.ACCESS, text, NOW + 600 * 10**9) is None


def test_a_token_of_another_kind_or_secret_is_none(tokens: Tokens) -> None:
    refresh = tokens.made(Kind.REFRESH, "u1", "s1", 0, NOW)
    assert tokens.read(Kind.ACCESS, refresh, NOW) is None
    other = Tokens(Secret(bytes(BYTES)), access_seconds=600, refresh_seconds=3600)
    assert tokens.read(Kind.ACCESS, other.made(Kind.ACCESS, "u1", "s1", 0, NOW), NOW) is None


def forged(tokens: Tokens, **changed: object) -> str:
    """A token signed with the right key that says something else."""
    claims: dict[str, object] = {
        "iss": "tapeline", "aud": Kind.ACCESS.value, "sub": "u1", "sid": "s1", "gen": 0,
        "iat": 0, "exp": NOW // 10**9 + 60,
    }  # fmt: skip
    claims |= changed
    said = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(said, SECRET.derived(Kind.ACCESS), ALGORITHM)


def test_each_claim_is_looked_at(tokens: Tokens) -> None:
    assert tokens.read(Kind.ACCESS, forged(tokens), NOW)
    for name in ("iss", "aud", "sub", "sid", "gen", "iat", "exp"):
        assert tokens.read(Kind.ACCESS, forged(tokens, **{name: None}), NOW) is None
    for wrong in (
        {"iss": "x"},
        {"aud": Kind.REFRESH.value},
        {"aud": "x"},
        {"exp": "never"},
        {"gen": "x"},
        {"exp": 1e20},
    ):
        assert tokens.read(Kind.ACCESS, forged(tokens, **wrong), NOW) is None, wrong


def part(value: object) -> str:
    return urlsafe_b64encode(orjson.dumps(value)).rstrip(b"=").decode()


def test_the_algorithm_is_pinned(tokens: Tokens) -> None:
    """Broken authentication: alg none, another algorithm, no signature."""
    good = tokens.made(Kind.ACCESS, "u1", "s1", 0, NOW)
    _, body, signature = good.split(".")
    for header in ({"alg": "none"}, {"alg": "None", "typ": "JWT"}, {"typ": "JWT"}):
        for sign in ("", signature):
            assert tokens.read(Kind.ACCESS, f"{part(header)}.{body}.{sign}", NOW) is None
    claims = jwt.decode(good, options={"verify_signature": False})
    other = jwt.encode(claims, SECRET.derived(Kind.ACCESS) * 2, "HS512")
    assert tokens.read(Kind.ACCESS, other, NOW) is None
    for junk in ("", ".", "..", "a.b.c", good + "x", "\u2603"):
        assert tokens.read(Kind.ACCESS, junk, NOW) is None


def test_a_pages_word_is_of_its_session(tokens: Tokens) -> None:
    assert tokens.fits("s1", tokens.csrf("s1"))
    assert not tokens.fits("s1", tokens.csrf("s2"))
    assert not tokens.fits("s1", "")
    assert not tokens.fits("s1", "\u2603")
