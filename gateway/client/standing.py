"""`status` of a far desk: what its gateway tells, under the names of a home's status."""

from __future__ import annotations

from gateway.client.calls import Calls, Row
from gateway.terminal.output import Output
from gateway.watching.earnings import table
from gateway.watching.looks import POSITIONS, cell

KINDS = {"account": "accounts", "position": "positions", "strategy": "strategies"}
COLUMNS = ("account", ">equity", ">unrealised", ">realised", ">fees", "halted")


def standing(calls: Calls, output: Output) -> int:
    """Print it; 1 where a part of the desk is not well. Refusal where the key may not read."""
    found = look(calls)
    if output.json:
        output.object(found)
    else:
        show(found, output)
    return int(not found["well"])


def look(calls: Calls) -> Row:
    """How it is. down: parts that are not well; home and broker are nobody's business there."""
    ready = calls.ready()
    down = [name for name, said in ready["parts"].items() if said != "ok"]
    found: Row = {
        "well": bool(ready["ready"]), "running": True, "gateway": calls.desk.address, "home": "",
        "broker": "", "broker_answers": "broker" not in down, "desk": None, "down": down,
        "records": {}, "lag": {},
    }  # fmt: skip
    if found["broker_answers"]:
        found["records"] = {row["topic"]: row["records"] or 0 for row in calls.get("/topics")}
        found["lag"] = {row["stage"]: row["lag"] for row in calls.get("/lag")}
    found["halted"] = {row["account"]: row["halted"] for row in calls.get("/accounts")}
    found |= {name: {} for name in KINDS.values()}
    for row in calls.get("/portfolio"):
        found[KINDS[row["type"]]][row["key"]] = row
    return found


def show(found: Row, output: Output) -> None:
    """Tables on stdout; what is wrong in a line each on stderr."""
    accounts = [{**row, "halted": found["halted"].get(row["account"])}
                for row in found["accounts"].values()]  # fmt: skip
    held = [row for row in found["positions"].values() if row["quantity"].strip("-0.")]
    for columns, rows in ((COLUMNS, accounts), (POSITIONS.columns, held)):
        if rows:
            output.show(table(columns, [[cell(row, name) for name in columns] for row in rows]))
    behind = [name for name, lag in found["lag"].items() if lag]
    if found["lag"]:
        output.note(f"behind: {', '.join(behind)}" if behind else "every stage has caught up")
    for name in found["down"]:
        output.note(f"{name} of {found['gateway']} is not well: its log has the reason")
