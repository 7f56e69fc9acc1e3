"""An exchange key as the executor holds it: nothing of it is shown."""

from __future__ import annotations

from dataclasses import dataclass, field

HIDDEN = "***"


@dataclass(frozen=True, slots=True)
class Key:
    """name: what the exchange calls the API key; password: passphrase, where it has one."""

    name: str = field(repr=False)
    secret: str = field(repr=False)
    password: str = field(default="", repr=False)

    def hide(self, text: str) -> str:
        """The text without the key's name, secret and passphrase."""
        for word in (self.secret, self.password, self.name):
            text = text.replace(word, HIDDEN) if word else text
        return text
