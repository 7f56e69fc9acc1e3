"""The section [advice] of the settings: whom the desk asks beside its stream, how often, for how
much.

    [advice]
    cost = "0.50"                             # USD an hour at the most
    prices."deepseek-chat" = { input = "0.28", output = "0.42" }    # USD a million tokens

    [advice.advisors.council]
    provider = "deepseek"
    model = "deepseek-chat"
    markets = ["BTC/*"]
    every = 5                                 # bars
    roles = ["technical", "risk", "sceptic", "judge"]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Self

from pydantic import Field, field_validator, model_validator

from engine.advice.bounds import BoundsSettings
from engine.advice.budget import Ledger, Limits, Price, nano
from engine.advice.chain import Role
from engine.advice.prompts import TEMPLATES, Template
from engine.advice.settings import (
    ADDRESSES,
    AskedAdvisor,
    HourSettings,
    ModelPrice,
    Money,
    Name,
    Provider,
    RoleSettings,
    TextSource,
)
from engine.spans import SECOND

MOST = Limits(10**18, 10**15, 10**9, 10**18)
"""No limit of its own."""


class AdviceSettings(HourSettings):
    """cost, tokens, calls, time: of all advisors together, an hour.

    providers: by name; openai, deepseek and anthropic are there without being named. prices: by
    model; what is not local must have one. prompts: templates of one's own, by name. texts: sources
    of news and filings, by name. bounds: what a reply may say (engine.advice.bounds).
    """

    cost: Money = Decimal(1)
    tokens: int = Field(1_000_000, ge=0)
    calls: int = Field(200, ge=0)
    time: int = Field(3600, ge=0)
    providers: dict[Name, Provider] = {}
    advisors: dict[Name, AskedAdvisor] = {}
    prices: dict[str, ModelPrice] = {}
    prompts: dict[Name, Template] = {}
    texts: dict[Name, TextSource] = {}
    bounds: BoundsSettings = BoundsSettings()

    @field_validator("prompts", mode="before")
    @classmethod
    def _with_names(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        return {
            name: {"name": name, **one} if isinstance(one, Mapping) else one
            for name, one in given.items()
        }

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """What advisors name is there; what costs money has a price."""
        for name, advisor in self.advisors.items():
            for problem in self._problems(advisor):
                raise ValueError(f"advisors.{name}: {problem}")
        return self

    def _problems(self, advisor: AskedAdvisor) -> Iterator[str]:
        for source in advisor.texts:
            if source not in self.texts:
                yield f"no texts are called {source}: name them in [advice.texts.{source}]"
        for each in self._voices(advisor):
            provider, model = each.provider or advisor.provider, each.model or advisor.model
            if provider not in self.providers and provider not in ADDRESSES:
                known = ", ".join(sorted({*self.providers, *ADDRESSES}))
                yield f"no provider is called {provider}: known are {known}"
            elif not self.provider(provider).local and model not in self.prices:
                yield f'{model} has no price: set [advice.prices."{model}"] input and output'
            elif self.provider(provider).kind == "anthropic" and advisor.drawn:
                yield "anthropic takes neither temperature nor seed: leave them out"
            if (prompt := each.prompt or each.name) not in self._templates:
                known = ", ".join(sorted(self._templates))
                yield f"no prompt is called {prompt}: known are {known}"

    @property
    def _templates(self) -> dict[str, Template]:
        return {**TEMPLATES, **self.prompts}

    @staticmethod
    def _voices(advisor: AskedAdvisor) -> tuple[RoleSettings, ...]:
        own = RoleSettings(name="advisor", prompt=advisor.prompt)
        return advisor.roles or (own,)

    def provider(self, name: str) -> Provider:
        """That of a name."""
        known = self.providers.get(name)
        return known or Provider.model_validate({"kind": name})

    def roles(self, name: str) -> tuple[Role, ...]:
        """Who speaks for an advisor, in order."""
        advisor = self.advisors[name]
        return tuple(
            Role(
                each.name, self._templates[each.prompt or each.name],
                each.provider or advisor.provider, each.model or advisor.model,
            )
            for each in self._voices(advisor)
        )  # fmt: skip

    def price(self, model: str) -> Price:
        """What a token of a model costs: nothing where no price is set, as of local ones."""
        known = self.prices.get(model)
        return known.price if known else Price()

    @property
    def used(self) -> tuple[str, ...]:
        """The providers that advisors ask, in order."""
        names = {role.provider for name in self.advisors for role in self.roles(name)}
        return tuple(sorted(names))

    def asked(self, key: str) -> tuple[str, ...]:
        """The advisors that look at a market, in order."""
        return tuple(sorted(name for name, one in self.advisors.items() if one.looks_at(key)))

    def ledger(self) -> Ledger:
        """An empty one with the limits of the desk and of each advisor."""
        own = {name: _limits(advisor) for name, advisor in self.advisors.items()}
        return Ledger(_limits(self), own)


def _limits(given: HourSettings) -> Limits:
    return Limits(
        MOST.cost if given.cost is None else nano(str(given.cost)),
        MOST.tokens if given.tokens is None else given.tokens,
        MOST.calls if given.calls is None else given.calls,
        MOST.time if given.time is None else given.time * SECOND,
    )
