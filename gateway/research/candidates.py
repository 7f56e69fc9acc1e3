"""Candidates for adoption: strategies' sections of the settings, made of declarations or of other
values for the settings of a strategy that there is."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from engine.research.evolution import DECLARATION, declared, parameters
from engine.research.spaces import Parameters
from engine.strategies.declaration import LARGEST, Declaration, NotDeclared, of_values
from gateway.research.parameters import problem
from gateway.research.trial import Ground
from schemas.errors import TapelineError
from topics.settings import Settings

SECTION = "section"
"""The parameter that holds a whole section, as JSON."""

FAR = "99"
"""Percent of a target where a declaration has none."""

MOST = 64
"""Candidates of one file or reply."""


class NoCandidate(TapelineError):
    """A file that holds no candidate."""


@dataclass(frozen=True)
class Candidates(Ground):
    """Trials are of the desk with the strategy `name` as their parameters have it; those without
    parameters are of the desk as it is. markets: of a strategy that there is not yet."""

    name: str
    markets: tuple[str, ...]

    def settings(self, parameters: Parameters) -> Settings:
        """The desk's with the candidate in them."""
        if not parameters:
            return self.known
        strategies = {**self.known.strategies, self.name: self.section(parameters)}
        return self.known.model_copy(update={"strategies": strategies})

    def section(self, parameters: Parameters) -> dict[str, Any]:
        """The strategy of a trial."""
        if DECLARATION in parameters:
            return section_of(declared(parameters), self.markets)
        section: dict[str, Any] = orjson.loads(str(parameters[SECTION]))
        return section


def section_of(of: Declaration, markets: tuple[str, ...]) -> dict[str, Any]:
    """A strategy with one advisor, which judges as declared. The strategy has the same distances,
    so that what an account holds is the declared stop."""
    told = of.declared
    levels = {name: told[name] for name in told if name.startswith(("stop_", "target_"))}
    far = {} if of.target_atr or of.target_percent else {"target_percent": FAR}
    if of.target_percent is not None:
        levels["target_percent"] = min(of.target_percent, float(FAR))
    advisors = {"declared": {"kind": "declared", **told}}
    return {"markets": list(markets), **levels, **far, "advisors": advisors}


def of_file(path: Path, known: Settings, name: str) -> list[Parameters]:
    """The candidates of a TOML or JSON file: one declaration, or several by name under
    `candidates`, each a declaration or `parameters`, other values for settings of the strategy."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise NoCandidate(f"{path} cannot be read: {error.strerror}") from None
    try:
        given = _values(content)
        return list(of_given(given, known, name))
    except (NotDeclared, NoCandidate) as error:
        raise NoCandidate(f"{path}: {error}") from None


def _values(content: bytes) -> Any:
    if len(content) > MOST * LARGEST:
        raise NoCandidate(f"it has {len(content):,} bytes: {MOST * LARGEST:,} at most")
    try:
        json = content.lstrip()[:1] == b"{"
        return orjson.loads(content) if json else tomllib.loads(content.decode())
    except (ValueError, RecursionError) as error:
        raise NoCandidate(f"it cannot be read: {str(error)[:200]}") from None


def of_given(given: Any, known: Settings, name: str) -> Iterator[Parameters]:
    """See `of_file`; NoCandidate or NotDeclared tells the first that is none, by its name."""
    if not isinstance(given, Mapping) or "candidates" not in given:
        yield parameters(of_values(given))
        return
    rows = given["candidates"]
    if not isinstance(rows, Mapping) or not 1 <= len(rows) <= MOST:
        raise NoCandidate(f"candidates are 1 to {MOST} tables by name")
    for label, row in rows.items():
        try:
            yield _candidate(row, known, name)
        except (NotDeclared, NoCandidate) as error:
            raise NoCandidate(f"candidates.{str(label)[:40]}: {error}") from None


def _candidate(row: Any, known: Settings, name: str) -> Parameters:
    if isinstance(row, Mapping) and set(row) == {"parameters"}:
        return changed(row["parameters"], known, name)
    return parameters(of_values(row))


def changed(values: Any, known: Settings, name: str) -> Parameters:
    """The strategy that there is with other values, by dotted names within it. NoCandidate where
    the engine would not take them, or where they would name code to run."""
    if name not in known.strategies:
        raise NoCandidate(f"there is no strategy {name} whose parameters could be changed")
    if not isinstance(values, Mapping) or not 1 <= len(values) <= 32:
        raise NoCandidate("parameters are a table of 1 to 32 values by their dotted names")
    section = deepcopy(known.strategies[name])
    for dotted, value in values.items():
        _put(section, str(dotted), value)
    made = known.model_copy(update={"strategies": {**known.strategies, name: section}})
    if (found := problem(made)) is not None:
        raise NoCandidate(f"{'.'.join(found[0])}: {found[1]}")
    return {SECTION: orjson.dumps(section, option=orjson.OPT_SORT_KEYS).decode()}


def _put(section: dict[str, Any], dotted: str, value: Any) -> None:
    *tables, last = dotted.split(".")
    if last in ("kind", "markets") or not isinstance(value, str | int | float | bool):
        raise NoCandidate(f"{dotted[:80]}: a number, a word, true or false, and no kind or market")
    table: Any = section
    for part in tables:
        table = table.setdefault(part, {}) if isinstance(table, dict) else None
    if not isinstance(table, dict):
        raise NoCandidate(f"{dotted[:80]} leads through what is no table")
    table[last] = value
