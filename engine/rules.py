"""What binds an account now: its configuration, and over it what people have set since.

Rows of control.state (key `account:setting`): `halt`, `lifted`, `stopped`, `mode`, `limit/NAME`,
`strategy/NAME` ("stopped", "started" or "started:SYMBOL,SYMBOL"), `parameters/NAME`. A limit or
parameter that is no valid one is ignored, and the record says so by a check of its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

import orjson
from pydantic import ValidationError

from engine.account import Account
from engine.risk import PROFILES, AccountSettings, RiskLimits, StrategySettings
from engine.risk.settings import Mode
from schemas import names
from schemas.commands import ControlState
from schemas.orders import Check
from schemas.record import Record

Rows = dict[str, ControlState]
MODES: tuple[str, ...] = get_args(Mode)
LIMIT = "limit/"
PROFILE = f"{LIMIT}profile"


@dataclass(frozen=True, slots=True)
class Rules:
    """What binds one account and strategy. ignored: settings that are no valid ones.

    traded: the account trades the strategy, on `symbols` only where there are any; stopped: not for
    the moment; manual: strategies place nothing; semi_automatic: a person approves their orders.
    """

    limits: RiskLimits
    strategy: StrategySettings
    manual: bool = False
    semi_automatic: bool = False
    traded: bool = True
    stopped: bool = False
    symbols: frozenset[str] = frozenset()
    ignored: tuple[Check, ...] = ()

    def trades(self, symbol: str) -> bool:
        """True when the account trades the strategy on the symbol."""
        return self.traded and (not self.symbols or symbol in self.symbols)


class RuleBook:
    """Rules of every account and strategy, made anew when a row has changed. Only a memory of it:
    the rules are a function of the configuration and the rows.
    """

    def __init__(self, settings: dict[str, AccountSettings]) -> None:
        self.settings = settings
        self._known: dict[tuple[str, str], tuple[tuple[tuple[str, int], ...], Rules]] = {}

    def rules(self, account: Account, strategy: str) -> Rules:
        """What binds the account with the strategy at this moment."""
        return self.of(account.state.account, account.context.tables.get(names.STATE, {}), strategy)

    def of(self, name: str, table: Mapping[str, Record], strategy: str) -> Rules:
        """Those of an account by its name, and what control.state has of it."""
        version = tuple((key, row.seq) for key, row in table.items())
        known = self._known.get((name, strategy))
        if known is None or known[0] != version:
            start = len(name) + 1
            rows = {key[start:]: row for key, row in table.items() if isinstance(row, ControlState)}
            known = version, _rules(self.settings[name], rows, strategy)
            self._known[name, strategy] = known
        return known[1]


def halted(account: Account) -> bool:
    """True while a person or the desk has halted the account: no new entries."""
    return halts(*(account.setting(name) for name in ("stopped", "halt", "lifted")))


def halts(
    stopped: ControlState | None, halt: ControlState | None, lifted: ControlState | None
) -> bool:
    """True where these rows of an account's control.state stop new entries."""
    if stopped is not None and stopped.value == "true":
        return True
    if halt is None or halt.value != "true":
        return False
    return lifted is None or not _is_integer(lifted.value) or halt.seq > int(lifted.value)


def _rules(settings: AccountSettings, rows: Rows, name: str) -> Rules:
    ignored: list[Check] = []
    limits = limits_set(settings.limits, {key: row.value for key, row in rows.items()}, ignored)
    strategy = _strategy(settings.strategy(name), rows.get(f"parameters/{name}"), ignored)
    if strategy.minimum_strength is not None:
        limits = limits.model_copy(update={"minimum_strength": strategy.minimum_strength})
    state, mode = rows.get(f"strategy/{name}"), rows.get("mode")
    traded, stopped, symbols = trading(settings, name, "" if state is None else state.value)
    chosen = mode.value if mode is not None and mode.value in MODES else settings.mode
    return Rules(
        limits,
        strategy,
        manual="manual" in (chosen, strategy.mode),
        semi_automatic="semi_automatic" in (chosen, strategy.mode),
        traded=traded,
        stopped=stopped,
        symbols=symbols,
        ignored=tuple(ignored),
    )


def trading(settings: AccountSettings, name: str, set: str) -> tuple[bool, bool, frozenset[str]]:
    """Whether the account trades the strategy, whether not for the moment, and on which symbols
    only (none: on all). set: value of `strategy/NAME`, "" where people have set nothing.
    """
    word, _, symbols = set.partition(":")
    only = frozenset(symbols.split(",")) if symbols else frozenset[str]()
    return settings.trades(name) or bool(word), word == "stopped", only


def limits_set(
    limits: RiskLimits, values: Mapping[str, str], ignored: list[Check] | None = None
) -> RiskLimits:
    """The limits, with what people have set over them. values: of control.state, by setting.

    A profile that a person has set goes under the limits that a person has set, as in [risk].
    ignored: takes what is no valid limit.
    """
    ignored = [] if ignored is None else ignored
    for setting in sorted(values, key=lambda each: (each != PROFILE, each)):
        if not setting.startswith(LIMIT):
            continue
        name, text = setting.removeprefix(LIMIT), values[setting]
        given = {name: text, **PROFILES.get(text, {})} if setting == PROFILE else {name: text}
        current = {each: getattr(limits, each) for each in RiskLimits.model_fields}
        try:
            limits = RiskLimits.model_validate({**current, **given})
        except ValidationError:
            ignored.append(Check(name=setting, value=text, limit="valid", passed=False))
    return limits


def _strategy(
    strategy: StrategySettings, row: ControlState | None, ignored: list[Check]
) -> StrategySettings:
    """The row's parameters that concern how the account acts; others are the strategy's own."""
    if row is None:
        return strategy
    try:
        given: Any = orjson.loads(row.value)
        known = {name: given[name] for name in StrategySettings.model_fields if name in given}
        return StrategySettings.model_validate({**strategy.model_dump(), **known})
    except (ValueError, TypeError):
        ignored.append(Check(name=row.setting, value=row.value, limit="valid", passed=False))
        return strategy


def _is_integer(text: str) -> bool:
    return text.lstrip("-").isdigit()
