"""Who trades at the local exchange."""

from __future__ import annotations

from infra.exchange.accounts import Key


def test_a_key_shows_no_secret() -> None:
    """Keys stand in tracebacks and in what a failed test prints."""
    shown = repr(Key("alice", "canary-secret", "canary-word"))
    assert "alice" in shown
    assert "canary" not in shown
