"""JSON values as TOML, and a strategy's section put into a settings file without touching the rest.

A file is not written anew from its values, which would lose its comments: the lines of the section
are taken out and new ones put at the end. What comes of it is read again, and must be what there
was with this one strategy changed, else the file is left alone.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any

import orjson

from schemas.errors import TapelineError

BARE = re.compile(r"[A-Za-z0-9_-]+", re.ASCII).fullmatch
TABLE = re.compile(r"\s*\[")
ADOPTED = "# adopted: "
"""Begins the line above a section that was put in."""


class NotPut(TapelineError):
    """A file that the section cannot be put into."""


def toml(value: Any) -> str:
    """A value on one line. TypeError for one that TOML has no word for, as None."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return orjson.dumps(value).decode()
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, Mapping):
        rows = (f"{_key(name)} = {toml(each)}" for name, each in value.items())
        return f"{{ {', '.join(rows)} }}" if value else "{}"
    raise TypeError(f"TOML has no word for {value!r}")


def block(name: str, section: Mapping[str, Any], adopted: str) -> str:
    """A strategy's section, its advisors each in a table of its own, and what it was adopted by."""
    rest = {key: value for key, value in section.items() if key != "advisors"}
    lines = [f"{ADOPTED}{adopted}", f"[strategies.{name}]", *_rows(rest)]
    for advisor, settings in section.get("advisors", {}).items():
        lines += ["", f"[strategies.{name}.advisors.{_key(advisor)}]", *_rows(settings)]
    return "\n".join(lines) + "\n"


def put(text: str, name: str, section: Mapping[str, Any], adopted: str) -> str:
    """A settings file's text with the strategy in place of one of that name, or beside the others.
    NotPut where it is written in a way that cannot be taken out by its lines."""
    before = tomllib.loads(text)
    added = block(name, section, adopted)
    left = _without(text, name).rstrip("\n")
    made = f"{left}\n\n{added}" if left else added
    wanted = {**before, "strategies": {**before.get("strategies", {}), name: dict(section)}}
    try:
        found = tomllib.loads(made)
    except tomllib.TOMLDecodeError:
        found = {}
    if found != wanted:
        raise NotPut(f"strategies.{name} is written there in another form than under a line "
                     f"[strategies.{name}]: take it out by hand, and adopt again")  # fmt: skip
    return made


def _without(text: str, name: str) -> str:
    """The lines but those of the strategy's own tables; what is above the next table stays."""
    own = re.compile(rf"\s*\[\s*strategies\s*\.\s*\"?{re.escape(name)}\"?\s*[.\]]")
    kept: list[str] = []
    above: list[str] = []
    inside = False
    for line in text.splitlines():
        if TABLE.match(line):
            was, inside = inside, own.match(line) is not None
            if was and not inside:
                kept += above
        above = [*above, line] if line.strip()[:1] in ("", "#") else []
        if not inside and not line.startswith(ADOPTED):
            kept.append(line)
    return "\n".join(kept)


def _rows(values: Mapping[str, Any]) -> list[str]:
    return [f"{_key(name)} = {toml(each)}" for name, each in values.items()]


def _key(name: str) -> str:
    return name if BARE(name) else orjson.dumps(name).decode()
