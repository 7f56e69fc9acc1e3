"""Time-based one-time passwords (RFC 6238): six digits, 30 s, SHA-1, as authenticator apps know.

A code is good for one sign-in: whoever keeps the step of the last code taken refuses that step and
all before it (RFC 6238, 5.2).
"""

from __future__ import annotations

import hmac

import pyotp
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

STEP, DIGITS = 30, 6
DRIFT = 1
"""Steps that a phone's clock may be ahead or behind."""
NEVER = -1
"""The last step of who has used no code yet."""


def fresh() -> str:
    """A secret of 160 bits, base32."""
    return pyotp.random_base32()


def address(secret: str, name: str, issuer: str) -> str:
    """The otpauth:// address that an app reads as a picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=issuer)


def step_of(secret: str, code: str, now_ns: int, last: int) -> int | None:
    """The step whose code it is, later than `last`; None where it is none, or was used."""
    if len(code) != DIGITS or not (code.isascii() and code.isdigit()):
        return None
    made, current = pyotp.TOTP(secret), now_ns // 10**9 // STEP
    steps = range(max(current - DRIFT, 0), current + DRIFT + 1)
    fitting = [step for step in steps if hmac.compare_digest(made.generate_otp(step), code)]
    return next((step for step in fitting if step > last), None)


def close(key: bytes, secret: str) -> str:
    """The secret as the store keeps it: encrypted with this gateway's key (32 bytes), hex."""
    return SecretBox(key).encrypt(secret.encode()).hex()


def open_(key: bytes, closed: str) -> str | None:
    """What `close` closed; None where the key is another, or it was changed."""
    try:
        return SecretBox(key).decrypt(bytes.fromhex(closed)).decode()
    except (CryptoError, ValueError):
        return None
