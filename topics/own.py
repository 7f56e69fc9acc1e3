"""A user's own strategies: classes in Python files that the settings name, "path/to/file.py:Class".

Settings alone name them, never a record: nothing on a topic can make a desk run code.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from traceback import extract_tb
from typing import Any, NamedTuple

from schemas.errors import TapelineError

MARK = ".py:"


class Own(NamedTuple):
    """A class with the hash of the file that it is of."""

    found: Any
    digest: str


def own(strategies: Mapping[str, Any], folder: Path) -> dict[str, Own]:
    """By kind, what the settings' strategies name of files; raises TapelineError, in one line.

    folder: where paths begin that are not whole; else the working directory.
    """
    return {kind: _loaded(kind, folder) for kind in sorted(set(_kinds(strategies)))}


def told(own: Mapping[str, Own]) -> str:
    """Kinds with their files' hashes, as system.events has them."""
    return ", ".join(f"{kind} {each.digest}" for kind, each in sorted(own.items()))


def _kinds(value: Any) -> Iterator[str]:
    """Every `kind` of a file, at any depth."""
    if not isinstance(value, Mapping):
        return
    kind = value.get("kind")
    if isinstance(kind, str) and MARK in kind:
        yield kind
    for each in value.values():
        yield from _kinds(each)


def _loaded(kind: str, folder: Path) -> Own:
    text, _, name = kind.rpartition(":")
    path = next((at for at in (folder / text, Path(text)) if at.is_file()), None)
    if path is None:
        raise TapelineError(f"{text} is no file in {folder.resolve()}")
    source = path.read_bytes()
    digest = blake2b(source, digest_size=8).hexdigest()
    module = _module(path.resolve(), source, f"tapeline_own_{digest}")
    if not hasattr(module, name):
        raise TapelineError(f"{path} has no class {name}")
    return Own(getattr(module, name), digest)


def _module(path: Path, source: bytes, name: str) -> Any:
    """The file as a module, run once a process and content."""
    if name in sys.modules:
        return sys.modules[name]
    spec = spec_from_loader(name, None, origin=str(path))
    assert spec is not None
    module = module_from_spec(spec)
    module.__file__ = str(path)
    sys.modules[name] = module  # a dataclass of the file looks its types up there
    try:
        exec(compile(source, str(path), "exec"), module.__dict__)
    except Exception as error:
        del sys.modules[name]
        raise TapelineError(_told(path, error)) from error
    return module


def _told(path: Path, error: Exception) -> str:
    """What is wrong with the file and in which line of it."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return f"{path} line {error.lineno}: {error.msg}"
    lines = [each.lineno for each in extract_tb(error.__traceback__) if each.filename == str(path)]
    at = f" line {lines[-1]}" if lines else ""
    return f"{path}{at}: {type(error).__name__}: {error}".replace("\n", " ")
