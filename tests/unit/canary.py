"""Recognisable secrets, and what it looks like when one of them got out."""

from __future__ import annotations

from topics.sealed import Credentials
from topics.secrecy import forms

NAME = "CanaryName/7f3a+91c2=0b5d"
SECRET = 'CanarySecret"e4d8\\5a60/c1f7é'
PASSPHRASE = "CanaryPass&9b 2e#/7"
PLANTED = Credentials(NAME, SECRET, PASSPHRASE)
GIVEN = {"key": NAME, "secret": SECRET, "passphrase": PASSPHRASE}
BIRDS = ("CanaryName", "CanarySecret", "CanaryPass")


def escaped(text: str) -> list[str]:
    """Canaries in a text, in any form or as a recognisable part."""
    found = [bird for bird in BIRDS if bird in text]
    return found + [form for each in GIVEN.values() for form in forms(each) if form in text]
