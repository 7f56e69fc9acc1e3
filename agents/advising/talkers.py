"""Providers' clients by the kinds that settings know; each loads its library when it is made."""

from __future__ import annotations

from agents.advising.asked import Talker
from engine.advice.settings import Provider
from schemas.errors import TapelineError

REMEDY = "pip install 'tapeline[advice]'"


class NoClient(TapelineError):
    """A provider's client is not installed."""


def talker(provider: Provider, key: str) -> Talker:
    """The client of a provider; NoClient where its library is missing."""
    try:
        if provider.kind == "anthropic":
            from agents.advising.messages import Messages

            return Messages(provider.address, key, provider.timeout, provider.local)
        from agents.advising.chat import Chat

        return Chat(provider.kind, provider.address, key, provider.timeout, provider.local)
    except ModuleNotFoundError as error:
        raise NoClient(f"{error.name} is not installed: {REMEDY}") from None
