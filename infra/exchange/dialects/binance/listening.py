"""Listen keys: an hour each, prolonged on request; one an account.

https://developers.binance.com/docs/derivatives/usds-margined-futures/user-data-streams
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from infra.exchange.accounts import Account
from infra.exchange.clock import Clock

HOUR = 3_600_000


@dataclass(slots=True)
class ListenKeys:
    """Which key listens to which account, and until when (ms)."""

    clock: Clock
    _keys: dict[str, tuple[Account, int]] = field(default_factory=dict)
    _made: int = 0

    def open(self, account: Account) -> str:
        """The account's key, a new one where it has none; good for an hour from now."""
        for key in self._of(account):
            self._keys[key] = account, self.clock.milliseconds() + HOUR
            return key
        now = self.clock.milliseconds()
        self._keys = {key: kept for key, kept in self._keys.items() if kept[1] > now}
        self._made += 1
        name = f"{account.key.name}:{account.key.secret}:{self._made}".encode()
        key = hashlib.sha256(name).hexdigest()
        self._keys[key] = account, self.clock.milliseconds() + HOUR
        return key

    def keep(self, account: Account) -> str | None:
        """Prolong the account's key; None where it has none."""
        return self.open(account) if any(self._of(account)) else None

    def close(self, account: Account) -> None:
        """End the account's key."""
        for key in list(self._of(account)):
            del self._keys[key]

    def account(self, key: str) -> Account | None:
        """Whom a key listens to; None of one that is unknown or over."""
        found = self._keys.get(key)
        return found[0] if found and found[1] > self.clock.milliseconds() else None

    def _of(self, account: Account) -> Iterator[str]:
        now = self.clock.milliseconds()
        return (key for key, (owner, end) in self._keys.items() if owner is account and end > now)
