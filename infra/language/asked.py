"""A request of a client, whichever protocol it came by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

Protocol: TypeAlias = Literal["chat", "messages"]
Fields: TypeAlias = Mapping[str, Any]


class Said(NamedTuple):
    """One message of the conversation: who said it (system, user, assistant), and its text."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked. protocol: OpenAI's chat completions, or Anthropic's messages.

    tool: the one that the model is made to call; "": none. schema: that the reply shall keep to,
    None where there is none. most: tokens of the reply at most. body, headers: all that was sent;
    headers by their names in small letters.
    """

    protocol: Protocol
    model: str
    said: tuple[Said, ...]
    stream: bool
    most: int | None
    tool: str
    schema: Fields | None
    body: Fields
    headers: Mapping[str, str]

    @property
    def text(self) -> str:
        """All that was said, one after the other."""
        return "\n".join(each.text for each in self.said)


def text_of(content: object) -> str:
    """The text of a message's content: of a string, or of a list of parts."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, Sequence) else ()
    return "".join(str(each.get("text", "")) for each in parts if isinstance(each, Mapping))


def said(messages: object) -> tuple[Said, ...]:
    """The messages of a body, those that are none left out."""
    parts = messages if isinstance(messages, Sequence) else ()
    return tuple(
        Said(str(each.get("role", "")), text_of(each.get("content")))
        for each in parts
        if isinstance(each, Mapping)
    )


def field(fields: object, *names: str) -> Any:
    """A value in objects in objects, None where one is missing."""
    for name in names:
        fields = fields.get(name) if isinstance(fields, Mapping) else None
    return fields
