"""Settings of every process: one TOML file, environment overrides, frozen, with a hash."""

from __future__ import annotations

import os
import sys
from functools import cache
from hashlib import blake2b
from pathlib import Path
from tomllib import TOMLDecodeError
from typing import Any, NoReturn, TypeVar

import orjson
from pydantic import AliasChoices, BaseModel, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from schemas.commands import DESK
from schemas.errors import CONFIGURATION_EXIT, TapelineError
from topics.funding import Rates, rates_in, scheduled
from topics.funding import told as told_rates
from topics.models import mentioned
from topics.models.store import Store
from topics.own import Own, own, told

M = TypeVar("M", bound=BaseModel)

DEFAULT_FILE = "tapeline.toml"
CONFIG_FILE = "TAPELINE_CONFIG"
HOME = "TAPELINE_HOME"
DEFAULT_HOME = Path(".tapeline")
DESK_FILE = "desk.json"
SECRETIVE = {"redis_url", "store", "metrics"}
"""Settings in which a password or a token may stand as plain text."""


class Settings(BaseSettings):
    """What a process must know of its surroundings.

    Read from one file, overridden by TAPELINE_<NAME>, and BROKER_URL and REDIS_URL. The file is
    the one that TAPELINE_CONFIG names; else tapeline.toml in TAPELINE_HOME (.tapeline by default)
    if it is there, for a home's records were made under it; else ./tapeline.toml. Without a broker
    the running local desk is used.

    prefix: put before every topic and consumer group, so that runs do not meet.
    instance: names this worker among those of its stage (Kafka's static membership).
    snapshot_interval: seconds between snapshots (and commits). linger: ms of one raw record.
    kafka: further librdkafka properties (TLS, SASL), secrets never printed.
    recordings, instruments, listings, venue, market, run, speed: what the raw stage plays, of which
    venue and market where neither frames, address nor folders say it, as which feed run, how many
    times faster than it was recorded (0: as fast as it goes). replayed, replayed_run: the archive
    that it plays in place of recordings, and the prefix of the run in it.
    ticks, books, signals, rule, decisions, risk, execution, portfolio, backtest: settings of the
    engine by stage. archive: what is kept in files, and where (topics.archive.settings).
    advice: who is asked beside the stream (engine.advice.section).
    funding: by market, the file of rates that the simulated venue pays (topics.funding).
    feeds: by venue, what the raw stage collects of it while nothing is to be played
    (engine.feeds.planning).
    live: by account, those that trade at a venue (executor.venues.settings); account: the one of
    them that this executor runs, "" for the paper accounts.
    strategies: by name, each with its markets, advisors and decision settings; kinds of the form
    "path/to/file.py:Class" are files of one's own, from this file's folder on (topics.own).
    registry: when a version of a model may be promoted (gateway.models.proven).
    optimize: by a setting's dotted name, the values that `tapeline optimize` tries.
    store: the gateway's database and its sink (gateway.store.settings).
    gateway: where people come in over a network (gateway.api.settings).
    metrics: where processes tell of themselves (topics.metrics.settings).
    """

    model_config = SettingsConfigDict(
        env_prefix="TAPELINE_", env_nested_delimiter="__", frozen=True, extra="forbid"
    )

    broker_url: str = Field("", validation_alias=AliasChoices("BROKER_URL", "broker_url"))
    redis_url: str = Field("", validation_alias=AliasChoices("REDIS_URL", "redis_url"))
    home: Path = DEFAULT_HOME
    prefix: str = Field("", pattern=r"^[A-Za-z0-9._-]*$")
    instance: str = "0"
    accounts: tuple[str, ...] = ("paper",)
    account: str = Field("", pattern=r"^[A-Za-z0-9_-]*$")
    snapshot_interval: float = Field(2.0, gt=0)
    linger: int = Field(20, ge=1, le=1000)
    recordings: tuple[Path, ...] = ()
    instruments: Path | None = None
    listings: Path | None = None
    venue: str = ""
    market: str | None = None
    run: str = ""
    speed: float = Field(0.0, ge=0)
    replayed: Path | None = None
    replayed_run: str = ""
    kafka: dict[str, SecretStr] = {}
    ticks: dict[str, Any] = {}
    books: dict[str, Any] = {}
    signals: dict[str, Any] = {}
    rule: dict[str, Any] = {}
    decisions: dict[str, Any] = {}
    strategies: dict[str, Any] = {}
    risk: dict[str, Any] = {}
    execution: dict[str, Any] = {}
    portfolio: dict[str, Any] = {}
    backtest: dict[str, Any] = {}
    funding: dict[str, dict[str, Any]] = {}
    archive: dict[str, Any] = {}
    advice: dict[str, Any] = {}
    registry: dict[str, Any] = {}
    optimize: dict[str, Any] = {}
    store: dict[str, Any] = {}
    gateway: dict[str, Any] = {}
    metrics: dict[str, Any] = {}
    feeds: dict[str, dict[str, Any]] = {}
    live: dict[str, dict[str, Any]] = {}

    @field_validator("linger")
    @classmethod
    def _divides_a_second(cls, linger: int) -> int:
        if 1000 % linger:
            raise ValueError("the linger must divide a second (1, 2, 4, 5, 8, 10, 20, 25 ms ...)")
        return linger

    @field_validator("accounts")
    @classmethod
    def _no_desk(cls, accounts: tuple[str, ...]) -> tuple[str, ...]:
        if DESK in accounts:
            raise ValueError(f"no account may be called {DESK}: that is what holds for all of them")
        return accounts

    @field_validator("redis_url")
    @classmethod
    def _redis_scheme(cls, url: str) -> str:
        if url and not url.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("a Redis address begins with redis://, rediss:// or unix://")
        return url

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment over file over defaults."""
        toml = TomlConfigSettingsSource(settings_cls, settings_file())
        return init_settings, env_settings, toml

    @property
    def bootstrap(self) -> str:
        """Kafka's bootstrap servers: as set, else the local desk's, else "".

        Never a guess: whoever listens on localhost:9092 may be somebody else's broker.
        """
        return (self.broker_url or self._desk("broker")).split("://")[-1]

    @property
    def paper(self) -> tuple[str, ...]:
        """The accounts that trade at no venue."""
        return tuple(name for name in self.accounts if name not in self.live)

    @property
    def homeless(self) -> str:
        """What to say, with the remedy, where no broker is known."""
        return f"no desk runs in {self.home}: start one with `tapeline up`, or set BROKER_URL"

    @property
    def redis(self) -> str:
        """The URL of Redis: as set, else the local desk's, else localhost:6379."""
        return self.redis_url or self._desk("redis") or "redis://localhost:6379"

    @property
    def librdkafka(self) -> dict[str, str]:
        """The further librdkafka properties in the clear, for the clients only."""
        return {name: secret.get_secret_value() for name, secret in self.kafka.items()}

    @property
    def digest(self) -> str:
        """A hash of all settings but those that may hold a secret, of the strategies' own files,
        of their models and of funding rates; goes to system.events.
        """
        parts = self.model_dump_json(exclude=SECRETIVE) + told(self.own) + self.asked_models
        parts += told_rates(self.rates)
        return blake2b(parts.encode(), digest_size=8).hexdigest()

    @property
    def classes(self) -> dict[str, Any]:
        """The context that strategies are checked in: by kind, the classes of `own`, and under
        "models" what loads a model by name and version (topics.models.store)."""
        found = {kind: each.found for kind, each in self.own.items()}
        return {**found, "models": self.models.load}

    @property
    def models(self) -> Store:
        """The models of this home."""
        proven = self.registry.get("promote") == "proven"
        return Store(self.home, settings_file().parent, proven=proven)

    @property
    def asked_models(self) -> str:
        """The models that strategies ask, with their digests; one that cannot be loaded ends the
        process."""
        try:
            return mentioned.told(self.strategies, self.models)
        except TapelineError as error:
            refuse(f"setting strategies: {error}: mend it, or {settings_file()}")

    @property
    def own(self) -> dict[str, Own]:
        """By kind, the strategies' classes in files; one that cannot be loaded ends the process."""
        try:
            return own(self.strategies, settings_file().parent)
        except TapelineError as error:
            refuse(f"setting strategies: {error}: mend it, or {settings_file()}")

    @property
    def rates(self) -> dict[str, Rates]:
        """By market, what the files of `funding` hold; a wrong one ends the process."""
        try:
            return rates_in(self.funding, settings_file().parent)
        except ValidationError as error:
            misconfigured(error, "funding.")
        except TapelineError as error:
            refuse(f"setting funding: {error}")

    def physical(self, topic: str) -> str:
        """The name that Kafka knows a logical topic by."""
        return self.prefix + topic

    def logical(self, topic: str) -> str:
        """The logical name of a physical topic."""
        return topic.removeprefix(self.prefix)

    def of(self, stage: str, model: type[M]) -> M:
        """The settings of one stage of the engine, checked by its own model; of `execution` with
        the rates that `funding` names."""
        given = getattr(self, stage)
        given = scheduled(given, self.rates) if stage == "execution" else given
        try:
            return model.model_validate(given)
        except ValidationError as error:
            misconfigured(error, f"{stage}.")

    def sections(self, model: type[M]) -> M:
        """The settings of several sections, each a field of `model`, checked by it."""
        try:
            return model.model_validate(
                {name: getattr(self, name) for name in model.model_fields},
                context=self.classes,
            )
        except ValidationError as error:
            misconfigured(error)

    def _desk(self, what: str) -> str:
        """What the running local desk has written down of itself, or nothing."""
        try:
            return str(orjson.loads((self.home / DESK_FILE).read_bytes()).get(what, ""))
        except (OSError, orjson.JSONDecodeError):
            return ""


def settings_file() -> Path:
    """The file that settings are read from (see Settings), whether or not it is there."""
    if named := os.environ.get(CONFIG_FILE):
        return Path(named)
    own = Path(os.environ.get(HOME) or DEFAULT_HOME) / DEFAULT_FILE
    return own if own.is_file() else Path(DEFAULT_FILE)


@cache
def settings() -> Settings:
    """The settings of this process, read once; a wrong one ends it with exit code 78."""
    file = os.environ.get(CONFIG_FILE)
    if file and not Path(file).is_file():
        refuse(f"{CONFIG_FILE} names {file}, which is no file: name the settings file, or unset it")
    try:
        return Settings()
    except ValidationError as error:
        misconfigured(error)
    except (TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        refuse(f"{settings_file()} cannot be read: {error}")


def misconfigured(error: ValidationError, section: str = "") -> NoReturn:
    """Name the setting that is wrong, without its value (it may be a secret), and end."""
    problem = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = section + ".".join(str(part) for part in problem["loc"])
    file = settings_file()
    refuse(f"setting {place}: {problem['msg']}: mend it in {file} or in the environment")


def refuse(text: str) -> NoReturn:
    """End the process with one line and exit code 78: a restart cannot help."""
    print(text, file=sys.stderr)
    raise SystemExit(CONFIGURATION_EXIT)
