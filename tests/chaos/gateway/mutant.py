"""The command line with a planted fault: commands are given without regard to their keys."""

from __future__ import annotations

from secrets import token_hex

from gateway.api import commander
from gateway.cli import main


def forgetful(user: str, key: str) -> str:
    """Another id each time that it is asked."""
    return token_hex(12)


if __name__ == "__main__":
    vars(commander)["id_of"] = forgetful
    main()
