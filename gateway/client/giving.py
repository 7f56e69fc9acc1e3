"""A person's command by the API: given once, then its answers waited for."""

from __future__ import annotations

import time

from gateway.client.calls import Calls, Row, Unheard
from gateway.client.refusals import Refusal
from gateway.client.requests import request_of
from gateway.control.outcome import Answer, Outcome
from gateway.terminal.accounts import account_of
from schemas.commands import Command

STEPS = (0.05, 0.1, 0.2)
"""Seconds between two looks at what the desk says; the last one from then on."""


def given(calls: Calls, command: Command, account: str | None, wait: float, key: str) -> Outcome:
    """What became of it by the time that every account has answered, or `wait` s are over.

    Refusal where the gateway does not take it. Unheard where no answer came: asked again under the
    same key, by whatever road, it counts once.
    """
    chosen = account_of(account, [str(row["account"]) for row in calls.get("/accounts")])
    asked = request_of(command, chosen)
    told: Row = calls.give(*asked, key)
    return _told(told, _answered(calls, told, wait))


def _answered(calls: Calls, told: Row, wait: float) -> Row:
    """The command as the gateway tells it; with no answers where none is known in time."""
    until, looks = time.monotonic() + wait, 0
    row: Row = {"answers": [], "silent": [told["account"]], "command": {}}
    while True:
        try:
            row = calls.get(f"/commands/{told['id']}")
        except Refusal as error:
            if error.status != 404:  # until the gateway has read what it has written
                raise
        except Unheard:
            pass  # it is durable; only what the desk says to it is not known
        if row["answers"] and not row["silent"]:
            return row
        if time.monotonic() >= until:
            return row
        time.sleep(STEPS[min(looks, len(STEPS) - 1)])
        looks += 1


def _told(told: Row, row: Row) -> Outcome:
    answers = [
        Answer(each["account"], each["setting"], _value(each), each["why"])
        for each in row["answers"]
    ]
    return Outcome(
        told["id"], told["account"], told["sequence"], row["command"], answers, row["silent"], "api"
    )


def _value(answer: Row) -> str | int:
    value = answer["value"]
    return int(value) if answer["setting"] == "requests" and str(value).isdecimal() else str(value)
