"""The control stage: people's commands become rows of control.state, which every stage reads.

A command gives at least one row, and the row's cause is the command's id. The rows of an account,
setting -> value:

- `stopped` -> "true" or "false": a person's Halt or Resume. `lifted` -> the sequence of the stages'
  own `halt` row that a Resume lifts (the person's gateway has named it: a halt that nobody saw is
  not lifted); it never falls. `resumed` -> the command's id; its sequence counts the resumes.
- `mode` -> paper, manual, semi_automatic or automatic. `limit/NAME` -> a value that `RiskLimits`
  takes.
- `strategy/NAME` -> "started", "started:SYMBOL,SYMBOL" or "stopped". `parameters/NAME` -> a JSON
  object of text by name, merged over what was set before.
- `requests` -> the JSON list of the latest requests for orders (`engine.requests`).
- `model.NAME`, `shadow.NAME` -> the version and digest, as JSON, that seats which follow a model's
  champion or challenger ask (`engine.selection`); of the account `desk` alone, which
  takes nothing else.
- `refused` -> bad_command, with the reason in `why`.

The stage reads nothing else, so that its rows are a function of the commands alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from pydantic import ValidationError

from engine.requests import LIFETIME, WANTED, Asked, Wanted, fault, told
from engine.risk import RiskLimits
from engine.selection import Selection
from engine.stage import Context, Draft
from schemas import names
from schemas.codec import encode
from schemas.commands import (
    DESK,
    Command,
    ControlCommand,
    ControlState,
    Halt,
    Resume,
    SelectModel,
    SetLimit,
    SetMode,
    SetParameters,
    StartStrategy,
    StopStrategy,
)
from schemas.record import Record, symbol_of, venue_of
from schemas.refusals import Reason

EVERY = "*"
"""The account of a command that is for all of them."""

KEPT, MOST = 64, 256
"""Requests that the row keeps at least, whatever their age, and that it holds at most."""

LONGEST = 64 << 10
"""Bytes of a command, and of the parameters of one strategy."""

LONGEST_REQUEST = 3000
"""Bytes of a request in its row: MOST of them fit into one record of control.state."""

Setting = Halt | Resume | SetMode | SetLimit | StartStrategy | StopStrategy | SetParameters
"""Commands that set something of an account."""

Row = tuple[str, str, str]
"""Setting, value, why."""


@dataclass(slots=True)
class Controlled:
    """What people have set for one account, as far as later commands build on it.

    now: the latest time in ns at which a command was seen; asked: number of the latest request.
    """

    account: str
    now: int = 0
    asked: int = -1
    requests: list[Asked] = field(default_factory=list)
    limits: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, dict[str, str]] = field(default_factory=dict)
    lifted: int = -1


class Senseless(ValueError):
    """A command that cannot be taken; its text says why. Never leaves this module."""


class ControlStage:
    """control.commands to control.state, one state an account (see `engine.stage.Stage`)."""

    name = "control"
    main = names.COMMANDS
    ignored: frozenset[str] = frozenset()
    sides: dict[str, type[Record]] = {}

    def __init__(self, accounts: tuple[str, ...]) -> None:
        self.accounts = accounts
        self.cells = (*accounts, DESK)

    def cells_of(self, topic: str, key: str) -> Sequence[str]:
        """The account of the key, or the desk; every account for `*:*`; none where others must know
        the account."""
        account = venue_of(key)
        if account == EVERY:
            return self.accounts
        return (account,) if account in self.cells else ()

    def initial(self, cell: str) -> Controlled:
        """An account for which nothing is set."""
        return Controlled(cell)

    def step(self, state: Controlled, record: ControlCommand, context: Context) -> list[Draft]:
        """The rows that the command sets, or the one that says why it sets none."""
        state.now = max(state.now, context.now)
        try:
            rows = _rows(state, record)
        except Senseless as problem:
            rows = [("refused", str(Reason.BAD_COMMAND), str(problem))]
        return [
            Draft(
                names.STATE,
                f"{state.account}:{setting}",
                ControlState(account=state.account, setting=setting, value=value, why=why),
            )
            for setting, value, why in rows
        ]

    def dump(self, state: Controlled) -> Any:
        """What is set, as JSON values."""
        return {
            "account": state.account,
            "now": state.now,
            "asked": state.asked,
            "requests": [each.model_dump(mode="json") for each in state.requests],
            "limits": dict(state.limits),
            "parameters": {name: dict(given) for name, given in state.parameters.items()},
            "lifted": state.lifted,
        }

    def load(self, data: Any) -> Controlled:
        """The state that `dump` gave."""
        return Controlled(
            data["account"],
            data.get("now", 0),
            data.get("asked", -1),
            [Asked.model_validate(each) for each in data.get("requests", [])],
            dict(data.get("limits", {})),
            {name: dict(given) for name, given in data.get("parameters", {}).items()},
            data.get("lifted", -1),
        )


def _rows(state: Controlled, record: ControlCommand) -> list[Row]:
    if symbol_of(record.key) != EVERY or record.account != venue_of(record.key):
        raise Senseless(f"it is for account {record.account!r} and came under {record.key!r}")
    if len(encode(record)) > LONGEST:
        raise Senseless(f"it is longer than {LONGEST} bytes")
    if isinstance(record.command, SelectModel) or state.account == DESK:
        return [_selected(state, record.command)]
    if isinstance(record.command, WANTED):
        return [_request(state, record, record.command)]
    return _set(state, record.id, record.command)


def _set(state: Controlled, id: str, command: Setting) -> list[Row]:
    match command:
        case Halt(why=why):
            return [("stopped", "true", why)]
        case Resume() as resume:
            return _resumed(state, id, resume)
        case SetMode(mode=mode):
            return [("mode", mode, "")]
        case SetLimit(name=name, value=value):
            return [_limit(state, name, value.strip())]
        case StartStrategy() | StopStrategy() as strategy:
            return [_strategy(strategy)]
        case SetParameters() as given:
            return [_parameters(state, given)]


def _resumed(state: Controlled, id: str, resume: Resume) -> list[Row]:
    rows = [("stopped", "false", resume.why)]
    if state.account in resume.lifts:
        state.lifted = max(state.lifted, resume.lifts[state.account])
        rows.append(("lifted", str(state.lifted), resume.why))
    return [*rows, ("resumed", id, resume.why)]


def _limit(state: Controlled, name: str, value: str) -> Row:
    """A limit that is a valid one beside those that were set before."""
    if name not in RiskLimits.model_fields:
        known = ", ".join(RiskLimits.model_fields)
        raise Senseless(f"there is no limit {name[:40]!r}: choose from {known}")
    limits = state.limits | {name: value}
    try:
        RiskLimits.model_validate(limits)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False, include_context=False)
        raise Senseless(f"limit {name}: {problem[0]['msg']}") from error
    state.limits = limits
    return (f"limit/{name}", value, "")


def _strategy(command: StartStrategy | StopStrategy) -> Row:
    setting = f"strategy/{_named(command.strategy)}"
    if isinstance(command, StopStrategy):
        return (setting, "stopped", "")
    if any(not symbol or "," in symbol for symbol in command.symbols):
        raise Senseless("a symbol is empty or has a comma")
    symbols = ",".join(dict.fromkeys(command.symbols))
    return (setting, f"started:{symbols}" if symbols else "started", "")


def _parameters(state: Controlled, command: SetParameters) -> Row:
    name = _named(command.strategy)
    if not command.parameters or "" in command.parameters:
        raise Senseless("no parameter is named")
    merged = state.parameters.get(name, {}) | command.parameters
    text = orjson.dumps(merged, option=orjson.OPT_SORT_KEYS)
    if len(text) > LONGEST:
        raise Senseless(f"the parameters of {name} are longer than {LONGEST} bytes")
    state.parameters[name] = merged
    return (f"parameters/{name}", text.decode(), "")


def _selected(state: Controlled, command: Command) -> Row:
    if state.account != DESK or not isinstance(command, SelectModel):
        raise Senseless(f"the account {DESK} selects models, and nothing else is its business")
    selection = Selection(version=command.version, digest=command.digest)
    if why := selection.fault(command.model):
        raise Senseless(why)
    return (selection.setting(command.model, command.role), selection.text, command.why)


def _named(strategy: str) -> str:
    if not 0 < len(strategy) <= 100 or not strategy.isprintable():
        raise Senseless("a strategy's name has 1 to 100 printable characters")
    return strategy


def _request(state: Controlled, record: ControlCommand, command: Wanted) -> Row:
    """The row of requests with this one as its last; the oldest that are over leave it."""
    if why := fault(command):
        raise Senseless(why)
    asked = Asked(
        number=state.asked + 1, id=record.id, seen=record.seen_time, by=record.by, command=command
    )
    if len(orjson.dumps(told([asked]))) > LONGEST_REQUEST:
        raise Senseless(f"it is longer than {LONGEST_REQUEST} bytes: ask in several")
    requests = _fresh([*state.requests, asked], state.now - LIFETIME)
    if len(requests) > MOST:
        raise Senseless(f"too many at once: {MOST} in {LIFETIME // 1_000_000_000} s")
    state.requests, state.asked = requests, asked.number
    return ("requests", told(requests), "")


def _fresh(requests: list[Asked], since: int) -> list[Asked]:
    """The last KEPT, and before them those from the first on that was seen at `since` or later."""
    older = len(requests) - KEPT
    first = next((n for n in range(max(older, 0)) if requests[n].seen >= since), max(older, 0))
    return requests[first:]
