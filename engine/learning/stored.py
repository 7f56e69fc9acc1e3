"""What a stored model is, by its own word: one that foretells, or a policy that acts."""

from __future__ import annotations

import orjson

from engine.learning.model import Model, parsed
from engine.learning.policy import KIND, Policy, policy


def is_policy(text: bytes) -> bool:
    """Whether a file's bytes call themselves a policy."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return isinstance(value, dict) and value.get("kind") == KIND


def stored(text: bytes) -> Model | Policy:
    """The model or policy of a file's bytes; BadModel, in one line, for what is neither."""
    return policy(text) if is_policy(text) else parsed(text)
