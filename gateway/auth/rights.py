"""Who may do what: rights, the roles that have them, and the principal who asks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Right(StrEnum):
    """One thing that may be done; every route declares which it takes."""

    READ = "read"
    TRADE = "trade"
    CANCEL = "cancel"
    STRATEGY = "strategy"
    BACKTEST = "backtest"
    HALT = "halt"
    RESUME = "resume"
    FLATTEN = "flatten"
    LIMIT = "limit"
    APPROVE = "approve"
    AUDIT = "audit"
    USERS = "users"
    KEYS = "keys"
    SELF = "self"
    """One's own profile, sessions and API keys; of people only, never of an API key."""


class Role(StrEnum):
    """What a user is on the desk."""

    VIEWER = "viewer"
    TRADER = "trader"
    RISK = "risk"
    ADMIN = "admin"


RIGHTS: dict[Role, frozenset[Right]] = {
    Role.VIEWER: frozenset({Right.SELF, Right.READ}),
    Role.TRADER: frozenset(
        {
            Right.SELF, Right.READ, Right.TRADE, Right.CANCEL, Right.STRATEGY, Right.BACKTEST,
            Right.HALT,
        }
    ),
    Role.RISK: frozenset(
        {
            Right.SELF, Right.READ, Right.CANCEL, Right.STRATEGY, Right.HALT, Right.RESUME,
            Right.FLATTEN, Right.LIMIT, Right.APPROVE, Right.AUDIT,
        }
    ),
    Role.ADMIN: frozenset({Right.SELF, Right.READ, Right.AUDIT, Right.USERS, Right.KEYS}),
}  # fmt: skip
"""Who may trade may halt; only the risk officer lifts a halt; who manages users does neither. A
user may have several roles, as on a desk of one person; each is given by name and on record.
"""


def rights_of(roles: Iterable[Role]) -> frozenset[Right]:
    """What somebody of all these roles may do."""
    return frozenset[Right]().union(*(RIGHTS[role] for role in roles))


EVERY = "*"
"""In place of an account's name: all of them."""

LOCAL = "operator"
"""In place of a user's id: whoever owns the home of the desk (gateway.auth.operator)."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. role: the first of the user's; what counts are the rights, which are of all of
    them. accounts: theirs, or EVERY; by: what they have shown: token, cookie, or the API key's id;
    session: of a token or cookie; address: whence.
    """

    user: str
    role: Role
    accounts: frozenset[str]
    rights: frozenset[Right]
    by: str = "token"
    session: str = ""
    address: str = ""

    def may(self, right: Right) -> bool:
        """Whether it is theirs to do."""
        return right in self.rights

    def sees(self, account: str) -> bool:
        """Whether an account is theirs."""
        return EVERY in self.accounts or account in self.accounts

    def account(self, name: str) -> str:
        """The name of an account that is theirs; else the 404 that one gives that is not there."""
        if self.sees(name):
            return name
        from gateway.api.problems import missing

        raise missing(f"account {name[:40]}")
