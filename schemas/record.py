"""What every record on every topic has in common: identity, cause, sequence and two times."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import BaseModel, ConfigDict


class Message(BaseModel):
    """A frozen part of a record. Fields that a later version adds are ignored by this one."""

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_inf_nan="null")


class Record(Message):
    """One value on a topic.

    v: schema version of the record; a reader takes only the version it knows.
    id: blake2b of stage, parent's id and n (see engine.identity); cause: the parent's id.
    seq: counts up by one per topic and key; readers drop what they have seen by it.
    event_time: the venue's time in ns, or None where it gives none.
    seen_time: ns, the running maximum of receive times of the key; the only clock of the desk.
    clock: True when the record only carries time onward.
    """

    VERSION: ClassVar[int] = 1

    v: int = 1
    id: str = ""
    cause: str = ""
    seq: int = -1
    key: str = ""
    event_time: int | None = None
    seen_time: int = 0
    clock: bool = False

    def identified(
        self, *, id: str, cause: str, seq: int, key: str, seen_time: int, clock: bool
    ) -> Self:
        """The same body with its identity filled in; ours, so not validated again."""
        return self.model_copy(
            update={
                "id": id,
                "cause": cause,
                "seq": seq,
                "key": key,
                "seen_time": seen_time,
                "clock": clock,
            }
        )


def venue_of(key: str) -> str:
    """The venue of a market key `venue:symbol`, or the account of `account:symbol`."""
    return key.split(":", 1)[0]


def symbol_of(key: str) -> str:
    """The symbol of a key: all behind its first colon (symbols may hold colons themselves)."""
    return key.split(":", 1)[1]
