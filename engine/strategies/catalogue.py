"""Advisors by the names that settings know them by, and strategies as settings have them.

    [strategies.swing]
    markets = ["BTC/*", "binance:ETH/USDT:USDT"]
    stop_atr = 2
    advisors = { rule = { weight = 2, with_trend = true }, fast = { kind = "momentum" } }

An advisor's name is its kind unless it has a `kind`. Sections [decisions] and [rule] hold for every
strategy and every rule advisor that does not say otherwise; without any strategy there is one,
"main", with the rule advisor, on every market.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SerializeAsAny, ValidationError
from pydantic_core import PydanticCustomError

from engine.strategies.advisor import Advisor, AdvisorSettings
from engine.strategies.ensemble import DecisionSettings
from engine.strategies.flow import FlowAdvisor, FlowSettings
from engine.strategies.momentum import MomentumAdvisor, MomentumSettings
from engine.strategies.reversion import ReversionAdvisor, ReversionSettings
from engine.strategies.rule import RuleAdvisor, RuleSettings
from engine.strategies.strategy import Strategy

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Kind:
    """An advisor's settings, and what makes one of them and a name."""

    settings: type[AdvisorSettings]
    make: Callable[[Any, str], Advisor[Any]]


KINDS: dict[str, Kind] = {
    "flow": Kind(FlowSettings, FlowAdvisor),
    "momentum": Kind(MomentumSettings, MomentumAdvisor),
    "reversion": Kind(ReversionSettings, ReversionAdvisor),
    "rule": Kind(RuleSettings, RuleAdvisor),
}
"""All advisors there are. A new one is a line here."""

MAIN = "main"
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")]


def _of_kind(given: Any) -> AdvisorSettings:
    """An advisor's settings by its kind; an error in them is told in one line, by its place."""
    if isinstance(given, AdvisorSettings):
        return given
    if not isinstance(given, Mapping):
        raise PydanticCustomError("advisor", "an advisor is a table of its settings")
    kind = KINDS.get(str(given.get("kind")))
    if kind is None:
        known = ", ".join(sorted(KINDS))
        raise PydanticCustomError(
            "advisor", "no advisor is called {kind}: known are {known}",
            {"kind": str(given.get("kind")), "known": known},
        )  # fmt: skip
    try:
        return kind.settings.model_validate(given)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in problem["loc"])
        told = {"place": f"{place}: " if place else "", "said": problem["msg"]}
        raise PydanticCustomError("advisor", "{place}{said}", told) from error


def _with_kinds(given: Any) -> Any:
    """Each advisor with its kind, which is its name where it says none."""
    if not isinstance(given, Mapping):
        return given
    return {
        name: {"kind": name, **one} if isinstance(one, Mapping) else one
        for name, one in given.items()
    }


Advised = Annotated[SerializeAsAny[AdvisorSettings], BeforeValidator(_of_kind)]


class StrategySettings(DecisionSettings):
    """A strategy as it is written in the settings (see the module's text)."""

    markets: tuple[str, ...] = Field(default=("*",), min_length=1)
    advisors: Annotated[dict[Name, Advised], BeforeValidator(_with_kinds)] = Field(
        default={"rule": RuleSettings(kind="rule")}, min_length=1
    )


class StrategySections(BaseModel):
    """The sections of the settings that make strategies."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    decisions: DecisionSettings = DecisionSettings()
    rule: RuleSettings = RuleSettings()
    strategies: dict[Name, StrategySettings] = {}

    def build(self) -> tuple[Strategy, ...]:
        """The strategies, in the order of their names."""
        given = self.strategies or {MAIN: StrategySettings()}
        return tuple(self._strategy(name, given[name]) for name in sorted(given))

    def _strategy(self, name: str, given: StrategySettings) -> Strategy:
        seats = sorted(given.advisors.items())
        advisors = tuple(self._advisor(each, settings) for each, settings in seats)
        return Strategy(name, advisors, _over(self.decisions, given), given.markets)

    def _advisor(self, name: str, given: AdvisorSettings) -> Advisor[Any]:
        settings = _over(self.rule, given) if isinstance(given, RuleSettings) else given
        return KINDS[given.kind].make(settings, name)


def _over(base: M, given: BaseModel) -> M:
    """`base` with the fields of its own that `given` was given."""
    fields = set(type(base).model_fields) & given.model_fields_set
    return base.model_copy(update={name: getattr(given, name) for name in fields})
