"""The models' store: TAPELINE_HOME/models/NAME/VERSION/, and what is shipped with the project.

A version's model.json is what scores (engine.learning.model); its card.json tells where it came
from: digest, data, code, metrics. Both are data: nothing in them is ever run. A version is named by
its number in the store and the beginning of its digest, so names sort by age. `promoted` in a
name's folder, where it is there, names the version that is asked for when none is named; else it is
the newest, else the one that is shipped. Where versions are promoted by proof only, it is the first
that there was: a newer one is not asked because it came later.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from schemas.errors import TapelineError
from topics.models.history import History

MODEL, CARD, PROMOTED = "model.json", "card.json", "promoted"
SHIPPED = Path(__file__).parent / "shipped"
DEFAULT = "hourly"
"""The model that is meant where none is named."""

OF_PROJECT = "shipped"
"""The version of a model that is shipped."""

LARGEST = 16 << 20
"""Bytes of a file, at most."""

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)
VERSION = re.compile(r"\d{4,9}-[0-9a-f]{8}", re.ASCII)


class NoModel(TapelineError):
    """A model that is not there, or whose files are not what they were."""


class Stored(NamedTuple):
    """A model's bytes with its card. digest: blake2b of the bytes, 16 bytes in hex."""

    name: str
    version: str
    digest: str
    model: bytes
    card: dict[str, Any]

    @property
    def title(self) -> str:
        """As reasons and events name it."""
        return f"{self.name} {self.version} {self.digest[:8]}"


def digest_of(model: bytes) -> str:
    """The digest that a card names."""
    return blake2b(model, digest_size=16).hexdigest()


class Store:
    """The models of one home. What is read is checked against its card. beside: where paths begin
    that are not whole; else the working directory. proven: versions are promoted by proof only."""

    def __init__(self, home: Path, beside: Path = Path(), *, proven: bool = False) -> None:
        self.folder, self.beside, self._proven = home / "models", beside, proven

    def names(self) -> list[str]:
        """All models, those that are shipped too."""
        found = {each.name for root in (self.folder, SHIPPED) for each in _folders(root, NAME)}
        return sorted(found)

    def versions(self, name: str) -> list[str]:
        """Of a model, the oldest first; the shipped one before all."""
        shipped = [OF_PROJECT] if (SHIPPED / _named(name)).is_dir() else []
        return shipped + sorted(each.name for each in _folders(self.folder / name, VERSION))

    def promoted(self, name: str) -> str | None:
        """The version that has been promoted; None where none has."""
        try:
            return (self.folder / _named(name) / PROMOTED).read_text().strip()
        except OSError:
            return None

    def load(self, name: str = "", version: str = "") -> Stored:
        """A model by its name, or by the path of its folder; NoModel where there is none, or where
        its bytes are not those that its card names."""
        name = name or DEFAULT
        if "/" in name or os.sep in name:
            path = self.beside / name if (self.beside / name).is_dir() else Path(name)
            return _read(path, path.name, version or "-")
        known = self.versions(name)
        chosen = version or self.promoted(name) or self._unpromoted(name, known)
        if chosen not in known:
            there = ", ".join(known) or f"models are {', '.join(self.names()) or 'none'}"
            raise NoModel(f"there is no model {name} {chosen}".rstrip() + f": there are {there}")
        root = SHIPPED / name if chosen == OF_PROJECT else self.folder / name / chosen
        return _read(root, name, chosen)

    def _unpromoted(self, name: str, known: Sequence[str]) -> str:
        """The last one that is not retired, else the last one; by proof the first one instead."""
        gone = History(self.folder / name).retired()
        turned = known if self._proven else known[::-1]
        return next((each for each in turned if each not in gone), "".join(turned[:1]))

    def promote(self, stored: Stored) -> None:
        """Let a version be asked where none is named; it is so wholly or not at all."""
        file = self.folder / _named(stored.name) / PROMOTED
        file.parent.mkdir(parents=True, exist_ok=True)
        made = file.with_name(f".{PROMOTED}.{os.getpid()}")
        made.write_text(stored.version + "\n")
        made.replace(file)

    def save(self, name: str, model: bytes, card: dict[str, Any]) -> Stored:
        """Keep a model as the newest version; the same bytes again are the version that there is.
        It is there wholly or not at all."""
        digest, known = digest_of(model), self.versions(name)
        for version in known:
            if self.load(name, version).digest == digest and version != OF_PROJECT:
                return self.load(name, version)
        number = max((int(each.split("-")[0]) for each in known if each != OF_PROJECT), default=0)
        version = f"{number + 1:04d}-{digest[:8]}"
        target = self.folder / name / version
        made = target.with_name(f".{version}.{os.getpid()}")
        write(made, model, card)
        made.rename(target)
        return self.load(name, version)


def write(folder: Path, model: bytes, card: dict[str, Any]) -> None:
    """The two files of a model, the card with its digest."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MODEL).write_bytes(model)
    told = {"digest": digest_of(model), **{key: card[key] for key in card if key != "digest"}}
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    (folder / CARD).write_bytes(orjson.dumps(told, option=options))


def _named(name: str) -> str:
    if not NAME.fullmatch(name):
        raise NoModel(f"{name!r} is no name of a model: letters, digits, - and _")
    return name


def _folders(root: Path, pattern: re.Pattern[str]) -> Iterator[Path]:
    if root.is_dir():
        yield from (
            each for each in root.iterdir() if each.is_dir() and pattern.fullmatch(each.name)
        )


def _read(folder: Path, name: str, version: str) -> Stored:
    model, text = _bytes(folder / MODEL), _bytes(folder / CARD)
    try:
        card = orjson.loads(text)
    except orjson.JSONDecodeError:
        card = None
    if not isinstance(card, dict):
        raise NoModel(f"{folder / CARD} is no card: train the model again")
    digest = digest_of(model)
    if card.get("digest") != digest:
        raise NoModel(
            f"{folder / MODEL} is damaged: its digest is {digest}, its card names "
            f"{card.get('digest')}: train the model again"
        )
    return Stored(name, version, digest, model, card)


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST:
            raise NoModel(f"{path} is larger than {LARGEST >> 20} MB: it is no model of ours")
        return path.read_bytes()
    except OSError as error:
        raise NoModel(f"{path} cannot be read: {error.strerror}") from None
