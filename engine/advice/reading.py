"""A reply's text to the form, or to why it is none. Total: no text raises."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple, TypeAlias

from pydantic import ValidationError

from engine.advice.reply import Reply
from schemas.advice import AdviceFault

DEEPEST = 4
"""Objects and lists in each other; a reply has three."""
WIDEST = 40
"""Characters of a number."""
DETAIL = 200
"""Characters of a fault's words."""
MOST_REASONS = 8
MOST_FIGURES = 40
LONGEST = 400
"""Characters of a reason; a name of a figure has 64."""
LONGEST_NAME = 64

_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"?', re.DOTALL)
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufe00-\ufe0f\ufeff\ufff9-\uffff\U000e0000-\U000e0fff]"
)
"""What steers a terminal, turns text around or hides in it."""


class Fault(NamedTuple):
    """Why a reply does not count."""

    kind: AdviceFault
    detail: str


Read: TypeAlias = Reply | Fault


class _Broken(Exception):
    """JSON that is read, but is not taken."""


def read(text: str, most: int) -> Read:
    """The reply of a text of at most `most` bytes."""
    if len(text) > most or len(text.encode(errors="replace")) > most:
        return Fault(AdviceFault.TOO_LONG, f"the reply has more than {most} bytes")
    try:
        value = _json(text)
    except _Broken as broken:
        return Fault(AdviceFault.NOT_JSON, str(broken))
    except ValueError as error:
        return Fault(AdviceFault.NOT_JSON, f"the reply is not JSON: {_plain(str(error))}")
    if not isinstance(value, dict):
        return Fault(AdviceFault.WRONG_SCHEMA, "the reply is no JSON object")
    try:
        reply = Reply.model_validate_json(text)
    except ValidationError as error:
        return Fault(AdviceFault.WRONG_SCHEMA, _first(error))
    return _sized(reply)


def _json(text: str) -> Any:
    if _depth(text) > DEEPEST:
        raise _Broken(f"objects and lists are nested more than {DEEPEST} deep")
    return json.loads(
        text,
        parse_int=_number,
        parse_float=_number,
        parse_constant=_constant,
        object_pairs_hook=_object,
    )


def _depth(text: str) -> int:
    deepest = depth = 0
    for sign in re.findall(r"[\[\]{}]", _TEXT.sub("", text)):
        depth += 1 if sign in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _number(text: str) -> str:
    if len(text) > WIDEST:
        raise _Broken(f"a number has more than {WIDEST} characters")
    return text


def _constant(text: str) -> Any:
    raise _Broken(f"{text} is no number of JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Broken("an object has a name twice")
    return found


def _first(error: ValidationError) -> str:
    """What is wrong first, without the value: it is whatever somebody has sent."""
    one = error.errors(include_input=False, include_url=False, include_context=False)[0]
    place = ".".join(map(str, one["loc"]))
    return _plain(f"{place or 'the reply'}: {one['msg']}")


def _plain(text: str) -> str:
    return _UNSEEN.sub("?", text)[:DETAIL]


def _sized(reply: Reply) -> Read:
    """The reply, if its lists and texts are of sane sizes and may be shown to people."""
    if len(reply.reasons) > MOST_REASONS or len(reply.figures) > MOST_FIGURES:
        most = f"{MOST_REASONS} reasons or {MOST_FIGURES} figures"
        return Fault(AdviceFault.TOO_LONG, f"the reply has more than {most}")
    names = [figure.name for figure in reply.figures]
    longest = max((len(each) for each in reply.reasons), default=0)
    if longest > LONGEST or max(map(len, names), default=0) > LONGEST_NAME:
        return Fault(AdviceFault.TOO_LONG, f"a reason has more than {LONGEST} characters")
    if len(set(names)) < len(names):
        return Fault(AdviceFault.WRONG_SCHEMA, "a figure is there twice")
    if any(map(_UNSEEN.search, (*names, *reply.reasons))):
        return Fault(AdviceFault.WRONG_SCHEMA, "a text has characters that cannot be seen")
    return reply
