"""A question and its answer as people read them. What models said is text, never markup."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
from rich.text import Text

from engine.advice.texts import plain
from gateway.watching.panels import clock

WIDE = 300
"""Characters of a reason, or of a reply that is none."""


def briefed(told: dict[str, Any]) -> Iterator[Text]:
    """The briefing in a few lines."""
    shown = told["briefing"]
    yield Text(f"{shown['venue']}:{shown['symbol']} at {clock(shown['now'])} UTC", "bold")
    atr = "warming up" if shown["atr"] is None else f"{shown['atr']:g}"
    yield Text(
        f"bid {shown['bid'] or '-'}  ask {shown['ask'] or '-'}  last {shown['last'] or '-'}"
        f"  book {shown['book']}  atr {atr}"
    )
    facts = ", ".join(f"{name} {fact['value']}" for name, fact in shown["facts"].items())
    figures = sum(len(shown[name]) for name in ("indicators", "micro", "features"))
    yield Text(
        f"{len(shown['bars'])} bars of {shown['interval']}, {figures} figures, "
        f"{len(shown['texts'])} texts; {facts or 'no funding or open interest'}"
    )
    if held := shown["position"]:
        yield Text(f"{held['account']} holds {held['quantity']}, equity {held['equity'] or '-'}")
    yield Text(f"context {told['context_hash']}", "dim")


def prompts(told: dict[str, Any]) -> Iterator[Text]:
    """What would be sent, and what it would cost."""
    for row in told["roles"]:
        yield Text(f"{row['role']} · {row['provider']} {row['model']} · {_prompt(row)}", "bold")
        yield Text(row["system"].rstrip())
        yield Text(row["user"] + "\n")
    for row in told["roles"]:
        yield Text(
            f"{row['role']}: about {row['tokens_in']:,} tokens in, up to {row['tokens_out']:,} out:"
            f" {row['cost']} USD; at the most {row['most_tokens']:,}: {row['most_cost']} USD"
        )
    yield Text("nobody was asked", "dim")


def _prompt(row: dict[str, Any]) -> str:
    return f"prompt {row['prompt']} v{row['version']} {row['hash'][:8]}"


def replies(told: dict[str, Any]) -> Iterator[Text]:
    """Each role's, the opinion that counts, and the bill."""
    for call in told["calls"]:
        seconds = call["latency"] / 1e9
        yield Text(
            f"{call['role']} · {call['provider']} {call['model']} · "
            f"{call['tokens_in']:,} + {call['tokens_out']:,} tokens · {call['cost']} USD · "
            f"{seconds:.1f} s · {call['tries']} {'try' if call['tries'] == 1 else 'tries'}",
            "bold",
        )
        yield from _reply(call)
    yield Text()
    yield from _opinion(told["opinion"])
    yield Text(
        f"{told['tokens']:,} tokens, {told['cost']} USD, {told['latency'] / 1e9:.1f} s; "
        "decisions do not see it",
        "dim",
    )


def _reply(call: dict[str, Any]) -> Iterator[Text]:
    """A reply's own words, whatever they are."""
    if call["fault"]:
        yield Text(f"  {call['fault']}", "red")
    try:
        said = orjson.loads(call["reply"])
        reasons = [plain(str(each), WIDE) for each in said["reasons"]]
        yield Text(f"  {said['direction']}, confidence {said['confidence']}{_levels(said)}")
    except (orjson.JSONDecodeError, KeyError, TypeError):
        if call["reply"]:
            yield Text(f"  {plain(call['reply'], WIDE)}")
        return
    for reason in reasons[:8]:
        yield Text(f"  - {reason}")


def _levels(row: dict[str, Any]) -> str:
    return "".join(f", {name} {row[name]}" for name in ("entry", "stop", "target") if row.get(name))


def _opinion(opinion: dict[str, Any]) -> Iterator[Text]:
    if opinion["void"]:
        yield Text(f"void: {opinion['void']}: {opinion['detail']}", "bold red")
        return
    minutes = opinion["horizon"] / 60e9
    yield Text(
        f"sound: {opinion['verdict']}, confidence {opinion['confidence']:g}{_levels(opinion)}, "
        f"for {minutes:g} minutes, until {clock(opinion['expires'])} UTC",
        "bold green",
    )
