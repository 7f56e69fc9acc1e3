"""The record of one look through the adoption gate: what, against what, on which evidence, and why.

It is sealed by a hash of all that it says, and names the hash of what may be adopted, so that
whoever adopts it takes what was judged and nothing else.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any, Literal, Self

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.strategies.declaration import problem
from schemas.errors import TapelineError

Told = dict[str, Any]


class NotSealed(TapelineError):
    """A text that is no record of the gate, or one that was changed after it was sealed."""


class Proposed(BaseModel):
    """What was judged. section: the strategy as the settings have it; origin: search, llm or file;
    maker: what the origin was asked with (seed, or model and prompt); digest: of the section."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str
    origin: Literal["search", "llm", "file"]
    section: Told
    maker: Told = {}
    digest: str


class AdoptionRecord(BaseModel):
    """strategy: the name that it was judged under. present: the desk that it was held against;
    evidence: files with their hashes, spans, code and settings; terms: of the gate; findings: of
    every candidate, `candidate` the first. verdict: "adopted" means that it may be; reasons: why
    not. tainted: its maker may have known the test spans. digest: of all else."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    v: Literal[1] = 1
    strategy: str = Field(pattern=r"^[A-Za-z0-9_-]+$")
    candidate: Proposed
    present: Told
    evidence: Told
    terms: Told
    look: Told
    findings: tuple[Told, ...]
    windows: tuple[Told, ...]
    tainted: str = ""
    verdict: Literal["adopted", "refused"]
    reasons: tuple[str, ...] = ()
    digest: str = ""

    def sealed(self) -> Self:
        """The same with its digest."""
        return self.model_copy(update={"digest": digest_of(self._told)})

    @property
    def _told(self) -> Told:
        return self.model_dump(mode="json", exclude={"digest"})

    @property
    def text(self) -> bytes:
        """As it is kept in a file."""
        whole = self.model_dump(mode="json")
        return orjson.dumps(whole, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def digest_of(values: Any) -> str:
    """A hash of JSON values, whatever the order of their names."""
    text = orjson.dumps(values, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS, default=str)
    return blake2b(text, digest_size=16).hexdigest()


def read(text: bytes) -> AdoptionRecord:
    """The record of a file; NotSealed, in one line, where it is none or does not fit its hashes."""
    try:
        found = AdoptionRecord.model_validate_json(text)
    except ValidationError as error:
        raise NotSealed(f"it is no record of the gate: {problem(error)}") from None
    if found.digest != found.sealed().digest:
        raise NotSealed("it was changed after the gate had sealed it: run `tapeline generate` anew")
    if found.candidate.digest != digest_of(found.candidate.section):
        raise NotSealed("its hash is not that of the strategy in it: run `tapeline generate` anew")
    return found
