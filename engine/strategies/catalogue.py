"""Advisors by the names that settings know them by, and strategies as settings have them.

    [strategies.swing]
    markets = ["BTC/*", "binance:ETH/USDT:USDT"]
    stop_atr = 2
    advisors = { rule = { weight = 2, with_trend = true }, fast = { kind = "momentum" } }

An advisor's name is its kind unless it has a `kind`; one of "path/to/file.py:Class" is a class of
the user's own, which whoever reads the settings has loaded and gives as the validation's context;
so is what loads a model (engine.strategies.asking).
`[strategies.mine] kind = "..."` is short for a strategy with that one advisor.
Sections [decisions] and [rule] hold for every strategy and every rule advisor that does not say
otherwise; without any strategy there is one, "main", with the rule advisor, on every market.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from traceback import walk_tb
from typing import Annotated, Any, Self, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializeAsAny,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from engine.books import BooksSettings
from engine.strategies.advised import AdvisedAdvisor, AdvisedSettings
from engine.strategies.advisor import Advisor, AdvisorSettings
from engine.strategies.arbitrage import ArbitrageAdvisor, ArbitrageSettings
from engine.strategies.declared import DeclaredAdvisor, DeclaredSettings
from engine.strategies.drift import DriftAdvisor, DriftSettings
from engine.strategies.ensemble import DecisionSettings
from engine.strategies.flow import FlowAdvisor, FlowSettings
from engine.strategies.model import ModelAdvisor, ModelSettings
from engine.strategies.momentum import MomentumAdvisor, MomentumSettings
from engine.strategies.online import OnlineAdvisor, OnlineSettings
from engine.strategies.pairs import PairsAdvisor, PairsSettings
from engine.strategies.policy import PolicyAdvisor, PolicySettings
from engine.strategies.reversion import ReversionAdvisor, ReversionSettings
from engine.strategies.rule import RuleAdvisor, RuleSettings
from engine.strategies.strategy import Strategy, advice_of, is_key, row_followed
from engine.strategies.trend import TrendAdvisor, TrendSettings
from engine.strategies.trial import Broken, settings_of, trial
from schemas.decisions import MAIN

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Kind:
    """An advisor's settings, and what makes one of them and a name."""

    settings: type[AdvisorSettings]
    make: Callable[[Any, str], Advisor[Any]]


KINDS: dict[str, Kind] = {
    "advised": Kind(AdvisedSettings, AdvisedAdvisor),
    "arbitrage": Kind(ArbitrageSettings, ArbitrageAdvisor),
    "declared": Kind(DeclaredSettings, DeclaredAdvisor),
    "drift": Kind(DriftSettings, DriftAdvisor),
    "flow": Kind(FlowSettings, FlowAdvisor),
    "model": Kind(ModelSettings, ModelAdvisor),
    "momentum": Kind(MomentumSettings, MomentumAdvisor),
    "online": Kind(OnlineSettings, OnlineAdvisor),
    "pairs": Kind(PairsSettings, PairsAdvisor),
    "policy": Kind(PolicySettings, PolicyAdvisor),
    "reversion": Kind(ReversionSettings, ReversionAdvisor),
    "rule": Kind(RuleSettings, RuleAdvisor),
    "trend": Kind(TrendSettings, TrendAdvisor),
}
"""All advisors there are. A new one is a line here."""

ANY = "binance:BTC/USDT:USDT"
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")]


def _of_kind(given: Any, info: ValidationInfo) -> AdvisorSettings:
    """An advisor's settings by its kind; an error in them is told in one line, by its place."""
    if isinstance(given, AdvisorSettings):
        return given
    if not isinstance(given, Mapping):
        raise PydanticCustomError("advisor", "an advisor is a table of its settings")
    name, own = str(given.get("kind")), info.context or {}
    if name not in KINDS and name not in own:
        known = ", ".join(sorted(KINDS))
        raise PydanticCustomError(
            "advisor", "no advisor is called {kind}: known are {known}",
            {"kind": name, "known": known},
        )  # fmt: skip
    try:
        if name in own:
            return settings_of(own[name]).model_validate(given).of(own[name])
        return KINDS[name].settings.model_validate(given, context=info.context)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in problem["loc"])
        told = {"place": f"{place}: " if place else "", "said": problem["msg"]}
        raise PydanticCustomError("advisor", "{place}{said}", told) from error
    except TypeError as error:
        raise PydanticCustomError("advisor", "{said}", {"said": f"{name}: {error}"}) from error


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

    @property
    def read(self) -> list[str]:
        """The symbols whose books over venues its advisors read, in order."""
        return sorted({
            symbol
            for name, settings in self.advisors.items()
            for market in filter(is_key, self.markets)
            for symbol in made(name, settings).books(market)
        })  # fmt: skip

    @model_validator(mode="before")
    @classmethod
    def _of_one(cls, given: Any) -> Any:
        """A strategy that says its kind asks one advisor, which is of that kind."""
        if not isinstance(given, Mapping) or "kind" not in given:
            return given
        if "advisors" in given:
            raise PydanticCustomError("strategy", "it has a kind or advisors, not both")
        rest = {name: value for name, value in given.items() if name != "kind"}
        name = str(given["kind"]).rpartition(":")[2].lower()
        return {**rest, "advisors": {name: {"kind": given["kind"]}}}

    @model_validator(mode="after")
    def _can_work(self) -> Self:
        """A class of the user's own keeps the protocol; who reads beside the signals has whole keys
        as markets, since a worker must know from the start which ones it has to do again. Somebody
        has a weight, and weights by regime name advisors that are there.
        """
        whole = [market for market in self.markets if is_key(market)]
        named = {name for weights in self.regimes.weights.values() for name in weights}
        if not any(settings.weight for settings in self.advisors.values()):
            raise PydanticCustomError("strategy", "no advisor has a weight")
        if strangers := named - self.advisors.keys():
            raise PydanticCustomError(
                "strategy", "regimes.weights: no advisor is called {name}: there are {known}",
                {"name": min(strangers), "known": ", ".join(sorted(self.advisors))},
            )  # fmt: skip
        self._no_shadow_counts()
        for name, settings in self.advisors.items():
            one = made(name, settings)
            if settings.own is not None:
                _tried(partial(made, name, settings), (whole or [ANY])[0], settings.kind)
            patterns = [each for each in self.markets if each not in whole]
            read = "books" if one.books(ANY) else "advice" if advice_of(one, ANY) else ""
            read = "what people select" if row_followed(one) else read
            if patterns and read:
                raise PydanticCustomError(
                    "strategy", "{name} reads {read}: {pattern} must be a market as {any}",
                    {"name": name, "read": read, "pattern": patterns[0], "any": ANY},
                )  # fmt: skip
        return self

    def _no_shadow_counts(self) -> None:
        """No regime gives a challenger a weight."""
        for regime, weights in self.regimes.weights.items():
            for name, weight in weights.items():
                if weight and getattr(self.advisors[name], "follow", "") == "challenger":
                    raise PydanticCustomError(
                        "strategy",
                        "regimes.weights.{regime}: {name} is a challenger, which has a weight of 0",
                        {"regime": regime, "name": name},
                    )


class StrategySections(BaseModel):
    """The sections of the settings that make strategies."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    decisions: DecisionSettings = DecisionSettings()
    rule: RuleSettings = RuleSettings()
    books: BooksSettings = BooksSettings()
    strategies: dict[Name, StrategySettings] = {}

    @field_validator("strategies")
    @classmethod
    def _consolidated(
        cls, strategies: dict[str, StrategySettings], info: ValidationInfo
    ) -> dict[str, StrategySettings]:
        """Books that strategies read are made: their symbols are named."""
        known = info.data["books"].symbols if "books" in info.data else ()
        for name, given in strategies.items():
            for symbol in given.read:
                if symbol not in known:
                    raise PydanticCustomError(
                        "strategy", "{name} reads the book of {symbol}: name it in books.symbols",
                        {"name": name, "symbol": symbol},
                    )  # fmt: skip
        return strategies

    def build(self) -> tuple[Strategy, ...]:
        """The strategies, in the order of their names."""
        given = self.strategies or {MAIN: StrategySettings()}
        return tuple(self._strategy(name, given[name]) for name in sorted(given))

    def _strategy(self, name: str, given: StrategySettings) -> Strategy:
        seats = sorted(given.advisors.items())
        advisors = tuple(self._advisor(each, settings) for each, settings in seats)
        limits = {each: one.loss_limit for each, one in seats if one.loss_limit is not None}
        return Strategy(name, advisors, _over(self.decisions, given), given.markets, limits)

    def _advisor(self, name: str, given: AdvisorSettings) -> Advisor[Any]:
        settings = _over(self.rule, given) if isinstance(given, RuleSettings) else given
        return made(name, settings)


def made(name: str, settings: AdvisorSettings) -> Advisor[Any]:
    """An advisor of these settings."""
    advisor: Advisor[Any] = (settings.own or KINDS[settings.kind].make)(settings, name)
    return advisor


def _tried(make: Callable[[], Advisor[Any]], market: str, kind: str) -> None:
    """The cheap part of the contract; what is wrong is told in one line."""
    try:
        trial(make, market)
    except Broken as broken:
        said = f"{kind}: {broken}"
    except Exception as error:
        *_, (frame, line) = walk_tb(error.__traceback__)
        at = f"{frame.f_code.co_name}, line {line}"
        said = f"{kind}: {type(error).__name__} in {at}: {error}".replace("\n", " ")
    else:
        return
    raise PydanticCustomError("strategy", "{said}", {"said": said})


def _over(base: M, given: BaseModel) -> M:
    """`base` with the fields of its own that `given` was given."""
    fields = set(type(base).model_fields) & given.model_fields_set
    return base.model_copy(update={name: getattr(given, name) for name in fields})
